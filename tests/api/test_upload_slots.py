"""The places for uploads: nobody keeps them from the others, by as many or as slow ones as they like. The folder store, whose
uploads hold a worker of the server."""
import datetime
import re
import socket
import ssl
from urllib.parse import urlsplit

import pytest
from support.talk import text_file
from support.waiting import until

pytestmark = pytest.mark.one_column("uploads through the server")
SIZE = 20_000_000


@pytest.fixture
def eight(make_server):
    """A server with four places for uploads, its administrator."""
    server = make_server(WORKERS="8", RATE_LIMIT="off")
    return server, server.setup()


class SlowPut:
    """A direct upload of which the head has been sent and a byte now and then."""

    def __init__(self, server, person, workspace, left_s=None):
        """With left_s it begins that long before the end of its address."""
        body = {"filename": "a.txt", "size": SIZE, "content_type": "text/plain"}
        self.upload = person.ok("POST", f"/workspaces/{workspace}/uploads", 201, json=body)
        if left_s is not None:
            end_s = datetime.datetime.fromisoformat(self.upload["expires_at"]).timestamp()
            server.clock.forward(end_s - server.clock.now() - left_s)
        url = urlsplit(self.upload["url"])
        host, port = server.base_url.removeprefix("https://").split(":")
        self.socket = ssl.create_default_context(cafile=server.ca).wrap_socket(
            socket.create_connection((host, int(port)), 10), server_hostname="localhost")
        self.socket.sendall(f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {SIZE}\r\n\r\n".encode())
        self.send(1)

    def send(self, count):
        self.socket.sendall(b"x" * count)

    def status(self, wait_s=0.05):
        """Of the answer; None while there is none."""
        self.socket.settimeout(wait_s)
        try:
            head = self.socket.recv(4096)
        except TimeoutError:
            return None
        return int(head.split()[1]) if head else 0

    def close(self):
        self.socket.close()


def held(puts):
    return [put for put in puts if put.status() is None]


def file_of(person, chat):
    return person.post(chat, data={"content": "hi"}, files={"files": text_file()})


def chat_of(person):
    workspace = person.workspace()["id"]
    return workspace, f"/workspaces/{workspace}/chat/{person.chat(workspace)['id']}/message"


def ends_with(server, put, status, step_s, count):
    """Time goes by and bytes come, until the server answers."""
    seen = []

    def step():
        server.clock.forward(step_s)
        put.send(count)
        seen.append(put.status())
        return seen[-1] is not None

    until(step)
    assert seen[-1] == status and len(seen) * count < SIZE / 2, "not at the end alone"


def test_slow_uploads__of_one_user_leave_places_for_others(eight):
    server, admin = eight
    other = server.person(admin)
    workspace, own_chat = chat_of(admin)
    _, chat = chat_of(other)
    puts = [SlowPut(server, admin, workspace) for _ in range(6)]
    until(lambda: len(re.findall(r"route=/objects/.* status=503 ", server.log())) == 4)
    assert len(held(puts)) == 2, "half of the places, since nobody else wants one"
    for _ in range(4):
        assert file_of(other, chat).status_code == 201
    for put in puts:
        put.close()
    until(lambda: file_of(admin, own_chat).status_code == 201)


def test_slow_upload__that_sends_too_little_is_ended(eight):
    server, admin = eight
    put = SlowPut(server, admin, chat_of(admin)[0])
    ends_with(server, put, 408, 31, 1)


@pytest.mark.parametrize("how", ["switched off", "removed", "given up"])
def test_upload__ends_with_what_allowed_it(eight, how):
    server, admin = eight
    owner, person = server.person(admin), server.person(admin)
    workspace = owner.workspace()["id"]
    owner.add_member(workspace, person)
    put = SlowPut(server, person, workspace)
    server.clock.forward(6)
    put.send(1000)
    assert put.status() is None
    if how == "switched off":
        admin.ok("PUT", f"/users/{person.id}", 200, json={"is_active": False})
    elif how == "removed":
        owner.ok("DELETE", f"/workspaces/{workspace}/users/{person.id}", 204)
    else:
        person.ok("DELETE", f"/workspaces/{workspace}/uploads/{put.upload['upload_id']}", 204)
    ends_with(server, put, 403, 6, 20_000)


def test_upload__ends_with_its_address(eight):
    server, admin = eight
    put = SlowPut(server, admin, chat_of(admin)[0], left_s=20)
    until(lambda: re.search(r"route=/objects/.* status=204 ", server.log()))
    server.clock.forward(6)
    put.send(1000)
    assert put.status() is None, "let in, and at work"
    ends_with(server, put, 403, 20, 70_000)
