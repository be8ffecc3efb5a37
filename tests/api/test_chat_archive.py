"""Chats that are put away: who does it, what is refused then, and that nothing is lost."""
import pytest
from support.client import anyone
from support.deep import Deep
from support.streams import Streams
from support.talk import Talk, is_code
from support.waiting import until

pytestmark = pytest.mark.mysql


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


def archive(person, talk, status=200, what="archive", at=None):
    return person.ok("POST", f"{at or talk.at}/{what}", status)


def titles(person, talk, **params):
    return [c["id"] for c in person.ok("GET", f"{talk.path}/chats/history", params=params)]


def test_archive__is_for_its_creator_and_owners(talk):
    mine = talk.chat_path(talk.member.chat(talk.id, "Mine")["id"])
    assert is_code(talk.member.post(f"{talk.at}/archive"), 403, "forbidden")
    assert is_code(talk.guest.post(f"{talk.at}/archive"), 403, "forbidden")
    for person, at in ((talk.member, mine), (talk.owner, mine), (talk.owner, talk.at)):
        chat = archive(person, talk, at=at)
        assert chat["archived_at"] and archive(person, talk, at=at)["archived_at"] == chat["archived_at"]
        assert archive(person, talk, what="unarchive", at=at)["archived_at"] is None
    archive(talk.owner, talk)
    assert is_code(talk.member.post(f"{talk.at}/unarchive"), 403, "forbidden")


def test_archive__takes_it_out_of_lists_and_nothing_else(talk):
    opened = talk.owner.chat(talk.id, "Open", join="open")["id"]
    shut = talk.owner.chat(talk.id, "Shut", join="invite")["id"]
    talk.say("one")
    everyones = [shut, opened, talk.chat]
    assert sorted(titles(talk.owner, talk)) == sorted(everyones)
    assert [c["id"] for c in talk.member.ok("GET", f"{talk.path}/chats/open")] == [opened]
    assert [c["chat_id"] for c in talk.owner.ok("GET", f"{talk.path}/unread")] == [talk.chat]
    for chat in everyones:
        archive(talk.owner, talk, at=talk.chat_path(chat))
    assert titles(talk.owner, talk) == [] and talk.owner.ok("GET", f"{talk.path}/unread") == []
    assert talk.member.ok("GET", f"{talk.path}/chats/open") == []
    assert sorted(titles(talk.owner, talk, archived="true")) == sorted(everyones)
    assert titles(talk.member, talk, archived="true") == [talk.chat]
    assert titles(talk.member, talk, archived="false") == []
    assert talk.member.ok("GET", talk.at)["messages"][0]["content"] == "one"
    assert talk.guest.ok("GET", f"{talk.at}/messages")["total"] == 1
    for chat in everyones:
        archive(talk.owner, talk, what="unarchive", at=talk.chat_path(chat))
    assert sorted(titles(talk.owner, talk)) == sorted(everyones)


def test_archive__refuses_what_is_new_and_lets_read_and_delete(talk):
    said, other = talk.say("said", "other"), talk.say("gone")
    path = f"{talk.at}/message/{said['id']}"
    talk.owner.ok("PUT", f"{path}/reactions/\u2764", 200)
    archive(talk.owner, talk)
    for method, what, body in (("POST", f"{talk.at}/message", {"content": "x"}),
                               ("POST", f"{talk.at}/message", {"forward": said["id"]}),
                               ("POST", f"{talk.at}/message", {"content": "x", "send_at": "2099-01-01T00:00:00Z"}),
                               ("POST", f"{talk.at}/typing", None), ("PUT", path, {"content": "x"}),
                               ("PUT", f"{path}/reactions/\U0001f44d", None), ("PUT", f"{path}/pin", None)):
        answer = talk.member.request(method, what, json=body)
        if body and "send_at" in body:
            assert answer.status_code == 422
        else:
            assert is_code(answer, 409, "chat_archived"), what
    form = talk.send(("a.txt", b"a", "text/plain"))
    assert is_code(form, 409, "chat_archived")
    assert talk.member.ok("GET", path)["content"] == "other"
    assert talk.owner.ok("POST", f"{talk.at}/read", 200, json={"seq": 3})["unread_count"] == 0
    talk.owner.ok("PUT", f"{talk.at}/state", 200, json={"starred": True})
    talk.owner.ok("DELETE", f"{path}/reactions/\u2764", 204)
    talk.member.ok("DELETE", f"{talk.at}/message/{other['id']}", 204)
    talk.owner.ok("PUT", talk.at, 200, json={"title": "Away"})
    archive(talk.owner, talk, what="unarchive")
    assert talk.say("on")["seq"] == 4


def test_archive__is_known_to_whoever_posts_all_the_time(own):
    """What the gate recalls of a chat is proved by its version, on each process."""
    server, admin = own
    talk = Talk(server.person(admin), server.person(admin), None)
    for n in range(3):
        assert talk.say("x")["seq"] == 4 * n + 1
        talk.say("x", "x", "x")
        archive(talk.owner, talk)
        for _ in range(4):
            assert is_code(talk.member.post(f"{talk.at}/message", json={"content": "x"}), 409, "chat_archived")
        archive(talk.owner, talk, what="unarchive")


def test_archive__stops_webhooks_and_lets_them_be_withdrawn(talk, server):
    hook = talk.member.ok("POST", f"{talk.at}/webhooks", 201, json={"name": "Grafana"})
    archive(talk.owner, talk)
    assert is_code(anyone("POST", hook["url"], server.ca, json={"text": "up"}), 409, "chat_archived")
    assert is_code(talk.member.post(f"{talk.at}/webhooks", json={"name": "More"}), 409, "chat_archived")
    assert [h["id"] for h in talk.member.ok("GET", f"{talk.at}/webhooks")] == [hook["id"]]
    talk.member.ok("DELETE", f"{talk.at}/webhooks/{hook['id']}", 204)


def test_archive__of_a_direct_chat_is_for_each_of_its_people(talk):
    chat = talk.owner.ok("POST", f"{talk.path}/direct", 200, json={"user_ids": [talk.member.id]})["id"]
    at = talk.chat_path(chat)
    assert archive(talk.member, talk, at=at)["archived_at"]
    assert titles(talk.owner, talk) == [talk.chat]
    assert is_code(talk.guest.post(f"{at}/unarchive"), 403, "forbidden")
    assert archive(talk.owner, talk, what="unarchive", at=at)["archived_at"] is None
    hermit = talk.owner.ok("POST", f"{talk.path}/direct", 200, json={"user_ids": [talk.owner.id]})["id"]
    assert is_code(talk.member.post(f"{talk.chat_path(hermit)}/archive"), 404, "chat_not_found")


def test_archive__is_found_and_told(talk, server):
    streams = Streams(server)
    stream = streams.open(talk.member)
    said = talk.say("Archivalie")
    archive(talk.owner, talk)
    archive(talk.owner, talk)
    archive(talk.owner, talk, what="unarchive")
    told = [stream.until("chat.archived"), stream.until("chat.updated")]
    assert told[0].data == {"id": talk.chat, "workspace_id": talk.id}
    assert told[1].position == told[0].position + 1
    assert (told[1].data["id"], told[1].data["archived_at"], told[1].data["forked_from"]) == (talk.chat, None, None)
    archive(talk.owner, talk)
    until(lambda: [h["message"]["id"] for h in talk.guest.ok("GET", f"{talk.path}/search", params={"q": "Archivalie"})["hits"]]
          == [said["id"]])
    streams.close()


@pytest.mark.columns("sqlite")
def test_archive__is_one_event_for_each_change(make_server):
    deep = Deep(make_server())
    talk = deep.talk()
    before = deep.count("event_log")
    for what, events in (("archive", 1), ("archive", 1), ("unarchive", 2), ("unarchive", 2)):
        archive(talk.owner, talk, what=what)
        assert deep.count("event_log") - before == events
