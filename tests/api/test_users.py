"""Accounts: one's own, and all of them for an ADMIN."""
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.client import Person, new_email, new_password


def test_me__shows_all_of_the_account_and_nothing_secret(alice):
    me = alice.get("/auth/me")
    assert set(me.json()) == {"id", "name", "email", "username", "status", "first_name", "last_name", "role",
                              "is_active", "is_first_login", "tos_accepted", "twofa_enabled", "last_login", "created_at",
                              "updated_at"}
    assert me.json()["username"] == alice.email.split("@")[0] and me.json()["created_at"].endswith("Z")
    assert me.json() == alice.ok("GET", f"/users/{alice.id}") == alice.ok("GET", "/api/auth/me/")


def test_me__is_changed_field_by_field(alice):
    assert alice.ok("PUT", "/auth/me", json={"last_name": "Ünal 🐟"})["last_name"] == "Ünal 🐟"
    changed = alice.ok("PUT", "/auth/me", json={"tos_accepted": True, "first_name": None})
    assert (changed["first_name"], changed["last_name"], changed["tos_accepted"]) == (None, "Ünal 🐟", True)
    assert alice.ok("PUT", "/auth/me", json={}) == changed == alice.ok("GET", "/auth/me")
    assert changed["updated_at"] > changed["created_at"]


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("body", [{"role": "ADMIN"}, {"is_active": False}, {"email": "x@example.org"},
                                  {"tos_accepted": None}, {"tos_accepted": "yes"}, {"first_name": "x" * 101}])
def test_me__takes_what_is_ones_own_to_change_only(alice, body):
    assert alice.put("/auth/me", json=body).status_code == 422


def test_me__has_an_etag_that_moves(alice):
    first = alice.get("/auth/me")
    tag = first.headers["etag"]
    same = alice.get("/auth/me", headers={"If-None-Match": tag})
    assert same.status_code == 304 and same.content == b"" and same.headers["etag"] == tag
    changed = alice.put("/auth/me", json={"first_name": "New"}, headers={"If-Match": tag})
    assert changed.status_code == 200 and changed.headers["etag"] != tag
    late = alice.put("/auth/me", json={"first_name": "Late"}, headers={"If-Match": tag})
    assert late.status_code == 412 and alice.ok("GET", "/auth/me")["first_name"] == "New"
    either = f'"nonsense", {changed.headers["etag"]}'
    assert alice.put("/auth/me", json={"first_name": "Again"}, headers={"If-Match": either}).status_code == 200
    assert alice.put("/auth/me", json={"first_name": "Star"}, headers={"If-Match": "*"}).status_code == 200


@pytest.mark.mysql
def test_me__of_many_writers_with_one_etag_one_wins(alice):
    tag = alice.get("/auth/me").headers["etag"]
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda n: alice.put("/auth/me", json={"first_name": f"N{n}"},
                                                     headers={"If-Match": tag}).status_code, range(20)))
    assert statuses.count(200) == 1 and statuses.count(412) == 19


def test_user__somebody_else_looks_like_nobody(alice, bob):
    for method, body in (("GET", None), ("PUT", {"first_name": "Mallory"})):
        foreign, unknown = (alice.request(method, f"/users/{i}", json=body) for i in (bob.id, uuid.uuid4()))
        assert foreign.status_code == unknown.status_code == 404
        assert {**foreign.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}


@pytest.mark.parametrize("method, path, body", [("GET", "/users", None), ("POST", "/users", {"email": "x@example.org", "password": "a good one"}),
                                                ("GET", "/users/stats/summary", None), ("DELETE", "/users/{}", None)])
def test_user__administration_is_for_administrators(alice, http, method, path, body):
    assert alice.request(method, path.format(alice.id), json=body).status_code == 403
    assert http.request(method, path.format(alice.id), json=body).status_code == 401


@pytest.mark.parametrize("body", [{"role": "ADMIN"}, {"is_active": False}, {"is_active": True}, {"role": "USER"}])
def test_user__cannot_raise_or_lock_themselves(alice, body):
    assert alice.put(f"/users/{alice.id}", json=body).status_code == 403
    assert alice.put(f"/users/{alice.id}", json={"first_name": "Ok"}).status_code == 200


def test_users__admin_makes_one_who_signs_in(server, admin):
    email, password = new_email("Made").replace("made", "Made"), new_password()
    made = admin.post("/users", json={"email": email, "password": password, "first_name": "A", "role": "ADMIN"})
    assert made.status_code == 201 and made.headers["location"] == f"/users/{made.json()['id']}"
    assert made.json()["email"] == email.lower() and made.json()["is_first_login"] is True
    person = Person(server.http, made.json(), email, password).sign_in()
    assert person.get("/users").status_code == 200
    assert [w["personal"] for w in person.ok("GET", "/workspaces")] == [True]


def test_users__one_address_is_one_person(admin, alice):
    taken = admin.post("/users", json={"email": alice.email.upper(), "password": new_password()})
    assert taken.status_code == 409 and taken.json()["code"] == "email_taken"


@pytest.mark.mysql
def test_users__of_many_with_one_address_at_once_one_is_made(admin):
    email = new_email()
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: admin.post("/users", json={"email": email, "password": new_password()}).status_code,
                                 range(8)))
    assert statuses.count(201) == 1 and set(statuses) <= {201, 409, 503}


def test_users__same_name_before_the_at_is_told_apart(admin):
    name = uuid.uuid4().hex[:10]
    names = [admin.ok("POST", "/users", 201, json={"email": f"{name}@{host}", "password": new_password()})["username"]
             for host in ("example.org", "example.com", "example.net")]
    assert names[0] == name and len(set(names)) == 3 and all(n.startswith(name) for n in names)


@pytest.mark.mysql
def test_users__are_listed_in_pages(admin, make_user):
    mark = uuid.uuid4().hex[:8]
    made = [make_user(email=f"{mark}-{n}@example.org").id for n in range(5)]
    assert [u["id"] for u in admin.ok("GET", "/users", params={"q": mark.upper()})] == made
    seen, where = [], f"/users?q={mark}&limit=2"
    while where:
        page = admin.get(where)
        seen += [u["id"] for u in page.json()]
        where = page.links.get("next", {}).get("url")
        assert len(page.json()) <= 2
    assert seen == made
    assert [u["id"] for u in admin.ok("GET", "/users", params={"q": mark, "skip": 3, "limit": 100})] == made[3:]
    assert [u["id"] for u in admin.ok("GET", "/users", params={"q": mark, "skip": 1, "limit": 2})] == made[1:3]


@pytest.mark.mysql
def test_users__search_takes_wildcards_as_text(admin, make_user):
    mark = uuid.uuid4().hex[:8]
    make_user(email=f"{mark}@example.org", first_name="50%_!")
    assert len(admin.ok("GET", "/users", params={"q": mark})) == 1
    assert admin.ok("GET", "/users", params={"q": mark[:4] + "%" + mark[6:]}) == []
    assert admin.ok("GET", "/users", params={"q": mark[:-1] + "_"}) == []
    assert mark in [u["email"].split("@")[0] for u in admin.ok("GET", "/users", params={"q": "0%_!"})]


@pytest.mark.one_column("the shape of a query")
@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=-1", "limit=x", "skip=-1", "skip=99999999999", "q=" + "x" * 300])
def test_users__refuses_bad_pages(admin, query):
    answer = admin.get(f"/users?{query}")
    assert answer.status_code == 422 and answer.json()["errors"][0]["loc"][0] == "query"


@pytest.mark.one_column("the shape of a query")
@pytest.mark.parametrize("cursor", ["x", "AAAAAAAAAAAAAAAAAAAAAAAA", "%00", "a" * 60])
def test_users__refuses_a_made_up_cursor(admin, cursor):
    assert admin.get(f"/users?cursor={cursor}").status_code == 400


@pytest.mark.mysql
def test_users__stats_count(admin, make_user):
    before = admin.ok("GET", "/users/stats/summary")
    assert set(before) == {"total_users", "active_users", "admin_users", "twofa_enabled_users"}
    make_user("ADMIN")
    after = admin.ok("GET", "/users/stats/summary")
    assert after["total_users"] > before["total_users"] and after["admin_users"] > before["admin_users"]


def test_users__admin_changes_state_and_role(admin, alice):
    changed = admin.ok("PUT", f"/users/{alice.id}", json={"role": "ADMIN", "first_name": "Boss"})
    assert (changed["role"], changed["first_name"]) == ("ADMIN", "Boss")
    assert admin.put(f"/users/{uuid.uuid4()}", json={"role": "USER"}).status_code == 404
    assert admin.put("/users/not-a-uuid", json={"role": "USER"}).status_code == 400
    assert admin.put(f"/users/{alice.id}", json={"role": "owner"}).status_code == 422
    assert admin.ok("PUT", f"/users/{alice.id}", json={"role": "USER", "is_active": False})["is_active"] is False
    assert admin.ok("PUT", f"/users/{alice.id}", json={"is_active": True})["is_active"] is True


def test_users__deleted_one_is_gone_and_the_address_is_free(server, admin, alice):
    assert admin.delete(f"/users/{alice.id}").status_code == 204
    for method in ("GET", "PUT", "DELETE"):
        assert admin.request(method, f"/users/{alice.id}", json={} if method == "PUT" else None).status_code == 404
    assert admin.ok("GET", "/users", params={"q": alice.email}) == []
    assert server.http.post("/auth/login", json={"email": alice.email, "password": alice.password}).status_code == 401
    again = server.person(admin, email=alice.email)
    assert again.id != alice.id and again.user["username"] == alice.email.split("@")[0]


@pytest.mark.mysql
def test_users__deleted_one_leaves_what_they_wrote(admin, alice, bob):
    workspace = bob.workspace()
    bob.add_member(workspace, alice)
    chat = bob.chat(workspace)
    alice.message(workspace, chat, "still here")
    assert admin.delete(f"/users/{alice.id}").status_code == 204
    page = bob.ok("GET", f"/workspaces/{workspace['id']}/chat/{chat['id']}/messages")
    assert [m["content"] for m in page["messages"]] == ["still here"]
    assert page["messages"][0]["sender"]["name"] == "Deleted user"
    members = bob.ok("GET", f"/workspaces/{workspace['id']}")
    assert [m["user_id"] for m in members["users"]] == [bob.id] and members["member_count"] == 1
    assert alice.email not in str(page) + str(members)


def test_users__deleted_one_takes_open_invitations_along(server, admin, make_user, bob):
    workspace, email = bob.workspace(), new_email()
    bob.ok("POST", f"/workspaces/{workspace['id']}/invite", json={"email": email})
    person = server.person(admin, email=email)
    assert len(bob.ok("GET", f"/workspaces/{workspace['id']}/invitations")) == 1
    assert admin.delete(f"/users/{person.id}").status_code == 204
    assert bob.ok("GET", f"/workspaces/{workspace['id']}/invitations") == []


@pytest.mark.one_column("the shape of a query")
def test_users__deletion_refuses_an_unknown_wish(admin, alice):
    assert admin.delete(f"/users/{alice.id}?messages=burn").status_code == 422
    assert admin.delete(f"/users/{alice.id}?messages=keep").status_code == 204


@pytest.fixture
def own(make_server, processes):
    """A server whose administrators are this test's alone."""
    server = make_server(processes)
    return server, server.setup()


TAKEN_AWAY = {
    "deleted": lambda admin, who: admin.delete(f"/users/{who.id}"),
    "demoted": lambda admin, who: admin.put(f"/users/{who.id}", json={"role": "USER"}),
    "switched off": lambda admin, who: admin.put(f"/users/{who.id}", json={"is_active": False}),
}


@pytest.mark.parametrize("way", TAKEN_AWAY)
def test_last_admin__stays(own, way):
    _, admin = own
    refused = TAKEN_AWAY[way](admin, admin)
    assert refused.status_code == 409 and refused.json()["code"] == "last_admin"
    assert admin.ok("GET", "/auth/me")["role"] == "ADMIN"


@pytest.mark.mysql
@pytest.mark.parametrize("way", TAKEN_AWAY)
def test_last_admin__of_two_taken_away_at_once_one_stays(own, way):
    server, first = own
    for _ in range(5):
        second = server.person(first, "ADMIN")
        pairs = [(first, second), (second, first)]
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda p: TAKEN_AWAY[way](*p), pairs))
        # Who was quicker has taken the other away; the other comes too late, as the last one or as nobody any more.
        good = [a.is_success for a in answers]
        assert good.count(True) == 1, [(a.status_code, a.text) for a in answers]
        assert answers[good.index(False)].status_code in (401, 403, 404, 409)
        left, gone = pairs[good.index(True)]
        assert left.ok("GET", "/auth/me")["role"] == "ADMIN"
        if way != "deleted":
            left.ok("PUT", f"/users/{gone.id}", json={"role": "ADMIN", "is_active": True})
        # The administrator of the next round is the first one again, or its heir.
        if gone is first and way != "deleted":
            first = first.sign_in()
            TAKEN_AWAY["deleted"](first, left)
        elif gone is first:
            first = left
        elif way != "deleted":
            TAKEN_AWAY["deleted"](first, gone)
    own_admin = first
    assert own_admin.ok("GET", "/users/stats/summary")["admin_users"] == 1
