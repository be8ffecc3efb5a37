"""A disk that is full, under SQLite and under the object folder: nothing is lost, and it comes back by itself."""
import os
import subprocess

import pytest
from support.deep import Deep
from support.talk import Talk, is_code

pytestmark = [pytest.mark.columns("sqlite"),
              pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small file system")]


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a file system of 16 MiB."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "parley-test", str(tmp_path)], check=True)
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def fill(folder):
    """Leaves no byte free."""
    with open(folder / "filler", "wb", buffering=0) as file:
        for size in (1 << 16, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass


def make_room(folder):
    (folder / "filler").unlink()


def talk_on(make_server, **settings):
    deep = Deep(make_server(**{"DISK_FREE_MIN": "0", **settings}))
    owner, member, _ = deep.people(2)
    return deep, Talk(owner, member, None)


def shown(talk):
    return [m["content"][:6] for m in talk.owner.ok("GET", f"{talk.at}/messages")["messages"]]


def send(talk, text):
    return talk.member.post(f"{talk.at}/message", json={"content": text})


def test_database__that_has_no_room_says_so_reads_on_and_comes_back(make_server, small_disk):
    deep, talk = talk_on(make_server, DATABASE_URL=f"sqlite:///{small_disk}/parley.db")
    assert send(talk, "before").status_code == 201
    fill(small_disk)
    refused = [send(talk, "during" + "x" * 90_000) for _ in range(3)]
    assert all(is_code(answer, 507, "disk_full") for answer in refused)
    assert shown(talk) == ["before"]
    assert "a transaction could not be committed" in deep.server.log()
    make_room(small_disk)
    assert send(talk, "after").status_code == 201
    assert shown(talk) == ["before", "after"]


def test_object_folder__that_has_no_room_says_so_and_keeps_no_half_file(make_server, small_disk):
    deep, talk = talk_on(make_server, OBJECTS_DIR=str(small_disk / "objects"))
    files = [("files", ("a.txt", b"x" * (1 << 20), "text/plain"))]
    fill(small_disk)
    refused = talk.member.post(f"{talk.at}/message", data={"content": "during"}, files=files)
    assert is_code(refused, 507, "disk_full")
    assert shown(talk) == []
    make_room(small_disk)
    assert talk.member.post(f"{talk.at}/message", data={"content": "after"}, files=files).status_code == 201
    assert len([p for p in (small_disk / "objects").rglob("*") if p.is_file()]) == deep.count("attachments") == 1


def test_floor__refuses_files_while_messages_and_deleting_go_on(make_server, small_disk):
    deep, talk = talk_on(make_server, OBJECTS_DIR=str(small_disk / "objects"), DISK_FREE_MIN="12M")
    files = [("files", ("a.txt", b"x" * (1 << 20), "text/plain"))]
    sent = [talk.member.post(f"{talk.at}/message", data={"content": "before"}, files=files) for _ in range(8)]
    assert sent[0].status_code == 201 and is_code(sent[-1], 507, "disk_full")
    begun = talk.member.post(f"{talk.path}/uploads", json={"filename": "a.txt", "size": 5})
    assert is_code(begun, 507, "disk_full")
    assert send(talk, "words").status_code == 201
    for answer in sent:
        if answer.status_code == 201:
            assert talk.member.delete(f"{talk.at}/message/{answer.json()['id']}").status_code == 204
    assert talk.member.post(f"{talk.at}/message", data={"content": "after"}, files=files).status_code == 201


def test_nginx__without_room_for_a_body_says_come_back(make_server):
    deep, talk = talk_on(make_server)
    [spool] = [p for p in deep.server.folder.rglob("body") if p.is_dir()]
    files = [("files", ("a.txt", b"x" * 2_000_000, "text/plain"))]
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "parley-test", str(spool)], check=True)
    try:
        refused = talk.member.post(f"{talk.at}/message", data={"content": "during"}, files=files)
    finally:
        subprocess.run(["umount", "--lazy", str(spool)], check=True)
    assert is_code(refused, 503, "unavailable") and refused.headers["retry-after"] == "2"
    assert talk.member.post(f"{talk.at}/message", data={"content": "after"}, files=files).status_code == 201
