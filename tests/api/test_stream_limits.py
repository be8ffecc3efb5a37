"""What bounds event streams: per user and address, descriptors, slow readers; and how they end at a stop."""
import os
import resource
import signal
import socket
import ssl
import subprocess
import sys
import threading

import pytest
from harness.parley import base_environment
from support.streams import Streams, lines_of, reason_of
from support.talk import is_code
from support.waiting import until

pytestmark = pytest.mark.one_column("what the hub and nginx do with connections")


@pytest.fixture
def opened(make_server):
    """opened(SETTING=…) -> (server, its administrator, streams that are closed in the end)."""
    made = []

    def open_server(**settings):
        server = make_server(**settings)
        made.append(Streams(server))
        return server, server.setup(), made[-1]

    yield open_server
    for streams in made:
        streams.close()


def refused(stream, status, code):
    assert is_code(stream.answer, status, code)
    assert int(stream.answer.headers["retry-after"]) >= 1
    return True


def test_user__has_so_many_streams(opened):
    server, admin, streams = opened(STREAMS_PER_USER="2")
    other = server.person(admin)
    first, _ = streams.open(admin), streams.open(admin)
    assert refused(streams.try_open(admin), 429, "too_many_streams")
    streams.open(other)
    first.close()
    until(lambda: streams.try_open(admin).status == 200)


def test_address__has_so_many_streams(opened):
    server, admin, streams = opened(STREAMS_PER_ADDRESS="3")
    people = [server.person(admin) for _ in range(4)]
    for person in people[:3]:
        streams.open(person)
    assert refused(streams.try_open(people[3]), 429, "too_many_streams")
    assert people[3].get("/auth/me").status_code == 200


def test_descriptors__that_are_scarce_are_kept_for_requests(opened):
    server, admin, streams = opened()
    pid = server.stack.parleys[0].pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (512 + 3, hard))
    for _ in range(3):
        streams.open(admin)
    assert refused(streams.try_open(admin), 503, "streams_full")
    for _ in range(20):
        assert admin.get("/auth/me").status_code == 200


def unread(server, admin):
    """A stream whose reader takes nothing: a raw socket with a small buffer."""
    context = ssl.create_default_context(cafile=server.ca)
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    port = int(server.base_url.rsplit(":", 1)[1])
    plain.connect(("127.0.0.1", port))
    tls = context.wrap_socket(plain, server_hostname="localhost")
    tls.sendall(f"GET /stream HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {admin.token}\r\n\r\n".encode())
    tls.recv(1)
    return tls


def test_slow_reader__is_cut_off_and_nobody_waits_for_it(opened):
    server, admin, streams = opened()
    workspace = admin.workspace()
    chat = admin.chat(workspace)
    quick = streams.open(admin)
    with unread(server, admin):
        for n in range(400):
            message = admin.message(workspace, chat, "x" * 60000)
            quick.until("message.created", id=message["id"])
            if lines_of(server, "/stream"):
                break
        line, = lines_of(server, "/stream")
        assert reason_of(line) == "slow", f"{n} messages: {line}"


def test_nginx_worker__that_dies_takes_its_streams_along(opened):
    server, admin, streams = opened(NGINX_WORKERS="1")
    for _ in range(5):
        streams.open(admin).id()
    done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(server.stack.nginx.pid)], capture_output=True, text=True,
                          check=True)
    os.kill(int(done.stdout), signal.SIGKILL)
    until(lambda: len(lines_of(server, "/stream")) == 5)
    assert {reason_of(line) for line in lines_of(server, "/stream")} == {"client gone"}
    until(lambda: server.stack.nginx.healthy())
    streams.open(admin).id()


def test_stop__tells_every_stream_to_come_back_and_when(opened):
    server, admin, streams = opened()
    people = [server.person(admin) for _ in range(3)]
    opened_streams = [streams.open(person) for person in people for _ in range(10)]
    for stream in opened_streams:
        stream.id()
    server.stack.parleys[0].send(signal.SIGTERM)
    ends = [stream.until("end") for stream in opened_streams]
    assert all(e.data == {"why": "restart", "reconnect": True} for e in ends)
    assert all(500 <= e.retry <= 4500 for e in ends) and len({e.retry for e in ends}) > 10
    assert all(stream.next() == "complete" for stream in opened_streams)
    assert server.stack.parleys[0].stop() == 0


PASSING = "import os, sys; fd = int(sys.argv[1]); os.dup2(fd, 3); os.set_inheritable(3, True); " \
          "os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid())); os.execv(sys.argv[2], sys.argv[2:])"


def start_passed(server, listening):
    """parley with the listening socket as its own, as a service manager starts it."""
    command = [sys.executable, "-c", PASSING, str(listening.fileno()), str(server.binary), "serve"]
    return subprocess.Popen(command, pass_fds=(listening.fileno(),), cwd=server.folder, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, env={**base_environment(), **server.stack.parleys[0].env})


def test_passed_socket__lets_a_restart_refuse_nobody(opened):
    server, admin, streams = opened()
    server.stack.parleys[0].stop()
    path = server.stack.parleys[0].socket
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(64)
        first = start_passed(server, listening)
        assert admin.get("/auth/me").status_code == 200
        stream = streams.open(admin)
        stream.id()
        first.send_signal(signal.SIGTERM)
        assert stream.end() == "restart" and first.wait(20) == 0
        assert path.exists(), "the socket is not this process's to remove"
        answers = []
        asking = threading.Thread(target=lambda: answers.append(admin.get("/auth/me").status_code))
        asking.start()
        second = start_passed(server, listening)
        asking.join(30)
        assert answers == [200]
        second.send_signal(signal.SIGTERM)
        assert second.wait(20) == 0
    path.unlink()
    server.stack.parleys[0].start()
    server.stack.wait()


def test_passed_socket__that_is_none_stops_the_start(opened):
    server, _, _ = opened()
    server.stack.parleys[0].stop()  # whoever starts beside it waits for the SQLite file first
    with socket.socket(socket.AF_INET) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        child = start_passed(server, listening)
        assert child.wait(20) == 1
    server.stack.parleys[0].start()
    server.stack.wait()
