"""Lists that are answered whole, whatever their length: they come in pieces of 200 rows."""
import pytest
from support.client import new_email, new_password

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


def test_workspaces__of_somebody_in_more_than_a_piece_are_all_listed(alice):
    # The personal one is the first.
    made = [w["id"] for w in alice.ok("GET", "/workspaces", 200)]
    made += [alice.workspace(f"W{n}")["id"] for n in range(PIECE - 1)]
    answer = alice.get("/workspaces")
    assert [w["id"] for w in answer.json()] == made and "content-length" in answer.headers
    made.append(alice.workspace("One more")["id"])
    answer = alice.get("/workspaces")
    assert [w["id"] for w in answer.json()] == made and "content-length" not in answer.headers
