"""Messages that wait for their time: whose they are, when they come, and what becomes of those that may not."""
import pytest
from support.assistant import Assistant
from support.deep import Deep
from support.factor import switch_on
from support.keys import KEYS, Key
from support.later import Later, moment
from support.paging import all_pages
from support.races import at_once, statuses
from support.streams import Streams
from support.talk import Talk, faults, is_code
from support.waiting import until

pytestmark = pytest.mark.mysql


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


@pytest.fixture
def later(make_server):
    deep = Deep(make_server())
    owner, member, admin = deep.people(2)
    later = Later(deep, Talk(owner, member, None))
    later.admin = admin
    return later


def schedule(person, talk, server, content="Good morning", seconds=3600, **more):
    body = {"content": content, "send_at": moment(server, seconds), **more}
    return person.ok("POST", f"{talk.at}/message", 202, json=body)


# --- before their time ---

def test_scheduled__is_seen_by_its_author_alone(talk, server):
    one = schedule(talk.member, talk, server)
    path = f"{talk.path}/scheduled/{one['id']}"
    assert (one["chat_id"], one["content"], one["failed"], one["reply_to"]) == (talk.chat, "Good morning", None, None)
    assert talk.member.ok("GET", path) == one and talk.member.ok("GET", f"{talk.path}/scheduled") == [one]
    for person in (talk.owner, talk.guest):
        assert person.ok("GET", f"{talk.path}/scheduled") == []
        assert is_code(person.get(path), 404, "scheduled_not_found")
        assert is_code(person.put(path, json={"content": "x"}), 404, "scheduled_not_found")
        assert is_code(person.delete(path), 404, "scheduled_not_found")
    assert talk.owner.ok("GET", f"{talk.at}/messages")["total"] == 0
    assert is_code(talk.member.get(f"{talk.at}/message/{one['id']}"), 404, "message_not_found")
    assert talk.member.ok("GET", path) == one


def test_scheduled__is_changed_and_withdrawn(talk, server):
    one = schedule(talk.member, talk, server)
    path = f"{talk.path}/scheduled/{one['id']}"
    first = talk.member.get(path).headers["etag"]
    when = moment(server, 7200)
    changed = talk.member.ok("PUT", path, 200, json={"content": "Good evening", "send_at": when})
    assert changed["content"] == "Good evening" and changed["send_at"][:19] == when[:19]
    assert talk.member.ok("PUT", path, 200, json={"content": "Night"})["send_at"] == changed["send_at"]
    for method, body in (("PUT", {"content": "x"}), ("DELETE", None)):
        assert talk.member.request(method, path, json=body, headers={"If-Match": first}).status_code == 412
    assert talk.member.delete(path, headers={"If-Match": talk.member.get(path).headers["etag"]}).status_code == 204
    assert is_code(talk.member.delete(path), 404, "scheduled_not_found")
    assert talk.member.ok("GET", f"{talk.path}/scheduled") == []


def test_scheduled__are_listed_next_first_in_pages(talk, server):
    made = [schedule(talk.member, talk, server, str(n), seconds) for n, seconds in enumerate((900, 300, 600, 300))]
    items, lengths = all_pages(talk.member, f"{talk.path}/scheduled?limit=3")
    assert [i["content"] for i in items] == ["1", "3", "2", "0"] and lengths == [3, 1] and made


def test_scheduled__is_made_once(talk, server):
    body = {"content": "x", "send_at": moment(server, 3600)}
    post = lambda: talk.member.post(f"{talk.at}/message", json=body, headers={"Idempotency-Key": "once"})  # noqa: E731
    answers = at_once(8, lambda i: post())
    assert set(statuses(answers)) <= {202, 409}
    ids = {a.json()["id"] for a in (*answers, post()) if a.status_code == 202}
    assert [s["id"] for s in talk.member.ok("GET", f"{talk.path}/scheduled")] == list(ids)
    talk.member.ok("DELETE", f"{talk.path}/scheduled/{ids.pop()}", 204)
    assert is_code(post(), 404, "scheduled_not_found")


@pytest.mark.one_column("the shape of a body")
def test_scheduled__bodies_that_are_refused(talk, server):
    said, soon = talk.say("x"), moment(server, 3600)
    path = f"{talk.at}/message"
    for body in ({"content": "x", "send_at": moment(server, 30)}, {"content": "x", "send_at": moment(server, -60)},
                 {"content": "x", "send_at": moment(server, 367 * 86400)}, {"content": "x", "send_at": "tomorrow"},
                 {"content": "x", "send_at": soon, "attachment_ids": [said["id"]]}, {"send_at": soon, "forward": said["id"]}):
        assert faults(talk.member.post(path, json=body)) == [("body", "send_at")], body
    assert faults(talk.member.post(path, json={"content": " ", "send_at": soon})) == [("body", "content")]
    one = schedule(talk.member, talk, server)
    for body, field in (({"content": " "}, "content"), ({"send_at": moment(server, 1)}, "send_at"), ({"content": None}, "content")):
        assert faults(talk.member.put(f"{talk.path}/scheduled/{one['id']}", json=body)) == [("body", field)]


def test_scheduled__takes_the_right_to_write_now(talk, server):
    shut, opened = (talk.owner.chat(talk.id, join, join=join)["id"] for join in ("invite", "open"))
    body = {"content": "x", "send_at": moment(server, 3600)}
    assert is_code(talk.member.post(f"{talk.chat_path(shut)}/message", json=body), 404, "chat_not_found")
    assert is_code(talk.member.post(f"{talk.chat_path(opened)}/message", json=body), 403, "not_joined")
    assert is_code(talk.guest.post(f"{talk.at}/message", json=body), 403, "forbidden")
    talk.owner.ok("POST", f"{talk.at}/archive", 200)
    assert is_code(talk.member.post(f"{talk.at}/message", json=body), 409, "chat_archived")


def test_scheduled__there_are_no_more_than_a_hundred(talk, server):
    for n in range(96):
        schedule(talk.member, talk, server, str(n))
    body = {"content": "x", "send_at": moment(server, 3600)}
    answers = at_once(8, lambda i: talk.member.post(f"{talk.at}/message", json=body))
    assert statuses(answers) == {202: 4, 409: 4}
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"limit_reached"}
    assert schedule(talk.owner, talk, server)


# --- when their time has come ---

def test_scheduled__is_answered_when_it_is_sent(later):
    assistant = Assistant(later.admin)
    try:
        assistant.play({"openai": ["Noted"]})
        at = later.talk.chat_path(assistant.chat(later.talk.member, later.talk.id))
        later.schedule("Remind me", at=at)
        later.due()
        until(lambda: [(m["content"], m["status"]) for m in later.talk.member.ok("GET", f"{at}/messages")["messages"]] ==
              [("Remind me", "complete"), ("Noted", "complete")])
    finally:
        assistant.close()


def test_scheduled__is_sent_as_a_message_of_its_author(later):
    talk = later.talk
    root = talk.say("root", person=talk.owner)
    streams = Streams(later.deep.server)
    stream = streams.open(talk.owner)
    one = later.schedule(f"Now @{talk.owner.user['username']}", reply_to=root["id"])
    later.due()
    message = stream.until("message.created", id=one["id"]).data
    assert (message["sender_id"], message["reply_to"]) == (talk.member.id, root["id"])
    assert message["mentions"] == [talk.owner.id] and message["seq"] == 2
    assert talk.owner.ok("GET", f"{talk.at}/message/{one['id']}")["content"] == one["content"]
    assert talk.owner.ok("GET", f"{talk.at}/state")["unread_count"] == 1
    assert talk.member.ok("GET", f"{talk.at}/state")["unread_count"] == 0
    assert later.waiting() == [] and is_code(talk.member.get(f"{talk.path}/scheduled/{one['id']}"), 404, "scheduled_not_found")
    until(lambda: [h["message"]["id"] for h in talk.owner.ok("GET", f"{talk.path}/search", params={"q": "now"})["hits"]]
          == [one["id"]])
    streams.close()


def test_scheduled__comes_as_it_was_changed_and_not_before(later):
    talk = later.talk
    first, second, third = (later.schedule(str(n)) for n in range(3))
    talk.member.ok("PUT", f"{talk.path}/scheduled/{first['id']}", 200, json={"content": "changed"})
    talk.member.ok("PUT", f"{talk.path}/scheduled/{second['id']}", 200,
                   json={"send_at": moment(later.deep.server, 3600)})
    talk.member.ok("DELETE", f"{talk.path}/scheduled/{third['id']}", 204)
    later.due()
    assert until(lambda: talk.owner.ok("GET", f"{talk.at}/messages")["messages"])[0]["content"] == "changed"
    assert [s["content"] for s in later.waiting()] == ["1"]
    assert later.deep.count("messages") == 1


# --- what may not be sent ---

def lose_chat(later):
    talk = later.talk
    talk.owner.ok("DELETE", f"{later.at}/members/{talk.member.id}", 204)


def lose_role(later):
    later.talk.owner.ok("PUT", f"{later.talk.path}/users/{later.talk.member.id}", 200, json={"role": "GUEST"})


def lose_chat_itself(later):
    later.talk.owner.ok("DELETE", later.at, 204)
    later.deep.wake()
    until(lambda: later.deep.count("chats") == 1)


def archive_chat(later):
    later.talk.owner.ok("POST", f"{later.at}/archive", 200)


def shut_workspace(later):
    switch_on(later.talk.owner)
    until(lambda: later.talk.owner.put(later.talk.path, json={"require_2fa": True}).status_code == 200)


def switch_off(later):
    later.admin.ok("PUT", f"/users/{later.talk.member.id}", 200, json={"is_active": False})


@pytest.mark.parametrize("lose, code", [
    (lose_chat, "chat_not_found"), (lose_role, "forbidden"), (lose_chat_itself, "chat_not_found"),
    (archive_chat, "chat_archived"), (shut_workspace, "second_factor_required"), (switch_off, "user_inactive")])
def test_scheduled__is_not_sent_by_who_has_lost_the_right(later, lose, code):
    talk, deep = later.talk, later.deep
    chat = talk.owner.chat(talk.id, "Other", join="invite")["id"]
    later.at = talk.chat_path(chat)
    talk.owner.ok("PUT", f"{later.at}/members/{talk.member.id}", 200)
    streams = Streams(deep.server)
    one = later.schedule("too late", at=later.at)
    lose(later)
    stays = lose not in (shut_workspace, switch_off)
    stream = streams.open(talk.member) if stays else None
    later.due()
    assert until(lambda: deep.rows("SELECT failed_code FROM scheduled WHERE failed_code IS NOT NULL")) == [(code,)]
    assert deep.count("messages") == 0
    if stays:
        told = stream.until("state").data
        assert (told["chat_id"], told["scheduled_failed"]) == (chat, one["id"])
        assert later.failed(one) == code and [s["id"] for s in later.waiting()] == [one["id"]]
        assert talk.owner.ok("GET", f"{talk.path}/scheduled") == []
    streams.close()


def test_scheduled__that_failed_is_tried_again_with_another_time(later):
    talk = later.talk
    one = later.schedule("at last")
    talk.owner.ok("POST", f"{talk.at}/archive", 200)
    later.due()
    assert later.failed(one) == "chat_archived"
    path = f"{talk.path}/scheduled/{one['id']}"
    assert faults(talk.member.put(path, json={"content": "x"})) == [("body", "send_at")]
    talk.owner.ok("POST", f"{talk.at}/unarchive", 200)
    again = talk.member.ok("PUT", path, 200, json={"send_at": moment(later.deep.server, 61)})
    assert again["failed"] is None
    later.due()
    assert later.sent(1) == ["at last"]


def test_scheduled__answers_nothing_that_is_gone(later):
    talk = later.talk
    said = talk.say("x")
    one = later.schedule("reply", reply_to=said["id"])
    talk.member.ok("DELETE", f"{talk.at}/message/{said['id']}", 204)
    later.due()
    assert later.failed(one) == "message_not_found"
    assert later.deep.count("messages") == 1
    other = later.schedule("elsewhere", reply_to=one["id"])
    later.due()
    assert later.failed(other) == "message_not_found"


def test_scheduled__does_not_keep_the_next_from_being_sent(later):
    talk = later.talk
    shut = talk.member.chat(talk.id, "Shut")["id"]
    for n in range(3):
        later.schedule(f"not {n}", at=talk.chat_path(shut))
        later.schedule(str(n))
    talk.member.ok("DELETE", talk.chat_path(shut), 204)
    later.due()
    assert later.sent(3) == ["0", "1", "2"]
    assert [s["failed"]["code"] for s in later.waiting()] == ["chat_not_found"] * 3


def test_scheduled__goes_with_whoever_leaves(later):
    talk, deep = later.talk, later.deep
    later.schedule("mine")
    later.schedule("the owner's", person=talk.owner)
    talk.owner.ok("DELETE", f"{talk.path}/users/{talk.member.id}", 204)
    assert deep.count("scheduled") == 1
    later.due()
    assert later.sent(1) == ["the owner's"]
    later.schedule("again", person=talk.owner)
    assert later.admin.delete(f"/users/{talk.owner.id}").status_code == 204
    assert deep.count("scheduled") == 0


def test_scheduled__by_a_key_takes_a_key_that_is_good(later):
    deep, admin = later.deep, later.admin
    place = admin.workspace()["id"]
    at = f"/workspaces/{place}/chat/{admin.chat(place)['id']}"
    good, ended = (Key(admin, "write", workspace_id=place) for _ in range(2))
    body = {"content": "x", "send_at": moment(deep.server, 61)}
    one, other = (key.ok("POST", f"{at}/message", 202, json=body) for key in (good, ended))
    admin.ok("POST", f"{KEYS}/{ended.key_id}/deactivate", 200)
    later.due()
    until(lambda: deep.count("scheduled", "due_us IS NOT NULL") == 0)
    assert [m["id"] for m in admin.ok("GET", f"{at}/messages")["messages"]] == [one["id"]]
    assert admin.ok("GET", f"/workspaces/{place}/scheduled/{other['id']}")["failed"]["code"] == "invalid_api_key"
