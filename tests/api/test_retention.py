"""Workspaces that keep messages for so many days: what would go, and that just that goes."""
import json

import pytest
from support.talk import is_code, text_file
from support.waiting import until

HOURS = 24 * 40  # older than the 30 days of these tests


@pytest.fixture
def talk(deep):
    return deep.talk()


def age(deep, *messages):
    ids = ", ".join(f"x'{m['id'].replace('-', '')}'" for m in messages)
    deep.rows(f"UPDATE messages SET created_us = created_us - {HOURS * 3600 * 1000000} WHERE uuid IN ({ids})")


def preview(talk, days=30):
    return talk.owner.ok("GET", f"{talk.path}/retention/preview", 200, params={"days": days})


def counts(found):
    return {name: found[name] for name in ("messages", "files", "bytes")}


def keep(talk, days):
    talk.owner.ok("PUT", talk.path, 200, json={"retention_days": days})


def receipts(talk):
    rows = talk.admin.ok("GET", "/audit", 200, params={"action": "workspace.retention_applied", "target": talk.id})
    return [row["details"] for row in rows]


def contents(talk):
    return [m["content"] for m in talk.owner.ok("GET", f"{talk.at}/messages", params={"page_size": 200})["messages"]]


def test_preview__is_what_the_run_erases(deep, talk):
    root = talk.sent(text_file(b"x" * 1000), text_file(b"y" * 234, "two.txt"), content="Zeppelin one")
    talk.member.ok("PUT", f"{talk.at}/message/{root['id']}", 200, json={"content": "Zeppelin two"})
    reply = talk.owner.ok("POST", f"{talk.at}/message", 201, json={"content": "Zeppelin reply", "reply_to": root["id"]})
    gone = talk.say("deleted by then")
    assert talk.member.delete(f"{talk.at}/message/{gone['id']}").status_code == 204
    young = talk.sent(text_file(b"young", "young.txt"), content="Zeppelin young")
    other = talk.owner.chat(talk.id, "Other")["id"]
    talk.owner.message(talk.id, other, "Zeppelin elsewhere")
    quiet = talk.owner.chat(talk.id, "Nothing old")["id"]
    talk.owner.message(talk.id, quiet, "stays")
    deep.wake()
    until(lambda: deep.count("index_queue") == 0)
    assert counts(preview(talk)) == {"messages": 0, "files": 0, "bytes": 0}
    [elsewhere] = talk.owner.ok("GET", f"{talk.chat_path(other)}/messages")["messages"]
    age(deep, root, reply, gone, elsewhere)
    told = preview(talk)
    assert counts(told) == {"messages": 4, "files": 2, "bytes": 1234} and told["days"] == 30
    # Nothing has gone: nobody has asked for it.
    deep.wake()
    assert contents(talk)[0] == "Zeppelin two"
    keep(talk, 30)
    assert counts(talk.owner.ok("GET", f"{talk.path}/retention/preview", 200)) == counts(told)
    deep.wake()
    until(lambda: receipts(talk))
    [receipt] = receipts(talk)
    assert counts(receipt) == counts(told) and receipt["before"][:10] == told["before"][:10]
    assert contents(talk) == ["Zeppelin young"] and preview(talk)["messages"] == 0
    assert deep.count("erasures") == deep.count("message_versions") == 0
    until(deep.is_clean)
    assert len(deep.objects()) == 1
    deep.wake()
    until(lambda: deep.count("index_queue") == 0)
    found = talk.owner.ok("GET", f"{talk.path}/search", params={"q": "Zeppelin"})
    assert [hit["message"]["id"] for hit in found["hits"]] == [young["id"]]
    assert is_code(talk.owner.get(f"{talk.at}/message/{root['id']}/history"), 404, "message_not_found")
    assert is_code(talk.owner.get(f"/attachments/{root['attachments'][0]['id']}"), 404, "attachment_not_found")
    assert [m["id"] for m in talk.owner.ok("GET", f"{talk.at}/export")["messages"]] == [young["id"]]
    # What is unread is what is there.
    talk.owner.ok("POST", f"{talk.at}/read", json={"seq": 1, "unread": True})
    chat = next(c for c in talk.owner.ok("GET", f"{talk.path}/chats/history") if c["id"] == talk.chat)
    assert (chat["message_count"], chat["unread_count"]) == (1, 1)
    assert talk.owner.ok("GET", f"{talk.chat_path(quiet)}/messages")["total"] == 1


def test_message__that_goes_is_told_as_deleted(deep, talk):
    first = talk.say("old")
    talk.say("young")
    age(deep, first)
    keep(talk, 30)
    deep.wake()
    until(lambda: receipts(talk))
    table = "event_log" if deep.server.column == "sqlite" else "event_log"
    subject = f"x'{first['id'].replace('-', '')}'"
    kinds = [int(kind) for (kind,) in deep.rows(f"SELECT kind FROM {table} WHERE subject = {subject} ORDER BY position")]
    assert len(kinds) == 2 and kinds[0] == 0 and kinds[1] == 2  # created, deleted


def test_chat__loses_its_beginning_only(deep, talk):
    """A message from elsewhere may be older than the one before it: it goes when that one does."""
    first, second, third = (talk.say(f"n{n}") for n in range(3))
    age(deep, first, third)
    assert preview(talk)["messages"] == 1
    keep(talk, 30)
    deep.wake()
    until(lambda: receipts(talk))
    assert contents(talk) == ["n1", "n2"]
    age(deep, second)
    assert preview(talk)["messages"] == 2
    deep.wake()
    until(lambda: len(receipts(talk)) == 2)
    assert contents(talk) == []


@pytest.mark.one_column("batches are counted above the database")
def test_chat__of_more_than_a_batch_goes_in_steps_with_one_receipt(deep, talk):
    for n in range(520):
        talk.say(str(n))
    deep.later("messages", ["created_us"], HOURS)
    talk.say("young")
    told = preview(talk)
    assert told["messages"] == 520
    keep(talk, 30)
    deep.wake()
    until(lambda: receipts(talk))
    assert [counts(r) for r in receipts(talk)] == [counts(told)]
    assert contents(talk) == ["young"]


def test_other_workspaces__keep_what_they_have(deep, talk):
    message = talk.say("old")
    elsewhere = talk.owner.workspace("Elsewhere")
    chat = talk.owner.chat(elsewhere)
    other = talk.owner.message(elsewhere, chat, "old too")
    age(deep, message, other)
    keep(talk, 30)
    deep.wake()
    until(lambda: receipts(talk))
    path = f"/workspaces/{elsewhere['id']}/chat/{chat['id']}/messages"
    assert [m["content"] for m in talk.owner.ok("GET", path)["messages"]] == ["old too"]
    assert contents(talk) == []


def test_preview__wants_days_where_everything_is_kept(talk):
    assert talk.owner.get(f"{talk.path}/retention/preview").status_code == 422
    assert talk.owner.get(f"{talk.path}/retention/preview", params={"days": 0}).status_code == 422
    assert talk.member.get(f"{talk.path}/retention/preview", params={"days": 1}).status_code == 403


def test_bytes__are_those_of_objects_that_go(deep, talk):
    """One that another message has stays, and of several messages that go it goes once."""
    other = talk.chat_path(talk.owner.chat(talk.id, "Other")["id"])

    def forward(at, message):
        return talk.owner.ok("POST", f"{at}/message", 201, json={"forward": message["id"]})

    gone, shared = talk.sent(text_file(b"x" * 1000)), talk.sent(text_file(b"y" * 234, "two.txt"))
    copies = [forward(talk.at, gone), forward(other, gone)]
    young = forward(other, shared)
    age(deep, gone, shared, *copies)
    told = preview(talk)
    assert counts(told) == {"messages": 4, "files": 4, "bytes": 1000}
    keep(talk, 30)
    deep.wake()
    until(lambda: receipts(talk))
    assert [counts(r) for r in receipts(talk)] == [counts(told)]
    assert [m["id"] for m in talk.owner.ok("GET", f"{other}/messages")["messages"]] == [young["id"]]
    until(deep.is_clean)
    assert len(deep.objects()) == 1


@pytest.mark.columns("mariadb")
def test_setting__that_is_changed_while_a_piece_goes_waits_for_it(deep, talk):
    """Whoever is answered that everything is kept loses nothing from then on."""
    def is_going():
        return deep.rows("SELECT id FROM information_schema.processlist WHERE state = 'User sleep'")

    age(deep, talk.say("old"))
    deep.rows("CREATE TRIGGER slow BEFORE INSERT ON chat_gaps FOR EACH ROW DO SLEEP(1.5)")
    keep(talk, 30)
    deep.wake()
    until(is_going)
    keep(talk, None)
    assert contents(talk) == [] and not is_going()
    deep.rows("DROP TRIGGER slow")
    until(lambda: receipts(talk))


@pytest.mark.parametrize("end", ["everything is kept", "the workspace goes"])
def test_receipt__of_a_run_that_was_cut_off_is_written(deep, talk, end):
    talk.say("stays")
    [(workspace,)] = deep.rows(f"SELECT id FROM workspaces WHERE uuid = x'{talk.id.replace('-', '')}'")
    deep.rows(f"INSERT INTO erasures (kind, subject_id, message_count, file_count, byte_count, began_us) "
              f"VALUES (4, {workspace}, 7, 2, 90, 1)")
    if end == "the workspace goes":
        assert talk.owner.delete(talk.path).status_code == 204
    deep.wake()
    until(lambda: receipts(talk))
    assert [counts(r) for r in receipts(talk)] == [{"messages": 7, "files": 2, "bytes": 90}]
    if end == "the workspace goes":
        until(lambda: talk.admin.ok("GET", "/audit", 200, params={"action": "workspace.erased", "target": talk.id}))
    else:
        assert contents(talk) == ["stays"]
    assert deep.count("erasures") == 0


def test_kill__in_the_middle_of_it_loses_no_count(deep, talk):
    """Whatever is cut off is gone on with; the receipt has all of it."""
    for n in range(30):
        talk.sent(text_file(b"%02d" % n * 5, f"{n}.txt"), content=str(n))
    deep.later("messages", ["created_us"], HOURS)
    told = preview(talk)
    # The files go in transactions of their own; the messages cannot yet.
    deep.rows("CREATE TRIGGER kept BEFORE DELETE ON messages " +
              ("BEGIN SELECT RAISE(ABORT, 'not yet'); END" if deep.server.column == "sqlite" else
               "FOR EACH ROW SIGNAL SQLSTATE '45000'"))
    keep(talk, 30)
    deep.wake()
    until(lambda: deep.count("attachments") == 0)
    deep.kill()
    assert deep.count("messages") == 30 and deep.count("erasures", "file_count = 30 AND message_count = 0") == 1
    assert receipts(talk) == []
    deep.rows("DROP TRIGGER kept")
    deep.rows("DELETE FROM job_leases")
    deep.wake()
    until(lambda: deep.count("messages") == 0 and receipts(talk))
    found = [counts(r) for r in receipts(talk)]
    assert {name: sum(r[name] for r in found) for name in found[0]} == counts(told), json.dumps(found)
    deep.tidy()
