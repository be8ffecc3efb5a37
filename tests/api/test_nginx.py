"""What stands before Parley: TLS, sizes, hosts, headers, nginx's own faults."""
import json
import ssl
import subprocess

import pytest
from support.raw import raw, request_of

pytestmark = pytest.mark.one_column("what nginx does before it passes a request on")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls__modern_versions_are_spoken(server, version):
    context = ssl.create_default_context(cafile=server.ca)
    context.minimum_version = context.maximum_version = version
    assert raw(server, request_of("GET /health HTTP/1.1"), context=context).startswith(b"HTTP/1.1 200 ")


def test_tls__older_versions_are_refused(server):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, OSError)):
        raw(server, request_of("GET /health HTTP/1.1"), context=context)


def test_http2__is_negotiated(http):
    assert http.get("/health").http_version == "HTTP/2"


def test_headers__are_on_every_answer(http):
    for path in ("/health", "/no/such/thing", "/app/"):
        headers = http.get(path).headers
        assert headers.get_list("x-content-type-options") == ["nosniff"], path
        assert headers.get_list("x-frame-options") == ["DENY"], path
        assert headers.get_list("referrer-policy") == ["no-referrer"], path
        assert len(headers.get_list("content-security-policy")) == 1, path
        assert len(headers.get_list("x-request-id")) == 1, path
        assert headers["server"] == "nginx", path
        assert "strict-transport-security" not in headers, "HSTS on loopback would hit other servers of this machine"


def test_unknown_host__is_misdirected(http):
    answer = http.get("/health", headers={"Host": "elsewhere.example.org"})
    assert answer.status_code == 421
    assert answer.json()["code"] == "host_unknown"


def test_missing_host__is_a_problem(server):
    answer = raw(server, b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ") and b"application/problem+json" in answer


def test_garbage__is_a_problem(server):
    answer = raw(server, b"NONSENSE\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ") and b'"code":"bad_request"' in answer


def test_long_address__is_414(server):
    answer = raw(server, request_of(f"GET /{'a' * 9000} HTTP/1.1"))
    assert answer.startswith(b"HTTP/1.1 414 ") and b'"code":"uri_too_long"' in answer


def test_large_headers__are_431(server):
    answer = raw(server, request_of("GET /health HTTP/1.1", "X-Much: " + "a" * 50000))
    assert answer.startswith(b"HTTP/1.1 431 ") and b'"code":"headers_too_large"' in answer


def test_plain_http_on_the_tls_port__shows_the_way(server):
    answer = raw(server, request_of("GET /health HTTP/1.1"), tls=False)
    assert answer.startswith(b"HTTP/1.1 308 ") and f"Location: {server.base_url}/health\r\n".encode() in answer


@pytest.mark.parametrize("path", ["/_upload", "/_upload_check", "/_objects/x", "/_error/400", "/app/x"])
def test_internal_addresses__do_not_exist(http, path):
    answer = http.get(path)
    assert answer.status_code == 404 and answer.json()["code"] == "not_found"


def curl_post(server, tmp_path, version, path, size_bytes, kind="application/json"):
    """(status, headers, JSON) of a large POST. curl, since httpx does not read an answer that comes before it has sent."""
    body = tmp_path / "body"
    body.write_bytes(b"x" * size_bytes)
    done = subprocess.run(["curl", "-sS", version, "--cacert", server.ca, "--data-binary", f"@{body}", "-H",
                           f"Content-Type: {kind}", "-o", tmp_path / "answer", "-D", tmp_path / "headers", "-w",
                           "%{http_code}", server.base_url + path], check=True, capture_output=True, text=True)
    headers = dict(line.lower().split(": ", 1) for line in (tmp_path / "headers").read_text().splitlines() if ": " in line)
    return int(done.stdout), headers, json.loads((tmp_path / "answer").read_text())


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_body_beyond_the_limit__is_413_at_once(server, tmp_path, version):
    status, headers, problem = curl_post(server, tmp_path, version, "/auth/login", 12 * 1024 * 1024)
    assert (status, problem["status"], problem["code"]) == (413, 413, "too_large")
    assert headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_large_body_without_rights__is_refused_in_parleys_words(server, admin, tmp_path, version):
    workspace = admin.workspace()
    path = f"/workspaces/{workspace['id']}/chat/{admin.chat(workspace)['id']}/message"
    status, headers, problem = curl_post(server, tmp_path, version, path, 2_000_000, "multipart/form-data; boundary=x")
    assert (status, problem["status"], problem["code"]) == (401, 401, "not_authenticated")
    assert headers["www-authenticate"] == "bearer" and headers["content-type"] == "application/problem+json"
    assert problem["request_id"] == headers["x-request-id"]


def test_large_body_without_rights__is_not_read(server, admin):
    """Only the head is sent: the answer comes without waiting for a body that never does."""
    workspace = admin.workspace()
    chat = admin.chat(workspace)
    answer = raw(server, request_of(f"POST /workspaces/{workspace['id']}/chat/{chat['id']}/message HTTP/1.1",
                                    "Content-Type: multipart/form-data; boundary=x", "Content-Length: 9000000"))
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b'"code":"not_authenticated"' in answer


@pytest.mark.parametrize("length", ["Content-Length: 9000000", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("path", ["/anything/stream", "/workspaces/0a/stream/", "/objects/a/stream", "/api/objects/a/b",
                                  "/objects/a/b", "/anything", "/app/x", "/docs/x"])
def test_large_body_without_rights__is_read_at_no_address(server, path, length):
    """One of each place that nginx knows; of the body nothing is sent."""
    answer = raw(server, request_of(f"POST {path} HTTP/1.1", "Content-Type: text/plain", length))
    assert answer.split()[1] in (b"401", b"403", b"404", b"405"), answer[:200]


def test_large_body_with_rights__arrives_whole(server, alice):
    workspace = alice.workspace()
    chat = alice.chat(workspace)
    content = b"".join(b"line %d\n" % n for n in range(300_000))
    answer = alice.post(f"/workspaces/{workspace['id']}/chat/{chat['id']}/message", data={"content": "big"},
                        files={"files": ("big.txt", content, "text/plain")})
    assert answer.status_code == 201, answer.text
    assert answer.json()["attachments"][0]["size"] == len(content)


def test_body_of_unknown_length__arrives_whole(server, alice):
    def pieces():
        yield b'{"name":'
        yield b'"Chunked"}'
    with server.client(http2=False) as http:
        answer = http.post("/workspaces", content=pieces(), headers={**alice.auth, "Content-Type": "application/json"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["name"] == "Chunked"


def test_request_id__is_nginxs_own(http):
    answer = http.get("/health", headers={"X-Request-Id": "mine"})
    assert answer.headers["x-request-id"] != "mine" and len(answer.headers["x-request-id"]) == 32


@pytest.mark.mysql
@pytest.mark.columns("mariadb")
def test_dead_process__is_passed_over(make_server):
    server = make_server(processes=2)
    server.stack.parleys[0].kill()
    assert [server.http.get("/health").status_code for _ in range(6)] == [200] * 6


def test_no_process__is_503_with_retry_after(make_server):
    server = make_server()
    server.stack.parleys[0].kill()
    answer = server.http.get("/auth/setup")
    assert answer.status_code == 503 and answer.headers["retry-after"] == "2"
    assert answer.json()["code"] == "unavailable"


# ---- addresses ----

def test_two_slashes__are_one(server, alice):
    for path in ("//auth/me", "/api//auth/me", "/api/auth//me//"):
        answer = raw(server, request_of(f"GET {path} HTTP/1.1", f"Authorization: Bearer {alice.token}"))
        assert answer.startswith(b"HTTP/1.1 200 ") and alice.id.encode() in answer, path
    workspace = alice.workspace()["id"]
    for _ in range(2):
        alice.chat(workspace)
    answer = raw(server, request_of(f"GET //workspaces//{workspace}/chats/history?limit=1 HTTP/1.1",
                                    f"Authorization: Bearer {alice.token}"))
    assert f"Link: </workspaces/{workspace}/chats/history?limit=1&".encode() in answer


def test_addresses__stay_under_the_path_of_a_proxy(make_server):
    server = make_server(PUBLIC_URL="https://chat.example.org/chat/")
    admin = server.setup()
    for prefix in ("", "/api"):
        made = admin.post(f"{prefix}/workspaces", json={"name": "Team"})
        assert made.headers["location"] == f"/chat{prefix}/workspaces/{made.json()['id']}"
        for _ in range(2):
            admin.post(f"/workspaces/{made.json()['id']}/chat", json={"title": "Chat"})
        history = admin.get(f"{prefix}/workspaces/{made.json()['id']}/chats/history?limit=1")
        assert history.headers["link"].startswith(f"</chat{prefix}/workspaces/{made.json()['id']}/chats/history?")
    root = server.http.get("/", headers={"Accept": "text/html"})
    assert root.headers["location"] == "/chat/app/"


def test_cookies__of_other_applications_are_no_reason(server, alice):
    with server.client(http2=False) as http:
        answer = http.get("/auth/me", headers={**alice.auth, "Cookie": "other=" + "x" * 32000})
        assert answer.status_code == 200


# ---- bodies ----

def test_body__may_begin_with_a_byte_order_mark(alice):
    answer = alice.post("/workspaces", content=b'\xef\xbb\xbf {"name":"B"}', headers={"Content-Type": "application/json"})
    assert answer.status_code == 201, answer.text


def test_message__of_the_greatest_length_may_be_escaped(alice):
    workspace = alice.workspace()
    content = "\U0001f600" * 100_000
    body = json.dumps({"content": content}).encode()
    assert len(body) > 1_200_000
    answer = alice.post(f"/workspaces/{workspace['id']}/chat/{alice.chat(workspace)['id']}/message", content=body,
                        headers={"Content-Type": "application/json"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["content"] == content


def test_time__plus_that_nobody_encoded_is_one(admin):
    for offset in ("+02:00", "%2B02:00", "Z", "-02:00"):
        assert admin.get(f"/audit?after=2026-01-01T00:00:00{offset}").status_code == 200, offset
    assert admin.get("/audit?after=2026-01-01T00:00:00+0200").status_code == 422


# ---- pages of other sites ----

@pytest.mark.parametrize("headers, status", [
    ({}, 401), ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403),
    ({"Origin": "https://app.example.org"}, 401), ({"Origin": "own"}, 401), ({"Origin": "plain"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-origin"}, 401),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example.org"}, 401)])
def test_page_of_another_site__changes_nothing_without_a_credential(server, http, headers, status):
    own = {"own": server.base_url, "plain": server.base_url.replace("https", "http")}
    headers = {name: own.get(value, value) for name, value in headers.items()}
    answer = http.post("/auth/login", json={"email": "nobody@example.org", "password": "none at all"}, headers=headers)
    assert answer.status_code == status, answer.text
    assert (answer.json()["code"] == "cross_site") == (status == 403)
    assert http.get("/auth/setup", headers=headers).status_code == 200


def test_page_of_another_site__does_not_use_up_the_first_setup(make_server):
    server = make_server()
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert server.http.post("/bootstrap", headers=headers).status_code == 403
    assert server.setup()


def test_scheme__is_what_a_trusted_proxy_says(make_server):
    """It took TLS off; the page that it served is ours."""
    server = make_server(TRUSTED_PROXIES="127.0.0.1", PUBLIC_URL="https://other.example", ENVIRONMENT="production")
    body = {"email": "nobody@example.org", "password": "none at all"}
    for proto, status in (("http", 401), ("https", 403)):
        answer = server.http.post("/auth/login", json=body, headers={
            "Origin": server.base_url.replace("https", "http"), "X-Forwarded-Proto": proto})
        assert answer.status_code == status, proto


@pytest.mark.parametrize("setting, origin", [
    ("capacitor://localhost", "capacitor://localhost"), ("tauri://localhost", "tauri://localhost"),
    ("https://CHAT.example.org:443/", "https://chat.example.org"),
    ("https://bücher.example", "https://xn--bcher-kva.example")])
def test_origin__is_allowed_in_the_form_that_browsers_send(make_server, setting, origin):
    server = make_server(ALLOWED_ORIGINS=setting)
    answer = server.http.get("/health", headers={"Origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
    assert "access-control-allow-origin" not in server.http.get("/health", headers={"Origin": "https://x.example"}).headers


@pytest.mark.parametrize("lines,status", [
    (["GET /health HTTP/9.9"], 505), (["GET /health HTTP/1.1", "Transfer-Encoding: identity"], 501),
    (["TRACE /health HTTP/1.1"], 405)])
def test_nginxs_own_answer__is_a_problem_with_its_number(server, lines, status):
    answer = raw(server, request_of(*lines))
    head, _, text = answer.partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status and b"application/problem+json" in head
    assert b'"status":%d,' % status in text
    assert (status == 405) == (b"\r\nAllow: GET, " in head)


def attached(person):
    """(path, ETag) of a file."""
    workspace = person.workspace()["id"]
    path = f"/workspaces/{workspace}/chat/{person.chat(workspace)['id']}/message"
    sent = person.ok("POST", path, 201, data={"content": "x"}, files={"files": ("a.txt", b"0123456789", "text/plain")})
    path = f"/attachments/{sent['attachments'][0]['id']}"
    return path, person.get(path).headers.get("etag")


@pytest.mark.one_column("nginx sends the file")
def test_range__behind_the_end_of_a_file_is_a_problem(server, alice):
    path, _ = attached(alice)
    answer = alice.get(path, headers={"Range": "bytes=100-"})
    assert answer.status_code == 416 and answer.json()["code"] == "range_not_satisfiable"
    answer = alice.get(path, headers={"If-Match": '"x"'})
    assert answer.status_code == 412 and answer.json()["code"] == "precondition_failed"
