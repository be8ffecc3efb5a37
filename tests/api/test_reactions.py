"""Reactions to messages, and messages that are pinned."""
import pytest
from support.races import at_once, statuses
from support.talk import Talk, faults, is_code, text_file

HEART, THUMB = "\u2764\ufe0f", "\U0001f44d"


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


@pytest.fixture
def said(talk):
    return talk.say("Hello")


def path(talk, said, emoji):
    return f"{talk.at}/message/{said['id']}/reactions/{emoji}"


def reactions(person, talk, said):
    """Of a message as it is read by itself and on a page, as (emoji, count, mine)."""
    one = person.ok("GET", f"{talk.at}/message/{said['id']}")
    assert [m for m in person.ok("GET", f"{talk.at}/messages")["messages"] if m["id"] == said["id"]] == [one]
    return [(r["emoji"], r["count"], r["mine"]) for r in one["reactions"]]


# --- reactions ---

def test_reaction__is_seen_by_all(talk, said):
    assert talk.guest.ok("PUT", path(talk, said, THUMB), 200) == {"emoji": THUMB, "count": 1, "mine": True}
    assert talk.owner.ok("PUT", path(talk, said, THUMB), 200)["count"] == 2
    talk.owner.ok("PUT", path(talk, said, HEART), 200)
    assert reactions(talk.guest, talk, said) == [(THUMB, 2, True), (HEART, 1, False)]
    assert reactions(talk.member, talk, said) == [(THUMB, 2, False), (HEART, 1, False)]


def test_reaction__is_one_of_a_kind_and_person(talk, said):
    for emoji in (HEART, "\u2764", HEART):
        assert talk.owner.ok("PUT", path(talk, said, emoji), 200) == {"emoji": HEART, "count": 1, "mine": True}
    guest = talk.guest
    answers = at_once(8, lambda i: guest.put(path(talk, said, HEART)))
    assert statuses(answers) == {200: 8} and reactions(talk.guest, talk, said) == [(HEART, 2, True)]


def test_reaction__is_taken_back(talk, said):
    talk.owner.ok("PUT", path(talk, said, THUMB), 200)
    talk.guest.ok("PUT", path(talk, said, THUMB), 200)
    for _ in range(2):
        assert talk.owner.delete(path(talk, said, THUMB)).status_code == 204
    assert reactions(talk.owner, talk, said) == [(THUMB, 1, False)]
    assert talk.guest.delete(path(talk, said, THUMB)).status_code == 204
    assert reactions(talk.owner, talk, said) == []


def test_reaction__changes_the_tag_and_not_the_version(talk, said):
    first = talk.owner.get(f"{talk.at}/message/{said['id']}").headers["etag"]
    talk.owner.ok("PUT", path(talk, said, THUMB), 200)
    again = talk.owner.get(f"{talk.at}/message/{said['id']}", headers={"If-None-Match": first})
    assert again.status_code == 200 and again.headers["etag"] != first
    edited = talk.member.put(f"{talk.at}/message/{said['id']}", json={"content": "x"}, headers={"If-Match": first})
    assert edited.status_code == 200 and edited.json()["reactions"][0]["count"] == 1


@pytest.mark.one_column("the form of an emoji")
@pytest.mark.parametrize("emoji", ["a", "1", ":)", "%20", THUMB * 2, THUMB + "x", "+1"])
def test_reaction__that_is_no_emoji_is_refused(talk, said, emoji):
    assert faults(talk.owner.put(path(talk, said, emoji))) == [("path", "emoji")]
    assert faults(talk.owner.delete(path(talk, said, emoji))) == [("path", "emoji")]


def test_reaction__of_the_51st_kind_is_one_too_many(talk, said):
    kinds = [chr(0x1F600 + i) for i in range(51)]
    for kind in kinds[:50]:
        talk.owner.ok("PUT", path(talk, said, kind), 200)
    assert is_code(talk.owner.put(path(talk, said, kinds[50])), 409, "limit_reached")
    assert talk.guest.ok("PUT", path(talk, said, kinds[0]), 200)["count"] == 2
    assert len(reactions(talk.owner, talk, said)) == 50


def test_reaction__to_what_is_not_there_is_404(talk, said):
    talk.member.ok("DELETE", f"{talk.at}/message/{said['id']}", 204)
    assert is_code(talk.owner.put(path(talk, said, THUMB)), 404, "message_not_found")
    elsewhere = talk.owner.message(talk.id, talk.owner.chat(talk.id), "x")
    assert is_code(talk.owner.put(path(talk, elsewhere, THUMB)), 404, "message_not_found")


def test_reaction__goes_with_its_message_and_its_person(talk, said, admin):
    other = talk.say("Other")
    for message in (said, other):
        for person in (talk.guest, talk.owner):
            person.ok("PUT", path(talk, message, THUMB), 200)
    talk.member.ok("DELETE", f"{talk.at}/message/{other['id']}", 204)
    assert talk.owner.ok("GET", f"{talk.at}/messages")["messages"][1]["reactions"] == []
    assert admin.delete(f"/users/{talk.guest.id}").status_code == 204
    assert reactions(talk.owner, talk, said) == [(THUMB, 1, True)]


def test_reaction__moves_with_its_chat(talk, said):
    talk.owner.ok("PUT", path(talk, said, THUMB), 200)
    talk.owner.ok("PUT", f"{talk.at}/message/{said['id']}/pin", 204)
    talk.member.ok("PUT", f"{talk.at}/message/{said['id']}", 200, json={"content": "edited"})
    there = talk.owner.workspace("There")["id"]
    talk.owner.ok("POST", f"{talk.at}/move", 200, json={"workspace_id": there})
    at = f"/workspaces/{there}/chat/{talk.chat}"
    found = talk.owner.ok("GET", f"{at}/pins")
    assert [(m["id"], m["pinned"], m["reactions"]) for m in found] == \
        [(said["id"], True, [{"emoji": THUMB, "count": 1, "mine": True}])]
    assert len(talk.owner.ok("GET", f"{at}/message/{said['id']}/history")) == 2


# --- pins ---

def pins(person, talk):
    return [m["content"] for m in person.ok("GET", f"{talk.at}/pins")]


def test_pin__is_listed_last_pinned_first(talk):
    first, second = talk.sent(text_file(), content="one"), talk.say("two")
    for message in (second, first, second):
        talk.member.ok("PUT", f"{talk.at}/message/{message['id']}/pin", 204)
    assert pins(talk.guest, talk) == ["one", "two"]
    found = talk.guest.ok("GET", f"{talk.at}/pins")[0]
    assert found == talk.guest.ok("GET", f"{talk.at}/message/{first['id']}") and found["pinned"]
    assert found["attachments"][0]["filename"] == "notes.txt"
    talk.owner.ok("DELETE", f"{talk.at}/message/{first['id']}/pin", 204)
    talk.owner.ok("DELETE", f"{talk.at}/message/{first['id']}/pin", 204)
    assert pins(talk.guest, talk) == ["two"]
    assert not talk.guest.ok("GET", f"{talk.at}/message/{first['id']}")["pinned"]


def test_pin__is_not_for_guests(talk, said):
    for method in ("PUT", "DELETE"):
        assert is_code(talk.guest.request(method, f"{talk.at}/message/{said['id']}/pin"), 403, "forbidden")


def test_pin__goes_with_its_message(talk, said):
    talk.member.ok("PUT", f"{talk.at}/message/{said['id']}/pin", 204)
    talk.member.ok("DELETE", f"{talk.at}/message/{said['id']}", 204)
    assert pins(talk.guest, talk) == []
    assert is_code(talk.owner.put(f"{talk.at}/message/{said['id']}/pin"), 404, "message_not_found")


def test_pin__the_101st_is_one_too_many(talk):
    made = [talk.say(str(i)) for i in range(101)]
    answers = [talk.owner.put(f"{talk.at}/message/{m['id']}/pin") for m in made]
    assert statuses(answers) == {204: 100, 409: 1} and is_code(answers[-1], 409, "limit_reached")
    assert len(pins(talk.guest, talk)) == 100
