"""Messages that somebody keeps for themselves."""
import pytest
from support.deep import Deep
from support.paging import all_pages
from support.races import at_once, statuses
from support.streams import Streams
from support.talk import Talk, is_code, text_file

pytestmark = pytest.mark.mysql


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


def save(person, talk, message, status=204):
    return person.ok("PUT", f"{talk.path}/saved/{message['id']}", status)


def saved(person, talk):
    return [s["message"]["content"] for s in person.ok("GET", f"{talk.path}/saved")]


def test_saved__is_listed_last_saved_first_with_all_that_belongs_to_it(talk):
    first = talk.say("first")
    second = talk.sent(text_file(), content="second")
    reply = talk.member.message(talk.id, talk.chat, f"third @{talk.guest.user['username']}", reply_to=first["id"])
    for message in (second, first, reply, first):
        save(talk.guest, talk, message)
    found = talk.guest.ok("GET", f"{talk.path}/saved")
    for item in found:
        assert item["message"] == talk.guest.ok("GET", f"{talk.at}/message/{item['message']['id']}")
        assert item["message"]["saved"] and item["saved_at"]
    assert [i["message"]["content"].split()[0] for i in found] == ["third", "first", "second"]
    assert found[2]["message"]["attachments"] and found[0]["message"]["reply_to"] == first["id"]


def test_saved__is_ones_own(talk):
    said = talk.say("x")
    save(talk.guest, talk, said)
    assert saved(talk.guest, talk) == ["x"]
    assert saved(talk.owner, talk) == saved(talk.member, talk) == []
    for person, mine in ((talk.guest, True), (talk.owner, False)):
        assert person.ok("GET", f"{talk.at}/message/{said['id']}")["saved"] is mine
        assert [m["saved"] for m in person.ok("GET", f"{talk.at}/messages")["messages"]] == [mine]
    assert talk.owner.delete(f"{talk.path}/saved/{said['id']}").status_code == 204
    assert saved(talk.guest, talk) == ["x"]
    for _ in range(2):
        talk.guest.ok("DELETE", f"{talk.path}/saved/{said['id']}", 204)
    assert saved(talk.guest, talk) == []
    assert talk.guest.ok("GET", f"{talk.at}/message/{said['id']}")["saved"] is False


def test_saved__is_saved_once_by_many_at_once(talk):
    said = talk.say("x")
    answers = at_once(8, lambda i: (talk.owner, talk.member)[i % 2].put(f"{talk.path}/saved/{said['id']}"))
    assert statuses(answers) == {204: 8}
    assert saved(talk.owner, talk) == saved(talk.member, talk) == ["x"]


def test_saved__is_listed_in_pages(talk):
    for n in range(5):
        save(talk.owner, talk, talk.say(str(n)))
    items, lengths = all_pages(talk.owner, f"{talk.path}/saved?limit=2")
    assert [i["message"]["content"] for i in items] == ["4", "3", "2", "1", "0"] and lengths == [2, 2, 1]


def test_saved__is_gone_with_the_right_to_it(talk, admin):
    shut = talk.owner.chat(talk.id, "Shut", join="invite")["id"]
    talk.owner.ok("PUT", f"{talk.chat_path(shut)}/members/{talk.member.id}", 200)
    here, there = talk.say("here"), talk.owner.message(talk.id, shut, "there")
    for message in (here, there):
        save(talk.member, talk, message)
    assert saved(talk.member, talk) == ["there", "here"]
    talk.owner.ok("DELETE", f"{talk.chat_path(shut)}/members/{talk.member.id}", 204)
    assert saved(talk.member, talk) == ["here"]
    path = f"{talk.path}/saved/{there['id']}"
    assert is_code(talk.member.put(path), 404, "message_not_found")
    # What one has oneself can go all the same.
    talk.member.ok("DELETE", path, 204)
    assert is_code(talk.member.delete(path), 404, "message_not_found")
    talk.owner.ok("PUT", f"{talk.chat_path(shut)}/members/{talk.member.id}", 200)
    assert saved(talk.member, talk) == ["here"]
    talk.owner.ok("DELETE", f"{talk.path}/users/{talk.member.id}", 204)
    talk.owner.add_member(talk.id, talk.member)
    assert saved(talk.member, talk) == []


def test_saved__goes_with_its_message(talk):
    said, other = talk.say("x"), talk.say("y")
    for message in (said, other):
        save(talk.owner, talk, message)
    talk.member.ok("DELETE", f"{talk.at}/message/{said['id']}", 204)
    assert saved(talk.owner, talk) == ["y"]
    assert is_code(talk.owner.put(f"{talk.path}/saved/{said['id']}"), 404, "message_not_found")
    page = talk.owner.ok("GET", f"{talk.at}/messages")["messages"]
    assert [m["saved"] for m in page] == [False, True]
    talk.owner.ok("DELETE", talk.at, 204)
    assert saved(talk.owner, talk) == []


@pytest.mark.columns("sqlite")
def test_saved__are_ten_thousand_and_no_more(make_server):
    deep = Deep(make_server())
    talk = deep.talk()
    kept, one_more = talk.say("kept"), talk.say("one more")
    save(talk.owner, talk, kept)
    deep.rows("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) INSERT INTO saved (workspace_id, "
              "user_id, message_id, saved_us) SELECT s.workspace_id, s.user_id, 1000000 + n.i, 1 FROM n, saved s")
    assert is_code(talk.owner.put(f"{talk.path}/saved/{one_more['id']}"), 409, "limit_reached")
    assert deep.count("saved") == 10000
    save(talk.owner, talk, kept)
    save(talk.member, talk, one_more)
    talk.owner.ok("DELETE", f"{talk.path}/saved/{kept['id']}", 204)
    save(talk.owner, talk, one_more)


def test_saved__of_somebody_who_leaves_while_its_chat_moves(make_server):
    """The members were looked at a moment ago; the move is tried again by whoever wanted it."""
    deep = Deep(make_server())
    talk = deep.talk()
    there = talk.owner.workspace("There")
    talk.owner.add_member(there["id"], talk.member)
    said = talk.say("x")
    save(talk.member, talk, said)
    sql = f"DELETE FROM members WHERE workspace_id = NEW.workspace_id AND user_id = {deep.rows('SELECT user_id FROM saved')[0][0]}"
    deep.rows("CREATE TRIGGER leaving BEFORE UPDATE ON saved FOR EACH ROW " +
              (f"BEGIN {sql}; END" if deep.server.column == "sqlite" else sql))
    answer = talk.owner.post(f"{talk.at}/move", json={"workspace_id": there["id"]})
    assert is_code(answer, 503, "busy")
    deep.rows("DROP TRIGGER leaving")
    assert saved(talk.member, talk) == ["x"]
    talk.owner.ok("POST", f"{talk.at}/move", 200, json={"workspace_id": there["id"]})


def test_saved__moves_with_its_chat_for_those_who_come_along(talk):
    said = talk.say("x")
    for person in (talk.owner, talk.member):
        save(person, talk, said)
    there = talk.owner.workspace("There")
    talk.owner.ok("POST", f"{talk.at}/move", 200, json={"workspace_id": there["id"]})
    assert saved(talk.owner, talk) == saved(talk.member, talk) == []
    found = talk.owner.ok("GET", f"/workspaces/{there['id']}/saved")
    assert [s["message"]["id"] for s in found] == [said["id"]]
    talk.owner.add_member(there["id"], talk.member)
    assert talk.member.ok("GET", f"/workspaces/{there['id']}/saved") == []


def test_saved__is_told_to_ones_own_streams_alone(talk, server):
    streams = Streams(server)
    mine, others = streams.open(talk.owner), streams.open(talk.member)
    said = talk.say("x")
    save(talk.owner, talk, said)
    save(talk.owner, talk, said)
    talk.owner.ok("DELETE", f"{talk.path}/saved/{said['id']}", 204)
    mark = talk.say("mark")
    told = []
    while (event := mine.next()).data.get("id") != mark["id"]:
        told.append((event.kind, event.data))
    about = {"message_id": said["id"], "chat_id": talk.chat}
    assert [t for t in told if t[0] == "message.saved"] == [
        ("message.saved", {**about, "saved": True}), ("message.saved", {**about, "saved": False})]
    kinds = []
    while (event := others.next()).data.get("id") != mark["id"]:
        kinds.append(event.kind)
    assert "message.saved" not in kinds
    streams.close()


def test_saved__of_an_erased_person_leaves_nothing(make_server):
    deep = Deep(make_server())
    owner, member, admin = deep.people(2)
    talk = Talk(owner, member, None)
    save(talk.member, talk, talk.say("x", person=owner))
    assert deep.count("saved") == 1
    assert admin.delete(f"/users/{member.id}").status_code == 204
    assert deep.count("saved") == 0
