"""Direct chats: of exactly some people, made when they are first asked for."""
import uuid

import pytest
from support.races import at_once, statuses
from support.talk import Talk, faults, is_code


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


def direct(person, talk, *others):
    return person.ok("POST", f"{talk.path}/direct", 200, json={"user_ids": [o.id for o in others]})


def test_direct__is_one_chat_however_it_is_asked_for(talk):
    made = direct(talk.owner, talk, talk.member, talk.guest)
    assert (made["kind"], made["join"], made["title"], made["joined"]) == ("direct", "invite", None, True)
    assert sorted(made["direct"]) == sorted(p.id for p in (talk.owner, talk.member, talk.guest))
    assert direct(talk.owner, talk, talk.guest, talk.member, talk.owner, talk.guest)["id"] == made["id"]
    assert direct(talk.member, talk, talk.owner, talk.guest)["id"] == made["id"]
    assert talk.guest.ok("GET", talk.chat_path(made["id"]))["direct"] == made["direct"]
    assert talk.guest.ok("GET", f"{talk.path}/chats/history")[0]["id"] == made["id"]


def test_direct__of_others_is_another_chat(talk):
    ids = {direct(talk.owner, talk, *others)["id"]
           for others in ((talk.member,), (talk.guest,), (talk.member, talk.guest), (talk.owner,))}
    assert len(ids) == 4
    assert direct(talk.owner, talk, talk.owner)["direct"] == [talk.owner.id]
    assert talk.owner.ok("GET", talk.at)["direct"] == [] and talk.owner.ok("GET", talk.at)["kind"] == "chat"


def test_direct__of_many_at_once_is_made_once(talk):
    answers = at_once(8, lambda i: (talk.owner, talk.member)[i % 2].post(
        f"{talk.path}/direct", json={"user_ids": [(talk.member, talk.owner)[i % 2].id]}))
    assert statuses(answers) == {200: 8} and len({a.json()["id"] for a in answers}) == 1


def test_direct__is_seen_by_its_people_only(talk):
    made = direct(talk.owner, talk, talk.guest)
    said = talk.guest
    assert is_code(said.post(f"{talk.chat_path(made['id'])}/message", json={"content": "x"}), 403, "forbidden")
    talk.owner.message(talk.id, made["id"], "x")
    assert said.ok("GET", f"{talk.chat_path(made['id'])}/state")["unread_count"] == 1
    assert is_code(talk.member.get(talk.chat_path(made["id"])), 404, "chat_not_found")
    assert made["id"] not in [c["id"] for c in talk.member.ok("GET", f"{talk.path}/chats/history")]


def test_direct__keeps_its_people_and_has_no_title(talk):
    made = talk.chat_path(direct(talk.member, talk, talk.owner)["id"])
    there = talk.member.workspace("There")["id"]
    for method, path, body in (("POST", "/join", None), ("POST", "/leave", None), ("DELETE", "", None),
                               ("PUT", f"/members/{talk.guest.id}", None), ("DELETE", f"/members/{talk.owner.id}", None),
                               ("POST", "/move", {"workspace_id": there}), ("PUT", "", {"title": "x"}),
                               ("PUT", "", {"join": "open"})):
        assert is_code(talk.member.request(method, made + path, json=body), 409, "direct_chat")
    assert talk.member.ok("PUT", made, 200, json={"max_tokens": 9})["title"] is None


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("ids", [None, [], ["x"], [str(uuid.uuid4())] * 9])
def test_direct__with_a_bad_body_is_refused(talk, ids):
    assert faults(talk.owner.post(f"{talk.path}/direct", json={"user_ids": ids}))[0][:2] == ("body", "user_ids")


def test_direct__with_strangers_is_404_and_makes_nothing(talk, make_user):
    for other in (make_user().id, str(uuid.uuid4())):
        answer = talk.owner.post(f"{talk.path}/direct", json={"user_ids": [talk.member.id, other]})
        assert is_code(answer, 404, "member_not_found")
    assert [c["id"] for c in talk.owner.ok("GET", f"{talk.path}/chats/history")] == [talk.chat]


def test_direct__is_not_begun_by_guests(talk):
    assert is_code(talk.guest.post(f"{talk.path}/direct", json={"user_ids": [talk.owner.id]}), 403, "forbidden")


def test_direct__has_who_comes_back_into_the_workspace_again(talk):
    made = direct(talk.owner, talk, talk.member)["id"]
    talk.member.message(talk.id, made, "x")
    talk.owner.ok("DELETE", f"{talk.path}/users/{talk.member.id}", 204)
    assert is_code(talk.owner.post(f"{talk.path}/direct", json={"user_ids": [talk.member.id]}), 404, "member_not_found")
    talk.owner.add_member(talk.id, talk.member)
    assert is_code(talk.member.get(talk.chat_path(made)), 404, "chat_not_found")
    again = direct(talk.member, talk, talk.owner)
    assert (again["id"], again["unread_count"], again["last_read_seq"]) == (made, 0, 1)
    talk.owner.message(talk.id, made, "y")
    assert talk.member.ok("GET", f"{talk.chat_path(made)}/state")["unread_count"] == 1
    assert talk.member.ok("GET", talk.chat_path(made))["messages"][0]["content"] == "x"


def test_direct__of_the_last_one_who_leaves_is_made_anew(talk):
    made = direct(talk.member, talk, talk.member)["id"]
    talk.member.ok("DELETE", f"{talk.path}/users/{talk.member.id}", 204)
    talk.owner.add_member(talk.id, talk.member)
    assert direct(talk.member, talk, talk.member)["id"] != made
