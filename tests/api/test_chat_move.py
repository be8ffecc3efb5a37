"""Moving a chat to another workspace, with its messages and files."""
import uuid

import pytest
from support.client import anyone


@pytest.fixture
def places(alice, bob):
    """A personal workspace of alice's and a team of bob's, in which alice is a MEMBER."""
    team = bob.workspace("Team")
    bob.add_member(team, alice)
    return {"own": alice.ok("GET", "/workspaces")[0]["id"], "team": team["id"]}


def path_in(workspace, chat):
    return f"/workspaces/{workspace}/chat/{chat['id']}"


def move(person, workspace, chat, to):
    return person.post(f"{path_in(workspace, chat)}/move", json={"workspace_id": str(to)})


def test_move__takes_messages_and_files_along(alice, bob, places):
    chat = alice.chat(places["own"], "Draft")
    alice.message(places["own"], chat, "first")
    sent = alice.request("POST", f"{path_in(places['own'], chat)}/message", data={"content": "with a file"},
                         files={"files": ("a.txt", b"what it holds", "text/plain")})
    assert sent.status_code == 201, sent.text
    moved = move(alice, places["own"], chat, places["team"])
    assert moved.status_code == 200 and moved.json()["workspace_id"] == places["team"]

    assert alice.get(path_in(places["own"], chat)).status_code == 404
    assert alice.ok("GET", f"/workspaces/{places['own']}/chats/history") == []
    seen = bob.ok("GET", path_in(places["team"], chat))
    assert [m["content"] for m in seen["messages"]] == ["first", "with a file"]
    file = seen["messages"][1]["attachments"][0]
    where = bob.get(f"/attachments/{file['id']}")
    if where.status_code == 302:
        where = anyone("GET", where.headers["location"])
    assert where.status_code == 200 and where.content == b"what it holds"
    assert [a["id"] for a in bob.ok("GET", f"/workspaces/{places['team']}/attachments")] == [file["id"]]
    assert bob.message(places["team"], chat, "third")["seq"] == 3


def test_move__goes_both_ways(alice, places):
    chat = alice.chat(places["own"])
    assert move(alice, places["own"], chat, places["team"]).status_code == 200
    assert move(alice, places["team"], chat, places["own"]).status_code == 200
    assert alice.ok("GET", path_in(places["own"], chat))["workspace_id"] == places["own"]


def test_move__to_where_it_is_changes_nothing(alice, places):
    chat = alice.chat(places["own"])
    assert move(alice, places["own"], chat, places["own"]).json()["updated_at"] == chat["updated_at"]


def test_move__is_for_the_creator_and_owners(alice, bob, places, make_user):
    other = make_user()
    bob.add_member(places["team"], other)
    chat = alice.chat(places["team"])
    assert move(other, places["team"], chat, other.ok("GET", "/workspaces")[0]["id"]).status_code == 403
    assert move(bob, places["team"], chat, bob.ok("GET", "/workspaces")[0]["id"]).status_code == 200
    assert alice.get(path_in(places["team"], chat)).status_code == 404


def test_move__needs_a_member_where_it_goes(alice, bob, places, make_user):
    guests = bob.workspace("Guests")
    bob.add_member(guests, alice, "GUEST")
    chat = alice.chat(places["own"])
    assert move(alice, places["own"], chat, guests["id"]).status_code == 403
    for unknown in (make_user().workspace()["id"], uuid.uuid4()):
        answer = move(alice, places["own"], chat, unknown)
        assert (answer.status_code, answer.json()["code"]) == (404, "workspace_not_found")
    assert alice.ok("GET", path_in(places["own"], chat))["workspace_id"] == places["own"]


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("body", [{}, {"workspace_id": None}, {"workspace_id": "x"}, {"workspace_id": 1}])
def test_move__with_a_bad_body_is_refused(alice, places, body):
    chat = alice.chat(places["own"])
    assert alice.post(f"{path_in(places['own'], chat)}/move", json=body).status_code == 422


def test_move__of_an_invite_only_chat_keeps_who_is_in_both(alice, bob, places, make_user):
    left_behind = make_user()
    bob.add_member(places["team"], left_behind)
    chat = bob.chat(places["team"], join="invite")
    for person in (alice, left_behind):
        bob.ok("PUT", f"{path_in(places['team'], chat)}/members/{person.id}")
    other = bob.workspace("Other")
    bob.add_member(other, alice)
    assert move(bob, places["team"], chat, other["id"]).status_code == 200
    seen = alice.ok("GET", f"{path_in(other['id'], chat)}/members")
    assert [m["user_id"] for m in seen] == [alice.id, bob.id]
    bob.add_member(other, left_behind)
    assert left_behind.get(path_in(other["id"], chat)).status_code == 404
