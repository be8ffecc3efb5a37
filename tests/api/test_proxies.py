"""Proxies in front of the server: another nginx that ends TLS, takes a path away, compresses, signs people in itself, adds
headers, holds bodies back."""
import base64
import json
import re
import socket
import ssl
import subprocess

import httpx
import pytest
from harness import ports
from support.client import new_client, new_password
from support.front_proxy import ADDRESS, FrontProxy, Inner
from support.raw import raw, request_of
from support.waiting import until

pytestmark = pytest.mark.one_column("what proxies and nginx do before Parley is asked")

TRUSTING = {"TRUSTED_PROXIES": ADDRESS, "TRUSTED_HOSTS": "*"}


@pytest.fixture
def started(run_folder):
    """started(part) starts a part and ends it with the test."""
    parts = []

    def start(part):
        parts.append(part)
        part.start()
        return part

    yield start
    for part in reversed(parts):
        part.stop()


@pytest.fixture
def folder(tmp_path):
    return tmp_path


@pytest.fixture
def inner(server, started, folder):
    """inner(SETTING=…) -> the server's own nginx, set up anew before the shared server."""
    def make(**settings):
        nginx = started(Inner(folder / "inner", server, **settings))
        nginx.wait()
        return nginx

    return make


@pytest.fixture
def front(server, started, folder):
    """front(target, server=…, location=…) -> a proxy that passes on to an address."""
    return lambda target, **lines: started(FrontProxy(folder / "front", target, server.ca, **lines))


class Seen:
    """A server as it is seen through a proxy: for support.client.new_client."""

    def __init__(self, server, base_url, ca):
        self.base_url, self.ca = base_url, ca
        self.contract, self.clock = server.contract, server.clock


def through(server, proxy, **options):
    """An HTTP client of the server by way of the proxy."""
    return new_client(Seen(server, proxy.base_url, proxy.ca), http2=False, **options)


def sign_in(http, person):
    answer = http.post("/auth/login", json={"email": person.email, "password": person.password})
    assert answer.status_code == 200, answer.text
    return {"Authorization": "Bearer " + answer.json()["tokens"]["access_token"]}


def plain(port, data, source="127.0.0.1", host="127.0.0.1"):
    """What a request without TLS gets, sent from an address of loopback."""
    with socket.create_connection((host, port), 10, (source, 0)) as s:
        s.sendall(data)
        answer = b""
        while more := s.recv(65536):
            answer += more
        return answer


# ---- a proxy that ends TLS, and plain HTTP behind it ----

@pytest.fixture
def plain_behind(inner):
    """The server's nginx for all the world, with a port without TLS for the proxy that it trusts: (nginx, port)."""
    port = ports.free()
    return inner(HTTPS_HOST="0.0.0.0", HTTP_PORT=str(port), **TRUSTING), port


def test_plain_http__is_served_to_a_trusted_proxy(server, alice, plain_behind, front):
    _, port = plain_behind
    proxy = front(f"http://127.0.0.1:{port}")
    with through(server, proxy) as http:
        auth = sign_in(http, alice)
        made = http.post("/workspaces", json={"name": "Team"}, headers=auth)
        assert made.status_code == 201
        assert http.get(made.headers["location"], headers=auth).status_code == 200
        ips = {row["ip"] for row in http.get("/auth/sessions", headers=auth).json()}
        assert ips == {"127.0.0.1"}


def test_plain_http__shows_strangers_the_way(server, plain_behind):
    nginx, port = plain_behind
    answer = plain(port, request_of("GET /auth/setup?a=b HTTP/1.1"))
    assert answer.startswith(b"HTTP/1.1 308 ")
    assert f"Location: {server.settings['PUBLIC_URL']}/auth/setup?a=b".encode() in answer
    assert plain(port, request_of("GET /auth/setup HTTP/1.1"), ADDRESS).startswith(b"HTTP/1.1 200 ")
    spoofed = request_of("GET /auth/setup HTTP/1.1", f"X-Forwarded-For: {ADDRESS}", "X-Forwarded-Proto: https")
    assert plain(port, spoofed).startswith(b"HTTP/1.1 308 ")
    assert nginx.alive()


def test_plain_http__without_a_trusted_proxy_only_shows_the_way(server, inner):
    port = ports.free()
    inner(HTTPS_HOST="0.0.0.0", HTTP_PORT=str(port), TRUSTED_HOSTS="*")
    for source in ("127.0.0.1", ADDRESS):
        assert plain(port, request_of("GET /auth/setup HTTP/1.1"), source).startswith(b"HTTP/1.1 308 ")


def test_page__that_a_tls_ending_proxy_served_is_ours(server, alice, plain_behind, front):
    _, port = plain_behind
    proxy = front(f"http://127.0.0.1:{port}")
    body = {"email": alice.email, "password": alice.password}
    with through(server, proxy) as http:
        assert http.post("/auth/login", json=body, headers={"Origin": proxy.base_url}).status_code == 200
        foreign = http.post("/auth/login", json=body, headers={"Origin": proxy.base_url.replace("https", "http")})
        assert foreign.json()["code"] == "cross_site"


def test_redirects__of_pages_stay_with_a_proxy_that_ends_tls(server, inner, front, folder):
    (folder / "web/docs/part").mkdir(parents=True)
    for page in ("web/index.html", "web/docs/index.html"):
        (folder / page).touch()
    port = ports.free()
    inner(HTTPS_HOST="0.0.0.0", HTTP_PORT=str(port), WEB_DIR=str(folder / "web"), **TRUSTING)
    proxy = front(f"http://127.0.0.1:{port}", server="proxy_redirect off;")
    with httpx.Client(base_url=proxy.base_url, verify=ssl.create_default_context(cafile=proxy.ca), trust_env=False) as http:
        for path in ("/docs", "/docs/part", "/app"):  # the second is nginx's own, of a folder
            answer = http.get(path)
            assert answer.is_redirect and str(answer.next_request.url) == f"{proxy.base_url}{path}/"


def test_hsts__follows_what_the_client_spoke(server, plain_behind):
    _, port = plain_behind
    for proto, is_said in (("https", True), ("http", False)):
        lines = request_of("GET /health HTTP/1.1", f"X-Forwarded-Proto: {proto}").replace(b"Host: localhost",
                                                                                      b"Host: chat.example.org")
        assert (b"Strict-Transport-Security" in plain(port, lines, ADDRESS)) == is_said


# ---- a path of the proxy ----

@pytest.mark.parametrize("location", ["location /chat/ { proxy_pass TARGET/; }", "location /chat/ { proxy_pass TARGET; }"],
                         ids=["taken away", "left"])
def test_path__works_whether_the_proxy_takes_it_away_or_leaves_it(shared_server, front, location):
    base = shared_server(PUBLIC_URL="https://chat.example.org/chat/", TRUSTED_PROXIES=ADDRESS, TRUSTED_HOSTS="*")
    proxy = front(base.base_url, location=location)
    person = base.person(base.admin)
    with httpx.Client(base_url=proxy.base_url, verify=ssl.create_default_context(cafile=proxy.ca), trust_env=False) as http:
        signed = http.post("/chat/auth/login", json={"email": person.email, "password": person.password}).json()
        auth = {"Authorization": f"Bearer {signed['tokens']['access_token']}"}
        for prefix in ("", "/api"):
            made = http.post(f"/chat{prefix}/workspaces", json={"name": "Team"}, headers=auth)
            assert made.headers["location"] == f"/chat{prefix}/workspaces/{made.json()['id']}"
            assert http.get(made.headers["location"], headers=auth).json()["name"] == "Team"
        chat = http.post(f"{made.headers['location']}/chat", json={"title": "Chat"}, headers=auth).json()
        sent = http.post(f"{made.headers['location']}/chat/{chat['id']}/message", headers=auth, data={"content": "Hi"},
                         files={"files": ("a.txt", b"what a file holds", "text/plain")}).json()
        url = sent["attachments"][0]["url"].replace("https://chat.example.org", "")
        assert http.get(url, headers=auth).content == b"what a file holds"
        signed_url = http.get(f"{url}/url", headers=auth).json()["url"].replace("https://chat.example.org", "")
        assert signed_url.startswith("/chat/objects/") and http.get(signed_url).content == b"what a file holds"
        large = {"files": ("b.txt", b"line\n" * 400_000, "text/plain")}
        place = f"{made.headers['location']}/chat/{chat['id']}/message"
        assert http.post(place, headers=auth, data={"content": "Large"}, files=large).status_code == 201
        root = http.get("/chat/", headers={"Accept": "text/html"})
        assert (root.status_code, root.headers.get("location")) == (302, "/chat/app/")


def test_path__alone_is_the_root_of_the_server(shared_server):
    base = shared_server(PUBLIC_URL="https://chat.example.org/chat/", TRUSTED_PROXIES=ADDRESS, TRUSTED_HOSTS="*")
    with httpx.Client(base_url=base.base_url, verify=False, trust_env=False) as http:
        for path in ("/chat", "/chat/", "/"):
            assert http.get(path).json()["message"] == http.get("/").json()["message"], path
        assert http.get("/chatter").status_code == 404


# ---- both kinds of addresses ----

def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_any_address__is_of_both_kinds_and_shown_as_what_it_is(server, alice, inner):
    nginx = inner(HTTPS_HOST="::", TRUSTED_HOSTS="*")
    for host, ip in (("127.0.0.1", "127.0.0.1"), ("[::1]", "::1")):
        with httpx.Client(base_url=f"https://{host}:{nginx.port}", verify=False, trust_env=False) as http:
            auth = sign_in(http, alice)
            current, = (row for row in http.get("/auth/sessions", headers=auth).json() if row["current"])
            assert current["ip"] == ip


# ---- compression ----

COMPRESSING = "gzip on; gzip_types application/json application/problem+json; gzip_min_length 1; gzip_proxied any;"


def test_compression__makes_tags_weak_that_go_on_working(server, alice, front):
    proxy = front(server.base_url, server=COMPRESSING)
    auth = {**alice.auth, "Accept-Encoding": "gzip"}
    with through(server, proxy) as http:
        made = http.post("/workspaces", json={"name": "Team"}, headers=auth)
        path = made.headers["location"]
        seen = http.get(path, headers=auth)
        assert seen.headers["content-encoding"] == "gzip" and seen.headers["etag"].startswith('W/"v')
        assert seen.json()["name"] == "Team"
        assert http.get(path, headers={**auth, "If-None-Match": seen.headers["etag"]}).status_code == 304
        changed = http.put(path, json={"name": "Crew"}, headers={**auth, "If-Match": seen.headers["etag"]})
        assert changed.status_code == 200
        again = http.put(path, json={"name": "Gang"}, headers={**auth, "If-Match": seen.headers["etag"]})
        assert (again.status_code, again.json()["code"]) == (412, "precondition_failed")


# ---- the proxy's own authentication ----

@pytest.fixture
def guarded(server, front, folder):
    """(proxy, header) of a proxy that asks for a password of its own, and leaves it in the request."""
    password = new_password().replace(" ", "-")
    hashed = subprocess.run(["openssl", "passwd", "-apr1", password], check=True, capture_output=True, text=True).stdout
    (folder / "htpasswd").write_text(f"front:{hashed}", encoding="ascii")
    proxy = front(server.base_url, server=f"auth_basic Private; auth_basic_user_file {folder}/htpasswd;")
    return proxy, {"Authorization": "Basic " + base64.b64encode(f"front:{password}".encode()).decode()}


def test_basic_authentication__of_a_proxy_is_none_of_ours(server, alice, guarded):
    proxy, basic = guarded
    key = alice.ok("POST", "/api/v1/api-keys/", 201, json={"name": "K", "scopes": "read,write"})
    with httpx.Client(base_url=proxy.base_url, verify=ssl.create_default_context(cafile=proxy.ca), trust_env=False) as http:
        assert http.get("/auth/setup").status_code == 401  # the proxy's own
        assert http.get("/auth/setup", headers=basic).status_code == 200
        signed = http.post("/auth/login", json={"email": alice.email, "password": alice.password}, headers=basic)
        assert signed.status_code == 200
        own = http.get("/auth/me", headers=basic)
        assert (own.status_code, own.json()["code"]) == (401, "not_authenticated")
        assert http.get("/auth/me", headers={**basic, "X-API-Key": key.get("key") or key["api_key"]}).json()["id"] == alice.id


def test_headers__in_which_a_proxy_names_somebody_name_nobody(server, alice):
    for name in ("Remote-User", "X-Remote-User", "X-Forwarded-User", "X-Forwarded-Email", "X-Auth-Request-Email",
                 "Proxy-Authorization", "X-Authenticated-User"):
        assert server.http.get("/auth/me", headers={name: alice.email}).status_code == 401, name


# ---- headers ----

def test_addresses__of_clients_come_from_trusted_proxies_alone(server, alice, inner, front):
    nginx = inner(**TRUSTING)
    proxy = front(f"https://127.0.0.1:{nginx.port}")
    spoofed = {"X-Forwarded-For": "192.0.2.66", "Forwarded": "for=192.0.2.67", "X-Real-IP": "192.0.2.68",
               "CF-Connecting-IP": "192.0.2.69", "True-Client-IP": "192.0.2.70", "X-Client-IP": "192.0.2.71"}
    with through(server, proxy, headers=spoofed) as http:
        auth = sign_in(http, alice)
        # The proxy adds whom it saw; what the client claimed stands before that and is not believed.
        current, = (row for row in http.get("/auth/sessions", headers=auth).json() if row["current"])
        assert current["ip"] == "127.0.0.1"
    with httpx.Client(base_url=f"https://127.0.0.1:{nginx.port}", verify=False, trust_env=False, headers=spoofed) as http:
        auth = sign_in(http, alice)
        current, = (row for row in http.get("/auth/sessions", headers=auth).json() if row["current"])
        assert current["ip"] == "127.0.0.1"


def test_addresses__behind_two_trusted_proxies_are_the_first_that_is_not_one(server, alice, inner):
    nginx = inner(**{**TRUSTING, "TRUSTED_PROXIES": f"{ADDRESS}, 192.0.2.7"})
    with httpx.Client(base_url=f"https://127.0.0.1:{nginx.port}", trust_env=False,
                      headers={"X-Forwarded-For": "192.0.2.66, 203.0.113.9, 192.0.2.7"},
                      transport=httpx.HTTPTransport(verify=False, local_address=ADDRESS)) as http:
        current, = (row for row in http.get("/auth/sessions", headers=sign_in(http, alice)).json() if row["current"])
    assert current["ip"] == "203.0.113.9"


def test_log__has_the_clients_address_unless_it_is_switched_off(make_server):
    server = make_server()
    server.http.get("/auth/setup")
    until(lambda: re.search(r"route=/auth/setup user=- ip=127\.0\.0\.1 ", server.log()))
    (server.folder / ".env").write_text("LOG_ADDRESSES=off\n", encoding="ascii")
    server.stack.parleys[0].reload()
    until(lambda: "msg=reloaded" in server.log())
    server.http.get("/auth/setup")
    until(lambda: "route=/auth/setup user=- ip=- " in server.log())


def test_request_id__of_a_trusted_proxy_is_kept(server, inner, front):
    nginx = inner(**TRUSTING)
    given = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
    proxy = front(f"https://127.0.0.1:{nginx.port}")
    with through(server, proxy) as http:
        for path, status in (("/health", 200), ("/no/such/thing", 404), ("/_upload", 404)):
            answer = http.get(path, headers={"X-Request-Id": given})
            assert (answer.status_code, answer.headers["x-request-id"]) == (status, given)
        for bad in ("short", "x" * 37, "semi;colon-and-more", "a b c d e f g h"):
            assert http.get("/health", headers={"X-Request-Id": bad}).headers["x-request-id"] != bad
    with httpx.Client(base_url=f"https://127.0.0.1:{nginx.port}", verify=False, trust_env=False) as http:
        assert http.get("/health", headers={"X-Request-Id": given}).headers["x-request-id"] != given


def test_request_id__is_the_trace_of_a_trusted_proxy(server, inner, front):
    nginx = inner(**TRUSTING)
    trace, given = "4bf92f3577b34da6a3ce929d0e0e4736", "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
    parent = f"00-{trace}-00f067aa0ba902b7-01"

    def told(http, **headers):
        return http.get("/health", headers=headers).headers["x-request-id"]

    with through(server, front(f"https://127.0.0.1:{nginx.port}")) as http:
        assert told(http, traceparent=parent) == trace
        assert told(http, **{"traceparent": parent, "X-Request-Id": given}) == given
        for bad in (f"00-{'0' * 32}-00f067aa0ba902b7-01", parent[:-1], parent.upper(), trace, f"x{parent}"):
            assert told(http, traceparent=bad).replace("-", "") != trace and len(told(http, traceparent=bad)) == 32
    with httpx.Client(base_url=f"https://127.0.0.1:{nginx.port}", verify=False, trust_env=False) as http:
        assert told(http, traceparent=parent) != trace


def test_headers__that_mean_another_address_or_method_mean_nothing(server, alice):
    claims = {"X-Original-URL": "/auth/me", "X-Rewrite-URL": "/auth/me", "X-HTTP-Method-Override": "DELETE",
              "X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil", "X-Forwarded-Proto": "http",
              "Forwarded": "host=evil.example;proto=http", "X-Forwarded-Port": "1", "Via": "1.1 a, 1.1 b"}
    answer = server.http.post("/workspaces", json={"name": "Team"}, headers={**alice.auth, **claims})
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/workspaces/{answer.json()['id']}"
    assert "evil" not in str(answer.headers) + answer.text


def test_host__sent_twice_or_not_at_all_is_refused(server):
    for lines in (["Host: localhost", "Host: evil.example"], ["Host: localhost, evil.example"], ["Host:"]):
        data = "\r\n".join(["GET /health HTTP/1.1", *lines, "Connection: close", "", ""]).encode()
        assert raw(server, data)[9:12] in (b"400", b"421"), lines


def test_errors_of_nginx__can_be_read_by_pages_of_allowed_origins(server):
    for origin, is_allowed in (("https://app.example.org", True), ("https://evil.example", False)):
        for status, line in ((431, "X-Much: " + "a" * 50000), (413, "Content-Length: 100000000")):
            # curl reads an answer that comes before it has sent everything.
            done = subprocess.run(["curl", "-sS", "--cacert", server.ca, "--http1.1", "-o", "/dev/null", "-D", "-", "-X", "POST",
                                   "-H", f"Origin: {origin}", "-H", line, server.base_url + "/workspaces"],
                                  check=True, capture_output=True, text=True)
            assert done.stdout.startswith(f"HTTP/1.1 {status}")
            assert (f"Access-Control-Allow-Origin: {origin}" in done.stdout) == is_allowed, status
    answer = server.http.get("/health", headers={"Origin": "https://app.example.org"})
    assert {"Content-Disposition", "Content-Range", "Accept-Ranges"} <= set(
        answer.headers["access-control-expose-headers"].split(", "))


# ---- buffering, and limits ----

@pytest.mark.parametrize("lines", ["proxy_request_buffering off; proxy_buffering off;",
                                   "proxy_request_buffering on; proxy_buffering on; proxy_max_temp_file_size 0;"],
                         ids=["passing", "holding back"])
def test_files__go_both_ways_through_a_proxy_that_buffers_or_does_not(server, alice, front, lines):
    proxy = front(server.base_url, server=lines)
    workspace = alice.workspace()
    place = f"/workspaces/{workspace['id']}/chat/{alice.chat(workspace)['id']}/message"
    content = b"".join(b"line %d\n" % n for n in range(300_000))
    with through(server, proxy) as http:
        sent = http.post(place, headers=alice.auth, data={"content": "big"}, files={"files": ("b.txt", content, "text/plain")})
        assert sent.status_code == 201, sent.text
        path = "/attachments/" + sent.json()["attachments"][0]["id"]
        assert http.get(path, headers=alice.auth).content == content
        part = http.get(path, headers={**alice.auth, "Range": "bytes=1000000-1000099"})
        assert (part.status_code, part.content) == (206, content[1000000:1000100])

        def pieces():
            yield b'{"name":'
            yield b'"Chunked"}'
        made = http.post("/workspaces", content=pieces(), headers={**alice.auth, "Content-Type": "application/json"})
        assert made.json()["name"] == "Chunked"


def test_body__that_the_proxy_does_not_take_never_reaches_us(alice, server, front, folder):
    proxy = front(server.base_url, server="client_max_body_size 1m;")
    workspace = alice.workspace()
    place = f"/workspaces/{workspace['id']}/chat/{alice.chat(workspace)['id']}/message"

    def post(size):
        """Status and headers; curl reads an answer that comes before it has sent everything."""
        (folder / "b.txt").write_bytes(b"x" * size)
        done = subprocess.run(["curl", "-sS", "--cacert", proxy.ca, "-H", f"Authorization: {alice.auth['Authorization']}", "-F",
                               f"content={size}", "-F", f"files=@{folder}/b.txt;type=text/plain", "-o", "/dev/null", "-w",
                               "%{http_code}", "-D", folder / "headers", proxy.base_url + place], check=True,
                              capture_output=True, text=True)
        return int(done.stdout), (folder / "headers").read_text(encoding="ascii").lower()

    status, headers = post(2_000_000)
    assert status == 413 and "x-request-id" not in headers
    assert post(900_000)[0] == 201
    listed = alice.ok("GET", place + "s", 200)["messages"]
    assert [m["content"] for m in listed] == ["900000"]


def test_settings__that_are_below_the_proxys_limit_give_our_own_answer(shared_server, front):
    small = shared_server(MAX_UPLOAD_SIZE="512K")
    proxy = front(small.base_url, server="client_max_body_size 4m;")
    assert small.http.get("/server").json()["limits"]["upload_bytes"] == 512 * 1024
    person = small.person(small.admin)
    workspace = person.workspace()
    place = f"/workspaces/{workspace['id']}/chat/{person.chat(workspace)['id']}/message"
    with through(small, proxy) as http:
        answer = http.post(place, headers=person.auth, data={"content": "big"},
                           files={"files": ("b.txt", b"x" * 700_000, "text/plain")})
        assert answer.status_code == 413 and answer.headers["content-type"] == "application/problem+json"
        assert json.loads(answer.text)["code"] == "too_large"
