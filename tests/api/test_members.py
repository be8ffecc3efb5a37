"""Members of a workspace: roles, removal, leaving; the last owner stays."""
import uuid

import pytest
from support.races import at_once, statuses


def role_of(person, path):
    return person.ok("GET", path)["role"]


def test_role__is_changed_by_an_owner(team):
    path = f"{team['path']}/users/{team['guest'].id}"
    changed = team["owner"].ok("PUT", path, 200, json={"role": "MEMBER"})
    assert (changed["user_id"], changed["role"]) == (team["guest"].id, "MEMBER")
    assert role_of(team["guest"], team["path"]) == "MEMBER"


@pytest.mark.parametrize("who", ["member", "guest"])
def test_role__is_not_changed_by_others(team, who):
    for role in ("OWNER", "GUEST"):
        answer = team[who].put(f"{team['path']}/users/{team[who].id}", json={"role": role})
        assert answer.status_code == 403
    assert role_of(team[who], team["path"]) == who.upper()


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("role", ["ADMIN", "owner", "", None, 3])
def test_role__that_is_none_is_refused(team, role):
    assert team["owner"].put(f"{team['path']}/users/{team['member'].id}", json={"role": role}).status_code == 422


def test_role__acts_at_once(team):
    chat = team["owner"].chat(team["id"])
    team["owner"].ok("PUT", f"{team['path']}/users/{team['member'].id}", json={"role": "GUEST"})
    answer = team["member"].post(f"{team['path']}/chat/{chat['id']}/message", json={"content": "x"})
    assert answer.status_code == 403


def test_stranger__is_no_member(team, make_user):
    for user in (make_user().id, uuid.uuid4()):
        path = f"{team['path']}/users/{user}"
        assert team["owner"].put(path, json={"role": "GUEST"}).json()["code"] == "member_not_found"
        assert team["owner"].delete(path).status_code == 404


def test_last_owner__stays(team):
    path = f"{team['path']}/users/{team['owner'].id}"
    answers = [team["owner"].put(path, json={"role": "MEMBER"}), team["owner"].delete(path)]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(409, "last_owner")] * 2
    assert role_of(team["owner"], team["path"]) == "OWNER"


def test_last_owner__who_can_act_stays_though_another_is_switched_off(team, admin):
    idle = team["member"]
    team["owner"].ok("PUT", f"{team['path']}/users/{idle.id}", json={"role": "OWNER"})
    admin.ok("PUT", f"/users/{idle.id}", 200, json={"is_active": False})
    path = f"{team['path']}/users/{team['owner'].id}"
    answers = [team["owner"].put(path, json={"role": "MEMBER"}), team["owner"].delete(path)]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(409, "last_owner")] * 2
    team["owner"].ok("DELETE", f"{team['path']}/users/{idle.id}", 204)


def test_last_owner__stays_when_two_owners_demote_each_other(team):
    owners = [team["owner"], team["member"]]
    for _ in range(5):
        team["owner"].ok("PUT", f"{team['path']}/users/{team['member'].id}", json={"role": "OWNER"})
        answers = at_once(2, lambda i: owners[i].put(f"{team['path']}/users/{owners[1 - i].id}", json={"role": "MEMBER"}))
        assert sorted(a.status_code for a in answers) in ([200, 403], [200, 409])
        roles = {p.id: role_of(p, team["path"]) for p in owners}
        assert sorted(roles.values()) == ["MEMBER", "OWNER"]
        if roles[team["owner"].id] == "MEMBER":
            team["member"].ok("PUT", f"{team['path']}/users/{team['owner'].id}", json={"role": "OWNER"})
            team["owner"].ok("PUT", f"{team['path']}/users/{team['member'].id}", json={"role": "MEMBER"})


def test_last_owner__stays_when_all_owners_leave_at_once(alice, make_user):
    workspace = alice.workspace()
    owners = [alice] + [make_user() for _ in range(4)]
    for person in owners[1:]:
        alice.add_member(workspace, person, "OWNER")
    answers = at_once(5, lambda i: owners[i].delete(f"/workspaces/{workspace['id']}/users/{owners[i].id}"))
    assert statuses(answers) == {204: 4, 409: 1}
    left = [p for p, a in zip(owners, answers) if a.status_code == 409]
    seen = left[0].ok("GET", f"/workspaces/{workspace['id']}")
    assert seen["member_count"] == 1 and seen["role"] == "OWNER"


def test_remove__is_the_owners(team):
    path = f"{team['path']}/users/{team['guest'].id}"
    assert team["member"].delete(path).status_code == 403
    assert team["owner"].delete(path).status_code == 204
    assert team["guest"].get(team["path"]).status_code == 404
    assert team["owner"].ok("GET", team["path"])["member_count"] == 2
    assert team["owner"].delete(path).status_code == 404


def test_leave__is_for_everyone(team):
    for who in ("guest", "member"):
        assert team[who].delete(f"{team['path']}/users/{team[who].id}").status_code == 204
        assert team[who].get(team["path"]).status_code == 404
    assert [u["user_id"] for u in team["owner"].ok("GET", team["path"])["users"]] == [team["owner"].id]


def test_remove__of_fifty_at_once_happens_once(team):
    path = f"{team['path']}/users/{team['guest'].id}"
    assert statuses(at_once(50, lambda i: team["owner"].delete(path))) == {204: 1, 404: 49}
    assert team["owner"].ok("GET", team["path"])["member_count"] == 2


def test_removed_member__is_out_of_the_chats_for_good(team):
    chat = team["owner"].chat(team["id"], join="invite")
    path = f"{team['path']}/chat/{chat['id']}"
    team["owner"].ok("PUT", f"{path}/members/{team['member'].id}", 200)
    assert team["member"].get(path).status_code == 200
    team["owner"].delete(f"{team['path']}/users/{team['member'].id}")
    team["owner"].add_member(team["id"], team["member"])
    assert team["member"].get(path).status_code == 404


def test_removed_member__takes_the_chats_along_that_nobody_else_is_in(team):
    alone = team["member"].chat(team["id"], "Alone", join="invite")
    shared = team["member"].chat(team["id"], "Shared", join="invite")
    team["member"].ok("PUT", f"{team['path']}/chat/{shared['id']}/members/{team['owner'].id}", 200)
    team["owner"].delete(f"{team['path']}/users/{team['member'].id}")
    assert team["owner"].ok("GET", f"{team['path']}/chat/{shared['id']}")["title"] == "Shared"
    assert team["owner"].get(f"{team['path']}/chat/{alone['id']}").status_code == 404


def test_demoted_owner__has_given_out_no_more_than_they_may(team, make_user):
    team["owner"].ok("PUT", f"{team['path']}/users/{team['member'].id}", json={"role": "OWNER"})
    invited = team["member"].ok("POST", f"{team['path']}/invite", json={"email": "new-owner@example.org", "role": "OWNER"})
    kept = team["member"].ok("POST", f"{team['path']}/invite", json={"email": "new-member@example.org"})
    team["owner"].ok("PUT", f"{team['path']}/users/{team['member'].id}", json={"role": "MEMBER"})
    open_ones = [i["id"] for i in team["owner"].ok("GET", f"{team['path']}/invitations")]
    assert open_ones == [kept["invitation_id"]]
    token = invited["invite_url"].split("token=")[1]
    assert team["owner"].http.post("/invitations/lookup", json={"token": token}).status_code == 404


def test_deleted_account__is_a_member_nowhere(team, admin):
    assert admin.delete(f"/users/{team['member'].id}").status_code == 204
    seen = team["owner"].ok("GET", team["path"])
    assert seen["member_count"] == 2 and team["member"].id not in [u["user_id"] for u in seen["users"]]
