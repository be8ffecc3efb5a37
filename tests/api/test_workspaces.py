"""Workspaces: making, reading, changing, deleting."""
import uuid

import pytest
from support.races import at_once, made_once, statuses


def test_everyone__has_a_personal_workspace_of_their_own(alice, bob):
    mine, yours = alice.ok("GET", "/workspaces"), bob.ok("GET", "/workspaces")
    assert [w["personal"] for w in mine] == [True] and [w["personal"] for w in yours] == [True]
    assert mine[0]["role"] == "OWNER" and mine[0]["member_count"] == 1
    assert mine[0]["id"] != yours[0]["id"]


def test_new_workspace__is_owned_by_its_maker(alice):
    answer = alice.post("/workspaces", json={"name": "Küche 🍲"})
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["location"] == f"/workspaces/{made['id']}"
    assert (made["name"], made["role"], made["personal"], made["member_count"]) == ("Küche 🍲", "OWNER", False, 1)
    assert made["created_by"] == alice.id and made["retention_days"] is None and made["require_2fa"] is False
    assert made["id"] in [w["id"] for w in alice.ok("GET", "/workspaces")]


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x" * 256}, {"name": None}, {"name": 7},
                                  {"name": "x", "colour": "red"}])
def test_new_workspace__with_a_bad_body_is_refused(alice, body):
    answer = alice.post("/workspaces", json=body)
    assert answer.status_code == 422 and answer.json()["errors"]


def test_new_workspace__with_an_idempotency_key_is_made_once(alice):
    key = {"Idempotency-Key": "workspace-once"}
    made_once(lambda: alice.post("/workspaces", json={"name": "Once"}, headers=key))
    assert [w["name"] for w in alice.ok("GET", "/workspaces")].count("Once") == 1
    other = alice.post("/workspaces", json={"name": "Twice"}, headers=key)
    assert other.status_code == 422 and other.json()["code"] == "idempotency_key_reused"


def test_workspace__shows_its_members(team):
    seen = team["member"].ok("GET", team["path"])
    assert seen["role"] == "MEMBER" and seen["member_count"] == 3
    by_id = {u["user_id"]: u for u in seen["users"]}
    assert {i: u["role"] for i, u in by_id.items()} == {team["owner"].id: "OWNER", team["member"].id: "MEMBER",
                                                        team["guest"].id: "GUEST"}
    assert by_id[team["owner"].id]["email"] == team["owner"].email
    assert by_id[team["owner"].id]["first_name"] == "Alice"


def test_workspace__shows_a_guest_names_and_no_addresses(team):
    seen = team["guest"].ok("GET", team["path"])
    assert {u["email"] for u in seen["users"]} == {None}
    assert "Alice" in {u["first_name"] for u in seen["users"]}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_foreign_workspace__is_the_same_404_as_an_unknown_one(alice, make_user, method):
    foreign = alice.workspace()["id"]
    stranger = make_user()
    body = {"json": {"name": "x"}} if method == "PUT" else {}
    answers = [stranger.request(method, f"/workspaces/{i}", **body) for i in (foreign, uuid.uuid4())]
    assert [a.status_code for a in answers] == [404, 404]
    first, second = ({k: v for k, v in a.json().items() if k != "request_id"} for a in answers)
    assert first == second and first["code"] == "workspace_not_found"


def test_admin__is_not_in_other_peoples_workspaces(alice, admin):
    assert admin.get(f"/workspaces/{alice.workspace()['id']}").status_code == 404


def test_rename__is_the_owners(team):
    assert team["owner"].ok("PUT", team["path"], 200, json={"name": "Crew"})["name"] == "Crew"
    for who in ("member", "guest"):
        assert team[who].put(team["path"], json={"name": "Mine"}).status_code == 403
    assert team["member"].ok("GET", team["path"])["name"] == "Crew"


def test_change__leaves_what_was_not_sent(alice):
    workspace = alice.workspace("Name")
    path = f"/workspaces/{workspace['id']}"
    changed = alice.ok("PUT", path, 200, json={"retention_days": 30})
    assert (changed["name"], changed["retention_days"]) == ("Name", 30)
    assert changed["updated_at"] > workspace["updated_at"]
    changed = alice.ok("PUT", path, 200, json={"name": "Other"})
    assert (changed["name"], changed["retention_days"]) == ("Other", 30)
    assert alice.ok("PUT", path, 200, json={"retention_days": None})["retention_days"] is None


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("body", [{"name": ""}, {"name": None}, {"retention_days": 0}, {"require_2fa": None}, {"id": "x"}])
def test_change__with_a_bad_body_is_refused(alice, body):
    assert alice.put(f"/workspaces/{alice.workspace()['id']}", json=body).status_code == 422


def test_second_factor__cannot_be_asked_for_by_who_has_none(alice):
    path = f"/workspaces/{alice.workspace()['id']}"
    answer = alice.put(path, json={"require_2fa": True})
    assert answer.status_code == 409 and answer.json()["code"] == "own_second_factor_missing"
    assert alice.ok("PUT", path, 200, json={"require_2fa": False})["require_2fa"] is False


def test_etag__tells_when_nothing_has_changed(team):
    first = team["member"].get(team["path"])
    tag = first.headers["etag"]
    assert team["member"].get(team["path"], headers={"If-None-Match": tag}).status_code == 304
    team["owner"].ok("PUT", team["path"], json={"name": "New"})
    assert team["member"].get(team["path"], headers={"If-None-Match": tag}).status_code == 200


def test_etag__moves_with_the_members(team, make_user):
    tag = team["owner"].get(team["path"]).headers["etag"]
    team["owner"].add_member(team["id"], make_user())
    assert team["owner"].get(team["path"], headers={"If-None-Match": tag}).status_code == 200


def test_if_match__of_two_writers_the_second_is_told(team):
    tag = team["owner"].get(team["path"]).headers["etag"]
    answers = at_once(8, lambda i: team["owner"].put(team["path"], json={"name": f"n{i}"}, headers={"If-Match": tag}))
    assert statuses(answers) == {200: 1, 412: 7}
    assert team["owner"].delete(team["path"], headers={"If-Match": tag}).status_code == 412
    assert team["owner"].put(team["path"], json={"name": "x"}, headers={"If-Match": "*"}).status_code == 200


def test_delete__takes_it_from_everyone_at_once(team):
    chat = team["owner"].chat(team["id"])
    assert team["member"].delete(team["path"]).status_code == 403
    assert team["owner"].delete(team["path"]).status_code == 204
    for who in ("owner", "member", "guest"):
        assert team[who].get(team["path"]).status_code == 404
        assert team[who].get(f"{team['path']}/chat/{chat['id']}").status_code == 404
        assert team["id"] not in [w["id"] for w in team[who].ok("GET", "/workspaces")]
    assert team["owner"].delete(team["path"]).status_code == 404


def test_delete__of_fifty_at_once_happens_once(alice):
    path = f"/workspaces/{alice.workspace()['id']}"
    assert statuses(at_once(50, lambda i: alice.delete(path))) == {204: 1, 404: 49}


def test_personal_workspace__is_neither_deleted_nor_left_nor_shared(alice, bob):
    path = f"/workspaces/{alice.ok('GET', '/workspaces')[0]['id']}"
    answers = [alice.delete(path), alice.delete(f"{path}/users/{alice.id}"),
               alice.post(f"{path}/invite", json={"email": bob.email})]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(409, "personal_workspace")] * 3
    assert alice.ok("PUT", path, 200, json={"name": "My own"})["name"] == "My own"


@pytest.mark.parametrize("path", ["/workspaces", "/workspaces/0197a6f0-0000-7000-8000-000000000000"])
def test_workspaces__are_for_those_signed_in(http, path):
    answer = http.get(path)
    assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.one_column("the form of an address")
def test_workspace__with_a_bad_id_is_400(alice):
    assert alice.get("/workspaces/not-a-uuid").status_code == 400


NOTHING = ["  ", "\n", "\u3000", "\u200b", "\u00a0\u2060"]
NOT_A_LINE = ["a\nb", "a\u0000b", "a\u0085b", "a\u2028b", "\u202eabc", "\u2066abc"]


@pytest.mark.parametrize("name", NOTHING + NOT_A_LINE)
def test_names__that_show_nothing_or_are_no_line_are_422(alice, admin, name):
    workspace = alice.workspace()
    at = f"/workspaces/{workspace['id']}"
    sent = [alice.post("/workspaces", json={"name": name}), alice.put(at, json={"name": name}),
            alice.post(f"{at}/chat", json={"title": name}),
            alice.put(f"{at}/chat/{alice.chat(workspace)['id']}", json={"title": name}),
            alice.put("/auth/me", json={"first_name": name}), alice.put("/auth/me", json={"last_name": name}),
            admin.post("/api/v1/api-keys", json={"name": name})]
    assert [a.status_code for a in sent] == [422] * len(sent)


@pytest.mark.parametrize("name, kept", [("  Team\u00a0", "Team"), ("Team\r\n", "Team"),
                                        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\u200d\U0001f469\u200d\U0001f467")])
def test_names__lose_the_blanks_at_their_ends(alice, name, kept):
    assert alice.post("/workspaces", json={"name": name}).json()["name"] == kept
    assert alice.put("/auth/me", json={"first_name": name}).json()["first_name"] == kept


@pytest.mark.parametrize("content", NOTHING)
def test_message__that_shows_nothing_is_422(alice, content):
    workspace = alice.workspace()
    at = f"/workspaces/{workspace['id']}/chat/{alice.chat(workspace)['id']}/message"
    assert alice.post(at, json={"content": content}).status_code == 422
    message = alice.post(at, json={"content": " text\n"}).json()
    assert message["content"] == " text\n"
    assert alice.put(f"{at}/{message['id']}", json={"content": content}).status_code == 422
