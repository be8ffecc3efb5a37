"""/bootstrap: the first administrator, where it is a program; and that nobody locks the last one out."""
import pytest
from support.octopus import KEYS, Octopus, told
from support.races import at_once, statuses

SCOPES = "admin,read,write"


def bootstrap(server, **more):
    return server.http.post("/bootstrap", **more)


DONE = (400, "Bootstrap already completed. Use the existing master key to create additional keys.")


def first_key(server, **more):
    answer = bootstrap(server, **more)
    assert answer.status_code == 200, answer.text
    return Octopus(server.http, answer.json())


def with_id(key):
    key.id = key.get(KEYS + "me").json()["id"]
    return key


# --- once ---

def test_bootstrap__gives_the_master_key(make_server):
    server = make_server()
    answer = bootstrap(server)
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"message", "api_key", "name", "scopes", "instructions"}
    assert (body["name"], body["scopes"], set(body["instructions"])) == ("Master API Key", SCOPES, {"1", "2", "3"})
    assert body["api_key"].startswith("octopus_") and len(body["api_key"]) == len("octopus_") + 43
    listed, = Octopus(server.http, body).get(KEYS).json()
    assert (listed["name"], listed["scopes"]) == ("Master API Key", SCOPES)


@pytest.mark.mysql
def test_bootstrap__of_twenty_at_once_exactly_one_wins(make_server, processes):
    server = make_server(processes)
    answers = at_once(20, lambda i: bootstrap(server))
    assert statuses(answers) == {200: 1, 400: 19}
    master = next(Octopus(server.http, a.json()) for a in answers if a.status_code == 200)
    assert len(master.get(KEYS, params={"include_inactive": "true"}).json()) == 1


def test_bootstrap__is_over_afterwards_whatever_becomes_of_its_key(make_server):
    server = make_server()
    master = with_id(first_key(server))
    assert told(bootstrap(server)) == DONE
    other = master.new(scopes="admin")
    assert other.delete(f"{KEYS}{master.id}").status_code == 204
    assert told(bootstrap(server)) == DONE


def test_bootstrap__is_over_where_somebody_has_set_the_server_up(make_server):
    server = make_server()
    server.setup()
    assert told(bootstrap(server)) == DONE


def test_setup__is_over_where_a_program_has_bootstrapped(make_server):
    server = make_server()
    first_key(server)
    assert server.setup() is None


@pytest.mark.one_column("the shape of a body")
def test_bootstrap__without_a_body_or_with_an_odd_one_is_the_same(make_server):
    server = make_server()
    assert bootstrap(server, json={"colour": "green"}).status_code == 200


# --- MASTER_API_KEY ---

def test_master_api_key__is_the_key_where_it_is_set(make_server):
    server = make_server(MASTER_API_KEY="a-key-of-my-own-choosing")
    assert bootstrap(server).json()["api_key"] == "a-key-of-my-own-choosing"
    master = Octopus(server.http, {"key": "a-key-of-my-own-choosing"})
    assert master.get(KEYS + "me").json()["name"] == "Master API Key"


@pytest.mark.parametrize("value", ["", "default-api-key"])
def test_master_api_key__that_stands_for_none_is_made_up(make_server, value):
    server = make_server(MASTER_API_KEY=value)
    assert bootstrap(server).json()["api_key"].startswith("octopus_")
    assert server.http.get(KEYS, headers={"Octopus-API-Key": value}).status_code in (403, 422)


# --- SETUP_TOKEN ---

def test_setup_token__is_asked_for_where_it_is_set(make_server):
    server = make_server(SETUP_TOKEN="let me in please")
    for more in ({}, {"json": {"setup_token": "wrong"}}, {"headers": {"X-Setup-Token": "wrong"}}):
        assert told(bootstrap(server, **more)) == (403, "The setup token is missing or wrong")
    assert bootstrap(server, headers={"X-Setup-Token": "let me in please"}).status_code == 200


def test_setup_token__lets_in_where_there_are_users_already(make_server):
    server = make_server(SETUP_TOKEN="let me in please")
    answer = server.http.post("/auth/setup", json={"email": "alice@example.org", "password": "long enough 1",
                                                   "setup_token": "let me in please"})
    assert answer.status_code == 201
    assert bootstrap(server, json={"setup_token": "let me in please"}).status_code == 200
    assert told(bootstrap(server, json={"setup_token": "let me in please"})) == DONE


# --- the last administrator ---

@pytest.fixture
def alone(make_server):
    """The only administrator of a server."""
    return with_id(first_key(make_server()))


@pytest.mark.parametrize("change", [{"scopes": "read"}, {"expires_at": "2001-01-01T00:00:00"}])
def test_last_administrator__cannot_take_its_own_rights(alone, change):
    status, detail = told(alone.patch(f"{KEYS}{alone.id}", json=change))
    assert status == 400 and "last working administrator" in detail
    assert alone.get(KEYS).status_code == 200


def test_last_administrator__can_be_rotated(alone):
    new = Octopus(alone.http, alone.post(f"{KEYS}{alone.id}/rotate").json())
    assert new.get(KEYS).status_code == 200


@pytest.mark.mysql
def test_last_administrators__who_end_each_other_at_once_do_not_both_succeed(alone):
    for _ in range(5):
        other = alone.new(scopes="admin")
        pair = [(alone, other.id), (other, alone.id)]
        answers = at_once(2, lambda i: pair[i][0].post(f"{KEYS}{pair[i][1]}/deactivate"))
        won = [i for i, a in enumerate(answers) if a.status_code == 200]
        assert len(won) == 1, [a.text for a in answers]
        alone = pair[won[0]][0]
        assert alone.get(KEYS).status_code == 200
