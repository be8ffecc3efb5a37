"""An API key in the place of a sign-in: where it may stand, how far it reaches, and when it ends."""
import itertools

import pytest
from support.client import new_email, new_password
from support.factor import switch_on
from support.keys import KEYS, Key, headers_of
from support.races import at_once, statuses
from support.talk import Talk, is_code, text_file
from support.waiting import second_passes, until

HEADERS = ("X-API-Key", "Octopus-API-Key", "Authorization")


@pytest.fixture
def owner(make_user):
    """An administrator whose keys are tried."""
    return make_user("ADMIN", first_name="Kim")


@pytest.fixture
def talk(owner, alice, make_user):
    return Talk(owner, alice, make_user)


# --- where it may stand ---

@pytest.mark.parametrize("header", HEADERS)
def test_header__takes_a_key(owner, header):
    assert Key(owner, header=header).ok("GET", "/auth/me", 200)["id"] == owner.id


@pytest.mark.one_column("the form of a header")
@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_header__bearer_is_a_word_in_any_case(http, owner, scheme):
    assert http.get("/auth/me", headers={"Authorization": f"{scheme} {Key(owner).text}"}).status_code == 200


@pytest.mark.one_column("the form of a header")
@pytest.mark.parametrize("first, second", itertools.combinations(HEADERS, 2))
def test_header__two_keys_are_refused(http, owner, first, second):
    key = Key(owner)
    answer = http.get("/auth/me", headers={**headers_of(first, key.text), **headers_of(second, key.text)})
    assert is_code(answer, 400, "two_credentials")


def test_header__a_key_beside_a_token_is_refused(http, owner):
    assert is_code(http.get("/auth/me", headers={**owner.auth, **Key(owner).auth}), 400, "two_credentials")


@pytest.mark.one_column("the form of a header")
@pytest.mark.parametrize("text", ["", "x", "parley_" + "A" * 43, "octopus_" + "A" * 43, "A" * 5000, "octopus_", "%00"])
@pytest.mark.parametrize("header", HEADERS[:2])
def test_header__another_text_is_no_key(http, header, text):
    assert is_code(http.get("/auth/me", headers={header: text}), 401, "invalid_api_key")


@pytest.mark.one_column("the form of a header")
def test_header__a_key_with_something_beside_it_is_no_key(http, owner):
    text = Key(owner).text
    for wrong in (text + "x", text[:-1], text.upper(), f"{text}, {text}", f'"{text}"', f"Bearer {text}"):
        assert is_code(http.get("/auth/me", headers={"X-API-Key": wrong}), 401, "invalid_api_key"), wrong


def test_key__counts_nowhere_but_in_its_headers(http, owner):
    text = Key(owner).text
    for name in ("api_key", "key", "access_token"):
        assert http.get("/auth/me", params={name: text}).status_code == 401
        assert http.get("/auth/me", headers={"Cookie": f"{name}={text}"}).status_code == 401


def test_key__is_in_no_log_and_no_list(server, owner, admin):
    key = Key(owner, "admin")
    key.ok("GET", "/users", 200)
    assert key.text not in server.log()
    assert key.text not in admin.get(KEYS, params={"limit": 1000}).text
    assert key.text not in admin.get("/audit").text


# --- how far it reaches ---

DEEDS = {"read": ("GET", "/workspaces", None), "write": ("POST", "/workspaces/{place}/chat", {"title": "By a key"}),
         "admin": ("GET", "/users/stats/summary", None)}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("scopes", ["read", "write", "read,write", "admin"])
def test_scope__must_be_the_one_of_the_route(owner, scopes, deed):
    key = Key(owner, scopes)
    method, path, body = DEEDS[deed]
    answer = key.request(method, path.format(place=key.place), json=body)
    if deed in scopes.split(",") or scopes == "admin":
        assert answer.is_success, answer.text
    else:
        assert is_code(answer, 403, "scope_required")


@pytest.mark.parametrize("method, path", [
    ("POST", "/auth/password"), ("POST", "/auth/logout"), ("GET", "/auth/sessions"), ("DELETE", "/auth/sessions"),
    ("PUT", "/auth/me"), ("POST", "/auth/2fa/setup"), ("POST", "/auth/2fa/verify"), ("POST", "/auth/2fa/disable"),
    ("POST", "/auth/2fa/recovery-codes"), ("POST", "/workspaces"), ("POST", "/invitations/accept")])
def test_session_routes__are_for_no_key(owner, method, path):
    assert is_code(Key(owner, "admin,read,write").request(method, path, json={}), 403, "session_required")


def test_read_key__of_an_administrator_sees_what_anybody_sees(owner, bob):
    assert Key(owner, "read").get(f"/users/{bob.id}").status_code == 404
    assert Key(owner, "admin").ok("GET", f"/users/{bob.id}", 200)["email"] == bob.email


def test_write_key__of_an_administrator_changes_no_account(owner, bob):
    answer = Key(owner, "read,write").put(f"/users/{bob.id}", json={"role": "ADMIN"})
    assert is_code(answer, 403, "scope_required")


def test_open_routes__take_a_key(owner):
    assert Key(owner).get("/health").status_code == 200


# --- its workspace ---

def test_workspace__of_another_of_the_owners_is_not_there(owner, talk):
    key = Key(owner, "admin,read,write")
    assert [w["id"] for w in key.ok("GET", "/workspaces", 200)] == [key.place]
    for path in (talk.path, f"{talk.path}/chats/history", talk.at, f"{talk.at}/messages"):
        answer = key.get(path)
        assert is_code(answer, 404, "workspace_not_found"), path
    assert is_code(key.delete(talk.path), 404, "workspace_not_found")
    assert owner.get(talk.path).status_code == 200


def test_workspace__that_was_chosen_is_where_the_key_acts(owner, talk):
    key = Key(owner, "read,write", workspace_id=talk.id)
    assert [w["id"] for w in key.ok("GET", "/workspaces", 200)] == [talk.id]
    assert key.message(talk.id, talk.chat)["sender"]["id"] == owner.id


def test_attachment__of_another_workspace_is_not_there(owner, talk):
    attachment = talk.sent(text_file(), person=owner)["attachments"][0]["id"]
    inside, outside = Key(owner, workspace_id=talk.id), Key(owner)
    for path in (f"/attachments/{attachment}", f"/attachments/{attachment}/url"):
        assert inside.get(path).status_code in (200, 302), path
        assert is_code(outside.get(path), 404, "attachment_not_found"), path


def test_chat__is_not_moved_out_of_the_keys_workspace(owner, talk):
    other = owner.workspace()["id"]
    answer = Key(owner, "write", workspace_id=talk.id).post(f"{talk.at}/move", json={"workspace_id": other})
    assert is_code(answer, 404, "workspace_not_found")
    assert owner.ok("POST", f"{talk.at}/move", 200, json={"workspace_id": other})


def test_second_factor__that_the_workspace_asks_for_is_asked_of_the_owner(owner, talk):
    key = Key(owner, workspace_id=talk.id)
    keeper = talk.member
    owner.ok("PUT", f"{talk.path}/users/{keeper.id}", json={"role": "OWNER"})
    switch_on(keeper)
    until(lambda: keeper.put(talk.path, json={"require_2fa": True}).status_code == 200)
    assert is_code(key.get(talk.path), 403, "second_factor_required")
    switch_on(owner)
    assert key.get(talk.path).status_code == 200


# --- its addresses ---

@pytest.mark.parametrize("ips", ["127.0.0.1", "203.0.113.7, 127.0.0.0/8", "::ffff:127.0.0.1", "::/0,0.0.0.0/0"])
def test_address__in_the_list_is_let_in(owner, ips):
    assert Key(owner, allowed_ips=ips).get("/auth/me").status_code == 200


@pytest.mark.one_column("the form of a header")
@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("ips", ["203.0.113.7", "127.0.0.2,128.0.0.0/1", "::1", "::/0"])
def test_address__not_in_the_list_is_refused_in_every_header(owner, ips, header):
    assert is_code(Key(owner, header=header, allowed_ips=ips).get("/auth/me"), 403, "api_key_address")


@pytest.mark.one_column("the form of a header")
@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP", "Remote-Addr"])
def test_address__cannot_be_claimed_by_a_header(owner, header):
    key = Key(owner, allowed_ips="203.0.113.7")
    assert is_code(key.get("/auth/me", headers={header: "203.0.113.7"}), 403, "api_key_address")


# --- its end ---

@pytest.mark.parametrize("past", ["2020-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1970-01-01T05:00:00+05:00",
                                  "1969-12-31T23:59:59Z"])
def test_expiry__in_the_past_is_over(owner, past):
    assert is_code(Key(owner, expires_at=past).get("/auth/me"), 401, "api_key_expired")


@pytest.fixture(scope="module")
def each_process(shared_server, processes):
    server = shared_server(processes)
    return server, server.admin


def removed(admin, key):
    """Of two owners of the workspace one puts the other out."""
    return admin.delete(f"/workspaces/{key.place}/users/{key.id}")


ENDS = {
    "switched off": lambda admin, key: admin.post(f"{KEYS}/{key.key_id}/deactivate"),
    "deleted": lambda admin, key: admin.delete(f"{KEYS}/{key.key_id}"),
    "rotated": lambda admin, key: admin.post(f"{KEYS}/{key.key_id}/rotate"),
    "expired": lambda admin, key: admin.request("PATCH", f"{KEYS}/{key.key_id}",
                                                json={"expires_at": "2020-01-01T00:00:00Z"}),
    "owner switched off": lambda admin, key: admin.put(f"/users/{key.id}", json={"is_active": False}),
    "owner deleted": lambda admin, key: admin.delete(f"/users/{key.id}"),
    "owner removed": removed,
    "workspace deleted": lambda admin, key: admin.delete(f"/workspaces/{key.place}"),
}


@pytest.mark.parametrize("way", ENDS)
def test_ended_key__is_dead_on_every_process_within_a_second(each_process, way):
    server, admin = each_process
    owner = server.person(admin, "ADMIN")
    place = admin.workspace()
    admin.add_member(place, owner)
    key = Key(owner, workspace_id=place["id"])
    assert all(key.get("/auth/me").status_code == 200 for _ in range(8))  # each process remembers it now
    answer = ENDS[way](admin, key)
    assert answer.is_success, answer.text
    second_passes(server, lambda: key.get("/auth/me"))
    assert all(key.get("/auth/me").status_code == 401 for _ in range(8))


def test_lost_role__acts_on_every_process_within_a_second(each_process):
    server, admin = each_process
    owner = server.person(admin, "ADMIN")
    key = Key(owner, "admin")
    assert all(key.get("/users").status_code == 200 for _ in range(8))
    admin.ok("PUT", f"/users/{owner.id}", json={"role": "USER"})
    second_passes(server, lambda: key.get("/users"))
    assert all(is_code(key.get("/users"), 403, "forbidden") for _ in range(8))


def test_narrowed_scopes__act_on_every_process_within_a_second(each_process):
    server, admin = each_process
    key = Key(server.person(admin, "ADMIN"), "read,write")
    body = {"title": "Chat"}
    assert all(key.post(f"/workspaces/{key.place}/chat", json=body).status_code == 201 for _ in range(4))
    assert admin.request("PATCH", f"{KEYS}/{key.key_id}", json={"scopes": "read"}).status_code == 200
    second_passes(server, lambda: key.get("/auth/me"))
    assert all(is_code(key.post(f"/workspaces/{key.place}/chat", json=body), 403, "scope_required") for _ in range(8))


# --- what is remembered of it ---

def test_audit__says_which_key_has_acted(owner, admin):
    key = Key(owner, "admin")
    chat = key.chat(key.place)["id"]
    key.ok("DELETE", f"/workspaces/{key.place}/chat/{chat}", 204)
    (row,) = admin.ok("GET", "/audit", params={"target": chat, "action": "chat.deleted"})
    assert (row["actor"]["id"], row["actor"]["api_key_id"]) == (owner.id, key.key_id)


def test_audit__tells_once_a_minute_that_a_key_was_refused(owner, admin):
    key = Key(owner, allowed_ips="203.0.113.7")
    assert statuses(at_once(8, lambda i: key.get("/auth/me"))) == {403: 8}
    rows = admin.ok("GET", "/audit", params={"action": "api_key.refused", "limit": 200})
    told = [row for row in rows if row["target"]["api_key_id"] == key.key_id]
    assert [row["details"] for row in told] == [{"reason": "address"}]
    assert told[0]["actor"] is None and told[0]["ip"] == "127.0.0.1"


# --- the last administrator ---

def test_last_administrator__of_ten_keys_ended_at_once_one_stays(make_server):
    server = make_server()
    master = server.http.post("/bootstrap").json()["api_key"]
    headers = {"X-API-Key": master}
    made = [server.http.post(KEYS, json={"name": "Key", "scopes": "admin"}, headers=headers).json() for _ in range(10)]
    keys = [key["key"] for key in made] + [master]
    ids = [key["id"] for key in made] + [server.http.get(f"{KEYS}/me", headers=headers).json()["id"]]
    # Each key ends the next one.
    answers = at_once(11, lambda i: server.http.post(f"{KEYS}/{ids[(i + 1) % 11]}/deactivate", headers={"X-API-Key": keys[i]}))
    assert all(a.status_code in (200, 400, 403) for a in answers), [a.text for a in answers]
    alive = [key for key in keys if server.http.get("/users", headers={"X-API-Key": key}).status_code == 200]
    assert alive


def test_last_administrator__may_be_the_bot_or_a_person(make_server):
    server = make_server()
    key = {"X-API-Key": server.http.post("/bootstrap").json()["api_key"]}
    body = {"email": "person@example.org", "password": "pass of a person", "role": "ADMIN"}
    person = server.http.post("/users", json=body, headers=key).json()
    bot = server.http.get("/auth/me", headers=key).json()
    master = server.http.get(f"{KEYS}/me", headers=key).json()["id"]
    tokens = server.http.post("/auth/login", json={"email": body["email"], "password": body["password"]}).json()["tokens"]
    token = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert server.http.delete(f"/users/{person['id']}", headers=key).is_success
    answer = server.http.delete(f"/users/{bot['id']}", headers=key)
    assert is_code(answer, 409, "last_admin")
    assert server.http.get("/auth/me", headers=token).status_code == 401
    assert server.http.post(f"{KEYS}/{master}/rotate", headers=key).status_code == 200


# --- what a key makes ---

def bound_key(admin, **fields):
    made = admin.ok("POST", "/api/v1/api-keys", 201, json={
        "name": "bound", "scopes": "admin", "allowed_ips": "127.0.0.0/8", "expires_at": "2099-01-01T00:00:00Z", **fields})
    return made, {"Octopus-API-Key": made["key"]}


def test_bounds__of_a_key_are_inherited_by_what_it_makes(http, owner):
    _, headers = bound_key(owner)
    made = http.post("/api/v1/api-keys", json={"name": "free", "scopes": "admin"}, headers=headers)
    assert made.status_code == 201, made.text
    assert made.json()["allowed_ips"] == "127.0.0.0/8" and made.json()["expires_at"].startswith("2099-01-01")
    narrower = http.post("/api/v1/api-keys", json={"name": "n", "allowed_ips": "127.0.0.1", "expires_at": "2098-01-01T00:00:00Z"},
                         headers=headers)
    assert narrower.status_code == 201 and narrower.json()["allowed_ips"] == "127.0.0.1"


@pytest.mark.parametrize("wider", [{"allowed_ips": "0.0.0.0/0"}, {"expires_at": "2099-01-02T00:00:00Z"}])
def test_bounds__of_a_key_are_not_passed_by_what_it_makes(http, owner, wider):
    _, headers = bound_key(owner)
    assert http.post("/api/v1/api-keys", json={"name": "wide", **wider}, headers=headers).status_code == 403


@pytest.mark.parametrize("wider", [{"allowed_ips": ""}, {"allowed_ips": "10.0.0.0/8"}, {"expires_at": None},
                                   {"expires_at": "2099-01-02T00:00:00Z"}])
def test_bounds__of_a_key_are_not_lifted_by_itself(http, owner, wider):
    made, headers = bound_key(owner)
    path = f"/api/v1/api-keys/{made['id']}"
    assert http.patch(path, json=wider, headers=headers).status_code == 403
    assert http.get(path, headers=headers).json()["allowed_ips"] == "127.0.0.0/8"
    assert http.patch(path, json={"name": "renamed"}, headers=headers).status_code == 200
    assert owner.request("PATCH", path, json=wider).status_code == 200


def test_bounds__of_a_key_hold_for_what_it_rotates(http, owner):
    _, headers = bound_key(owner)
    free = owner.ok("POST", "/api/v1/api-keys", 201, json={"name": "free", "scopes": "admin"})
    assert http.post(f"/api/v1/api-keys/{free['id']}/rotate", json={}, headers=headers).status_code == 403
    assert http.post(f"/api/v1/api-keys/{free['id']}/deactivate", headers=headers).status_code == 200


@pytest.mark.parametrize("bound", [{"expires_at": None}, {"allowed_ips": ""}], ids=["by address", "by date"])
def test_bounds__of_a_key_do_not_end_at_a_person(server, http, owner, bound):
    """An administrator whom it makes, or an account that it opens, would have neither its addresses nor its end."""
    _, bounded = bound_key(owner, **bound)
    _, free = bound_key(owner, allowed_ips="", expires_at=None)
    person, chief, asleep = server.person(owner), server.person(owner, "ADMIN"), server.person(owner, "ADMIN")
    owner.ok("PUT", f"/users/{asleep.id}", json={"is_active": False})
    def new(role):
        return {"email": new_email(), "password": new_password(), "role": role}
    tries = [("POST", "/users", new("ADMIN")), ("PUT", f"/users/{person.id}", {"role": "ADMIN"}),
             ("PUT", f"/users/{asleep.id}", {"is_active": True}),
             ("POST", f"/users/{chief.id}/password-reset", None), ("POST", f"/users/{person.id}/password-reset", None),
             ("PUT", f"/users/{chief.id}", {"email": new_email()}), ("PUT", f"/users/{person.id}", {"email": new_email()})]
    for method, path, body in tries:
        assert is_code(http.request(method, path, json=body, headers=bounded), 403, "api_key_bounds"), path
    own = http.put(f"/users/{owner.id}", json={"email": new_email()}, headers=bounded)
    assert is_code(own, 403, "forbidden"), "nor at its owner, who asks by a mail"
    kept = owner.ok("GET", f"/users/{person.id}")
    assert (kept["role"], kept["email"]) == ("USER", person.email)
    assert http.put(f"/users/{person.id}", json={"email": person.email}, headers=bounded).status_code == 200, "no change"
    assert http.post("/users", json=new("USER"), headers=bounded).status_code == 201
    assert http.put(f"/users/{person.id}", json={"first_name": "A", "role": "USER"}, headers=bounded).status_code == 200
    for method, path, body in tries:
        assert http.request(method, path, json=body, headers=free).is_success, path
