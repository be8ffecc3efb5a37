"""What people say of themselves beside their names."""
import datetime

import pytest
from support.talk import faults


def put(person, **body):
    return person.ok("PUT", "/auth/me/status", 200, json=body)["status"]


def listed(team, person):
    found = team["guest"].ok("GET", team["path"])["users"]
    return [u["status"] for u in found if u["user_id"] == person.id][0]


def time_in(person, seconds):
    then = datetime.datetime.fromtimestamp(person.http.clock.now() + seconds, datetime.timezone.utc)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_status__is_none_at_first(team):
    assert team["owner"].ok("GET", "/auth/me")["status"] is None and listed(team, team["owner"]) is None


def test_status__is_seen_by_others(team):
    wanted = {"text": "Out for lunch", "emoji": "\U0001f35c", "until": None}
    assert put(team["member"], text=" Out for lunch ", emoji="\U0001f35c") == wanted
    assert team["member"].ok("GET", "/auth/me")["status"] == listed(team, team["member"]) == wanted
    assert put(team["member"], emoji="\u2764") == {"text": None, "emoji": "\u2764\ufe0f", "until": None}
    assert put(team["member"], text="x")["emoji"] is None


def test_status__is_cleared(team):
    put(team["member"], text="x", emoji="\u2764")
    assert put(team["member"], text="", emoji=None, until=None) is None and listed(team, team["member"]) is None


def test_status__ends_by_itself(make_server):
    server = make_server()  # of its own: an hour later the store refuses what the others sign
    person = server.setup()
    until = time_in(person, 3600)
    assert put(person, text="x", until=until)["until"][:19] == until[:19]
    server.clock.forward(3601)
    again = person.sign_in()
    assert again.user["status"] is None and again.ok("GET", "/auth/me")["status"] is None


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("field, value", [("text", "x" * 101), ("text", "a\nb"), ("emoji", "x"), ("emoji", "\u2764\u2764"),
                                          ("until", "soon"), ("until", "2020-01-01T00:00:00Z"), ("colour", 1)])
def test_status__with_a_bad_body_is_refused(alice, field, value):
    assert faults(alice.put("/auth/me/status", json={"text": "x", field: value})) == [("body", field)]


def test_status__of_a_deleted_account_is_gone(team, admin):
    put(team["member"], text="x")
    team["member"].message(team["id"], team["owner"].chat(team["id"]), "x")
    assert admin.delete(f"/users/{team['member'].id}").status_code == 204
    assert team["member"].id not in [u["user_id"] for u in team["owner"].ok("GET", team["path"])["users"]]
