"""Models of providers and who may use them; the prompts of a workspace; budgets and usage."""
import uuid

import pytest
from support.races import at_once, statuses
from support.talk import faults, is_code


def name():
    return "n-" + uuid.uuid4().hex[:10]


def provider(person, at="/providers", **fields):
    made = person.ok("POST", at, 201, json={"name": name(), "kind": "openai", "key": "k" * 20, **fields})
    return {**made, "at": f"{at}/{made['id']}"}


def model(person, of, status=201, **fields):
    return person.ok("POST", f"{of['at']}/models", status, json={"model": name(), **fields})


# --- of a provider ---

@pytest.mark.mysql
def test_model__is_written_changed_and_deleted(admin):
    of = provider(admin)
    made = model(admin, of, flags=["images", "system"], price={"in_micros": 5}, context_tokens=1000)
    assert made["flags"] == ["system", "images"] and made["manual"] and made["enabled"] and made["name"] == made["model"]
    assert made["price"] == {"in_micros": 5, "cached_micros": None, "out_micros": None}
    path = f"{of['at']}/models/{made['id']}"
    assert admin.ok("GET", path) == made
    changed = admin.ok("PUT", path, json={"name": "Best", "price": {"out_micros": 7}, "context_tokens": None, "flags": [],
                                          "enabled": False})
    assert changed["price"] == {"in_micros": None, "cached_micros": None, "out_micros": 7}
    assert (changed["name"], changed["context_tokens"], changed["flags"], changed["enabled"]) == ("Best", None, [], False)
    tag = admin.get(path).headers["etag"]
    assert admin.put(path, json={"enabled": True}, headers={"If-Match": tag}).status_code == 200
    assert is_code(admin.put(path, json={"enabled": True}, headers={"If-Match": tag}), 412, "precondition_failed")
    assert is_code(admin.post(f"{of['at']}/models", json={"model": made["model"]}), 409, "name_taken")
    assert admin.delete(path).status_code == 204
    assert is_code(admin.get(path), 404, "model_not_found")
    rows = admin.ok("GET", "/audit", params={"target": of["id"]})
    assert [row["action"] for row in rows] == ["model.deleted", "model.changed", "model.changed", "model.created",
                                               "provider.created"]
    assert faults(admin.post(f"{of['at']}/models", json={"model": "x", "flags": ["flies"]})) == [("body", "flags")]


def test_model__falls_back_to_what_its_owner_may_use(admin, team):
    owner = team["owner"]
    ours = provider(owner, f"{team['path']}/providers")
    stranger = provider(admin)
    one, other = model(owner, ours), model(admin, stranger)
    path = f"{ours['at']}/models/{one['id']}"
    assert owner.ok("PUT", path, json={"fallback_id": other["id"]})["fallback_id"] == other["id"]
    assert faults(owner.put(path, json={"fallback_id": one["id"]})) == [("body", "fallback_id")]
    # The server's may not lead into a workspace.
    theirs = f"{stranger['at']}/models/{other['id']}"
    assert is_code(admin.put(theirs, json={"fallback_id": one["id"]}), 404, "model_not_found")
    # It goes with what it leads to.
    admin.delete(theirs)
    assert owner.ok("GET", path)["fallback_id"] is None


# --- who may use which ---

def ids(person, **params):
    return {m["id"] for m in person.ok("GET", "/models", params=params)}


@pytest.mark.mysql
def test_models__are_those_that_ones_workspaces_may_use(admin, team, make_user):
    owner, member = team["owner"], team["member"]
    first, second = model(admin, provider(admin)), model(admin, provider(admin))
    ours = model(owner, provider(owner, f"{team['path']}/providers"))
    outsider = make_user()
    assert {first["id"], second["id"], ours["id"]} <= ids(member)
    assert ids(outsider) & {first["id"], second["id"], ours["id"]} == {first["id"], second["id"]}
    allowed = owner.ok("PUT", f"{team['path']}/models", json={"limited": True, "model_ids": [first["id"]]})
    assert allowed == {"limited": True, "model_ids": [first["id"]]} == owner.ok("GET", f"{team['path']}/models")
    assert ids(member, workspace=team["id"]) == {first["id"], ours["id"]}
    assert second["id"] in ids(member)  # in their personal workspace
    assert is_code(outsider.get("/models", params={"workspace": team["id"]}), 404, "workspace_not_found")
    owner.ok("PUT", f"{team['path']}/models", json={"limited": True, "model_ids": []})
    assert ids(member, workspace=team["id"]) == {ours["id"]}
    assert owner.ok("PUT", f"{team['path']}/models", json={"limited": False}) == {"limited": False, "model_ids": []}
    assert second["id"] in ids(member, workspace=team["id"])


def test_models__whose_last_allowed_one_goes_are_not_all_allowed(admin, team):
    owner, of = team["owner"], provider(admin)
    allowed = model(admin, of)
    owner.ok("PUT", f"{team['path']}/models", json={"limited": True, "model_ids": [allowed["id"]]})
    admin.delete(of["at"])
    assert owner.ok("GET", f"{team['path']}/models") == {"limited": True, "model_ids": []}
    assert ids(owner, workspace=team["id"]) == set()


def test_models__of_a_workspace_are_allowed_to_nobody_else(admin, team):
    ours = model(team["owner"], provider(team["owner"], f"{team['path']}/providers"))
    other = admin.workspace()["id"]
    body = {"limited": True, "model_ids": [ours["id"]]}
    assert is_code(admin.put(f"/workspaces/{other}/models", json=body), 404, "model_not_found")


def test_models__that_are_switched_off_are_not_shown(admin):
    of = provider(admin)
    made = model(admin, of)
    assert made["id"] in ids(admin)
    admin.ok("PUT", f"{of['at']}/models/{made['id']}", json={"enabled": False})
    assert made["id"] not in ids(admin)
    admin.ok("PUT", f"{of['at']}/models/{made['id']}", json={"enabled": True})
    admin.ok("PUT", of["at"], json={"enabled": False})
    assert made["id"] not in ids(admin)


# --- prompts ---

@pytest.mark.mysql
def test_prompt__is_of_the_workspace(team):
    at = f"{team['path']}/prompts"
    body = {"name": "sum-up", "title": "Sum up", "content": "Sum up:\nshort"}
    made = team["member"].ok("POST", at, 201, json=body)
    assert made["created_by"] == team["member"].id and {k: made[k] for k in body} == body
    assert team["guest"].ok("GET", at) == [made]
    assert is_code(team["owner"].post(at, json=body), 409, "name_taken")
    path = f"{at}/{made['id']}"
    assert team["owner"].ok("PUT", path, json={"title": "In short"})["title"] == "In short"
    other = team["owner"].ok("POST", at, 201, json={**body, "name": "a"})
    assert is_code(team["member"].put(f"{at}/{other['id']}", json={"title": "x"}), 403, "forbidden")
    assert is_code(team["member"].delete(f"{at}/{other['id']}"), 403, "forbidden")
    assert is_code(team["member"].put(path, json={"name": "a"}), 409, "name_taken")
    assert [p["name"] for p in team["member"].ok("GET", at)] == ["a", "sum-up"]
    assert team["member"].delete(path).status_code == 204
    assert is_code(team["member"].delete(path), 404, "prompt_not_found")
    for wrong in ("Sum", "a b", "a/b", "ä"):
        assert faults(team["member"].post(at, json={**body, "name": wrong})) == [("body", "name")], wrong


def test_prompt__of_one_name_made_at_once_is_made_once(team):
    body = {"name": "once", "title": "t", "content": "c"}
    answers = at_once(6, lambda _: team["member"].post(f"{team['path']}/prompts", json=body))
    assert statuses(answers) == {201: 1, 409: 5}


# --- budgets and usage ---

@pytest.mark.mysql
def test_budget__of_a_user(admin, alice, bob):
    path = f"/budgets/user/{alice.id}"
    assert is_code(alice.get(path), 404, "budget_not_found")
    made = admin.ok("PUT", path, json={"limit_micros": 5000, "period": "month"})
    assert (made["limit_micros"], made["period"], made["spent_micros"], made["reserved_micros"]) == (5000, "month", 0, 0)
    assert alice.ok("GET", path) == made and made["resets_at"].endswith("-01T00:00:00.000000Z")
    assert is_code(bob.get(path), 403, "forbidden")
    assert is_code(alice.put(path, json={"limit_micros": 1, "period": "day"}), 403, "forbidden")
    tag = admin.get(path).headers["etag"]
    changed = admin.ok("PUT", path, json={"limit_micros": 7, "period": "day"}, headers={"If-Match": tag})
    assert changed["limit_micros"] == 7 and changed["period"] == "day" and changed["resets_at"] <= made["resets_at"]
    assert is_code(admin.delete(path, headers={"If-Match": tag}), 412, "precondition_failed")
    assert admin.delete(path).status_code == 204
    assert is_code(admin.delete(path), 404, "budget_not_found")
    actions = [row["action"] for row in admin.ok("GET", "/audit", params={"target": alice.id})]
    assert actions[:3] == ["budget.deleted", "budget.set", "budget.set"]


def test_budget__of_a_workspace_and_of_a_key(admin, team):
    body = {"limit_micros": 100, "period": "day"}
    path = f"/budgets/workspace/{team['id']}"
    made = admin.ok("PUT", path, json=body)
    assert team["owner"].ok("GET", path) == made
    assert is_code(team["member"].get(path), 403, "forbidden")
    key = team["owner"].ok("POST", "/api/v1/api-keys/", 201, json={"name": "Key"})["id"]
    path = f"/budgets/key/{key}"
    made = admin.ok("PUT", path, json=body)
    assert team["owner"].ok("GET", path) == made
    assert is_code(team["member"].get(path), 404, "api_key_not_found")
    # It goes with its key.
    team["owner"].ok("DELETE", f"/api/v1/api-keys/{key}", 204)
    assert is_code(admin.get(path), 404, "api_key_not_found")


@pytest.mark.mysql
def test_usage__is_asked_for_by_days_that_there_can_be(admin, alice):
    for by in ("user", "workspace", "key", "model", "day"):
        assert alice.ok("GET", "/usage", params={"by": by}) == []
        admin.ok("GET", "/usage", params={"by": by, "from": "2026-01-01T00:00:00Z", "to": "2026-12-31T00:00:00Z"})
    for span in (("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"), ("2024-01-01T00:00:00Z", "2026-01-01T00:00:00Z")):
        answer = admin.get("/usage", params={"from": span[0], "to": span[1]})
        assert faults(answer) == [("query", "to")]
