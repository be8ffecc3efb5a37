"""Exports of a chat, and of one's own data: what is in them, and who gets them."""
import hashlib
import io
import json
import tarfile

import pytest
from support.client import new_email
from support.fastcgi import Request
from support.talk import Talk, is_code, text_file
from support.waiting import until

NASTY = "<script>alert('1')</script> & \"quotes\" \u2028 end"


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


@pytest.fixture
def filled(talk):
    """A chat with an edited, a deleted and a nasty message, a reply, a reaction and a file."""
    first = talk.say("first")
    talk.member.ok("PUT", f"{talk.at}/message/{first['id']}", 200, json={"content": "first, edited"})
    gone = talk.say("gone")
    assert talk.member.delete(f"{talk.at}/message/{gone['id']}").status_code == 204
    talk.say(NASTY, person=talk.owner)
    talk.owner.ok("POST", f"{talk.at}/message", 201, json={"content": "a reply", "reply_to": first["id"]})
    assert talk.owner.put(f"{talk.at}/message/{first['id']}/reactions/👍").is_success
    talk.sent(text_file(name="<b>&.txt"), content="with a file")
    return talk


def messages_of(talk, person=None):
    return (person or talk.member).ok("GET", f"{talk.at}/messages", params={"page_size": 200})["messages"]


def lines_of(answer):
    return [json.loads(line) for line in answer.text.splitlines()]


# --- a chat ---

def test_json__holds_the_chat_and_every_message_as_the_api_shows_them(filled):
    answer = filled.member.get(f"{filled.at}/export", params={"format": "json"})
    assert answer.status_code == 200 and "content-length" not in answer.headers
    assert answer.headers["content-disposition"] == f'attachment; filename="chat-{filled.chat}.json"'
    found = answer.json()
    assert found["messages"] == messages_of(filled)
    assert found["chat"]["id"] == filled.chat and found["exported_at"]
    assert found["messages"][1]["content"] == "" and found["messages"][1]["deleted_at"]
    assert found["messages"][-1]["attachments"][0]["sha256"] == hashlib.sha256(text_file()[1]).hexdigest()


def test_format__left_out_is_json(filled):
    assert filled.member.ok("GET", f"{filled.at}/export", 200)["messages"] == messages_of(filled)


def test_lines__are_the_chat_each_message_and_the_end(filled):
    answer = filled.guest.get(f"{filled.at}/export", params={"format": "jsonl"})
    assert answer.headers["content-type"] == "application/x-ndjson"
    first, *messages, last = lines_of(answer)
    assert first["type"] == "chat" and first["chat"]["title"] == "Chat"
    assert [m["message"] for m in messages] == messages_of(filled, filled.guest)
    assert {m["type"] for m in messages} == {"message"}
    assert last == {"type": "end", "message_count": len(messages)}


@pytest.mark.one_column("how a page looks")
def test_page__loads_nothing_and_has_no_markup_of_what_people_wrote(filled):
    answer = filled.member.get(f"{filled.at}/export", params={"format": "html"})
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    assert "attachment" in answer.headers["content-disposition"]
    page = answer.text
    assert "<script" not in page and "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;" in page
    assert "src=" not in page and "<link" not in page and "@import" not in page and "url(" not in page
    assert "&lt;b&gt;&amp;.txt" in page and hashlib.sha256(text_file()[1]).hexdigest() in page
    assert "first, edited" in page and "(edited)" in page and ">gone<" not in page and "Deleted" in page
    assert page.rstrip().endswith("</html>") and "The end; 5 messages." in page


def test_chat__of_more_than_a_piece_is_whole_and_in_order(talk):
    for n in range(205):
        talk.say(f"number {n}")
    page = talk.member.ok("GET", f"{talk.at}/export", 200)
    assert [m["content"] for m in page["messages"]] == [f"number {n}" for n in range(205)]
    assert lines_of(talk.member.get(f"{talk.at}/export?format=jsonl"))[-1]["message_count"] == 205


def test_chat__without_a_message_is_there(talk):
    assert talk.member.ok("GET", f"{talk.at}/export", 200)["messages"] == []
    assert lines_of(talk.member.get(f"{talk.at}/export?format=jsonl"))[-1] == {"type": "end", "message_count": 0}


def test_format__that_is_none_is_refused(talk):
    assert talk.member.get(f"{talk.at}/export", params={"format": "pdf"}).status_code == 422


def test_head__writes_no_row_and_sends_nothing(talk, admin):
    answer = talk.member.request("HEAD", f"{talk.at}/export")
    assert answer.status_code == 200 and answer.content == b""
    assert talk.member.request("HEAD", "/auth/me/export").status_code == 200
    assert admin.ok("GET", "/audit", params={"target": talk.chat, "action": "chat.exported"}) == []


def test_export__is_in_the_audit_log(talk, admin):
    assert talk.member.get(f"{talk.at}/export?format=html").status_code == 200
    [row] = admin.ok("GET", "/audit", params={"target": talk.chat, "action": "chat.exported"})
    assert row["actor"]["id"] == talk.member.id and row["details"] == {"format": "html"}


def test_direct_chat__is_for_its_people_alone(talk, admin):
    chat = talk.owner.ok("POST", f"{talk.path}/direct", json={"user_ids": [talk.member.id]})["id"]
    talk.owner.message(talk.id, chat, "between us")
    found = talk.member.ok("GET", f"{talk.chat_path(chat)}/export", 200)
    assert [m["content"] for m in found["messages"]] == ["between us"]
    assert is_code(talk.guest.get(f"{talk.chat_path(chat)}/export"), 404, "chat_not_found")
    assert is_code(admin.get(f"{talk.chat_path(chat)}/export"), 404, "workspace_not_found")


def test_rights__that_are_lost_end_an_export_that_is_under_way(make_server):
    server = make_server()
    admin = server.setup()
    owner, member, other = (server.person(admin) for _ in range(3))
    talk = Talk(owner, member, None)
    owner.add_member(talk.id, other)
    for n in range(60):
        talk.say(str(n) + "x" * 99000)
    path = f"{talk.at}/export?format=jsonl"
    whole, how = Request(server.stack.parleys[0].socket, path, member.auth).rest()
    assert how == "complete" and whole.endswith(b'{"type":"end","message_count":60}\n')

    held = Request(server.stack.parleys[0].socket, path, member.auth)
    assert held.status == 200
    # Its own second one waits for it in vain; another person's has a place; then there is none any more.
    busy = member.get(path)
    assert is_code(busy, 503, "busy") and int(busy.headers["retry-after"]) > 0
    beside = Request(server.stack.parleys[0].socket, path, other.auth)
    assert beside.status == 200
    assert is_code(owner.get(path), 503, "busy")
    beside.close()

    assert owner.delete(f"{talk.path}/users/{member.id}").status_code == 204
    part, how = held.rest()
    assert how != "complete" and b'"type":"end"' not in part and len(part) < len(whole)
    until(lambda: "code=forbidden" in server.log())
    until(lambda: owner.get(path).status_code == 200)


@pytest.mark.one_column("rates are counted in the process")
def test_rate__of_exports_is_its_own(shared_server):
    server = shared_server(RATE_LIMIT="on", RATE_EXPORT="2")
    person = server.person(server.admin)
    workspace = person.workspace()
    chat = person.chat(workspace)
    path = f"/workspaces/{workspace['id']}/chat/{chat['id']}/export"
    answers = [person.get(path) for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert answers[0].headers["ratelimit-limit"] == "2"
    assert person.get("/auth/me").status_code == 200


# --- one's own data ---

def archive_of(person):
    answer = person.get("/auth/me/export")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/x-tar", answer.text
    with tarfile.open(fileobj=io.BytesIO(answer.content), mode="r:") as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar}


def rows_of(archive, section):
    names = sorted((n for n in archive if n.startswith(f"{section}-")), key=lambda n: int(n.split("-")[1].split(".")[0]))
    return [json.loads(line) for name in names for line in archive[name].decode().splitlines()]


def test_own_data__is_the_account_and_all_that_one_has_written(filled):
    member = filled.member
    other = filled.say("by another", person=filled.owner)
    assert member.put(f"{filled.at}/message/{other['id']}/reactions/🎉").is_success
    member.ok("PUT", f"{filled.at}/state", json={"draft": "half a thought", "starred": True})
    member.ok("PUT", "/auth/me/preferences", 200, json={"theme": "dark"})
    found = archive_of(member)
    account = json.loads(found["account.json"])
    assert account["user"]["email"] == member.email and account["preferences"] == {"theme": "dark"}
    assert filled.id in {w["id"] for w in account["workspaces"]} and account["sessions"][0]["current"]
    written = rows_of(found, "messages")
    own = [m for m in messages_of(filled) if m["sender_id"] == member.id and not m["deleted_at"]]
    for message in own:
        for reaction in message["reactions"]:
            reaction["mine"] = False
    assert written == own
    assert [v["content"] for v in rows_of(found, "versions")] == ["first"]
    assert [r["emoji"] for r in rows_of(found, "reactions")] == ["🎉"]
    assert [(s["draft"], s["starred"]) for s in rows_of(found, "chat_states") if s["chat_id"] == filled.chat] == [
        ("half a thought", True)]
    [file] = own[-1]["attachments"]
    assert found[f"files/{file['id']}/<b>&.txt"] == text_file()[1]
    assert "by another" not in str(found)


def test_own_data__has_nothing_of_others_that_one_has_passed_on(talk):
    """The right to read it may have gone since."""
    said = talk.sent(text_file(b"their file"), content="their words", person=talk.owner)
    for content in ("Look", ""):
        talk.member.ok("POST", f"{talk.at}/message", 201, json={"forward": said["id"], "content": content})
    talk.owner.ok("DELETE", f"{talk.path}/users/{talk.member.id}", 204)
    found = archive_of(talk.member)
    written = [(m["content"], m["attachments"], m["forwarded_from"]) for m in rows_of(found, "messages")]
    assert written == [("Look", [], None), ("", [], None)]
    assert "their words" not in str(found) and "their file" not in str(found)


def test_own_data__holds_large_files_and_long_names(talk):
    name = "é" * 120 + ".txt"
    content = b"".join(b"%07d\n" % n for n in range(400_000))  # no piece of it is like another
    file = talk.sent(text_file(content, name), text_file(b"", "empty.txt"))["attachments"]
    found = archive_of(talk.member)
    assert found[f"files/{file[0]['id']}/{name}"] == content
    assert found[f"files/{file[1]['id']}/empty.txt"] == b""


def test_own_data__is_of_all_workspaces_and_of_nobody_else(talk, make_user, admin):
    stranger = make_user(email=new_email("stranger"))
    elsewhere = stranger.workspace("Elsewhere")
    stranger.add_member(elsewhere, talk.member)
    chat = stranger.chat(elsewhere)
    talk.member.message(elsewhere, chat, "from elsewhere")
    stranger.message(elsewhere, chat, "not theirs")
    talk.say(*[f"n{n}" for n in range(203)])
    found = rows_of(archive_of(talk.member), "messages")
    assert [m["content"] for m in found] == ["from elsewhere", *[f"n{n}" for n in range(203)]]
    [row] = admin.ok("GET", "/audit", params={"target": talk.member.id, "action": "user.exported"})
    assert row["actor"]["id"] == talk.member.id


@pytest.mark.columns("sqlite")
def test_own_data__says_which_file_is_missing(make_server):
    server = make_server()
    owner, member = (server.person(server.admin) for _ in range(2))
    talk = Talk(owner, member, None)
    [file] = talk.sent(text_file())["attachments"]
    for path in (server.folder / "objects").glob("workspace_*/*"):
        path.unlink()
    found = archive_of(member)
    assert found[f"files/{file['id']}/notes.txt.missing"] == b"" and f"files/{file['id']}/notes.txt" not in found
