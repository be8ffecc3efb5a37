"""Trace context (W3C): taken from a trusted proxy, carried to the store and into the log, and never from strangers."""
import json
import re

import httpx
import pytest
from harness import ports
from support.client import new_client, new_email
from support.front_proxy import ADDRESS
from support.mail_server import SENDER
from support.tap import Tap
from support.talk import text_file
from support.waiting import until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"
STATE = "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"
SETTINGS = {"TRUSTED_PROXIES": ADDRESS}


def as_proxy(server):
    """A client that calls from the address of the trusted proxy."""
    return httpx.Client(base_url=server.base_url, timeout=30, trust_env=False,
                        transport=httpx.HTTPTransport(verify=False, local_address=ADDRESS))


def lines(server, what):
    return [line for line in server.log().splitlines() if what in line]


def line_of(server, request_id):
    """The log's line of a request."""
    return until(lambda: next((line for line in lines(server, f"id={request_id} ") if "msg=request" in line), None))


def traced(line):
    """(trace_id, span_id) of a line, or None."""
    found = re.search(r" trace_id=(\S+) span_id=(\S+)", line)
    return found and found.groups()


@pytest.mark.one_column("what the log says of a request")
def test_log__has_the_trace_of_a_trusted_proxy_with_a_span_of_ours(make_server):
    server = make_server(**SETTINGS)
    with as_proxy(server) as http:
        seen = set()
        for n in range(2):
            answer = http.get("/health", headers={"traceparent": PARENT, "X-Request-Id": f"request-number-{n}"})
            trace, span = traced(line_of(server, answer.headers["x-request-id"]))
            assert trace == TRACE and re.fullmatch(r"[0-9a-f]{16}", span) and span != SPAN
            seen.add(span)
        assert len(seen) == 2
        # The next one on the same thread has none.
        for n in range(20):
            answer = http.get("/health", headers={"X-Request-Id": f"without-one-{n}"})
            assert traced(line_of(server, answer.headers["x-request-id"])) is None


@pytest.mark.one_column("what the log says of a request")
def test_log__has_the_trace_in_json(make_server):
    server = make_server(LOG_FORMAT="json", **SETTINGS)
    with as_proxy(server) as http:
        http.get("/health", headers={"traceparent": PARENT})
    line = json.loads(until(lambda: lines(server, TRACE))[0])
    assert line["trace_id"] == TRACE and re.fullmatch(r"[0-9a-f]{16}", line["span_id"])


@pytest.mark.one_column("what nginx and Parley believe")
def test_trace__is_never_taken_from_strangers(make_server):
    server = make_server(**SETTINGS)
    names = ("traceparent", "TRACE_PARENT", "TRACE-PARENT", "Trace-Parent")
    for n, name in enumerate(names):
        with new_client(server, http2=False) as http:
            http.get("/health", headers={name: PARENT, "tracestate": STATE})
            request = http.get("/health", headers={name: PARENT}).headers["x-request-id"]
            assert traced(line_of(server, request)) is None, (n, name)
    assert TRACE not in server.log()


@pytest.mark.one_column("what nginx and Parley believe")
def test_trace__that_is_malformed_is_ignored(make_server):
    server = make_server(**SETTINGS)
    bad = (f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01", f"ff-{TRACE}-{SPAN}-01", PARENT[:-1], PARENT + "-x",
           PARENT.upper(), TRACE, f"x{PARENT}", f"{PARENT}, {PARENT}")
    with as_proxy(server) as http:
        for parent in bad:
            request = http.get("/health", headers={"traceparent": parent}).headers["x-request-id"]
            assert request.replace("-", "") != TRACE
            assert traced(line_of(server, request)) is None, parent
        answer = http.get("/health", headers={"traceparent": f"01-{TRACE}-{SPAN}-01-later"})
        assert answer.headers["x-request-id"] == TRACE
        assert traced(line_of(server, TRACE))[0] == TRACE


@pytest.mark.one_column("the line of a connection that is handed over")
def test_log__of_a_stream_is_found_by_its_trace(make_server):
    server = make_server(**SETTINGS)
    person = server.setup()
    with as_proxy(server) as http:
        headers = {**person.auth, "traceparent": PARENT, "X-Request-Id": "the-stream-itself"}
        with http.stream("GET", "/stream", headers=headers) as answer:
            assert answer.status_code == 200
    line, = until(lambda: lines(server, "the connection is handed over"))
    assert traced(line)[0] == TRACE and "id=the-stream-itself" in line
    assert traced(line_of(server, "the-stream-itself")) is None


@pytest.mark.one_column("the rows of mails")
def test_log__of_a_mail_has_the_trace_of_the_request_that_made_it(make_server):
    server = make_server(SMTP_URL=f"smtp://127.0.0.1:{ports.free()}", FROM_EMAIL=SENDER, **SETTINGS)
    admin = server.setup()
    workspace = admin.workspace("Guild")
    path = f"/workspaces/{workspace['id']}/invite"
    with as_proxy(server) as http:
        body = {"email": new_email("invited")}
        assert http.post(path, json=body, headers={**admin.auth, "traceparent": PARENT}).status_code == 201
    line = until(lambda: lines(server, "mail will be tried again"))[0]
    trace, span = traced(line)
    assert trace == TRACE and span != SPAN
    admin.ok("POST", path, 201, json={"email": new_email("invited")})
    until(lambda: any(traced(line) is None for line in lines(server, "mail will be tried again")))


# ---- the store ----

@pytest.fixture
def tapped(make_server):
    """A server whose store is seen on the wire: (server, tap)."""
    taps = []

    def make(backing):
        taps.append(Tap(backing))
        server = make_server(MINIO_ENDPOINT=f"127.0.0.1:{taps[-1].port}", **SETTINGS)
        return server, taps[-1]

    yield make
    for tap in taps:
        tap.close()


@pytest.mark.columns("mariadb")
def test_store__is_asked_as_a_child_of_the_request(tapped, backing):
    server, tap = tapped(backing.minio.endpoint)
    admin = server.setup()
    workspace = admin.workspace("Files")["id"]
    path = f"/workspaces/{workspace}/chat/{admin.chat(workspace)['id']}/message"
    tap.forget()
    with as_proxy(server) as http:
        large = ("large.txt", b"line\n" * 1_900_000, "text/plain")
        for file in (text_file(), large):
            answer = http.post(path, data={"content": "x"}, files={"files": file},
                               headers={**admin.auth, "traceparent": PARENT, "tracestate": STATE})
            assert answer.status_code == 201, answer.text
        request = answer.headers["x-request-id"]
    own = traced(line_of(server, request))[1]
    put = [(method, target, headers) for method, target, headers in tap.requests() if "traceparent" in headers]
    assert len({target.partition("?")[0] for _, target, _ in put}) >= 2
    assert any("partNumber" in target for _, target, _ in put), "no part was sent by a thread of its own"
    assert {headers["traceparent"][:36] for _, _, headers in put} == {f"00-{TRACE}-"}
    assert {headers["traceparent"][-3:] for _, _, headers in put} == {"-01"}
    assert {headers["tracestate"] for _, _, headers in put} == {STATE}
    spans = [headers["traceparent"].split("-")[2] for _, _, headers in put]
    assert len(set(spans)) == len(spans) and SPAN not in spans and own not in spans
    # Strangers' and nobody's go out without.
    tap.forget()
    files = {"files": text_file()}
    assert server.http.post(path, data={"content": "x"}, files=files,
                            headers={**admin.auth, "traceparent": PARENT, "tracestate": STATE}).status_code == 201
    rest = tap.requests()
    assert rest and not [headers for _, _, headers in rest if "traceparent" in headers or "tracestate" in headers]


@pytest.mark.columns("mariadb")
def test_store__of_a_trace_without_a_state_gets_none(tapped, backing):
    server, tap = tapped(backing.minio.endpoint)
    admin = server.setup()
    workspace = admin.workspace("Files")["id"]
    path = f"/workspaces/{workspace}/chat/{admin.chat(workspace)['id']}/message"
    with as_proxy(server) as http:
        for state in (None, "no state", "x" * 600 + "=1"):
            headers = {**admin.auth, "traceparent": PARENT[:-2] + "00", **({"tracestate": state} if state else {})}
            answer = http.post(path, data={"content": "x"}, files={"files": text_file()}, headers=headers)
            assert answer.status_code == 201, answer.text
    put = [headers for method, _, headers in tap.requests() if method == "PUT" and "traceparent" in headers]
    assert len(put) >= 3 and not [headers for headers in put if "tracestate" in headers]
    assert {headers["traceparent"][-3:] for headers in put} == {"-00"}
