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
    deep = Deep(make_server(**settings))
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
