"""Sign-in sessions: listed, ended one by one or all at once, and dead everywhere within a second."""
import uuid

import pytest
from support.waiting import second_passes


def is_dead(person):
    return person.get("/auth/me").status_code == 401


def sessions(person):
    return person.ok("GET", "/auth/sessions")


def test_sessions__are_listed_newest_first_with_where_they_come_from(server, alice):
    with server.client(headers={"User-Agent": "Browser/1 \u00fc".encode("latin-1")}) as http:
        listed = sessions(alice.sign_in(http))
    assert [s["current"] for s in listed] == [True, False]
    assert listed[0]["user_agent"] == "Browser/1 ?" and listed[0]["ip"] == "127.0.0.1"
    assert listed[0]["created_at"] >= listed[1]["created_at"] and listed[0]["expires_at"] > listed[0]["last_used_at"]


def test_sessions__one_of_ones_own_is_ended(alice):
    other = alice.sign_in()
    theirs = next(s["id"] for s in sessions(other) if s["current"])
    assert alice.delete(f"/auth/sessions/{theirs}").status_code == 204
    assert alice.delete(f"/auth/sessions/{theirs}").status_code == 404
    assert [s["current"] for s in sessions(alice)] == [True]


def test_sessions__anothers_cannot_be_told_from_none(alice, bob):
    theirs = sessions(bob)[0]["id"]
    foreign, unknown = (alice.delete(f"/auth/sessions/{i}") for i in (theirs, uuid.uuid4()))
    assert foreign.status_code == unknown.status_code == 404
    assert {**foreign.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
    assert alice.delete("/auth/sessions/not-a-uuid").status_code == 400
    assert not is_dead(bob)


def test_sessions__all_others_are_ended(alice):
    others = [alice.sign_in() for _ in range(3)]
    assert alice.delete("/auth/sessions").status_code == 204
    assert len(sessions(alice)) == 1
    assert all(o.post("/auth/refresh", json={"refresh_token": o.tokens["refresh_token"]}).status_code == 401 for o in others)


ENDS = {
    "logout": lambda admin, person: person.post("/auth/logout"),
    "others": lambda admin, person: person.sign_in().delete("/auth/sessions"),
    "password": lambda admin, person: person.sign_in().post(
        "/auth/password", json={"current_password": person.password, "new_password": "another good one"}),
    "switched off": lambda admin, person: admin.put(f"/users/{person.id}", json={"is_active": False}),
    "deleted": lambda admin, person: admin.delete(f"/users/{person.id}"),
}


@pytest.fixture(scope="module")
def each_process(shared_server, processes):
    server = shared_server(processes)
    return server, server.admin


@pytest.mark.parametrize("way", ENDS)
def test_ended_session__is_dead_on_every_process_within_a_second(each_process, way):
    server, admin = each_process
    person = server.person(admin)
    assert not any(is_dead(person) for _ in range(8))  # each process remembers it now
    assert ENDS[way](admin, person).is_success
    second_passes(server, lambda: is_dead(person))
    assert all(is_dead(person) for _ in range(8))


def test_changed_role__acts_on_every_process_within_a_second(each_process):
    server, admin = each_process
    person = server.person(admin, "ADMIN")
    assert all(person.get("/users").status_code == 200 for _ in range(8))
    admin.ok("PUT", f"/users/{person.id}", json={"role": "USER"})
    second_passes(server, lambda: person.get("/users"))
    assert all(person.get("/users").status_code == 403 for _ in range(8))


@pytest.mark.mysql
def test_changed_name__shows_at_once_on_every_process(each_process):
    server, admin = each_process
    person = server.person(admin)
    for name in ("Ada", "Bea", "Cleo"):
        person.ok("PUT", "/auth/me", json={"first_name": name})
        assert all(person.ok("GET", "/auth/me")["first_name"] == name for _ in range(6))


def test_sessions__of_others_are_an_administrators(admin, alice, bob):
    theirs = sessions(bob.sign_in())
    seen = admin.ok("GET", f"/users/{bob.id}/sessions")
    assert [s["id"] for s in seen] == [s["id"] for s in theirs] and not any(s["current"] for s in seen)
    for ask in (alice.get(f"/users/{bob.id}/sessions"), alice.delete(f"/users/{bob.id}/sessions"),
                alice.delete(f"/users/{bob.id}/sessions/{theirs[0]['id']}")):
        assert (ask.status_code, ask.json()["code"]) == (404, "user_not_found")
    assert not is_dead(bob)


def test_sessions__of_another_are_ended_by_an_administrator_who_stays_signed_in(server, admin, bob):
    second = bob.sign_in()
    current = next(s["id"] for s in sessions(second) if s["current"])
    assert admin.delete(f"/users/{bob.id}/sessions/{current}").status_code == 204
    second_passes(server, lambda: is_dead(second))
    assert is_dead(second) and not is_dead(bob)
    assert admin.delete(f"/users/{bob.id}/sessions/{current}").status_code == 404
    rows = admin.ok("GET", "/audit", params={"action": "auth.session_ended", "target": current})
    assert [r["details"] for r in rows] == [{"user": bob.id}]
    assert admin.delete(f"/users/{bob.id}/sessions").status_code == 204
    second_passes(server, lambda: is_dead(bob))
    assert is_dead(bob) and not is_dead(admin)


def test_sessions__of_ones_account_are_one_list_at_both_paths(alice):
    other = alice.sign_in()
    assert alice.ok("GET", f"/users/{alice.id}/sessions") == sessions(alice)
    assert alice.delete(f"/users/{alice.id}/sessions").status_code == 204
    assert [s["current"] for s in sessions(alice)] == [True] and is_dead(other)


def test_sessions__of_another_persons_account_are_not_ended_by_its_path(admin, alice, bob):
    theirs = sessions(bob)[0]["id"]
    answer = admin.delete(f"/users/{alice.id}/sessions/{theirs}")
    assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")
    assert not is_dead(bob)
