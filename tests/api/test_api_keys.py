"""API keys by the paths and in the words of octopus, sent as its own clients send them (tests/api/test_api_key_audit.py:
their audit log)."""
from datetime import datetime, timedelta, timezone

import pytest
from support.octopus import KEYS, MISSING_KEY, TIME, Octopus, first_on, told
from support.races import at_once, statuses
from support.waiting import until

FIELDS = {"name", "description", "scopes", "expires_at", "allowed_ips", "id", "is_active", "created_at", "last_used_at",
          "last_used_ip", "created_by_user_id", "workspace_id", "replaced_by_id"}
DEEDS = [("POST", "", "create API keys"), ("GET", "", "list API keys"), ("GET", "{id}", "view API keys"),
         ("PATCH", "{id}", "update API keys"), ("DELETE", "{id}", "delete API keys"),
         ("POST", "{id}/deactivate", "deactivate API keys"), ("POST", "{id}/rotate", "rotate API keys"),
         ("GET", "audit-logs/", "view audit logs"), ("GET", "expiring/", "view expiring keys"),
         ("POST", "cleanup-expired/", "cleanup expired keys")]
DEED_IDS = [deed for _, _, deed in DEEDS]


@pytest.fixture
def master(http, admin):
    """Whoever holds a new key of an administrator, with all scopes."""
    return Octopus(http, admin.ok("POST", KEYS, 201, json={"name": "Master", "scopes": "admin,read,write"}))


def now(**later):
    return (datetime.now(timezone.utc) + timedelta(**later)).replace(tzinfo=None).isoformat()


# --- making ---

def test_create__shows_the_key_and_what_was_made(master):
    answer = master.post(KEYS, json={"name": "Reports", "description": "For the reports"})
    made = answer.json()
    assert answer.status_code == 201 and set(made) == FIELDS | {"key"}
    assert made["key"].startswith("octopus_") and len(made["key"]) == len("octopus_") + 43
    assert (made["name"], made["description"], made["scopes"]) == ("Reports", "For the reports", "read")
    assert made["is_active"] is True and isinstance(made["created_by_user_id"], int) and TIME.fullmatch(made["created_at"])
    assert [made[n] for n in ("expires_at", "allowed_ips", "last_used_at", "last_used_ip", "replaced_by_id")] == [None] * 5
    assert answer.headers["location"] == f"/api/v1/api-keys/{made['id']}"
    assert master.key(made["id"]) == {k: v for k, v in made.items() if k != "key"}


def test_create__by_an_administrator_who_is_signed_in(http, admin):
    made = admin.ok("POST", KEYS, 201, json={"name": "Key"})
    assert Octopus(http, made).get(KEYS + "me").json()["id"] == made["id"]


@pytest.mark.parametrize("given, kept", [
    ("2030-01-01T00:00:00+05:00", "2029-12-31T19:00:00.000000"), ("2030-01-01T00:00:00Z", "2030-01-01T00:00:00.000000"),
    ("2030-01-01T00:00:00.5", "2030-01-01T00:00:00.500000"), ("2001-01-01T00:00:00", "2001-01-01T00:00:00.000000"),
    (None, None)])
def test_create__expiry_is_utc_and_may_be_past(master, given, kept):
    assert master.made(expires_at=given)["expires_at"] == kept


@pytest.mark.parametrize("given, kept", [("write, read", "read,write"), ("admin", "admin"), ("read,read", "read")])
def test_create__scopes_are_a_list_with_commas(master, given, kept):
    assert master.made(scopes=given)["scopes"] == kept


@pytest.mark.parametrize("given, kept", [
    (" 192.0.2.1 ,2001:DB8::0:1", "192.0.2.1,2001:db8::1"), ("10.0.0.0/8", "10.0.0.0/8"), ("", None), (None, None)])
def test_create__addresses_are_kept_in_one_form(master, given, kept):
    assert master.made(allowed_ips=given)["allowed_ips"] == kept


def test_create__unknown_fields_are_passed_over(master):
    assert master.made(colour="green")["name"] == "Key"


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("body, place, kind", [
    ({}, ["body", "name"], "missing"),
    ({"name": None}, ["body", "name"], "none_not_allowed"),
    ({"name": 5}, ["body", "name"], "string_type"),
    ({"name": ""}, ["body", "name"], "string_too_short"),
    ({"name": "x" * 256}, ["body", "name"], "string_too_long"),
    ({"name": "Key", "scopes": "read,boss"}, ["body", "scopes"], "value_error.scopes"),
    ({"name": "Key", "scopes": ""}, ["body", "scopes"], "value_error.scopes"),
    ({"name": "Key", "scopes": None}, ["body", "scopes"], "none_not_allowed"),
    ({"name": "Key", "expires_at": "soon"}, ["body", "expires_at"], "datetime_parsing"),
    ({"name": "Key", "allowed_ips": "192.0.2.1,secret-host"}, ["body", "allowed_ips"], "value_error"),
    ({"name": "Key", "workspace_id": "mine"}, ["body", "workspace_id"], "type_error.uuid"),
    ([], ["body"], "model_attributes_type")])
def test_create__faults_are_listed_as_octopus_does(master, body, place, kind):
    status, detail = told(master.post(KEYS, json=body))
    assert status == 422 and [(f["loc"], f["type"]) for f in detail] == [(place, kind)]
    assert "secret-host" not in str(detail) and "boss" not in str(detail)


@pytest.mark.one_column("the shape of a body")
def test_create__text_that_is_no_json_is_422(master):
    status, detail = told(master.post(KEYS, content=b"{", headers={"Content-Type": "application/json"}))
    assert status == 422 and [(f["loc"], f["type"]) for f in detail] == [(["body"], "json_invalid")]


def test_create__in_a_workspace_of_the_administrators(admin):
    workspace = admin.workspace()["id"]
    assert admin.ok("POST", KEYS, 201, json={"name": "Key", "workspace_id": workspace})["workspace_id"] == workspace


def test_create__in_a_workspace_of_somebody_else_is_404(admin, alice):
    answer = admin.post(KEYS, json={"name": "Key", "workspace_id": alice.workspace()["id"]})
    assert told(answer) == (404, "Workspace not found")


def test_create__by_a_key_is_in_that_keys_workspace(admin, master):
    assert master.made()["workspace_id"] == master.key(master.id)["workspace_id"]
    other = master.post(KEYS, json={"name": "Key", "workspace_id": admin.workspace()["id"]})
    assert told(other) == (404, "Workspace not found")


# --- reading ---

def test_list__is_in_the_order_of_making_and_paged_by_numbers(make_server):
    master = first_on(make_server())
    ids = [master.made()["id"] for _ in range(3)]
    everything = [k["id"] for k in master.keys()]
    assert everything[1:] == ids == sorted(ids)
    assert [k["id"] for k in master.get(KEYS, params={"skip": 1, "limit": 2}).json()] == ids[:2]


def test_list__leaves_out_what_is_switched_off_unless_asked(master):
    key = master.made()["id"]
    master.post(f"{KEYS}{key}/deactivate")
    assert key not in [k["id"] for k in master.keys()]
    assert key in [k["id"] for k in master.keys(include_inactive="true")]


@pytest.mark.one_column("the shape of a query")
@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": -1}, {"skip": -1}, {"limit": "x"}, {"include_inactive": "y"}])
def test_list__numbers_that_cannot_be_are_422(master, query):
    status, detail = told(master.get(KEYS, params=query))
    assert status == 422 and [f["loc"] for f in detail] == [["query", *query]]


@pytest.mark.parametrize("key", [0, -1, 2**62])
def test_get__of_an_unknown_key_is_404(master, key):
    assert told(master.get(f"{KEYS}{key}")) == (404, "API key not found")


@pytest.mark.one_column("the form of an address")
@pytest.mark.parametrize("key", ["x", "1x", str(2**63), "audit"])
def test_get__of_no_number_is_422(master, key):
    status, detail = told(master.get(f"{KEYS}{key}"))
    assert status == 422 and detail[0]["loc"] == ["path", "api_key_id"] and detail[0]["type"] == "int_parsing"


@pytest.mark.parametrize("scope", ["read", "write", "admin"])
def test_me__is_for_keys_with_any_scope(master, scope):
    key = master.new(scopes=scope)
    assert key.get(KEYS + "me").json()["id"] == key.id


def test_me__is_nothing_to_who_is_signed_in(alice):
    assert told(alice.get(KEYS + "me")) == (404, "API key not found")


def test_use__is_written_down(master):
    key = master.new()
    assert key.get(KEYS + "me").status_code == 200
    row = master.key(key.id)
    assert TIME.fullmatch(row["last_used_at"]) and row["last_used_ip"] == "127.0.0.1"


def test_expiring__lists_active_keys_the_soonest_first(master):
    later, soon = (master.made(expires_at=now(days=d))["id"] for d in (5, 2))
    off, past = master.made(expires_at=now(days=1))["id"], master.made(expires_at=now(days=-1))["id"]
    far = master.made(expires_at=now(days=9))["id"]
    master.post(f"{KEYS}{off}/deactivate")
    made = (later, soon, off, past, far)

    def expiring(**query):
        return [k["id"] for k in master.get(KEYS + "expiring/", params=query).json() if k["id"] in made]
    assert expiring() == [soon, later]
    assert expiring(days=3) == [soon]
    assert expiring(days=30) == [soon, later, far]
    assert expiring(days=0) == []


# --- changing ---

@pytest.mark.parametrize("change, kept", [
    ({"name": "New"}, None), ({"description": "Why"}, None), ({"description": None}, None), ({"scopes": "write"}, None),
    ({"is_active": False}, None), ({"expires_at": "2031-01-01T00:00:00"}, {"expires_at": "2031-01-01T00:00:00.000000"}),
    ({"expires_at": None}, None), ({"allowed_ips": "192.0.2.0/24"}, None), ({"allowed_ips": ""}, {"allowed_ips": None})])
def test_patch__changes_what_is_sent_and_nothing_else(master, change, kept):
    before = master.made(description="Old", expires_at="2030-01-01T00:00:00", allowed_ips="192.0.2.1")
    answer = master.patch(f"{KEYS}{before['id']}", json=change)
    del before["key"]
    assert answer.status_code == 200 and answer.json() == before | change | (kept or {})
    assert master.key(before["id"]) == answer.json()


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("field", ["name", "scopes", "is_active"])
def test_patch__null_where_there_must_be_something_is_422(master, field):
    status, detail = told(master.patch(f"{KEYS}{master.made()['id']}", json={field: None}))
    assert status == 422 and [f["loc"] for f in detail] == [["body", field]]


def test_patch__of_nothing_is_the_key_as_it_is(master):
    made = master.made()
    assert master.patch(f"{KEYS}{made['id']}", json={}).json() | {"key": made["key"]} == made


def test_patch__can_switch_on_again(master):
    key = master.new()
    master.post(f"{KEYS}{key.id}/deactivate")
    assert master.patch(f"{KEYS}{key.id}", json={"is_active": True}).json()["is_active"] is True
    until(lambda: key.get(KEYS + "me").status_code == 200, timeout_s=5)


def test_deactivate__can_be_repeated(master):
    path = f"{KEYS}{master.made()['id']}/deactivate"
    first, second = master.post(path), master.post(path)
    assert (first.status_code, second.status_code) == (200, 200) and first.json()["is_active"] is False
    assert first.json() == second.json()


def test_delete__the_key_is_gone_and_its_id_stays_unused(master):
    key = master.new()
    assert master.delete(f"{KEYS}{key.id}").status_code == 204
    assert told(master.get(f"{KEYS}{key.id}")) == told(master.delete(f"{KEYS}{key.id}")) == (404, "API key not found")
    assert master.made()["id"] > key.id


@pytest.mark.parametrize("method, path, body, verb", [
    ("POST", "/deactivate", None, "deactivate"), ("DELETE", "", None, "delete"), ("PATCH", "", {"is_active": False}, "deactivate")])
def test_oneself__cannot_be_ended(master, method, path, body, verb):
    answer = master.request(method, f"{KEYS}{master.id}{path}", json=body)
    assert told(answer) == (400, f"Cannot {verb} the API key you're currently using")
    assert master.get(KEYS + "me").status_code == 200


@pytest.mark.parametrize("method, path", [(m, p) for m, p, _ in DEEDS if "{id}" in p])
def test_unknown_key__is_404_to_every_method(master, method, path):
    answer = master.request(method, KEYS + path.format(id=2**62), json={} if method in ("PATCH", "POST") else None)
    assert told(answer) == (404, "API key not found")


# --- rotation ---

def test_rotate__gives_a_new_key_with_the_same_rights(master):
    old = master.made("Reports", description="Why", scopes="read,write", allowed_ips="127.0.0.1", expires_at=now(days=9))
    answer = master.post(f"{KEYS}{old['id']}/rotate")
    new = answer.json()
    assert answer.status_code == 200 and set(new) == FIELDS | {"key"}
    assert new["name"] == "Reports (rotated)" and new["id"] > old["id"] and new["key"] != old["key"]
    for name in ("description", "scopes", "expires_at", "allowed_ips", "created_by_user_id", "workspace_id"):
        assert new[name] == old[name], name
    gone = master.key(old["id"])
    assert (gone["is_active"], gone["replaced_by_id"]) == (False, new["id"])
    assert Octopus(master.http, new).get(KEYS + "me").status_code == 200
    until(lambda: told(Octopus(master.http, old).get(KEYS + "me")) == (403, "Invalid or inactive API Key"), timeout_s=5)


def test_rotate__with_grace_leaves_the_old_key_alive_for_a_while(master):
    old = master.new()
    new = Octopus(master.http, master.post(f"{KEYS}{old.id}/rotate", json={"grace_seconds": 3600}).json())
    assert old.get(KEYS + "me").status_code == new.get(KEYS + "me").status_code == 200
    row = master.key(old.id)
    assert now(minutes=55) < row["expires_at"] < now(minutes=65) and row["is_active"]
    assert master.key(new.id)["expires_at"] is None


def test_rotate__of_oneself_works(master):
    new = Octopus(master.http, master.post(f"{KEYS}{master.id}/rotate").json())
    assert new.get(KEYS).status_code == 200


def test_rotate__keeps_a_long_name_within_bounds(master):
    name = master.post(f"{KEYS}{master.made('ü' * 255)['id']}/rotate").json()["name"]
    assert len(name) == 255 and name.endswith("ü (rotated)")


@pytest.mark.parametrize("how", ["switched off", "expired", "rotated"])
def test_rotate__of_a_key_that_is_over_is_400(master, how):
    key = master.made(expires_at=now(days=-1) if how == "expired" else None)["id"]
    if how != "expired":
        master.post(f"{KEYS}{key}/{'rotate' if how == 'rotated' else 'deactivate'}")
    answer = master.post(f"{KEYS}{key}/rotate")
    assert told(answer) == (400, "The API key is switched off, has expired, or was replaced already")


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("grace", [-1, 2592001, "1", 1.5, None])
def test_rotate__with_a_grace_that_cannot_be_is_422(master, grace):
    status, detail = told(master.post(f"{KEYS}{master.made()['id']}/rotate", json={"grace_seconds": grace}))
    assert status == 422 and detail[0]["loc"] == ["body", "grace_seconds"]


@pytest.mark.mysql
def test_rotate__of_many_at_once_exactly_one_does(master):
    key = master.made()["id"]
    assert statuses(at_once(12, lambda i: master.post(f"{KEYS}{key}/rotate"))) == {200: 1, 400: 11}


def test_deactivate_and_rotate__at_once_leave_no_more_than_one_key(master):
    key = master.made("Contested")["id"]
    answers = at_once(8, lambda i: master.post(f"{KEYS}{key}/{'rotate' if i % 2 else 'deactivate'}"))
    alive = [k for k in master.keys() if k["name"] == "Contested (rotated)"]
    rotated = [a for i, a in enumerate(answers) if i % 2 and a.status_code == 200]
    assert len(alive) == len(rotated) <= 1 and master.key(key)["is_active"] is False


# --- clean-up ---

def test_cleanup__switches_expired_keys_off_and_deletes_none(master):
    keys = [master.made(expires_at=now(days=-1))["id"] for _ in range(2)]
    answer = master.post(KEYS + "cleanup-expired/")
    count = answer.json()["deactivated_count"]
    # The server's job may have been quicker.
    assert answer.status_code == 200 and answer.json()["message"] == f"Deactivated {count} expired key(s)"
    assert [master.key(k)["is_active"] for k in keys] == [False, False]
    again = master.post(KEYS + "cleanup-expired/").json()
    assert again == {"deactivated_count": 0, "message": "Deactivated 0 expired key(s)"}


# --- who may ---

@pytest.mark.one_column("credentials and scopes, which test_access_matrix.py tries on each column")
@pytest.mark.parametrize("method, path, deed", DEEDS, ids=DEED_IDS)
def test_nobody__is_told_which_header_is_missing(http, method, path, deed):
    answer = http.request(method, KEYS + path.format(id=1), json={"name": "Key"} if method != "GET" else None)
    assert told(answer) == (422, MISSING_KEY)


@pytest.mark.one_column("credentials and scopes, which test_access_matrix.py tries on each column")
@pytest.mark.parametrize("method, path, deed", DEEDS, ids=DEED_IDS)
@pytest.mark.parametrize("who", ["read", "write"])
def test_without_the_scope__is_told_for_what_it_would_be(master, who, method, path, deed):
    answer = master.new(scopes=who).request(method, KEYS + path.format(id=master.id))
    assert told(answer) == (403, f"Admin scope required to {deed}")


@pytest.mark.one_column("credentials and scopes, which test_access_matrix.py tries on each column")
@pytest.mark.parametrize("method, path, deed", [d for d in DEEDS if d[1] in ("audit-logs/", "cleanup-expired/")])
def test_person__is_told_that_an_administrator_must_do_it(alice, method, path, deed):
    assert told(alice.request(method, KEYS + path)) == (403, f"Admin scope required to {deed}")


@pytest.mark.one_column("credentials and scopes, which test_access_matrix.py tries on each column")
@pytest.mark.parametrize("method, path, deed", DEEDS, ids=DEED_IDS)
def test_unknown_key__is_refused_everywhere(http, method, path, deed):
    answer = http.request(method, KEYS + path.format(id=1), headers={"Octopus-API-Key": "octopus_" + "A" * 43})
    assert told(answer) == (403, "Invalid or inactive API Key")


@pytest.mark.parametrize("fields, told_so", [
    ({"expires_at": "2001-01-01T00:00:00"}, "API Key has expired"),
    ({"allowed_ips": "192.0.2.0/24"}, "API Key not authorized from this IP address")])
def test_key__that_does_not_count_here_and_now_is_refused(master, fields, told_so):
    assert told(master.new(**fields).get(KEYS + "me")) == (403, told_so)


@pytest.mark.one_column("credentials and scopes, which test_access_matrix.py tries on each column")
def test_empty_header__is_no_key(http):
    assert told(http.get(KEYS, headers={"Octopus-API-Key": ""}))[0] in (403, 422)


@pytest.mark.one_column("credentials and scopes, which test_access_matrix.py tries on each column")
def test_two_credentials__are_400_in_this_shape(admin, master):
    assert told(master.get(KEYS, headers=admin.auth)) == (400, "Send one credential, not two")


def test_ended_session__is_401_so_that_a_client_signs_in_again(http):
    answer = http.get(KEYS, headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"
    assert set(answer.json()) == {"detail"}


def test_limit_of_rate__is_an_error_and_no_detail(make_server):
    server = make_server(RATE_LIMIT="on", RATE_KEYS="2")
    admin = server.setup()
    for _ in range(2):
        admin.ok("POST", KEYS, 201, json={"name": "Key"})
    answer = admin.post(KEYS, json={"name": "Key"})
    assert (answer.status_code, answer.json()) == (429, {"error": "Rate limit exceeded"})
    assert int(answer.headers["retry-after"]) > 0 and answer.headers["ratelimit-limit"] == "2"
    assert admin.get(KEYS).status_code == 200


# --- paths ---

@pytest.mark.one_column("the form of an address")
@pytest.mark.parametrize("path", ["audit-logs", "expiring", "me", ""])
def test_slash_at_the_end__makes_no_difference(master, path):
    bare = (KEYS + path).rstrip("/")
    assert master.get(bare).status_code == master.get(bare + "/").status_code == 200


@pytest.mark.one_column("the form of an address")
@pytest.mark.parametrize("method, path", [("GET", "cleanup-expired"), ("PUT", "1"), ("DELETE", "")])
def test_other_methods__are_405_in_this_shape(master, method, path):
    assert told(master.request(method, KEYS + path)) == (405, "This path does not take that method")


@pytest.mark.one_column("the form of an address")
@pytest.mark.parametrize("path", ["/v1/api-keys", "/api-keys", "/api/api/v1/api-keys"])
def test_paths__stand_nowhere_else(master, path):
    assert master.get(path).status_code == 404
