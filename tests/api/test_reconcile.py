"""`parley reconcile`: rows and objects, both ways."""
import re

import pytest
from support.client import anyone
from support.talk import text_file
from support.waiting import until

ORPHAN = "workspace_00000000-0000-7000-8000-000000000000/20260101_0123456789abcdef0123456789abcdef.txt"
FOREIGN = "somebody_elses/thing.txt"


@pytest.fixture
def talk(deep):
    return deep.talk()


def put(deep, key, content=b"nobody's"):
    if deep.server.column == "sqlite":
        path = deep.server.folder / "objects" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    else:
        deep.s3().put_object(Bucket=deep.server.settings["MINIO_BUCKET_NAME"], Key=key, Body=content)


def take(deep, key):
    if deep.server.column == "sqlite":
        (deep.server.folder / "objects" / key).unlink()
    else:
        deep.s3().delete_object(Bucket=deep.server.settings["MINIO_BUCKET_NAME"], Key=key)


def figures(done):
    """(objects, files, orphans, bytes, missing) of its last line but one."""
    return tuple(int(n) for n in re.findall(r"\d+", next(line for line in done.stdout.splitlines() if "looked at" in line)))


def test_reconcile__finds_nothing_where_nothing_is_wrong(deep, talk):
    talk.sent(text_file(), text_file(b"two", "two.txt"))
    begun = talk.member.ok("POST", f"{talk.path}/uploads", 201, json={"filename": "a.txt", "size": 5})
    answer = anyone("PUT", begun["url"], deep.server.ca, content=b"hello", headers=begun["headers"])
    assert answer.status_code == 200
    put(deep, FOREIGN)
    done = deep.server.command("reconcile")
    assert done.returncode == 0, done.stderr
    # An upload under way is beside the objects, until it is complete.
    assert figures(done) == (2, 2, 0, 0, 0)


def test_reconcile__names_what_it_finds_and_changes_nothing(deep, talk):
    sent = talk.sent(text_file())
    [key] = deep.objects()
    take(deep, key)
    put(deep, ORPHAN)
    done = deep.server.command("reconcile")
    assert done.returncode == 1 and "--repair" in done.stderr
    assert f"no row knows: {ORPHAN}" in done.stdout and key in done.stdout
    assert figures(done) == (1, 1, 1, 8, 1)
    assert deep.objects() == [ORPHAN]
    assert len(talk.owner.ok("GET", f"{talk.at}/message/{sent['id']}")["attachments"]) == 1


def test_repair__makes_them_agree(deep, talk):
    lost = talk.sent(text_file(b"lost", "lost.txt"), text_file(b"kept", "kept.txt"))
    keys = dict(deep.rows("SELECT filename, object_key FROM attachments"))
    take(deep, keys["lost.txt"])
    for n in range(45):
        put(deep, ORPHAN.replace("cdef.", f"{n:04x}."))
    put(deep, FOREIGN)
    done = deep.server.command("reconcile", "--repair")
    assert done.returncode == 0, done.stderr
    assert figures(done) == (46, 2, 45, 45 * 8, 1)
    assert deep.objects() == sorted([FOREIGN, keys["kept.txt"]])
    found = talk.owner.ok("GET", f"{talk.at}/message/{lost['id']}")
    assert [a["filename"] for a in found["attachments"]] == ["kept.txt"]
    [row] = talk.admin.ok("GET", "/audit", params={"action": "server.store_reconciled"})
    assert row["details"] == {"objects": 45, "bytes": 45 * 8, "files": 1}
    again = deep.server.command("reconcile")
    assert again.returncode == 0 and figures(again)[2:] == (0, 0, 0)


def test_object__of_another_size_is_none(deep, talk):
    talk.sent(text_file())
    [key] = deep.objects()
    put(deep, key, b"cut")
    assert figures(deep.server.command("reconcile"))[2:] == (0, 0, 1)


def test_what_is_to_be_deleted__is_known(deep, talk):
    talk.sent(text_file())
    [key] = deep.objects()
    deep.rows("DELETE FROM attachments")
    later = int((deep.server.clock.now() + 3600) * 1000000)
    deep.rows(f"INSERT INTO object_deletions (object_key, due_us) VALUES ('{key}', {later})")
    assert figures(deep.server.command("reconcile")) == (1, 0, 0, 0, 0)


def test_kill__leaves_nothing_that_is_not_known(deep, talk):
    """At once, before any job has tidied up."""
    for n in range(8):
        sent = talk.sent(text_file(b"x" * 20000, f"{n}.txt"))
        if n % 2:
            assert talk.member.delete(f"{talk.at}/message/{sent['id']}").status_code == 204
    assert talk.owner.delete(talk.at).status_code == 204
    deep.kill()
    done = deep.server.command("reconcile")
    assert done.returncode == 0 and figures(done)[2:] == (0, 0, 0), done.stdout
    until(lambda: deep.tidy() and deep.objects() == [])
    assert figures(deep.server.command("reconcile")) == (0, 0, 0, 0, 0)


@pytest.mark.one_column("how the command is called")
def test_store__that_is_away_is_told(parley):
    assert parley("migrate", "up").returncode == 0
    done = parley("reconcile", MINIO_ENDPOINT="127.0.0.1:1", MINIO_ACCESS_KEY="a", MINIO_SECRET_KEY="b")
    assert done.returncode == 1 and "object store" in done.stderr
