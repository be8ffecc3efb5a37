"""`parley user`: what an administrator of the machine does to accounts, by the rules of the API, and written down."""
import json
import re
import subprocess

import pytest
from harness.parley import base_environment
from support.client import new_email, new_password
from support.waiting import until


@pytest.fixture
def user(server):
    """user(*words) -> the finished `parley user` of the running server."""

    def run_words(*words, stdin=""):
        return subprocess.run([str(server.binary), "user", *words], cwd=server.folder, capture_output=True, text=True,
                              check=False, env={**base_environment(), **server.settings}, input=stdin, timeout=60)

    return run_words


def done(finished):
    assert (finished.returncode, finished.stderr) == (0, ""), finished
    return finished.stdout


def is_signed_in(person):
    return {person.get("/auth/me").status_code for _ in range(4)} == {200}


def is_out(person):
    return {person.get("/auth/me").status_code for _ in range(4)} == {401}


def shown(admin, person):
    return admin.ok("GET", f"/users/{person.id}", 200)



def test_deactivate__ends_all_sessions_and_activate_lets_sign_in(user, alice, http):
    assert is_signed_in(alice)
    done(user("deactivate", alice.email))
    until(lambda: is_out(alice), timeout_s=5)
    assert http.post("/auth/login", json={"email": alice.email, "password": alice.password}).status_code == 403
    done(user("activate", alice.email.upper()))
    assert http.post("/auth/login", json={"email": alice.email, "password": alice.password}).status_code == 200


@pytest.mark.parametrize("action", ["deactivate", "delete"])
def test_deserted_workspaces__are_named(user, alice, bob, action):
    alone, shared = alice.workspace("Alone"), alice.workspace("Shared")
    alice.add_member(shared, bob, "OWNER")
    lines = done(user(action, alice.email)).splitlines()
    assert len(lines) == 2 and '"Alone"' in lines[1] and f"/admin/workspaces/{alone['id']}/take-over" in lines[1]


def test_promote_and_demote__change_the_role(user, admin, alice):
    done(user("promote", alice.email))
    assert shown(admin, alice)["role"] == "ADMIN"
    done(user("demote", alice.email))
    assert shown(admin, alice)["role"] == "USER"


def test_delete__takes_the_account_away(user, admin, alice, http):
    done(user("delete", alice.email))
    assert admin.get(f"/users/{alice.id}").status_code == 404
    assert http.post("/auth/login", json={"email": alice.email, "password": alice.password}).status_code == 401


@pytest.mark.parametrize("words, left", [((), "something said"), (("--erase-messages",), None)])
def test_delete__keeps_or_erases_what_was_written(user, alice, bob, words, left):
    workspace = bob.workspace()
    bob.add_member(workspace, alice)
    chat = bob.chat(workspace["id"])
    alice.message(workspace["id"], chat["id"], "something said")
    assert ("being erased" if left is None else "stays") in done(user("delete", alice.email, *words))

    def said():
        found = bob.ok("GET", f"/workspaces/{workspace['id']}/chat/{chat['id']}/messages")["messages"]
        return found[0]["content"] if found else None

    until(lambda: said() == left)


def test_sessions__are_listed_and_ended_one_or_all(user, alice):
    second = alice.sign_in()
    ids = {row["id"] for row in alice.ok("GET", "/auth/sessions", 200)}
    lines = done(user("sessions", alice.email)).splitlines()
    assert {line.split()[0] for line in lines} == ids and len(lines) == 2
    mine = next(row["id"] for row in second.ok("GET", "/auth/sessions", 200) if row["current"])
    done(user("sessions", alice.email, "--end", mine))
    until(lambda: is_out(second), timeout_s=5)
    assert is_signed_in(alice)
    done(user("sessions", alice.email, "--end", "all"))
    until(lambda: is_out(alice), timeout_s=5)
    assert done(user("sessions", alice.email)) == ""


@pytest.mark.parametrize("session", ["nonsense", "01900000-0000-7000-8000-000000000000"])
def test_sessions__that_are_not_there_are_not_ended(user, alice, session):
    finished = user("sessions", alice.email, "--end", session)
    assert (finished.returncode, finished.stderr) == (1, "parley user: Session not found\n") and is_signed_in(alice)


def test_reset_link__sets_a_password_once(user, alice, http):
    url = done(user("reset-link", alice.email)).splitlines()[0]
    token, password = re.fullmatch(r".*/app/#/reset\?token=(\S+)", url).group(1), new_password()
    body = {"token": token, "new_password": password}
    assert http.post("/auth/password/reset", json=body).status_code == 204
    assert http.post("/auth/password/reset", json=body).status_code == 404
    assert http.post("/auth/login", json={"email": alice.email, "password": password}).status_code == 200


def test_address__moves_the_account_and_ends_no_session(user, alice, http):
    email = new_email("moved")
    assert done(user("address", alice.email.upper(), email.upper())) == (
        f"The account of {alice.email.upper()} has the address {email} now; its sessions stay.\n")
    until(lambda: {alice.ok("GET", "/auth/me", 200)["email"] for _ in range(4)} == {email}, timeout_s=5)
    assert http.post("/auth/login", json={"email": alice.email, "password": alice.password}).status_code == 401
    assert http.post("/auth/login", json={"email": email, "password": alice.password}).status_code == 200


def test_address__of_another_account_is_refused(user, alice, bob):
    finished = user("address", alice.email, bob.email)
    assert (finished.returncode, finished.stderr) == (1, "parley user: User with this email already exists\n")
    assert alice.ok("GET", "/auth/me", 200)["email"] == alice.email


@pytest.mark.parametrize("words", [("nobody@example.org",), ("nobody@example.org", "nonsense"), ("a@example.org",) * 3])
def test_address__wants_two_addresses(user, words):
    assert user("address", *words).returncode == 2


@pytest.mark.parametrize("action", ["activate", "deactivate", "promote", "demote", "delete", "sessions", "reset-link",
                                    "reset-2fa"])
def test_unknown_address__is_one_line_and_1(user, action):
    finished = user(action, "nobody@example.org")
    assert (finished.returncode, finished.stdout, finished.stderr) == (1, "", "parley user: User not found\n")


@pytest.mark.parametrize("action", ["deactivate", "demote", "delete"])
@pytest.mark.columns("sqlite")
def test_last_administrator__stays(migrated, action):
    assert migrated("user", "add", "root@example.org", "--admin", "--password-stdin", stdin="a long enough secret\n").returncode == 0
    finished = migrated("user", action, "root@example.org")
    assert finished.returncode == 1 and "last working administrator" in finished.stderr
    assert migrated("user", "list").stdout.split()[1:3] == ["ADMIN", "active"]


@pytest.mark.columns("sqlite")
def test_actions__are_written_down_as_the_command_lines(migrated):
    for address, option in (("root@example.org", ["--admin"]), ("eve@example.org", [])):
        assert migrated("user", "add", address, *option, "--password-stdin", stdin="a long enough secret\n").returncode == 0
    for words in (("promote",), ("demote",), ("deactivate",), ("activate",), ("reset-link",), ("sessions", "--end", "all")):
        assert migrated("user", words[0], "eve@example.org", *words[1:]).returncode == 0
    rows = [json.loads(line) for line in migrated("audit", "export").stdout.splitlines()]
    assert [row["action"] for row in rows] == [
        "user.created", "user.created", "user.role_changed", "user.role_changed", "user.deactivated", "user.activated",
        "auth.password_reset_asked", "auth.other_sessions_ended", "server.audit_exported"]
    assert {(row["actor"], row["actor_name"]) for row in rows} == {(None, "command line")}
    assert json.loads(rows[6]["details"]) == {"by": "command line"}
