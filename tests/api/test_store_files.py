"""What really lies in the folder store, and its signed addresses as nginx serves them."""
import os
import re
import socket
import ssl
import stat
import urllib.parse

import pytest
from harness.process import wait_until
from support.talk import Talk, text_file

pytestmark = pytest.mark.columns("sqlite")

MIB = 1 << 20


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


class Folder:
    def __init__(self, server):
        self.path = server.folder / "objects"

    def of(self, workspace):
        folder = self.path / f"workspace_{workspace}"
        return sorted(folder.iterdir()) if folder.is_dir() else []

    def temporary(self):
        return list((self.path / ".tmp").iterdir())

    def uploads(self):
        return list((self.path / ".uploads").iterdir())


@pytest.fixture
def folder(server):
    return Folder(server)


def begin(talk, size, name="notes.txt"):
    return talk.member.ok("POST", f"{talk.path}/uploads", 201,
                          json={"filename": name, "size": size, "content_type": "text/plain"})


def relative(url):
    """An address of this server, without the server."""
    parts = urllib.parse.urlsplit(url)
    return f"{parts.path}?{parts.query}"


def signed_address(talk, message):
    """An address by which the file of a message can be had without a credential."""
    return relative(talk.member.ok("GET", f"/attachments/{message['attachments'][0]['id']}/url", 200)["url"])


# --- files ---

def test_file__is_byte_for_byte_what_was_sent(talk, folder):
    talk.sent(text_file(b"some\r\nbytes\xc3\xa9"))
    (found,) = folder.of(talk.id)
    assert found.read_bytes() == b"some\r\nbytes\xc3\xa9"
    assert re.fullmatch(r"\d{8}_[0-9a-f]{32}\.txt", found.name)


def test_file__is_for_the_group_and_nobody_else(talk, folder):
    talk.sent(text_file())
    (found,) = folder.of(talk.id)
    assert stat.S_IMODE(found.stat().st_mode) == 0o640
    assert stat.S_IMODE(found.parent.stat().st_mode) == 0o750


def test_file__goes_with_its_message_and_so_does_its_folder(talk, folder):
    message = talk.sent(text_file())
    assert talk.member.delete(f"{talk.at}/message/{message['id']}").status_code == 204
    assert folder.of(talk.id) == []
    assert not (folder.path / f"workspace_{talk.id}").exists()


def test_file__of_a_refused_message_is_not_there(talk, folder):
    assert talk.send(text_file(b"fine"), ("bad.png", b"<html>", "image/png")).status_code == 415
    assert folder.of(talk.id) == []


# --- addresses ---

def test_address__serves_the_file_with_its_headers(talk, http):
    answer = http.get(signed_address(talk, talk.sent(text_file(b"hello", name="été.txt"))))
    assert answer.status_code == 200 and answer.content == b"hello"
    assert answer.headers["content-type"].startswith("text/plain")
    assert "filename*=UTF-8''%C3%A9t%C3%A9.txt" in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_address__serves_ranges(talk, http):
    address = signed_address(talk, talk.sent(text_file(b"0123456789")))
    answer = http.get(address, headers={"Range": "bytes=2-4"})
    assert answer.status_code == 206 and answer.content == b"234"


@pytest.mark.parametrize("change", [
    lambda path, query: f"{path}?{query}0",
    lambda path, query: f"{path}?{query}&x=1",
    lambda path, query: f"{path}?x=1&{query}",
    lambda path, query: f"{path}x?{query}",
    lambda path, query: path,
    lambda path, query: f"{path}?" + re.sub(r"expires=(\d+)", lambda m: f"expires={int(m[1]) + 1}", query),
    lambda path, query: f"{path}?" + query.replace("type=text%2Fplain", "type=text%2Fhtml"),
    lambda path, query: f"{path}?" + query.rpartition("&")[0],
])
def test_address__changed_is_403(talk, http, change):
    path, _, query = signed_address(talk, talk.sent(text_file())).partition("?")
    assert http.get(change(path, query)).status_code == 403


def test_address__for_reading_does_not_write(talk, http):
    message = talk.sent(text_file(b"hello"))
    address = signed_address(talk, message)
    assert http.put(address, content=b"other").status_code == 403
    assert http.get(address).content == b"hello"


@pytest.mark.parametrize("path", ["/_objects/{}", "/objects/../objects/{}", "/objects/.tmp/x", "/objects/{}"])
def test_file__is_not_had_without_a_signature(talk, http, folder, path):
    talk.sent(text_file(b"hello"))
    (found,) = folder.of(talk.id)
    answer = http.get(path.format(found.relative_to(folder.path)))
    assert answer.status_code in (400, 403, 404) and b"hello" not in answer.content


# --- uploads that end early ---

def connect(server):
    host, port = urllib.parse.urlsplit(server.base_url).netloc.split(":")
    context = ssl.create_default_context(cafile=server.ca)
    return context.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host)


def send_half(server, url, size):
    """A client that goes away in the middle of a PUT. It stays until the server has written something."""
    connection = connect(server)
    host = urllib.parse.urlsplit(server.base_url).hostname
    connection.sendall(f"PUT {relative(url)} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {size}\r\n\r\n".encode())
    connection.sendall(bytes(size // 2))
    return connection


def has_bytes(paths):
    return any(path.exists() and path.stat().st_size for path in paths)


def test_put__that_ends_early_leaves_nothing(make_server):
    server = make_server()
    folder = Folder(server)
    alice = server.setup()
    talk = Talk(alice, server.person(alice), None)
    connection = send_half(server, begin(talk, 8 * MIB)["url"], 8 * MIB)
    wait_until(lambda: has_bytes(folder.temporary()), 10, "the first bytes in the folder")
    connection.close()
    wait_until(lambda: folder.temporary() == [], 10, "the removal of the temporary file")
    assert folder.of(talk.id) == []


def test_put__of_a_killed_server_leaves_no_object(make_server):
    server = make_server()
    folder = Folder(server)
    alice = server.setup()
    talk = Talk(alice, server.person(alice), None)
    upload = begin(talk, 8 * MIB)
    connection = send_half(server, upload["url"], 8 * MIB)
    wait_until(lambda: has_bytes(folder.temporary()), 10, "the first bytes in the folder")
    parley = server.stack.parleys[0]
    os.kill(parley.pid, 9)
    parley.stop()
    connection.close()
    assert folder.of(talk.id) == []
    parley.start()
    wait_until(server.stack.healthy, 20, "the server's return")
    answer = talk.member.put(relative(upload["url"]), content=bytes(8 * MIB).replace(b"\0", b"x"))
    assert answer.status_code == 200
    talk.member.ok("POST", f"{talk.path}/uploads/{upload['upload_id']}/complete", 201, json={})
    assert len(folder.of(talk.id)) == 1


def test_parts__of_a_cancelled_upload_are_gone(make_server):
    server = make_server()
    folder = Folder(server)
    alice = server.setup()
    talk = Talk(alice, server.person(alice), None)
    upload = begin(talk, 65 * MIB, name="film.mp4")
    assert server.http.put(relative(upload["parts"][0]["url"]), content=bytes(upload["part_size"])).status_code == 200
    assert len(folder.uploads()) == 1
    assert talk.member.delete(f"{talk.path}/uploads/{upload['upload_id']}").status_code == 204
    assert folder.uploads() == [] and folder.temporary() == []


def test_put__without_a_length_is_411(talk):
    upload = talk.member.ok("POST", f"{talk.path}/uploads", 201, json={"filename": "a.txt", "size": 5})

    def pieces():
        yield b"hel"
        yield b"lo"
    answer = talk.member.http.put(upload["url"], content=pieces(), headers=upload["headers"])
    assert answer.status_code == 411, answer.text
    assert answer.json()["code"] == "length_required"
