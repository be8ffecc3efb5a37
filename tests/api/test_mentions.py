"""Who is named in messages: @username, @all, @here."""
import pytest
from support.talk import Talk


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


def name(person):
    return "@" + person.user["username"]


def count(person, talk):
    return person.ok("GET", f"{talk.at}/state")["mention_count"]


def read(person, talk, message):
    """The message as it is read by itself and on a page."""
    one = person.ok("GET", f"{talk.at}/message/{message['id']}")
    page = {m["id"]: m for m in person.ok("GET", f"{talk.at}/messages")["messages"]}
    assert page[message["id"]] == one
    return one


def test_mention__names_whoever_may_read_the_chat(talk, make_user):
    stranger = make_user()
    said = talk.say(f"{name(talk.owner)}, {name(talk.guest).upper()}: ask {name(stranger)} or @nobody; `{name(talk.member)}`")
    assert sorted(said["mentions"]) == sorted([talk.owner.id, talk.guest.id]) and said["mention_all"] is None
    assert read(talk.guest, talk, said) == said
    assert [count(p, talk) for p in (talk.owner, talk.guest, talk.member)] == [1, 1, 0]


def test_mention__in_a_chat_of_some_is_for_those(talk):
    shut = talk.owner.chat(talk.id, join="invite")["id"]
    text = f"{name(talk.owner)} {name(talk.member)}"
    assert talk.owner.message(talk.id, shut, text)["mentions"] == [talk.owner.id]
    talk.owner.ok("PUT", f"{talk.chat_path(shut)}/members/{talk.member.id}", 200)
    assert len(talk.owner.message(talk.id, shut, text)["mentions"]) == 2


@pytest.mark.parametrize("text, wanted", [("@all", "all"), ("@here", "here"), ("@here and @all", "all"), ("`@all`", None)])
def test_mention__of_everyone(talk, text, wanted):
    said = talk.say(text)
    assert (said["mention_all"], said["mentions"]) == (wanted, [])
    assert read(talk.owner, talk, said) == said
    assert count(talk.owner, talk) == (1 if wanted else 0)


def test_mention__is_edited_in_and_out(talk):
    assert count(talk.guest, talk) == 0  # who comes later has read what is there
    said = talk.say("Hello")
    path = f"{talk.at}/message/{said['id']}"
    edited = talk.member.ok("PUT", path, 200, json={"content": f"Hello {name(talk.owner)} @here"})
    assert (edited["mentions"], edited["mention_all"]) == ([talk.owner.id], "here")
    assert read(talk.owner, talk, said) == edited and count(talk.owner, talk) == 2
    edited = talk.member.ok("PUT", path, 200, json={"content": f"Hello {name(talk.guest)}"})
    assert (edited["mentions"], edited["mention_all"]) == ([talk.guest.id], None)
    assert read(talk.owner, talk, said) == edited
    assert (count(talk.owner, talk), count(talk.guest, talk)) == (0, 1)
    talk.member.ok("PUT", path, 200, json={"content": "Hello"})
    assert count(talk.guest, talk) == 0 and read(talk.owner, talk, said)["mentions"] == []


def test_mention__goes_with_its_message(talk):
    said = talk.say(f"{name(talk.owner)} @all")
    assert count(talk.owner, talk) == 2
    talk.member.ok("DELETE", f"{talk.at}/message/{said['id']}", 204)
    assert count(talk.owner, talk) == 0
    tombstone = talk.owner.ok("GET", f"{talk.at}/messages")["messages"][0]
    assert (tombstone["mentions"], tombstone["mention_all"]) == ([], None)


def test_mention__of_everyone_is_not_edited_in_by_who_is_a_guest_now(talk):
    said = talk.say("Hello")
    talk.owner.ok("PUT", f"{talk.path}/users/{talk.member.id}", 200, json={"role": "GUEST"})
    edited = talk.member.ok("PUT", f"{talk.at}/message/{said['id']}", 200, json={"content": f"@all {name(talk.owner)}"})
    assert (edited["mention_all"], edited["mentions"]) == (None, [talk.owner.id])


def test_mention__the_51st_name_is_text(talk):
    others = " ".join(f"@nobody{i}" for i in range(50))
    assert talk.say(f"{others} {name(talk.owner)}")["mentions"] == []
    assert talk.say(f"{name(talk.owner)} {others}")["mentions"] == [talk.owner.id]


def test_mention__of_a_deleted_account_is_gone(talk, admin):
    said = talk.say(f"{name(talk.owner)} {name(talk.guest)}")
    assert admin.delete(f"/users/{talk.guest.id}").status_code == 204
    assert read(talk.owner, talk, said)["mentions"] == [talk.owner.id]


def test_mention__moves_with_its_chat(talk):
    said = talk.say(f"{name(talk.owner)}")
    there = talk.owner.workspace("There")["id"]
    talk.owner.ok("POST", f"{talk.at}/move", 200, json={"workspace_id": there})
    at = f"/workspaces/{there}/chat/{talk.chat}"
    assert talk.owner.ok("GET", f"{at}/message/{said['id']}")["mentions"] == [talk.owner.id]
    assert talk.owner.ok("GET", f"{at}/state")["mention_count"] == 1
