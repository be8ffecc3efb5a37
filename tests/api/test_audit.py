"""The audit log: which actions leave which row, who may read it, filters and pages."""
from datetime import datetime, timedelta

import httpx
import pytest
from support.client import new_email, new_password
from support.factor import first_step, second_step, switch_on
from support.paging import all_pages
from support.waiting import until


def unsealed(rows):
    """Without their hashes, which are made a while later, between two looks it may be."""
    return [{name: value for name, value in row.items() if name != "hash"} for row in rows]


def log_of(admin, **filters):
    """The newest rows that fit, newest first."""
    return unsealed(admin.ok("GET", "/audit", 200, params={"limit": 200, **filters}))


def only(admin, action, **filters):
    """The one row of an action about a thing that this test made."""
    rows = log_of(admin, action=action, **filters)
    assert len(rows) == 1, rows
    return rows[0]


def assert_by(row, person):
    assert (row["actor"]["id"], row["actor"]["name"]) == (person.id, person.email)


# ---- signing in ----


def test_sign_in__names_the_user_the_session_and_the_address(admin, alice, server):
    row = only(admin, "auth.signed_in", actor=alice.id)
    assert_by(row, alice)
    session = alice.ok("GET", "/auth/sessions")[0]
    assert row["target"] == {"kind": "session", "id": session["id"], "api_key_id": None}
    assert row["ip"] == session["ip"]
    assert abs(datetime.fromisoformat(row["at"]).timestamp() - server.clock.now()) < 120


def test_sign_in__with_a_wrong_password_is_about_the_user_and_by_nobody(admin, alice, http, server):
    answer = http.post("/auth/login", json={"email": alice.email, "password": "wrong"})
    assert answer.status_code == 401
    row = only(admin, "auth.sign_in_failed", target=alice.id)
    assert (row["actor"], row["details"]) == (None, {"reason": "password"})
    assert row["request_id"] == answer.headers["x-request-id"] and row["ip"]
    line = until(lambda: [s for s in server.log().splitlines() if "auth.sign_in_failed" in s and alice.id in s])[0]
    assert "level=warn" in line and row["ip"] in line and row["request_id"] in line


def test_sign_in__to_an_unknown_address_keeps_nothing_of_it(admin, http, server):
    email = new_email("nobody")
    answer = http.post("/auth/login", json={"email": email, "password": "wrong"})
    rows = [r for r in log_of(admin, action="auth.sign_in_failed") if r["request_id"] == answer.headers["x-request-id"]]
    assert len(rows) == 1 and rows[0]["target"] is None and rows[0]["details"] == {"reason": "unknown"}
    assert email not in str(log_of(admin)) and email not in server.log()


def test_sign_in__of_a_switched_off_user_is_a_failure(admin, alice, http):
    admin.ok("PUT", f"/users/{alice.id}", 200, json={"is_active": False})
    assert http.post("/auth/login", json={"email": alice.email, "password": alice.password}).status_code == 403
    assert only(admin, "auth.sign_in_failed", target=alice.id)["details"] == {"reason": "inactive"}


def test_refresh_token__used_again_after_the_grace_is_told_and_logged(admin, alice, http, server):
    first = alice.tokens["refresh_token"]
    token = first
    for _ in range(2):  # the one before the last has no grace
        token = http.post("/auth/refresh", json={"refresh_token": token}).json()["refresh_token"]
    assert http.post("/auth/refresh", json={"refresh_token": first}).status_code == 401
    row = only(admin, "auth.refresh_reused", target=alice.id)
    assert row["actor"] is None and row["ip"]
    assert row["details"]["session"] == only(admin, "auth.signed_in", actor=alice.id)["target"]["id"]
    until(lambda: [s for s in server.log().splitlines() if "auth.refresh_reused" in s and alice.id in s])


def test_sign_out__and_ending_of_sessions(admin, alice):
    other, third = alice.sign_in(), alice.sign_in()
    ids = {s["id"]: s for s in alice.ok("GET", "/auth/sessions")}
    current = next(i for i, s in ids.items() if s["current"])
    of_third = next(s["id"] for s in third.ok("GET", "/auth/sessions") if s["current"])
    alice.ok("DELETE", f"/auth/sessions/{of_third}", 204)
    assert only(admin, "auth.session_ended", target=of_third)["actor"]["id"] == alice.id
    alice.ok("DELETE", "/auth/sessions", 204)
    assert only(admin, "auth.other_sessions_ended", target=alice.id)["actor"]["id"] == alice.id
    alice.ok("POST", "/auth/logout", 204)
    assert only(admin, "auth.signed_out", target=current)["actor"]["id"] == alice.id
    assert other.get("/auth/me").status_code == 401


def test_password__changed(admin, alice, server):
    alice.ok("POST", "/auth/password", 204, json={"current_password": alice.password, "new_password": new_password()})
    assert_by(only(admin, "auth.password_changed", target=alice.id), alice)


def test_password__set_on_the_command_line_is_by_nobody(admin, alice, server):
    done = server.command("user", "passwd", alice.email, "--password-stdin", stdin=new_password() + "\n")
    assert done.returncode == 0, done.stderr
    row = only(admin, "auth.password_reset", target=alice.id)
    assert (row["actor"], row["ip"], row["request_id"]) == (None, None, None)


# ---- second factor ----


def test_second_factor__on_off_new_codes_and_taken_away(admin, alice):
    for action, end in (("2fa.disabled", lambda a: alice.ok("POST", "/auth/2fa/disable", 204, json={"code": a.fresh()})),
                        ("2fa.reset", lambda a: admin.ok("DELETE", f"/users/{alice.id}/2fa", 204))):
        authenticator, _ = switch_on(alice)
        end(authenticator)
        assert_by(only(admin, action, target=alice.id), alice if action == "2fa.disabled" else admin)
    assert len(log_of(admin, action="2fa.enabled", target=alice.id, actor=alice.id)) == 2


def test_second_factor__new_codes_and_one_that_is_used(admin, alice):
    authenticator, codes = switch_on(alice)
    assert second_step(alice.http, first_step(alice), recovery_code=codes[0]).status_code == 200
    alice.ok("POST", "/auth/2fa/recovery-codes", 200, json={"code": authenticator.fresh()})
    assert_by(only(admin, "auth.recovery_code_used", target=alice.id), alice)
    assert_by(only(admin, "2fa.recovery_codes_made", target=alice.id), alice)
    assert not any(code in str(log_of(admin)) for code in codes)


def test_second_factor__wrong_codes_and_the_lock(admin, alice, server):
    authenticator, _ = switch_on(alice)
    signed_in = len(log_of(admin, action="auth.signed_in", actor=alice.id))
    wrong = authenticator.wrong()
    for i in range(11):
        if i % 5 == 0:
            challenge = first_step(alice)
        second_step(alice.http, challenge, code=wrong)
    rows = log_of(admin, action="auth.code_wrong", target=alice.id)
    reasons = [r["details"]["reason"] for r in rows]
    assert reasons == ["locked"] + ["wrong"] * 10 and all(r["actor"] is None and r["ip"] for r in rows)
    assert only(admin, "auth.locked", target=alice.id)["actor"] is None
    assert wrong not in str(rows)
    assert len(log_of(admin, action="auth.signed_in", actor=alice.id)) == signed_in
    until(lambda: [s for s in server.log().splitlines() if "action=auth.locked" in s and alice.id in s])


# ---- accounts ----


def test_user__made_by_an_administrator(admin, alice):
    row = only(admin, "user.created", target=alice.id)
    assert_by(row, admin)
    assert row["details"] == {"role": "USER"}


def test_setup__and_registration(make_server):
    server = make_server(REGISTRATION="open")
    admin = server.setup()
    row = only(admin, "user.setup_completed")
    assert row["target"]["id"] == admin.id
    assert_by(row, admin)
    answer = server.http.post("/auth/register", json={"email": new_email(), "password": new_password()})
    row = only(admin, "user.registered")
    assert row["actor"]["id"] == row["target"]["id"] == answer.json()["id"]


def test_user__changed_says_which_fields_and_not_what_they_hold(admin, alice):
    alice.ok("PUT", "/auth/me", 200, json={"first_name": "Zaphod", "tos_accepted": True})
    row = only(admin, "user.changed", target=alice.id)
    assert row["details"] == {"fields": "first_name tos_accepted"} and "Zaphod" not in str(log_of(admin))


def test_role_and_state__of_a_user(admin, alice):
    for change in ({"role": "ADMIN"}, {"role": "ADMIN"}, {"role": "USER"}, {"is_active": False}, {"is_active": True}):
        admin.ok("PUT", f"/users/{alice.id}", 200, json=change)
    roles = log_of(admin, action="user.role_changed", target=alice.id)
    assert [r["details"] for r in roles] == [{"from": "ADMIN", "to": "USER"}, {"from": "USER", "to": "ADMIN"}]
    assert_by(only(admin, "user.deactivated", target=alice.id), admin)
    assert_by(only(admin, "user.activated", target=alice.id), admin)


def test_user__deleted_takes_what_is_personal_along(admin, alice, http):
    alice.workspace()
    http.post("/auth/login", json={"email": alice.email, "password": "wrong"})
    admin.ok("DELETE", f"/users/{alice.id}", 204)
    rows = log_of(admin, actor=alice.id)
    assert {r["action"] for r in rows} >= {"auth.signed_in", "workspace.created"}
    assert all(r["actor"] == {"id": alice.id, "name": None, "api_key_id": None} and r["ip"] is None for r in rows)
    assert only(admin, "auth.sign_in_failed", target=alice.id)["ip"] is None
    assert_by(only(admin, "user.deleted", target=alice.id), admin)
    assert alice.email not in str(log_of(admin))


# ---- workspaces, chats, messages ----


def test_workspace__made_changed_deleted(admin, alice):
    workspace = alice.workspace("Secret plans")
    alice.ok("PUT", f"/workspaces/{workspace['id']}", 200, json={"name": "More secret", "retention_days": 7})
    alice.ok("DELETE", f"/workspaces/{workspace['id']}", 204)
    # The receipt comes when the job has erased it, by then or later.
    rows = [r for r in log_of(admin, target=workspace["id"]) if r["action"] != "workspace.erased"]
    assert [r["action"] for r in rows] == ["workspace.deleted", "workspace.changed", "workspace.created"]
    assert rows[1]["details"] == {"name": "changed", "retention_days": 7}
    assert "ecret" not in str(rows)


def test_workspace__made_twice_with_one_key_is_made_once(admin, alice):
    for _ in range(2):
        alice.ok("POST", "/workspaces", 201, json={"name": "Once"}, headers={"Idempotency-Key": "k"})
    only(admin, "workspace.created", actor=alice.id)


def test_member__added_changed_removed_left(admin, alice, bob, make_user):
    workspace = alice.workspace()["id"]
    guest = make_user()
    alice.add_member(workspace, bob)
    alice.add_member(workspace, guest, "GUEST")
    path = f"/workspaces/{workspace}/users"
    alice.ok("PUT", f"{path}/{guest.id}", 200, json={"role": "MEMBER"})
    alice.ok("DELETE", f"{path}/{guest.id}", 204)
    bob.ok("DELETE", f"{path}/{bob.id}", 204)
    here = {"workspace": workspace}
    assert only(admin, "member.added", target=guest.id)["details"] == {**here, "role": "GUEST"}
    assert only(admin, "member.role_changed", target=guest.id)["details"] == {**here, "from": "GUEST", "to": "MEMBER"}
    assert_by(only(admin, "member.removed", target=guest.id), alice)
    assert_by(only(admin, "member.left", target=bob.id), bob)


def test_invitation__made_withdrawn_accepted(admin, alice, http, server):
    workspace = alice.workspace()["id"]
    made = [alice.ok("POST", f"/workspaces/{workspace}/invite", json={"email": new_email("new"), "role": "GUEST"})
            for _ in range(2)]
    alice.ok("DELETE", f"/workspaces/{workspace}/invitations/{made[0]['invitation_id']}", 204)
    email, password = new_email("new"), new_password()
    invited = alice.ok("POST", f"/workspaces/{workspace}/invite", json={"email": email, "role": "GUEST"})
    token = invited["invite_url"].split("token=")[1]
    answer = http.post("/auth/register", json={"email": email, "password": password, "invite": token})
    assert answer.status_code == 201, answer.text
    details = {"workspace": workspace, "role": "GUEST"}
    assert only(admin, "invitation.created", target=made[1]["invitation_id"])["details"] == details
    assert_by(only(admin, "invitation.withdrawn", target=made[0]["invitation_id"]), alice)
    assert only(admin, "invitation.accepted", target=invited["invitation_id"])["details"] == details


def test_chat__deleted(admin, alice):
    workspace = alice.workspace()["id"]
    chat = alice.chat(workspace)["id"]
    alice.ok("DELETE", f"/workspaces/{workspace}/chat/{chat}", 204)
    row = only(admin, "chat.deleted", target=chat)
    assert_by(row, alice)
    assert row["details"] == {"workspace": workspace}


def test_message__deleted_by_somebody_else_only(admin, alice, bob):
    workspace = alice.workspace()["id"]
    alice.add_member(workspace, bob)
    chat = alice.chat(workspace)["id"]
    own, other = bob.message(workspace, chat)["id"], bob.message(workspace, chat)["id"]
    bob.ok("DELETE", f"/workspaces/{workspace}/chat/{chat}/message/{own}", 204)
    alice.ok("DELETE", f"/workspaces/{workspace}/chat/{chat}/message/{other}", 204)
    row = only(admin, "message.deleted", target=other)
    assert row["details"] == {"workspace": workspace, "chat": chat, "author": bob.id}
    assert log_of(admin, target=own) == []


def test_refused_action__leaves_no_row(admin, alice, bob):
    workspace = alice.workspace()["id"]
    alice.add_member(workspace, bob)
    assert bob.delete(f"/workspaces/{workspace}").status_code == 403
    assert alice.delete(f"/workspaces/{workspace}/users/{alice.id}").status_code == 409
    assert log_of(admin, action="workspace.deleted", actor=bob.id) == []
    assert log_of(admin, action="member.left", actor=alice.id) == []


# ---- the server ----


def test_settings__changed_by_sighup_are_named_with_old_and_new_value(make_server):
    server = make_server(APP_NAME="", REFRESH_TOKEN_EXPIRE_DAYS="")
    admin = server.setup()
    (server.folder / ".env").write_text("APP_NAME=Another\nREFRESH_TOKEN_EXPIRE_DAYS=7\n", encoding="ascii")
    for _ in range(2):  # the second time nothing has changed
        before = server.log().count("msg=reloaded")
        server.stack.parleys[0].reload()
        until(lambda: server.log().count("msg=reloaded") > before)
    row = only(admin, "server.settings_changed")
    assert (row["actor"], row["ip"]) == (None, None)
    assert row["details"] == {"settings": {"APP_NAME": {"old": "Parley", "new": "Another"},
                                           "REFRESH_TOKEN_EXPIRE_DAYS": {"old": "30", "new": "7"}}}


def test_keys__rotated_and_adopted_on_the_command_line(make_server):
    server = make_server()
    admin = server.setup()
    for word in ("rotate", "adopt"):
        assert server.command("key", word).returncode == 0
    only(admin, "server.signing_key_rotated")
    only(admin, "server.signing_keys_adopted")


# ---- reading ----


def test_reading__is_for_administrators(alice, http):
    assert alice.get("/audit").status_code == 403
    assert http.get("/audit").status_code == 401


@pytest.mark.one_column("the shape of a query")
@pytest.mark.parametrize("query", [{"actor": "x"}, {"target": "1"}, {"action": "x"}, {"before": "soon"}, {"limit": 0},
                                   {"limit": 201}], ids=str)
def test_filter__that_is_none_is_refused(admin, query):
    assert admin.get("/audit", params=query).status_code == 422


@pytest.mark.one_column("the shape of a query")
def test_cursor__that_is_none_is_refused(admin):
    assert admin.get("/audit", params={"cursor": "x"}).status_code == 400


def test_filters__of_time(admin, alice):
    row = only(admin, "auth.signed_in", actor=alice.id)
    assert log_of(admin, actor=alice.id, before=row["at"]) == []
    assert log_of(admin, actor=alice.id, after=row["at"]) == []
    at = datetime.fromisoformat(row["at"])
    earlier, later = (at + timedelta(microseconds=d) for d in (-1, 1))
    assert log_of(admin, actor=alice.id, after=earlier.isoformat(), before=later.isoformat()) == [row]
    assert row in log_of(admin, after=earlier.isoformat(), before=later.isoformat())


@pytest.mark.parametrize("names", [("actor",), ("target",), ("actor", "target"), ("actor", "action"),
                                   ("target", "action"), ("actor", "target", "action")], ids="+".join)
def test_filters__together_and_paged(admin, alice, names):
    """A user's changes of themselves, besides what others do and what they do to others."""
    alice.workspace()
    for _ in range(4):
        alice.ok("PUT", "/auth/me", 200, json={"tos_accepted": True})
    admin.ok("PUT", f"/users/{alice.id}", 200, json={"first_name": "A"})
    values = {"actor": alice.id, "target": alice.id, "action": "user.changed"}
    filters = {n: values[n] for n in names}
    everything = log_of(admin, **filters)
    for row in everything:
        got = {"actor": row["actor"] and row["actor"]["id"], "target": row["target"] and row["target"]["id"],
               "action": row["action"]}
        assert all(got[n] == values[n] for n in names)
    assert len(everything) >= 4
    paged, lengths = all_pages(admin, "/audit?" + str(httpx.QueryParams({"limit": 2, **filters})))
    assert unsealed(paged) == everything and set(lengths[:-1]) == {2}
    assert [r["at"] for r in paged] == sorted((r["at"] for r in paged), reverse=True)
