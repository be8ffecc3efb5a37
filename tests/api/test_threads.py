"""Replies and their threads, what edited messages said before, and the nonce by which a client knows its own."""
import hashlib

import pytest
from support.paging import all_pages
from support.talk import Talk, is_code


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


def reply(talk, to, text, person=None):
    return (person or talk.member).message(talk.id, talk.chat, text, reply_to=to["id"])


def read(talk, message):
    one = talk.owner.ok("GET", f"{talk.at}/message/{message['id']}")
    assert [m for m in talk.owner.ok("GET", f"{talk.at}/messages")["messages"] if m["id"] == message["id"]] == [one]
    return one


def replies(talk, message, **params):
    return [m["content"] for m in talk.guest.ok("GET", f"{talk.at}/message/{message['id']}/replies", params=params)]


# --- threads ---

def test_reply__belongs_to_the_thread_of_its_root(talk):
    root = talk.say("root")
    first = reply(talk, root, "first")
    second = reply(talk, first, "second", talk.owner)
    assert (root["root_id"], root["reply_count"]) == (None, 0)
    assert (first["reply_to"], first["root_id"]) == (root["id"], root["id"])
    assert (second["reply_to"], second["root_id"]) == (first["id"], root["id"])
    assert (read(talk, first), read(talk, second)) == (first, second)
    assert read(talk, root)["reply_count"] == 2 and read(talk, first)["reply_count"] == 0


def test_thread__is_read_from_any_of_its_messages(talk):
    root = talk.say("root")
    first = reply(talk, root, "first")
    talk.say("between")
    reply(talk, first, "second")
    for message in (root, first):
        assert replies(talk, message) == ["first", "second"]
    assert replies(talk, root, after_seq=first["seq"]) == ["second"]
    assert replies(talk, root, limit=1) == ["first"]
    assert replies(talk, talk.say("alone")) == []
    found = talk.owner.ok("GET", f"{talk.at}/message/{root['id']}/replies")
    assert [m["id"] for m in found if m == read(talk, m)] == [m["id"] for m in found]


def test_thread__loses_what_is_deleted_and_outlives_its_root(talk):
    root = talk.say("root")
    first = reply(talk, root, "first")
    second = reply(talk, first, "second")
    talk.member.ok("DELETE", f"{talk.at}/message/{first['id']}", 204)
    assert read(talk, root)["reply_count"] == 1 and replies(talk, root) == ["second"]
    talk.member.ok("DELETE", f"{talk.at}/message/{root['id']}", 204)
    assert replies(talk, second) == ["second"]
    assert is_code(talk.guest.get(f"{talk.at}/message/{root['id']}/replies"), 404, "message_not_found")
    assert reply(talk, second, "third")["root_id"] == root["id"] and replies(talk, second) == ["second", "third"]


def test_thread__on_pages_that_do_not_hold_its_root(talk):
    root = talk.say("root")
    first = reply(talk, root, "first")
    talk.say(*(str(i) for i in range(5)))
    last = reply(talk, first, "last")
    page = talk.owner.ok("GET", f"{talk.at}/messages", params={"limit": 2})["messages"]
    assert page[-1] == last and (last["root_id"], last["reply_to"]) == (root["id"], first["id"])


# --- earlier texts ---

def history(talk, message, **params):
    return talk.guest.ok("GET", f"{talk.at}/message/{message['id']}/history", params=params)


def test_history__has_every_text_and_since_when(talk):
    said = talk.say("one")
    assert history(talk, said) == [{"version": 1, "content": "one", "created_at": said["created_at"]}]
    for text in ("two", "three"):
        edited = talk.member.ok("PUT", f"{talk.at}/message/{said['id']}", 200, json={"content": text})
    found = history(talk, said)
    assert [(v["version"], v["content"]) for v in found] == [(1, "one"), (2, "two"), (3, "three")]
    assert found[0]["created_at"] == said["created_at"] and found[2]["created_at"] == edited["edited_at"]


def test_history__comes_in_pages(talk):
    said = talk.say("0")
    for i in range(1, 7):
        talk.member.ok("PUT", f"{talk.at}/message/{said['id']}", 200, json={"content": str(i)})
    items, lengths = all_pages(talk.guest, f"{talk.at}/message/{said['id']}/history?limit=3")
    assert [v["content"] for v in items] == [str(i) for i in range(7)] and lengths == [3, 3, 1]


def test_history__of_a_deleted_message_is_gone(talk):
    said = talk.say("secret")
    talk.member.ok("PUT", f"{talk.at}/message/{said['id']}", 200, json={"content": "x"})
    talk.member.ok("DELETE", f"{talk.at}/message/{said['id']}", 204)
    assert is_code(talk.member.get(f"{talk.at}/message/{said['id']}/history"), 404, "message_not_found")


# --- nonce ---

def test_nonce__is_of_the_key_and_the_same_for_all(talk):
    made = talk.member.ok("POST", f"{talk.at}/message", 201, json={"content": "x"}, headers={"Idempotency-Key": "my key"})
    assert made["nonce"] == hashlib.sha256(b"my key").hexdigest()[:16]
    assert read(talk, made) == made
    assert talk.say("without")["nonce"] is None
