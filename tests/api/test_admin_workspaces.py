"""Workspaces for administrators: what there is and whose; taking over where no owner can act."""
import pytest
from support.races import at_once, statuses

PATH = "/admin/workspaces"


def overview(admin, workspace, **query):
    """A workspace's row in the whole list, page by page; None where it is not listed."""
    answer = admin.get(PATH, params={"limit": 200, **query})
    while True:
        for row in answer.json():
            if row["id"] == workspace:
                return row
        if "next" not in answer.links:
            return None
        answer = admin.get(answer.links["next"]["url"])


def switch(admin, person, on):
    admin.ok("PUT", f"/users/{person.id}", 200, json={"is_active": on})


def take_over(admin, workspace):
    return admin.post(f"{PATH}/{workspace}/take-over")


def test_overview__tells_names_sizes_and_owners(admin, team):
    chat = team["owner"].chat(team["id"])
    team["owner"].ok("DELETE", f"{team['path']}/chat/{team['owner'].chat(team['id'])['id']}", 204)
    team["owner"].ok("POST", f"{team['path']}/chat/{chat['id']}/message", 201, data={"content": "x"},
                     files={"files": ("a.txt", b"12345", "text/plain")})
    row = overview(admin, team["id"])
    assert (row["name"], row["personal"], row["member_count"], row["chat_count"], row["file_bytes"]) == ("Team", False, 3, 1, 5)
    owner = team["owner"]
    assert row["owners"] == [{"id": owner.id, "name": "Alice", "email": owner.email, "is_active": True}]
    assert row["owner_count"] == 1 and row["deserted"] is False
    assert overview(admin, team["id"], kind="personal") is None
    team["owner"].ok("DELETE", team["path"], 204)
    assert overview(admin, team["id"]) is None


def test_overview__of_a_personal_workspace_is_never_deserted(admin, alice):
    personal = next(w["id"] for w in alice.ok("GET", "/workspaces") if w["personal"])
    switch(admin, alice, False)
    row = overview(admin, personal, kind="personal")
    assert (row["personal"], row["deserted"]) == (True, False) and overview(admin, personal, kind="shared") is None
    refused = take_over(admin, personal)
    assert (refused.status_code, refused.json()["code"]) == (409, "personal_workspace")


@pytest.mark.mysql
def test_switching_off__tells_the_workspaces_that_it_leaves_without_an_owner(admin, team, bob, make_user):
    owner, path = team["owner"], f"/users/{team['owner'].id}"
    shared = owner.workspace("Shared")
    owner.add_member(shared, bob, "OWNER")
    foreign = bob.workspace("Foreign")
    bob.add_member(foreign, owner, "MEMBER")
    gone = owner.workspace("Gone")
    owner.ok("DELETE", f"/workspaces/{gone['id']}", 204)
    last = owner.workspace("Last")
    told = admin.ok("PUT", path, 200, json={"is_active": False})
    assert told["deserted_workspaces"] == [{"id": team["id"], "name": "Team"}, {"id": last["id"], "name": "Last"}]
    assert "deserted_workspaces" not in admin.ok("PUT", path, 200, json={"is_active": True})
    assert "deserted_workspaces" not in admin.ok("PUT", path, 200, json={"first_name": "Alice"})
    assert "deserted_workspaces" not in admin.ok("PUT", f"/users/{make_user().id}", 200, json={"is_active": False})
    switch(admin, bob, False)
    told = admin.ok("PUT", path, 200, json={"is_active": False})
    assert [w["id"] for w in told["deserted_workspaces"]] == [team["id"], shared["id"], last["id"]]


def test_overview__is_paged_without_gap(admin, alice):
    made = [alice.workspace(f"W{n}")["id"] for n in range(5)]
    answer, seen = admin.get(PATH, params={"limit": 2, "kind": "shared"}), []
    while True:
        seen += [row["id"] for row in answer.json()]
        if "next" not in answer.links:
            break
        answer = admin.get(answer.links["next"]["url"])
    assert [i for i in seen if i in made] == made and len(seen) == len(set(seen))


def test_take_over__is_for_a_workspace_without_an_owner_who_can_act(admin, team):
    refused = take_over(admin, team["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "owner_present")
    switch(admin, team["owner"], False)
    assert overview(admin, team["id"])["deserted"] is True
    taken = take_over(admin, team["id"])
    assert taken.status_code == 200 and (taken.json()["role"], taken.json()["member_count"]) == ("OWNER", 4)
    assert admin.ok("GET", team["path"])["role"] == "OWNER"
    rows = admin.ok("GET", "/audit", params={"action": "workspace.taken_over", "target": team["id"]})
    assert [r["actor"]["id"] for r in rows] == [admin.id]
    switch(admin, team["owner"], True)
    assert take_over(admin, team["id"]).json()["code"] == "owner_present"


def test_take_over__where_the_owner_has_deleted_their_account(admin, team):
    admin.ok("DELETE", f"/users/{team['owner'].id}", 204)
    row = overview(admin, team["id"])
    assert (row["owners"], row["owner_count"], row["deserted"]) == ([], 0, True)
    assert take_over(admin, team["id"]).json()["role"] == "OWNER"


def test_take_over__makes_a_member_an_owner(admin, team):
    team["owner"].add_member(team["id"], admin, "GUEST")
    switch(admin, team["owner"], False)
    assert take_over(admin, team["id"]).json()["member_count"] == 4


@pytest.mark.mysql
def test_take_over__by_many_at_once_happens_once(admin, team, make_user):
    others = [admin, *(make_user("ADMIN") for _ in range(3))]
    switch(admin, team["owner"], False)
    answers = at_once(4, lambda i: take_over(others[i], team["id"]))
    assert statuses(answers) == {200: 1, 409: 3}
    row = overview(admin, team["id"])
    assert row["owner_count"] == 2 and row["member_count"] == 4 and row["deserted"] is False
