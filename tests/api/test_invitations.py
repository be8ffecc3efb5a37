"""Invitations: made, looked up, accepted once, withdrawn."""
import pytest
from support.client import new_email, new_password
from support.paging import all_pages
from support.races import at_once, statuses


@pytest.fixture
def workspace(alice):
    return alice.workspace("Guild")


@pytest.fixture
def path(workspace):
    return f"/workspaces/{workspace['id']}"


def token_of(invited):
    url = invited["invite_url"]
    assert "/app/#/invite?token=" in url
    return url.split("token=")[1]


def test_invite__makes_someone_with_an_account_a_member_at_once(alice, bob, path):
    answer = alice.post(f"{path}/invite", json={"email": bob.email.upper()})
    assert answer.status_code == 201
    assert (answer.json()["status"], answer.json()["workspace_user_id"]) == ("member", bob.id)
    assert "invite_url" not in answer.json()
    assert bob.ok("GET", path)["role"] == "MEMBER"
    again = alice.post(f"{path}/invite", json={"email": bob.email})
    assert again.status_code == 409 and again.json()["code"] == "already_member"


def test_invite__of_any_other_address_makes_an_invitation(alice, path, http):
    email = new_email("new")
    invited = alice.ok("POST", f"{path}/invite", 201, json={"email": email, "role": "GUEST", "expires_in_days": 3})
    assert invited["status"] == "invited" and "workspace_user_id" not in invited
    seen = http.post("/invitations/lookup", json={"token": token_of(invited)})
    assert seen.status_code == 200
    assert (seen.json()["email"], seen.json()["role"], seen.json()["workspace_name"]) == (email, "GUEST", "Guild")
    assert seen.json()["invited_by_name"] == "Alice"
    listed = alice.ok("GET", f"{path}/invitations")
    assert [(i["id"], i["email"], i["role"], i["invited_by"]) for i in listed] == \
        [(invited["invitation_id"], email, "GUEST", alice.id)]
    assert "token" not in str(listed)


def test_invite__never_above_ones_own_role(alice, bob, path, make_user):
    alice.add_member(path.split("/")[2], bob)
    assert bob.post(f"{path}/invite", json={"email": new_email(), "role": "OWNER"}).status_code == 403
    assert bob.post(f"{path}/invite", json={"email": make_user().email, "role": "OWNER"}).status_code == 403
    assert bob.post(f"{path}/invite", json={"email": new_email(), "role": "MEMBER"}).status_code == 201


def test_invite__is_not_for_guests(alice, bob, path):
    alice.add_member(path.split("/")[2], bob, "GUEST")
    assert bob.post(f"{path}/invite", json={"email": new_email(), "role": "GUEST"}).status_code == 403
    assert bob.get(f"{path}/invitations").status_code == 403


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("body", [{}, {"email": "nobody"}, {"email": "a@example.org", "role": "ADMIN"},
                                  {"email": "a@example.org", "expires_in_days": 0},
                                  {"email": "a@example.org", "expires_in_days": 91}])
def test_invite__with_a_bad_body_is_refused(alice, path, body):
    assert alice.post(f"{path}/invite", json=body).status_code == 422


def test_accept__makes_a_member_once(alice, admin, path, server):
    email = new_email("late")
    token = token_of(alice.ok("POST", f"{path}/invite", json={"email": email, "role": "GUEST"}))
    late = server.person(admin, email=email)
    joined = late.post("/invitations/accept", json={"token": token})
    assert joined.status_code == 200 and joined.json()["role"] == "GUEST"
    assert late.ok("GET", path)["role"] == "GUEST"
    assert late.post("/invitations/accept", json={"token": token}).status_code == 404
    assert alice.ok("GET", f"{path}/invitations") == []


def test_accept__of_fifty_at_once_succeeds_once(alice, admin, server):
    email = new_email("many")
    places = [f"/workspaces/{alice.workspace()['id']}" for _ in range(3)]
    tokens = [token_of(alice.ok("POST", f"{place}/invite", json={"email": email})) for place in places]
    person = server.person(admin, email=email)
    for place, token in zip(places, tokens):
        answers = at_once(50, lambda i, token=token: person.post("/invitations/accept", json={"token": token}))
        assert statuses(answers) == {200: 1, 404: 49}
        assert alice.ok("GET", place)["member_count"] == 2


def test_accept__is_for_the_address_that_was_invited(alice, bob, path):
    token = token_of(alice.ok("POST", f"{path}/invite", json={"email": new_email()}))
    answer = bob.post("/invitations/accept", json={"token": token})
    assert answer.status_code == 403
    assert bob.get(path).status_code == 404


def test_accept__needs_someone_signed_in(alice, path, http):
    token = token_of(alice.ok("POST", f"{path}/invite", json={"email": new_email()}))
    assert http.post("/invitations/accept", json={"token": token}).status_code == 401


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 44, "=" * 43, "A" * 200])
def test_token__that_was_made_up_is_unknown(bob, token):
    for path in ("/invitations/lookup", "/invitations/accept"):
        answer = bob.post(path, json={"token": token})
        assert answer.status_code == 404 and answer.json()["code"] == "invitation_not_found"


def test_register__with_an_invitation_makes_account_and_membership(alice, path, http):
    email = new_email("newcomer")
    token = token_of(alice.ok("POST", f"{path}/invite", json={"email": email}))
    made = http.post("/auth/register", json={"email": email, "password": new_password(), "invite": token})
    assert made.status_code == 201
    assert made.json()["id"] in [u["user_id"] for u in alice.ok("GET", path)["users"]]
    again = http.post("/auth/register", json={"email": new_email(), "password": new_password(), "invite": token})
    assert again.status_code in (403, 404)


def test_withdrawn__is_worth_nothing(alice, bob, path, http, make_user):
    workspace = path.split("/")[2]
    alice.add_member(workspace, bob)
    other = make_user()
    alice.add_member(workspace, other)
    invited = bob.ok("POST", f"{path}/invite", json={"email": new_email()})
    mine = f"{path}/invitations/{invited['invitation_id']}"
    assert other.delete(mine).status_code == 403
    assert bob.delete(mine).status_code == 204
    assert bob.delete(mine).status_code == 404
    assert http.post("/invitations/lookup", json={"token": token_of(invited)}).status_code == 404
    invited = bob.ok("POST", f"{path}/invite", json={"email": new_email()})
    assert alice.delete(f"{path}/invitations/{invited['invitation_id']}").status_code == 204


def test_withdraw__needs_the_right_workspace(alice, path):
    invited = alice.ok("POST", f"{path}/invite", json={"email": new_email()})
    elsewhere = alice.workspace()["id"]
    assert alice.delete(f"/workspaces/{elsewhere}/invitations/{invited['invitation_id']}").status_code == 404


def test_invite__again_ends_the_link_before(alice, path, http):
    email = new_email()
    first = alice.ok("POST", f"{path}/invite", json={"email": email})
    second = alice.ok("POST", f"{path}/invite", json={"email": email, "role": "GUEST"})
    assert http.post("/invitations/lookup", json={"token": token_of(first)}).status_code == 404
    assert http.post("/invitations/lookup", json={"token": token_of(second)}).json()["role"] == "GUEST"
    assert [i["id"] for i in alice.ok("GET", f"{path}/invitations")] == [second["invitation_id"]]


def test_invitation__ends_with_its_authors_membership(alice, bob, path, http):
    alice.add_member(path.split("/")[2], bob)
    token = token_of(bob.ok("POST", f"{path}/invite", json={"email": new_email()}))
    assert alice.delete(f"{path}/users/{bob.id}").status_code == 204
    assert http.post("/invitations/lookup", json={"token": token}).status_code == 404
    assert alice.ok("GET", f"{path}/invitations") == []


def test_invitation__ends_with_the_workspace(alice, path, http):
    token = token_of(alice.ok("POST", f"{path}/invite", json={"email": new_email()}))
    assert alice.delete(path).status_code == 204
    assert http.post("/invitations/lookup", json={"token": token}).status_code == 404


def test_invitations__come_in_pages_newest_first(alice, path):
    made = [alice.ok("POST", f"{path}/invite", json={"email": new_email()})["invitation_id"] for _ in range(5)]
    listed, lengths = all_pages(alice, f"{path}/invitations?limit=2")
    assert [i["id"] for i in listed] == made[::-1] and lengths == [2, 2, 1]


def test_consent__with_it_on_nobody_is_added_and_nothing_is_told(shared_server):
    server = shared_server(INVITE_ADDS_AT_ONCE="off")
    admin = server.admin
    known = server.person(admin)
    workspace = admin.workspace()
    answers = [admin.post(f"/workspaces/{workspace['id']}/invite", json={"email": e}) for e in (known.email, new_email())]
    assert [a.status_code for a in answers] == [201, 201]
    assert [sorted(a.json()) for a in answers] == [["invitation_id", "invite_url", "message", "status"]] * 2
    assert known.get(f"/workspaces/{workspace['id']}").status_code == 404
    accepted = known.post("/invitations/accept", json={"token": token_of(answers[0].json())})
    assert accepted.status_code == 200 and accepted.json()["id"] == workspace["id"]
