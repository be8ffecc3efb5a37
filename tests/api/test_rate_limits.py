"""Limits of rate: requests by class, and credentials that fail."""
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.process import wait_until
from support.client import new_email
from support.raw import raw, request_of
from support.waiting import until


@pytest.fixture
def limited(make_server):
    """limited(RATE_READ="5") -> (server, its administrator)"""
    def make(processes=1, **settings):
        server = make_server(processes, RATE_LIMIT="on", **settings)
        return server, server.setup()
    return make


def sign_in(server, email, password, address=None):
    headers = {"X-Forwarded-For": address} if address else {}
    return server.http.post("/auth/login", json={"email": email, "password": password}, headers=headers)


def is_limited(answer):
    return answer.status_code == 429 and answer.json()["code"] == "rate_limited"


def rate_of(answer):
    return [int(answer.headers[f"RateLimit-{name}"]) for name in ("Limit", "Remaining", "Reset")]


# --- requests ---

def test_request__one_too_many_is_429_and_says_for_how_long(limited):
    _, admin = limited(RATE_READ="5")
    answers = [admin.get("/auth/me") for _ in range(6)]
    assert [a.status_code for a in answers] == [200] * 5 + [429] and is_limited(answers[5])
    assert 0 < int(answers[5].headers["retry-after"]) <= 12
    limit, remaining, reset = rate_of(answers[5])
    assert (limit, remaining) == (5, 0) and 40 < reset <= 60


def test_request__tells_what_is_left(limited):
    _, admin = limited(RATE_READ="5")
    assert rate_of(admin.get("/auth/me"))[:2] == [5, 4]
    assert rate_of(admin.get("/auth/me"))[:2] == [5, 3]
    assert rate_of(admin.get(f"/workspaces/{admin.id}/chat/{admin.id}"))[:2] == [5, 2], "on a refusal too"


def test_retry_after__is_true(limited):
    server, _ = limited(RATE_LIMIT_REQUESTS="20", RATE_LIMIT_WINDOW="20")
    answers = [server.http.get("/") for _ in range(50)]
    refused = next(a for a in answers if a.status_code == 429)
    seconds = int(refused.headers["retry-after"])
    if server.column == "sqlite":
        server.clock.forward(seconds)
        assert server.http.get("/").status_code == 200
    else:  # Redis has a clock of its own
        until(lambda: server.http.get("/").status_code == 200, seconds + 0.5)


def test_users__have_buckets_of_their_own(limited):
    server, admin = limited(RATE_READ="3")
    other = server.person(admin)
    assert [admin.get("/auth/me").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert other.get("/auth/me").status_code == 200
    assert is_limited(admin.sign_in().get("/auth/me")), "another session of the same user"


def test_classes__are_counted_apart(limited):
    _, admin = limited(RATE_READ="2", RATE_WRITE="3")
    assert [admin.get("/auth/me").status_code for _ in range(3)] == [200, 200, 429]
    assert [admin.put("/auth/me", json={}).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_nobody__is_limited_also_where_a_credential_is_missing(limited):
    server, admin = limited(RATE_LIMIT_REQUESTS="20")
    answers = [server.http.get("/auth/me").status_code for _ in range(25)]
    assert 401 in answers and answers[-1] == 429
    assert is_limited(sign_in(server, admin.email, admin.password))
    assert admin.get("/auth/me").status_code == 200


def test_health__is_not_counted(limited):
    server, _ = limited(RATE_LIMIT_REQUESTS="20")
    answers = [server.http.get("/health/live") for _ in range(50)]
    assert {a.status_code for a in answers} == {200} and "ratelimit-limit" not in answers[0].headers


def test_switched_off__nothing_is_limited(make_server):
    server = make_server(RATE_LIMIT="off", RATE_READ="1", RATE_CREDENTIAL="1")
    admin = server.setup()
    assert {admin.get("/auth/me").status_code for _ in range(5)} == {200}
    assert {sign_in(server, admin.email, "wrong").status_code for _ in range(5)} == {401}
    assert "ratelimit-limit" not in admin.get("/auth/me").headers


def test_large_body__is_counted_once_and_refused_before_it_is_sent(limited):
    server, admin = limited(RATE_WRITE="4")
    workspace = admin.workspace()
    path = f"/workspaces/{workspace['id']}/chat/{admin.chat(workspace)['id']}/message"
    file = {"files": ("a.txt", b"text " * 300000, "text/plain")}
    assert [admin.post(path, files=file).status_code for _ in range(2)] == [201, 201]
    answer = raw(server, request_of(f"POST {path} HTTP/1.1", f"Authorization: Bearer {admin.token}",
                                    "Content-Type: multipart/form-data; boundary=x", "Content-Length: 9000000"))
    assert answer.startswith(b"HTTP/1.1 429 ") and b'"code":"rate_limited"' in answer
    assert b"\r\nRetry-After: 1" in answer and b"\r\nRateLimit-Remaining: 0\r\n" in answer


# --- bodies about which nginx asks first ---

FORMS = {"plain": (["Content-Length: 2"], b"{}"), "chunked": (["Transfer-Encoding: chunked"], b"2\r\n{}\r\n0\r\n\r\n"),
         "long": (["Content-Length: 1200000"], b"")}


def sent_as(server, form, path, *headers):
    """(status, RateLimit-*, code, request id) of a POST whose body comes in that form; of the long one only the head comes."""
    how, body = FORMS[form]
    data = request_of(f"POST {path} HTTP/1.1", "Content-Type: application/json", *how, *headers) + body
    # nginx closes the connection later: it waits a while for the body that it does not read.
    answer = raw(server, data, enough=lambda answer: re.search(rb"\r\n\r\n.*\{.*\}", answer, re.S))
    head, _, text = answer.partition(b"\r\n\r\n")
    rates = dict(re.findall(rb"(?i)\r\n(ratelimit-\w+|retry-after): (\d+)", head))
    problem = json.loads(re.search(rb"\{.*\}", text, re.S)[0])
    return int(head.split()[1]), {k.lower() for k in rates}, problem["code"], problem["request_id"]


def lines_of(server, request_id):
    """Of a request that has been answered: its line is written behind that."""
    return until(lambda: [line for line in server.log().splitlines() if f"id={request_id}" in line and "status=" in line])



@pytest.mark.one_column("the gate and nginx")
@pytest.mark.parametrize("form", FORMS)
def test_refusal__is_counted_and_logged_in_whatever_form_the_body_comes(limited, form):
    """The gate's refusals, each until there is nothing left to take."""
    server, admin = limited(RATE_CREDENTIAL="4", RATE_LIMIT_REQUESTS="6", RATE_WRITE="9")
    guest, workspace = server.person(admin), admin.workspace()["id"]
    admin.add_member(workspace, guest, "GUEST")
    key = admin.ok("POST", "/api/v1/api-keys/", 201, json={"name": "reads", "scopes": "read"})["key"]
    foreign = f"/workspaces/{admin.id}/chat"
    cases = {"bad token": ("/workspaces", ["Authorization: Bearer bad"], 401, "invalid_token", 4),
             "scope": ("/workspaces", [f"X-API-Key: {key}"], 403, "session_required", 9),
             "not a member": (foreign, guest_header(guest), 404, "workspace_not_found", 5),
             "role": (f"/workspaces/{workspace}/chat", guest_header(guest), 403, "forbidden", 4)}
    for what, (path, headers, status, code, count) in cases.items():
        seen = [sent_as(server, form, path, *headers) for _ in range(count)]
        assert {answer[:3] for answer in ((s, frozenset(r), c) for s, r, c, _ in seen)} == {
            (status, frozenset({b"ratelimit-limit", b"ratelimit-remaining", b"ratelimit-reset"}), code)}, what
        for _, _, _, request_id in seen:
            lines = lines_of(server, request_id)
            assert len(lines) == 1 and f"status={status}" in lines[0], what
        if what != "not a member":  # the next case goes on with the same bucket
            assert sent_as(server, form, path, *headers)[::2] == (429, "rate_limited"), what
    nobody = [sent_as(server, form, "/workspaces")[0] for _ in range(8)]
    assert nobody[-1] == 429 and set(nobody) == {401, 429}


def guest_header(person):
    return [f"Authorization: Bearer {person.token}"]


# --- who is counted ---

def test_forwarded_for__is_believed_of_a_trusted_proxy(limited):
    server, _ = limited(RATE_LIMIT_REQUESTS="20", TRUSTED_PROXIES="127.0.0.1")
    def ask(address):
        return server.http.get("/", headers={"X-Forwarded-For": address}).status_code
    assert [ask("192.0.2.1") for _ in range(21)] == [200] * 20 + [429]
    assert ask("192.0.2.2") == 200
    assert ask("192.0.2.9, 192.0.2.1") == 429, "the last address is the one that the proxy has seen"


def test_forwarded_for__is_not_believed_of_anybody_else(limited):
    server, _ = limited(RATE_LIMIT_REQUESTS="20")
    answers = [server.http.get("/", headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code for n in range(25)]
    assert answers[-1] == 429


# --- credentials that fail ---

def test_wrong_password__is_refused_before_it_is_looked_at(limited):
    server, admin = limited(RATE_CREDENTIAL="3")
    assert [sign_in(server, admin.email, "wrong").status_code for _ in range(5)] == [401, 401, 401, 429, 429]
    refused = sign_in(server, admin.email, admin.password)
    assert is_limited(refused) and 0 < int(refused.headers["retry-after"]) <= 20
    assert is_limited(sign_in(server, new_email(), "wrong")), "it is the address that is counted"
    rows = admin.ok("GET", "/audit?action=auth.sign_in_failed")
    assert len(rows) == 3


def test_right_password__costs_nothing(limited):
    server, admin = limited(RATE_CREDENTIAL="3")
    assert {sign_in(server, admin.email, admin.password).status_code for _ in range(10)} == {200}
    assert {sign_in(server, admin.email, "wrong").status_code for _ in range(3)} == {401}


def test_wrong_passwords__of_fifty_at_once_no_more_are_tried(limited):
    server, admin = limited(RATE_CREDENTIAL="3")
    with ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(lambda _: sign_in(server, admin.email, "wrong").status_code, range(50)))
    assert sorted(statuses) == [401] * 3 + [429] * 47


@pytest.mark.parametrize("path, body", [
    ("/auth/refresh", {"refresh_token": "a.b.c"}),
    ("/auth/login/2fa", {"challenge_token": "a.b.c", "code": "123456"}),
    ("/auth/password/reset", {"token": "a" * 43, "new_password": "a long enough secret"})])
def test_other_credentials__are_counted_too(limited, path, body):
    server, _ = limited(RATE_CREDENTIAL="2")
    answers = [server.http.post(path, json=body).status_code for _ in range(4)]
    assert answers[0] in (401, 404) and answers == answers[:1] * 2 + [429] * 2


def test_forgotten_password__is_counted_though_nothing_fails(limited):
    server, _ = limited(RATE_CREDENTIAL="2")
    answers = [server.http.post("/auth/password/forgot", json={"email": new_email()}).status_code for _ in range(3)]
    assert answers == [202, 202, 429]


def test_own_password__is_counted_where_one_is_signed_in(limited):
    _, admin = limited(RATE_CREDENTIAL="2")
    body = {"current_password": "wrong", "new_password": "a long enough secret"}
    assert [admin.post("/auth/password", json=body).status_code for _ in range(3)] == [403, 403, 429]


def test_bad_token__ends_in_429_and_takes_no_neighbour_along(limited):
    server, admin = limited(RATE_CREDENTIAL="3")
    bad = {"Authorization": "Bearer " + admin.token[:-8] + "AAAAAAAA"}
    answers = [server.http.get("/auth/me", headers=bad) for _ in range(5)]
    assert [a.status_code for a in answers] == [401] * 3 + [429] * 2 and is_limited(answers[4])
    assert admin.get("/auth/me").status_code == 200
    assert sign_in(server, admin.email, admin.password).status_code == 200
    tokens = server.http.post("/auth/refresh", json={"refresh_token": admin.tokens["refresh_token"]})
    assert tokens.status_code == 200


def test_account__is_guarded_from_many_addresses_and_stays_open_where_its_owner_was(limited):
    server, admin = limited(RATE_CREDENTIAL="2", RATE_CREDENTIAL_ACCOUNT="6", TRUSTED_PROXIES="127.0.0.1")
    assert sign_in(server, admin.email, admin.password, "203.0.113.1").status_code == 200
    for n in range(6):
        assert sign_in(server, admin.email.upper(), "wrong", f"198.51.100.{n}").status_code == 401
    assert is_limited(sign_in(server, admin.email, admin.password, "198.51.100.9"))
    assert sign_in(server, admin.email, admin.password, "203.0.113.1").status_code == 200
    assert sign_in(server, new_email(), "wrong", "198.51.100.9").status_code == 401, "other accounts are open"


# --- keys ---

def test_api_keys__count_for_themselves(limited):
    server, admin = limited(RATE_READ="3", RATE_DIALECT="4", RATE_KEYS="2")
    made = [admin.post("/api/v1/api-keys/", json={"name": "k", "scopes": "read"}) for _ in range(3)]
    assert [a.status_code for a in made] == [201, 201, 429]
    keys = [{"X-API-Key": a.json()["key"]} for a in made[:2]]
    assert [server.http.get("/auth/me", headers=keys[0]).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert server.http.get("/auth/me", headers=keys[1]).status_code == 200
    assert admin.get("/auth/me").status_code == 200
    own = [server.http.get("/api/v1/api-keys/me", headers=keys[0]) for _ in range(5)]
    assert [a.status_code for a in own] == [200] * 4 + [429] and "error" in own[4].json()


# --- several processes ---

def spread(person, count):
    """How many of so many requests, over both processes, were answered."""
    return [person.get("/auth/me").status_code for _ in range(count)].count(200)


@pytest.mark.columns("mariadb", "mysql")
def test_processes__share_their_buckets_through_redis(limited):
    _, admin = limited(2, RATE_READ="20")
    assert 20 <= spread(admin, 50) <= 24


@pytest.mark.columns("mariadb", "mysql")
def test_processes__share_large_buckets_but_for_a_thirty_second_part(limited):
    _, admin = limited(2, RATE_READ="64")
    assert 64 <= spread(admin, 150) <= 64 + 2 * 2 + 8


def away_lines(server):
    return sum("Redis is away" in line for line in server.log().splitlines())


@pytest.mark.columns("mariadb")
def test_redis_gone__each_process_counts_for_itself_and_says_so_once(make_server, make_backing):
    backing = make_backing()
    server = make_server(2, backing=backing, RATE_LIMIT="on", RATE_READ="20")
    admin = server.setup()
    backing.redis.kill()
    began = time.monotonic()
    answered = spread(admin, 60)
    assert 21 <= answered <= 44, "the limit holds, in each process"
    assert time.monotonic() - began < 60 * 0.25
    wait_until(lambda: away_lines(server) == 2, 10, "a line of each process")
    backing.redis.start()
    backing.redis.wait()
    wait_until(lambda: server.log().count("Redis is back") == 2, 20, "Redis being back in both processes")
    assert away_lines(server) == 2
    assert 20 <= spread(server.person(admin), 50) <= 24
