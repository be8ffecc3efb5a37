"""Lists that are answered whole, whatever their length: they come in pieces of 200 rows; or by pages, where these are asked for."""
import pytest
from support.client import new_email, new_password
from support.paging import all_pages

PIECE = 200


@pytest.fixture(scope="module")
def large(server, admin):
    """A workspace with one member more than a piece has, all of them in a chat that only its members see."""
    owner = server.person(admin)
    guest = server.person(admin, first_name="Gwen")
    workspace = owner.workspace("Large")
    path = f"/workspaces/{workspace['id']}"
    owner.add_member(workspace, guest, "GUEST")
    ids = [owner.id, guest.id]
    chat = owner.ok("POST", f"{path}/chat", 201, json={"title": "All", "join": "invite"})
    members = f"{path}/chat/{chat['id']}/members"
    owner.ok("PUT", f"{members}/{guest.id}", 200)
    while len(ids) <= PIECE:
        email = new_email()
        ids.append(admin.ok("POST", "/users", 201, json={"email": email, "password": new_password()})["id"])
        owner.ok("POST", f"{path}/invite", 201, json={"email": email, "role": "MEMBER"})
        owner.ok("PUT", f"{members}/{ids[-1]}", 200)
    return {"path": path, "members": members, "owner": owner, "guest": guest, "ids": ids}


def test_workspace__with_more_members_than_a_piece_shows_all_of_them(large):
    found = large["owner"].ok("GET", large["path"], 200)
    assert [m["user_id"] for m in found["users"]] == large["ids"]
    assert found["member_count"] == PIECE + 1 and found["name"] == "Large"


def test_workspace__hides_addresses_from_a_guest_in_every_piece(large):
    assert {m["email"] for m in large["guest"].ok("GET", large["path"], 200)["users"]} == {None}


def test_workspace__in_pieces_has_no_length_and_can_still_be_changed_by_its_tag(large):
    answer = large["owner"].get(large["path"])
    assert "content-length" not in answer.headers
    tag = answer.headers["etag"]
    assert large["owner"].put(large["path"], json={"name": "Large"}, headers={"If-Match": tag}).status_code == 200
    assert large["owner"].put(large["path"], json={"name": "Large"}, headers={"If-Match": tag}).status_code == 412


def test_chat__with_more_members_than_a_piece_shows_all_of_them(large):
    found = large["owner"].ok("GET", large["members"], 200)
    assert [m["user_id"] for m in found] == large["ids"]


def test_chat_of_the_workspace__shows_all_of_them_too(large):
    chat = large["owner"].ok("POST", f"{large['path']}/chat", 201, json={"title": "Everyone"})
    found = large["owner"].ok("GET", f"{large['path']}/chat/{chat['id']}/members", 200)
    assert [m["user_id"] for m in found] == large["ids"]


def test_lists__come_by_pages_where_these_are_asked_for(large):
    members, lengths = all_pages(large["owner"], f"{large['members']}?limit=90")
    assert ([m["user_id"] for m in members], lengths) == (large["ids"], [90, 90, 21])
    refused = large["owner"].get(f"{large['members']}?limit=0")
    assert refused.status_code == 422 and refused.json()["errors"][0]["loc"] == ["query", "limit"]


def test_lists__of_workspaces_and_of_what_is_unread_come_by_pages(alice, bob):
    made = [w["id"] for w in alice.ok("GET", "/workspaces", 200)] + [alice.workspace(f"W{n}")["id"] for n in range(4)]
    listed, lengths = all_pages(alice, "/workspaces?limit=2")
    assert ([w["id"] for w in listed], lengths) == (made, [2, 2, 1])
    alice.add_member({"id": made[1]}, bob)
    chats = [alice.chat(made[1])["id"] for _ in range(3)]
    for chat in chats:
        bob.message(made[1], chat, "new")
    unread, lengths = all_pages(alice, f"/workspaces/{made[1]}/unread?limit=2")
    assert ([c["chat_id"] for c in unread], lengths) == (chats, [2, 1])


def test_workspaces__of_somebody_in_more_than_a_piece_are_all_listed(alice):
    # The personal one is the first.
    made = [w["id"] for w in alice.ok("GET", "/workspaces", 200)]
    made += [alice.workspace(f"W{n}")["id"] for n in range(PIECE - 1)]
    answer = alice.get("/workspaces")
    assert [w["id"] for w in answer.json()] == made and "content-length" in answer.headers
    made.append(alice.workspace("One more")["id"])
    answer = alice.get("/workspaces")
    assert [w["id"] for w in answer.json()] == made and "content-length" not in answer.headers
