"""API keys of one's own: whoever is signed in has them, for a workspace they belong to, and gives no more than they have."""
import pytest
from support.octopus import KEYS, Octopus, told
from support.waiting import second_passes


def made(person, **fields):
    return person.ok("POST", KEYS, 201, json={"name": "Mine", **fields})


def patch(person, key, **fields):
    return person.request("PATCH", f"{KEYS}{key['id']}", json=fields)


def test_own_key__acts_for_its_maker_in_a_workspace_of_theirs(http, team):
    key = made(team["member"], scopes="read,write", workspace_id=team["id"])
    holder = Octopus(http, key)
    assert holder.get("/auth/me").json()["id"] == team["member"].id
    assert holder.post(f"{team['path']}/chat", json={"title": "By key"}).status_code == 201
    assert [w["id"] for w in holder.get("/workspaces").json()] == [team["id"]]


def test_own_key__of_a_guest_is_a_guests(http, team):
    holder = Octopus(http, made(team["guest"], scopes="read,write", workspace_id=team["id"]))
    assert holder.post(f"{team['path']}/chat", json={"title": "By key"}).status_code == 403


def test_own_key__is_not_for_a_workspace_of_others(alice, bob):
    answer = alice.post(KEYS, json={"name": "Key", "workspace_id": bob.workspace()["id"]})
    assert told(answer) == (404, "Workspace not found")


def test_own_key__has_not_the_scope_admin(alice):
    refused = told(alice.post(KEYS, json={"name": "Key", "scopes": "read,admin"}))
    assert refused == (403, "Admin scope required to create API keys")
    key = made(alice)
    assert told(patch(alice, key, scopes="admin")) == (403, "Admin scope required to update API keys")
    assert patch(alice, key, scopes="read,write").json()["scopes"] == "read,write"


def test_own_keys__are_listed_alone(admin, alice, bob):
    theirs, mine = made(bob), [made(alice)["id"] for _ in range(3)]
    assert [k["id"] for k in alice.ok("GET", KEYS)] == mine
    assert [k["id"] for k in alice.ok("GET", KEYS, params={"limit": 2, "skip": 1})] == mine[1:]
    assert alice.ok("GET", KEYS + "expiring") == []
    soon = made(alice, expires_at="2100-01-01T00:00:00Z")["id"]
    made(bob, expires_at="2100-01-01T00:00:00Z")
    assert [k["id"] for k in alice.ok("GET", KEYS + "expiring", params={"days": 36500})] == [soon]
    assert admin.ok("GET", f"{KEYS}{theirs['id']}")["name"] == "Mine"


def test_own_key__is_ended_and_rotated(server, http, alice):
    key = made(alice, scopes="read,write")
    rotated = alice.ok("POST", f"{KEYS}{key['id']}/rotate", 200, json={})
    assert rotated["scopes"] == "read,write" and rotated["workspace_id"] == key["workspace_id"]
    second_passes(server, lambda: Octopus(http, key).get("/auth/me"))
    assert Octopus(http, key).get("/auth/me").status_code == 401
    assert Octopus(http, rotated).get("/auth/me").status_code == 200
    assert alice.post(f"{KEYS}{rotated['id']}/deactivate").json()["is_active"] is False
    assert alice.delete(f"{KEYS}{rotated['id']}").status_code == 204
    assert [k["id"] for k in alice.ok("GET", KEYS, params={"include_inactive": True})] == [key["id"]]


@pytest.mark.parametrize("method, path", [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/deactivate"),
                                          ("POST", "/rotate")])
def test_key_of_another__looks_like_none(alice, bob, method, path):
    theirs = made(bob)
    more = {"json": {"name": "Other"}} if method == "PATCH" else {}
    foreign, unknown = (alice.request(method, f"{KEYS}{i}{path}", **more) for i in (theirs["id"], 2**62))
    assert told(foreign) == told(unknown) == (404, "API key not found")
    assert bob.ok("GET", f"{KEYS}{theirs['id']}")["is_active"] is True


def test_key_of_a_former_administrator__gives_nothing_on(server, http, admin, make_user):
    person = make_user("ADMIN")
    key, other = made(person, scopes="admin"), made(person, scopes="read")
    admin.ok("PUT", f"/users/{person.id}", json={"role": "USER"})
    holder = Octopus(http, key)
    second_passes(server, lambda: holder.get(KEYS + "me"))
    for answer in (holder.post(KEYS, json={"name": "More"}), holder.get(KEYS), holder.patch(f"{KEYS}{key['id']}", json={"allowed_ips": None}),
                   holder.post(f"{KEYS}{key['id']}/rotate"), holder.delete(f"{KEYS}{other['id']}")):
        assert answer.status_code == 403, answer.text
    assert holder.get(f"{KEYS}{other['id']}").status_code == 404
    assert person.ok("POST", f"{KEYS}{key['id']}/rotate", 200, json={})["scopes"] == "read,write"
