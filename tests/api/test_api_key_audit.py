"""The audit log of API keys as octopus shows it, and what it tells of each deed."""
import json

import pytest
from support.octopus import KEYS, TIME, Octopus, first_on
from support.waiting import until


@pytest.fixture
def master(http, admin):
    return Octopus(http, admin.ok("POST", KEYS, 201, json={"name": "Master", "scopes": "admin"}))


def deeds(master, key_id):
    """[(action, details)] of a key, the oldest first."""
    return [(row["action"], json.loads(row["details"])) for row in reversed(master.logs(api_key_id=key_id))]


def test_row__says_who_did_it_from_where(master):
    key = master.made()
    row, = master.logs(api_key_id=key["id"])
    assert set(row) == {"id", "api_key_id", "action", "performed_by_key_id", "performed_by_ip", "details", "timestamp"}
    assert (row["api_key_id"], row["performed_by_key_id"], row["performed_by_ip"]) == (key["id"], master.id, "127.0.0.1")
    assert TIME.fullmatch(row["timestamp"]) and isinstance(row["details"], str)


def test_row__of_a_person_has_no_key(admin, master):
    key = admin.ok("POST", KEYS, 201, json={"name": "Key"})
    assert master.logs(api_key_id=key["id"])[0]["performed_by_key_id"] is None


def test_create__tells_name_scopes_and_expiry(master):
    key = master.made("Reports", scopes="read", expires_at="2030-01-01T00:00:00")
    (action, details), = deeds(master, key["id"])
    assert action == "create" and set(details) == {"name", "scopes", "expires_at"}
    assert (details["name"], details["scopes"]) == ("Reports", "read") and details["expires_at"].startswith("2030-01-01T00:00:00")


def test_update__tells_what_changed(master):
    key = master.made("Old")["id"]
    master.patch(f"{KEYS}{key}", json={"name": "New", "scopes": "write"})
    action, details = deeds(master, key)[-1]
    assert action == "update"
    assert details == {"changes": {"name": {"old": "Old", "new": "New"}, "scopes": {"old": "read", "new": "write"}}}


def test_update__to_the_same_is_not_told(master):
    key = master.made("Same")["id"]
    master.patch(f"{KEYS}{key}", json={"name": "Same"})
    assert [action for action, _ in deeds(master, key)] == ["create"]


def test_deactivate__tells_the_name(master):
    key = master.made("Reports")["id"]
    master.post(f"{KEYS}{key}/deactivate")
    assert deeds(master, key)[-1] == ("deactivate", {"name": "Reports"})


def test_delete__its_rows_outlive_the_key(master):
    key = master.made("Reports")["id"]
    assert master.delete(f"{KEYS}{key}").status_code == 204
    assert [d for d in deeds(master, key) if d[0] == "delete"] == [("delete", {"name": "Reports"})]
    assert [action for action, _ in deeds(master, key)] == ["create", "delete"]
    assert deeds(master, master.made()["id"])[0][0] == "create"


def test_rotate__leaves_three_rows(master):
    old = master.made("Reports")["id"]
    new = master.post(f"{KEYS}{old}/rotate").json()["id"]
    rows = deeds(master, old)
    assert sorted(action for action, _ in rows) == ["create", "deactivate", "rotate"]
    assert dict(rows)["rotate"] == {"old_key_id": old, "new_key_id": new, "old_key_name": "Reports",
                                    "new_key_name": "Reports (rotated)"}
    assert [action for action, _ in deeds(master, new)] == ["create"]


def test_refusal__is_a_row_of_the_key(master):
    key = master.new(expires_at="2001-01-01T00:00:00")
    assert key.get(KEYS + "me").status_code == 403
    assert [action for action, _ in deeds(master, key.id)][:2] == ["create", "auth_failed"]


def test_use__leaves_no_row(master):
    key = master.new()
    key.get(KEYS + "me")
    assert [action for action, _ in deeds(master, key.id)] == ["create"]


def test_filters__are_by_key_action_and_number(make_server):
    master = first_on(make_server())
    keys = [master.made()["id"] for _ in range(3)]
    master.post(f"{KEYS}{keys[0]}/deactivate")
    assert [r["action"] for r in master.logs(api_key_id=keys[0], action="deactivate")] == ["deactivate"]
    assert [r["api_key_id"] for r in master.logs(action="create", limit=2)] == [keys[2], keys[1]]
    assert [r["api_key_id"] for r in master.logs(action="create", skip=1, limit=2)] == [keys[1], keys[0]]
    assert master.logs(action="auth_success") == []
    assert all(a["id"] > b["id"] for rows in [master.logs()] for a, b in zip(rows, rows[1:]))


@pytest.mark.one_column("the shape of a query")
@pytest.mark.parametrize("query", [{"limit": 0}, {"skip": -1}, {"api_key_id": "x"}])
def test_filters__that_cannot_be_are_422(master, query):
    answer = master.get(KEYS + "audit-logs/", params=query)
    assert answer.status_code == 422 and [f["loc"] for f in answer.json()["detail"]] == [["query", *query]]


def test_whole_log__has_them_as_well(admin, master):
    key = master.made()["id"]
    rows = admin.ok("GET", "/audit", 200, params={"action": "api_key.created"})
    row = next(r for r in rows if r["target"]["api_key_id"] == key)
    assert row["actor"]["api_key_id"] == master.id and until(lambda: row["target"]["kind"] == "api_key")
