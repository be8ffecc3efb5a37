"""Replies in pieces, streams and parked requests: a test program's handlers behind the real nginx, HTTP/1.1 and HTTP/2."""
import asyncio
import contextlib
import json
import re
import socket
import ssl
import threading

import h2.connection
import h2.events
import httpx
import pytest
from harness.process import wait_until
from support.handover import Handover
from support.raw import raw, request_of

pytestmark = pytest.mark.columns("sqlite")

HTTP1, HTTP2 = "--http1.1", "--http2"
# curl's own: no answer at all (nginx had not sent the head yet), or one that ended early; a stream that was reset.
BROKEN = {HTTP1: (52, 18), HTTP2: (92,)}
both = pytest.mark.parametrize("version", [HTTP1, HTTP2])


@contextlib.contextmanager
def running(binary, folder):
    ways = Handover(folder, binary.parent / "handover_server")
    try:
        yield ways.start()
    finally:
        exit_status, reports = ways.stop()
    assert (exit_status, reports) == (0, []), ways.program.log.read_text()


@pytest.fixture(scope="module")
def shared_ways(binary, run_folder):
    """The program and its nginx, for all tests that leave it running."""
    with running(binary, run_folder / "ways") as ways:
        yield ways


@pytest.fixture
def ways(shared_ways):
    """The same, with what it says counted from here."""
    shared_ways.forget()
    yield shared_ways
    shared_ways.wait_nobody()


@pytest.fixture
def stopping_ways(binary, run_folder, request):
    with running(binary, run_folder / f"ways{request.node.callspec.indices['version']}") as ways:
        yield ways


class Http2:
    """One connection, of which a single stream can be reset: no client does that by itself."""

    def __init__(self, ways):
        context = ssl.create_default_context(cafile=ways.ca)
        context.set_alpn_protocols(["h2"])
        port = int(ways.base_url.rsplit(":", 1)[1])
        self.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", port), 20), server_hostname="localhost")
        self.authority = f"localhost:{port}"
        self.h2 = h2.connection.H2Connection()
        self.h2.initiate_connection()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self):
        self.socket.sendall(self.h2.data_to_send())

    def get(self, path):
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, [(":method", "GET"), (":path", path), (":scheme", "https"),
                                      (":authority", self.authority)], end_stream=True)
        self.send()
        return stream

    def reset(self, stream):
        self.h2.reset_stream(stream)
        self.send()

    def read(self, stream, length):
        """So many bytes of an answer's body."""
        body = b""
        while len(body) < length:
            for event in self.h2.receive_data(self.socket.recv(65536)):
                if isinstance(event, h2.events.DataReceived) and event.stream_id == stream:
                    body += event.data
            self.send()
        return body


def open_stream(ways, version):
    """A stream of which the first event has come."""
    child = ways.curl(version, "/stream")
    assert (child.stdout.readline(), child.stdout.readline()) == ("data: first\n", "\n")
    return child


def rest_of(child):
    body, _ = child.communicate(timeout=20)
    return child.returncode, body


# ---- pieces ----

@both
@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, 400, 50000])
def test_pieces__come_complete_at_every_length(ways, version, count):
    status, body = ways.fetch(version, f"/pieces/{count}/0")
    assert status == 0 and [row["id"] for row in json.loads(body)] == list(range(1, count + 1))


@both
@pytest.mark.parametrize("count, length", [(200, True), (201, False)])
def test_pieces__have_a_length_only_where_one_piece_is_all(ways, version, count, length):
    _, heads = ways.fetch(version, f"/pieces/{count}/0", "-o", "/dev/null", "-D", "-")
    assert ("content-length: " in heads.lower()) == length and " 200" in heads.splitlines()[0]


@both
@pytest.mark.parametrize("piece", [2, 3, 100])
def test_pieces__an_error_in_the_middle_is_a_broken_transfer(ways, version, piece):
    status, body = ways.fetch(version, f"/pieces/50000/{piece}")
    assert status in BROKEN[version] and not body.endswith("]")
    wait_until(lambda: ways.lines("/pieces"), 5, "the line of the broken answer")
    assert " code=database_unavailable " in ways.lines("/pieces")[0]
    assert ways.fetch(version, "/ping") == (0, '{"pong":true}')


@both
def test_pieces__an_error_in_the_first_is_a_problem(ways, version):
    status, body = ways.fetch(version, "/pieces/50000/1")
    assert status == 0 and json.loads(body)["status"] == 503


@both
def test_pieces__of_a_head_request_are_not_asked_for(ways, version):
    status, heads = ways.fetch(version, "/pieces/50000/2", "-I")
    assert status == 0 and " 200" in heads.splitlines()[0]


def test_pieces__of_100000_rows_take_no_memory_of_the_request(ways):
    assert ways.fetch(HTTP2, "/pieces/100000/0")[0] == 0
    wait_until(lambda: ways.lines("/pieces"), 5, "the line of the answer")
    assert int(re.search(r"arena_bytes=(\d+)", ways.lines("/pieces")[0])[1]) < 100000


def test_pieces__a_client_that_leaves_in_the_middle_frees_the_worker(ways):
    for _ in range(4):
        child = ways.curl(HTTP1, "/pieces/2000000/0", "--limit-rate", "10k")
        assert child.stdout.read(10).startswith('[{"id":1,')
        child.kill()
        child.communicate()
    wait_until(lambda: len(ways.lines("/pieces")) == 4, 20, "the lines of the four")
    assert all(" code=client_gone " in line for line in ways.lines("/pieces"))
    assert ways.fetch(HTTP2, "/ping") == (0, '{"pong":true}')


# ---- streams ----

@both
def test_stream__comes_piece_by_piece_and_ends_cleanly(ways, version):
    child = open_stream(ways, version)
    for _ in range(3):
        ways.do("tick")
        assert (child.stdout.readline(), child.stdout.readline()) == ("data: tick\n", "\n")
    ways.do("end")
    assert rest_of(child) == (0, "event: end\n\n")
    ways.wait_said("ended")


@both
def test_stream__that_is_aborted_is_a_broken_transfer(ways, version):
    child = open_stream(ways, version)
    ways.do("abort")
    status, rest = rest_of(child)
    assert status in BROKEN[version] and rest == ""


@both
def test_stream__a_client_that_leaves_is_noticed(ways, version):
    child = open_stream(ways, version)
    child.kill()
    child.communicate()
    ways.wait_said("gone")


def test_stream__that_http2_resets_is_noticed_while_its_connection_lives_on(ways):
    with Http2(ways) as connection:
        stream = connection.get("/stream")
        assert connection.read(stream, 13) == b"data: first\n\n"
        connection.reset(stream)
        ways.wait_said("gone")
        assert connection.read(connection.get("/ping"), 13) == b'{"pong":true}'


def test_stream__gets_its_line_of_the_log_at_its_end(ways):
    child = open_stream(ways, HTTP2)
    ways.do("tick")
    assert ways.lines("/stream") == []
    ways.do("end")
    rest_of(child)
    ways.wait_said("ended")
    line, = ways.lines("/stream")
    assert " status=200 code=ok " in line and line.endswith(" reason=done")
    # Two records of 8 + 16 (a padded event), END_REQUEST's 8 + 8 and the empty record before it.
    assert int(re.search(r"sent_bytes=(\d+)", line)[1]) == 2 * 24 + 24


@both
def test_stream__has_the_headers_of_the_gate(ways, version):
    child = ways.curl(version, "/stream", "-D", "-")
    heads = ""
    while not heads.endswith("data: first\n\n"):
        heads += child.stdout.readline()
    assert "content-type: text/event-stream" in heads.lower() and "x-request-id: " in heads.lower()
    assert "content-length" not in heads.lower()
    ways.do("end")
    assert rest_of(child)[0] == 0


# ---- parked requests ----

@both
def test_park__is_answered_later(ways, version):
    child = ways.curl(version, "/park", "-D", "-")
    ways.wait_said("taken")
    assert ways.fetch(version, "/ping") == (0, '{"pong":true}')
    ways.do("answer")
    status, answer = rest_of(child)
    heads, body = answer.lower().split("\n\n", 1)
    assert status == 0 and body == '{"late":true}' and " 200" in heads.splitlines()[0]
    for header in ("x-made: by the handler", "content-length: 13", "content-type: application/json", "x-request-id: "):
        assert header in heads
    ways.wait_said("ended")
    line, = ways.lines("/park")
    assert " status=200 code=ok " in line and line.endswith(" reason=done")


@both
def test_park__becomes_a_stream(ways, version):
    child = ways.curl(version, "/park", "-D", "-")
    ways.wait_said("taken")
    ways.do("turn")
    heads = ""
    while not heads.endswith("data: turned\n\n"):
        heads += child.stdout.readline()
    assert "content-type: text/event-stream" in heads.lower() and "x-made: by the handler" in heads.lower()
    ways.do("tick")
    ways.do("end")
    assert rest_of(child) == (0, "data: tick\n\nevent: end\n\n")


@both
def test_park__a_client_that_leaves_before_the_answer_is_noticed(ways, version):
    child = ways.curl(version, "/park")
    ways.wait_said("taken")
    child.kill()
    child.communicate()
    ways.wait_said("gone")


@both
def test_park__with_a_body_that_the_handler_left_is_answered_whole(ways, version, tmp_path):
    (tmp_path / "body").write_bytes(b"x" * 300000)
    child = ways.curl(version, "/park", "--data-binary", f"@{tmp_path}/body")
    ways.wait_said("taken")
    ways.do("answer")
    assert rest_of(child) == (0, '{"late":true}')


def test_park__head_has_no_body(ways):
    answer = []
    asking = threading.Thread(target=lambda: answer.append(raw(ways, request_of("HEAD /park HTTP/1.1"))))
    asking.start()
    ways.wait_said("taken")
    ways.do("answer")
    asking.join(20)
    assert b"Content-Length: 13" in answer[0] and answer[0].endswith(b"\r\n\r\n")


async def parked(ways, count):
    """So many requests wait; others are answered meanwhile; then all of them are."""
    context = ssl.create_default_context(cafile=ways.ca)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    # nginx takes 128 streams on a connection.
    clients = [httpx.AsyncClient(http2=True, verify=context, base_url=ways.base_url, limits=limits, timeout=60)
               for _ in range(count // 100)]
    try:
        asked = [asyncio.create_task(client.get("/park")) for client in clients for _ in range(100)]
        await asyncio.to_thread(ways.wait_said, "taken", count)
        for _ in range(20):
            assert (await asyncio.to_thread(ways.fetch, HTTP1, "/ping")) == (0, '{"pong":true}')
        await asyncio.to_thread(ways.do, "answer")
        return await asyncio.gather(*asked)
    finally:
        for client in clients:
            await client.aclose()


def test_park__a_thousand_wait_while_two_workers_answer_others(ways):
    answers = asyncio.run(parked(ways, 1000))
    assert len(answers) == 1000 and all(a.status_code == 200 and a.json() == {"late": True} for a in answers)


# ---- stopping ----

@both
def test_stop__ends_what_is_still_there(stopping_ways, version):
    stream = open_stream(stopping_ways, version)
    late = stopping_ways.curl(version, "/park")
    stopping_ways.wait_said("taken", 2)
    stopping_ways.program.send(stopping_ways.program.stop_signal)
    assert rest_of(stream) == (0, "event: end\n\n")
    late.communicate(timeout=20)
