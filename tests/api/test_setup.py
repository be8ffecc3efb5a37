"""The first administrator, and who may make an account afterwards."""
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.client import Person, new_email, new_password


def make_first(http, **more):
    return http.post("/auth/setup", json={"email": new_email("admin"), "password": new_password(), **more})


def register(server, **fields):
    return server.http.post("/auth/register", json={"email": new_email(), "password": new_password(), **fields})


def test_setup__works_once_and_says_so(make_server):
    server = make_server()
    assert server.http.get("/auth/setup").json() == {"required": True}
    made = make_first(server.http, first_name="Ada", last_name=None)
    assert made.status_code == 201 and made.json()["role"] == "ADMIN" and made.json()["first_name"] == "Ada"
    assert made.headers["location"] == f"/users/{made.json()['id']}"
    assert server.http.get("/auth/setup").json() == {"required": False}
    again = make_first(server.http)
    assert again.status_code == 409 and again.json()["code"] == "setup_completed"


@pytest.mark.mysql
def test_setup__of_fifty_at_once_exactly_one_wins(make_server, processes):
    server = make_server(processes, WORKERS="64")
    with ThreadPoolExecutor(50) as pool:
        statuses = sorted(a.status_code for a in pool.map(lambda _: make_first(server.http), range(50)))
    # 503: more passwords than the queue for hashing holds; none of them made anybody.
    assert statuses.count(201) == 1 and set(statuses) <= {201, 409, 503}
    assert server.http.get("/auth/setup").json() == {"required": False}
    assert make_first(server.http).status_code == 409


def test_setup__asks_for_the_token_that_is_set(make_server):
    server = make_server(SETUP_TOKEN="open sesame")
    for token in ({}, {"setup_token": ""}, {"setup_token": "open"}, {"setup_token": None}):
        refused = make_first(server.http, **token)
        assert refused.status_code == 403 and refused.json()["code"] == "setup_token"
    assert make_first(server.http, setup_token="open sesame").status_code == 201


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("fault, field", [({"email": "not an address"}, "email"), ({"password": "short"}, "password"),
                                          ({"password": "x" * 73}, "password"), ({"role": "ADMIN"}, "role"),
                                          ({"email": None}, "email"), ({"first_name": "x" * 101}, "first_name")])
def test_setup__names_what_is_wrong_and_echoes_nothing(http, fault, field):
    password = new_password()
    answer = http.post("/auth/setup", json={"email": new_email(), "password": password, **fault})
    assert answer.status_code == 422
    assert ["body", field] in [e["loc"] for e in answer.json()["errors"]]
    assert password not in answer.text and "not an address" not in answer.text


def test_register__comes_after_setup(make_server):
    server = make_server(REGISTRATION="open")
    refused = register(server)
    assert refused.status_code == 403 and refused.json()["code"] == "registration_closed"
    server.setup()
    made = register(server, first_name="Eve")
    assert made.status_code == 201 and made.json()["role"] == "USER"


def test_register__closed_is_closed_to_the_invited_too(shared_server):
    server = shared_server(REGISTRATION="closed")
    admin = server.admin
    workspace = admin.workspace()
    email = new_email("guest")
    invited = admin.ok("POST", f"/workspaces/{workspace['id']}/invite", json={"email": email})
    refused = register(server, email=email, invite=invited["invite_url"].split("token=")[1])
    assert refused.status_code == 403 and refused.json()["code"] == "registration_closed"


def invite(person, email, role="MEMBER"):
    workspace = person.workspace("Ours")
    invited = person.ok("POST", f"/workspaces/{workspace['id']}/invite", json={"email": email, "role": role})
    assert invited["status"] == "invited"
    return workspace, invited["invite_url"].split("token=")[1]


def test_register__with_an_invitation_joins_its_workspace(server, alice):
    email, password = new_email("carol"), new_password()
    workspace, token = invite(alice, email)
    made = server.http.post("/auth/register", json={"email": email.upper(), "password": password, "invite": token})
    assert made.status_code == 201 and made.json()["email"] == email
    carol = Person(server.http, made.json(), email, password).sign_in()
    assert carol.ok("GET", f"/workspaces/{workspace['id']}")["role"] == "MEMBER"


def test_register__an_invitation_is_for_its_address_only(server, alice):
    _, token = invite(alice, new_email("carol"))
    refused = register(server, invite=token)
    assert refused.status_code == 404 and refused.json()["code"] == "invitation_not_found"
    assert register(server).status_code == 403
    assert register(server, invite="no-such-token").status_code == 404


@pytest.mark.mysql
def test_register__of_many_with_one_invitation_exactly_one_wins(server, alice):
    email = new_email("carol")
    _, token = invite(alice, email)
    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(a.status_code for a in pool.map(lambda _: register(server, email=email, invite=token), range(8)))
    assert statuses.count(201) == 1 and set(statuses) <= {201, 404, 409}


def test_register__tells_that_an_address_is_taken(shared_server):
    server = shared_server(REGISTRATION="open")
    admin = server.admin
    taken = register(server, email=admin.email.upper())
    assert taken.status_code == 409 and taken.json()["code"] == "email_taken"
