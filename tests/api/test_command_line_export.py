"""`parley export`: a workspace as a tar archive, whole, and gone on with where it was cut off."""
import fcntl
import hashlib
import io
import json
import tarfile

import pytest
from support.talk import text_file


@pytest.fixture
def talk(deep):
    found = deep.talk()
    for n in range(210):
        found.say(f"number {n}")
    found.sent(text_file(b"one" * 1000, "one.txt"), text_file(b"zwei" * 300000, "zwei é " + "x" * 100 + ".txt"), content="files")
    found.direct = found.owner.ok("POST", f"{found.path}/direct", json={"user_ids": [found.member.id]})["id"]
    found.owner.message(found.id, found.direct, "between us")
    found.secret = found.owner.chat(found.id, "Secret", join="invite")["id"]
    found.owner.message(found.id, found.secret, "invited only")
    elsewhere = found.owner.workspace("Elsewhere")
    found.owner.message(elsewhere, found.owner.chat(elsewhere), "elsewhere")
    return found


def export(deep, talk, name="w.tar", *options):
    return deep.server.command("export", talk.id, str(deep.server.folder / name), *options)


def entries(path):
    with tarfile.open(path, "r:") as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar}


def sums(found):
    return dict(reversed(line.split("  ", 1)) for line in found["SHA256SUMS"].decode().splitlines())


def check_sums(found):
    wanted = {name: hashlib.sha256(content).hexdigest() for name, content in found.items() if name != "SHA256SUMS"}
    assert sums(found) == wanted


def of_chat(found, chat):
    prefix = next(name for name in found if chat in name and name.endswith("chat.json"))[:-len("chat.json")]
    return {name[len(prefix):]: content for name, content in found.items() if name.startswith(prefix)}


def end_of(data, size):
    """Where an entry ends: with its last block."""
    return data + (size + 511) // 512 * 512


def messages_of(chat):
    parts = sorted((int(name.split("-")[1]), content) for name, content in chat.items() if name.startswith("messages-"))
    return [json.loads(line) for _, content in parts for line in content.decode().splitlines()]


def test_export__holds_everything_of_the_workspace(deep, talk):
    done = export(deep, talk)
    assert done.returncode == 0, done.stderr
    found = entries(deep.server.folder / "w.tar")
    check_sums(found)
    assert json.loads(found["workspace.json"])["id"] == talk.id
    members = [json.loads(line) for line in found["members.jsonl"].decode().splitlines()]
    assert {m["email"] for m in members} == {talk.owner.email, talk.member.email}
    chat = of_chat(found, talk.chat)
    assert json.loads(chat["chat.json"])["title"] == "Chat"
    messages = messages_of(chat)
    assert [m["content"] for m in messages] == [*[f"number {n}" for n in range(210)], "files"]
    files = {a["filename"]: chat[f"files/{a['id']}/{a['filename']}"] for a in messages[-1]["attachments"]}
    assert set(files.values()) == {b"one" * 1000, b"zwei" * 300000}
    assert {a["sha256"] for a in messages[-1]["attachments"]} == {hashlib.sha256(c).hexdigest() for c in files.values()}
    assert [m["content"] for m in messages_of(of_chat(found, talk.secret))] == ["invited only"]
    everything = b"".join(found.values())
    assert b"elsewhere" not in everything and b"between us" not in everything
    assert not (deep.server.folder / "w.tar.part").exists() and not (deep.server.folder / "w.tar.part.sums").exists()
    [row] = talk.admin.ok("GET", "/audit", params={"action": "workspace.exported"})
    assert row["target"]["id"] == talk.id


def test_direct_chats__are_in_it_where_that_is_said(deep, talk):
    assert export(deep, talk, "d.tar", "--direct").returncode == 0
    found = entries(deep.server.folder / "d.tar")
    check_sums(found)
    assert [m["content"] for m in messages_of(of_chat(found, talk.direct))] == ["between us"]


def test_export__that_was_cut_off_is_gone_on_with(deep, talk):
    assert export(deep, talk, "whole.tar").returncode == 0
    whole = (deep.server.folder / "whole.tar").read_bytes()
    wanted = entries(deep.server.folder / "whole.tar")
    lines = wanted["SHA256SUMS"].decode().splitlines(keepends=True)
    with tarfile.open(fileobj=io.BytesIO(whole), mode="r:") as tar:
        places = [(entry.name, entry.offset, entry.offset_data, entry.size) for entry in tar]
    title = f"# workspace {talk.id}\n"
    cuts = [0, 100, len(whole) - 700]
    for _, at, data, size in places:
        cuts += [at, data + size // 2, end_of(data, size)]
    for n, cut in enumerate(cuts):
        name = f"cut{n}.tar"
        # As many sums as there are entries whose bytes are all there, less or more: what is not sure is done again.
        count = sum(1 for _, _, data, size in places[:-1] if end_of(data, size) <= cut)
        (deep.server.folder / f"{name}.part").write_bytes(whole[:cut])
        (deep.server.folder / f"{name}.part.sums").write_text(title + "".join(lines[:count]), encoding="utf-8")
        done = export(deep, talk, name)
        assert done.returncode == 0, (n, cut, done.stderr)
        found = entries(deep.server.folder / name)
        check_sums(found)
        same = {k for k in wanted if k not in ("workspace.json", "SHA256SUMS")}
        assert {k: found[k] for k in same} == {k: wanted[k] for k in same} and set(found) == set(wanted), cut
        assert ("Going on" in done.stdout) == (count > 0)


def test_export__that_is_damaged_is_written_again_from_there(deep, talk):
    assert export(deep, talk, "whole.tar").returncode == 0
    wanted = entries(deep.server.folder / "whole.tar")
    broken = bytearray((deep.server.folder / "whole.tar").read_bytes())
    broken[broken.index(b"number 100")] = ord("X")
    (deep.server.folder / "b.tar.part").write_bytes(broken)
    (deep.server.folder / "b.tar.part.sums").write_bytes(f"# workspace {talk.id}\n".encode() + wanted["SHA256SUMS"])
    assert export(deep, talk, "b.tar").returncode == 0
    found = entries(deep.server.folder / "b.tar")
    check_sums(found)
    assert b"number 100" in b"".join(found.values()) and b"Xumber" not in b"".join(found.values())


@pytest.mark.one_column("how the command is called")
def test_export__refuses_what_is_not_meant(deep, talk):
    path = deep.server.folder / "there.tar"
    path.write_text("kept", encoding="utf-8")
    done = export(deep, talk, "there.tar")
    assert done.returncode == 1 and "is there already" in done.stderr and path.read_text(encoding="utf-8") == "kept"
    assert deep.server.command("export", "nonsense", "x.tar").returncode == 2
    unknown = deep.server.command("export", "00000000-0000-7000-8000-000000000000", "x.tar")
    assert unknown.returncode == 1 and "Workspace not found" in unknown.stderr
    assert not (deep.server.folder / "x.tar.part").exists()
    (deep.server.folder / "o.tar.part").write_bytes(b"x")
    (deep.server.folder / "o.tar.part.sums").write_text("# workspace 00000000-0000-7000-8000-000000000000\n", encoding="utf-8")
    other = export(deep, talk, "o.tar")
    assert other.returncode == 1 and "something else" in other.stderr
    assert deep.server.command("export", talk.id, "/nowhere/at/all.tar").returncode == 1


@pytest.mark.one_column("files beside the archive")
def test_export__that_another_writes_is_left_to_it(deep, talk):
    part, sums_of_part = deep.server.folder / "t.tar.part", deep.server.folder / "t.tar.part.sums"
    part.touch()
    with open(part, "rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        done = export(deep, talk, "t.tar")
        assert done.returncode == 1 and "another export is writing it" in done.stderr
        assert part.exists() and not sums_of_part.exists()
    assert export(deep, talk, "t.tar").returncode == 0
    check_sums(entries(deep.server.folder / "t.tar"))


@pytest.mark.one_column("files beside the archive")
def test_export__takes_no_file_for_its_own_whose_sums_are_not_there(deep, talk):
    part, sums_of_part = deep.server.folder / "f.tar.part", deep.server.folder / "f.tar.part.sums"
    part.write_bytes(b"somebody's")
    for sums_before in (None, b"", b"# workspace"):
        if sums_before is not None:
            sums_of_part.write_bytes(sums_before)
        done = export(deep, talk, "f.tar")
        assert done.returncode == 1 and "something else" in done.stderr
        assert part.read_bytes() == b"somebody's"
        assert (sums_of_part.read_bytes() if sums_of_part.exists() else None) == sums_before


@pytest.mark.one_column("files beside the archive")
def test_export__takes_no_sums_of_another_away(deep, talk):
    sums_of_part = deep.server.folder / "s.tar.part.sums"
    sums_of_part.write_text("# workspace 00000000-0000-7000-8000-000000000000\nkept", encoding="utf-8")
    done = export(deep, talk, "s.tar")
    assert done.returncode == 1 and "something else" in done.stderr
    assert sums_of_part.read_text(encoding="utf-8").endswith("kept")
    assert not (deep.server.folder / "s.tar.part").exists()


@pytest.mark.one_column("a file without an object")
def test_file__whose_object_is_missing_is_said(deep, talk):
    for path in (deep.server.folder / "objects").glob("workspace_*/*"):
        if path.stat().st_size == 3000:
            path.unlink()
    done = export(deep, talk, "m.tar")
    assert done.returncode == 0 and "1 files have no object" in done.stdout
    found = entries(deep.server.folder / "m.tar")
    check_sums(found)
    assert [content for name, content in found.items() if name.endswith("one.txt.missing")] == [b""]
    # Gone on with behind its first entry: how many were missing before is not known any more.
    whole = (deep.server.folder / "m.tar").read_bytes()
    with tarfile.open(fileobj=io.BytesIO(whole), mode="r:") as tar:
        first = tar.next()
    line = found["SHA256SUMS"].decode().splitlines(keepends=True)[0]
    (deep.server.folder / "r.tar.part").write_bytes(whole[:end_of(first.offset_data, first.size)])
    (deep.server.folder / "r.tar.part.sums").write_text(f"# workspace {talk.id}\n{line}", encoding="utf-8")
    done = export(deep, talk, "r.tar")
    assert done.returncode == 0 and "1 files that were written in this run have no object" in done.stdout
