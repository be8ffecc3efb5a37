"""A new password without the old one: who is told what, what a link is good for, and for how long."""
from datetime import datetime

import pytest
from support.client import Person, new_email, new_password
from support.factor import code_of, switch_on
from support.holder import deleted_meanwhile
from support.races import at_once, statuses
from support.waiting import until


def token_of(url):
    assert "/app/#/reset?token=" in url
    return url.split("token=")[1]


def hand_out(admin, person):
    """The token of a link that an administrator makes."""
    return token_of(admin.ok("POST", f"/users/{person.id}/password-reset", 201)["reset_url"])


def reset(http, token, password=None):
    return http.post("/auth/password/reset", json={"token": token, "new_password": password or new_password()})


def sign_in(http, email, password):
    return http.post("/auth/login", json={"email": email, "password": password})


def rows_of(admin, **filters):
    return admin.ok("GET", "/audit", 200, params={"limit": 200, **filters})


# ---- a link ----

def test_reset__sets_the_password(admin, alice, http):
    password = new_password()
    answer = reset(http, hand_out(admin, alice), password)
    assert (answer.status_code, answer.content) == (204, b"")
    assert sign_in(http, alice.email, alice.password).status_code == 401
    assert sign_in(http, alice.email, password).status_code == 200


@pytest.mark.mysql
def test_reset__ends_all_sessions(admin, alice, http):
    second = alice.sign_in()
    assert reset(http, hand_out(admin, alice)).status_code == 204
    until(lambda: {p.get("/auth/me").status_code for p in (alice, second) for _ in range(4)} == {401}, timeout_s=5)
    assert code_of(http.post("/auth/refresh", json={"refresh_token": alice.tokens["refresh_token"]})) == "invalid_token"


def test_link__works_once(admin, alice, http):
    token = hand_out(admin, alice)
    assert reset(http, token).status_code == 204
    again = reset(http, token)
    assert (again.status_code, code_of(again)) == (404, "password_reset_not_found")


@pytest.mark.mysql
def test_link__used_by_many_at_once_works_for_one(admin, alice, http):
    token = hand_out(admin, alice)
    passwords = [new_password() for _ in range(50)]
    counted = statuses(answers := at_once(50, lambda i: reset(http, token, passwords[i])))
    # The queue of passwords to hash is bounded: some may be told to come back.
    assert counted.pop(503, 0) < 50 and set(counted) <= {204, 404} and counted[204] == 1
    won = next(i for i, answer in enumerate(answers) if answer.status_code == 204)
    assert sign_in(http, alice.email, passwords[won]).status_code == 200


def test_link__says_how_long_it_lives(admin, alice, server):
    link = admin.ok("POST", f"/users/{alice.id}/password-reset", 201)
    assert link["reset_url"].startswith(f"{server.settings['PUBLIC_URL']}/app/#/reset?token=")
    assert abs(datetime.fromisoformat(link["expires_at"]).timestamp() - server.clock.now() - 3600) < 60


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 44, "é" * 43, "../../etc/passwd"])
def test_token__that_is_none_is_as_one_that_was_used(admin, alice, http, token):
    used = hand_out(admin, alice)
    reset(http, used)
    ours, theirs = reset(http, token).json(), reset(http, used).json()
    assert {**ours, "request_id": ""} == {**theirs, "request_id": ""}


@pytest.mark.parametrize("password, status", [("short", 422), ("password123", 422), ("x" * 73, 422)])
def test_password__that_breaks_the_rules_leaves_the_link_good(admin, alice, http, password, status):
    token = hand_out(admin, alice)
    assert reset(http, token, password).status_code == status
    assert reset(http, token, alice.email).status_code == 422
    assert reset(http, token).status_code == 204


def test_reset__is_no_way_round_the_second_factor(admin, alice, http):
    switch_on(alice)
    password = new_password()
    answer = reset(http, hand_out(admin, alice), password)
    assert (answer.status_code, answer.content) == (204, b"")
    signed = sign_in(http, alice.email, password).json()
    assert signed["requires_2fa"] is True and "tokens" not in signed


# ---- what ends a link ----

def test_link__ends_with_a_change_of_password(admin, alice, http):
    token = hand_out(admin, alice)
    alice.ok("POST", "/auth/password", 204, json={"current_password": alice.password, "new_password": new_password()})
    assert reset(http, token).status_code == 404


def test_link__ends_when_another_is_used(admin, alice, make_user, http):
    first = hand_out(admin, alice)
    second = hand_out(admin, alice)
    assert [reset(http, t).status_code for t in (first, second)] == [404, 204]


@pytest.mark.parametrize("body", [{"is_active": False}, None])
def test_link__ends_with_its_user(admin, alice, http, body):
    token = hand_out(admin, alice)
    path = f"/users/{alice.id}"
    admin.ok("PUT", path, 200, json=body) if body else admin.ok("DELETE", path, 204)
    assert reset(http, token).status_code == 404
    if body:
        admin.ok("PUT", path, 200, json={"is_active": True})
        assert reset(http, token).status_code == 404


# ---- handing a link over ----

@pytest.mark.columns("mariadb", "mysql")
@pytest.mark.mysql
def test_link__of_an_account_that_is_deleted_while_it_is_used(admin, alice, http, server):
    token = hand_out(admin, alice)
    answer = deleted_meanwhile(server, alice, lambda: reset(http, token))
    assert (answer.status_code, code_of(answer)) == (404, "password_reset_not_found")


def test_hand_out__is_for_administrators_and_for_others(admin, alice, bob):
    assert code_of(alice.post(f"/users/{bob.id}/password-reset")) == "forbidden"
    assert code_of(alice.post(f"/users/{alice.id}/password-reset")) == "forbidden"
    assert code_of(admin.post(f"/users/{admin.ok('GET', '/auth/me')['id']}/password-reset")) == "forbidden"


def test_hand_out__is_not_for_who_is_switched_off(admin, alice):
    admin.ok("PUT", f"/users/{alice.id}", 200, json={"is_active": False})
    assert code_of(admin.post(f"/users/{alice.id}/password-reset")) == "user_inactive"


def test_reset__leaves_rows_that_say_who_and_nothing_more(admin, alice, http, server):
    token = hand_out(admin, alice)
    answer = reset(http, token)
    asked, = rows_of(admin, action="auth.password_reset_asked", target=alice.id)
    done, = rows_of(admin, action="auth.password_reset", target=alice.id)
    assert (asked["actor"]["name"], asked["details"]) == (admin.email, {"by": "administrator"})
    assert (done["actor"], done["details"]) == (None, {"by": "link"})
    assert done["request_id"] == answer.headers["x-request-id"] and done["ip"]
    assert token not in server.log()


# ---- asking without a mail server ----

def test_forgot__without_a_mail_server_says_whom_to_ask(alice, http):
    answers = [http.post("/auth/password/forgot", json={"email": email}) for email in (alice.email, new_email())]
    assert [(a.status_code, a.json()["message"]) for a in answers] == [
        (202, "This server sends no mail; ask an administrator for a link")] * 2


# ---- asking by mail ----

@pytest.fixture
def post(lasting_post):
    lasting_post.http = lasting_post.server.http
    lasting_post.carol = lasting_post.server.person(lasting_post.admin)
    return lasting_post


def forget(post, email):
    answer = post.http.post("/auth/password/forgot", json={"email": email})
    post.deep.wake()
    return answer


def looked_up(post):
    """Once the job has seen whose the addresses are."""
    until(lambda: post.deep.count("password_reset_asks") == 0)


def test_forgot__mails_a_link_that_works(post):
    assert forget(post, f" {post.carol.email.upper()} ").status_code == 202
    (mail,) = post.mail.wait_for(post.carol.email)
    assert mail.message["Subject"] == "A new password for Parley"
    password = new_password()
    assert reset(post.http, token_of(mail.link()), password).status_code == 204
    assert Person(post.http, None, post.carol.email, password).sign_in()


def test_forgot__answers_alike_for_everyone(post):
    off = post.server.person(post.admin)
    post.admin.ok("PUT", f"/users/{off.id}", 200, json={"is_active": False})
    answers = [forget(post, email) for email in (post.carol.email, off.email, new_email())]
    seen = [(a.status_code, a.content, {k: v for k, v in a.headers.items() if k not in ("x-request-id", "date")})
            for a in answers]
    assert seen[0][0] == 202 and seen.count(seen[0]) == 3


def test_forgot__costs_the_same_statements_for_everyone(post):
    answers = [forget(post, email) for email in (post.carol.email, new_email())]
    ids = [a.headers["x-request-id"] for a in answers]
    lines = [until(lambda i=i: [s for s in post.server.log().splitlines() if i in s and "msg=request" in s]) for i in ids]
    counts = [next(w for w in line[0].split() if w.startswith("statements=")) for line in lines]
    assert counts[0] == counts[1]


def test_forgot__mails_nobody_else(post):
    off = post.server.person(post.admin)
    post.admin.ok("PUT", f"/users/{off.id}", 200, json={"is_active": False})
    bot = post.server.person(post.admin)
    post.deep.rows(f"UPDATE users SET kind = 1 WHERE email = '{bot.email}'")
    unknown = new_email()
    for email in (off.email, bot.email, unknown):
        assert forget(post, email).status_code == 202
    looked_up(post)
    assert post.deep.rows(f"SELECT id FROM mails WHERE recipient IN ('{off.email}', '{bot.email}', '{unknown}')") == []
    assert code_of(post.admin.post(f"/users/{bot.id}/password-reset")) == "no_password"


def test_forgot__again_and_again_floods_nobody(post):
    for _ in range(6):
        forget(post, post.carol.email)
        looked_up(post)
    assert post.deep.count("mails", f"recipient = '{post.carol.email}'") == 3
    assert len({m.link() for m in post.mail.wait_for(post.carol.email, 3)}) == 3


@pytest.mark.mysql
def test_links__of_one_user_end_together(post):
    for _ in range(2):
        forget(post, post.carol.email)
        looked_up(post)
    first, second = (token_of(m.link()) for m in post.mail.wait_for(post.carol.email, 2))
    assert [reset(post.http, t).status_code for t in (first, second)] == [204, 404]


def test_link__expires_after_an_hour(post):
    token = hand_out(post.admin, post.carol)
    post.deep.later("password_resets", ["expires_us"], 1)
    assert reset(post.http, token).status_code == 404
    post.deep.rows("DELETE FROM job_leases")
    post.deep.wake()
    until(lambda: post.deep.count("password_resets") == 0)


def test_token__stands_nowhere_in_the_database(post):
    forget(post, post.carol.email)
    token = token_of(post.mail.wait_for(post.carol.email)[0].link())
    until(lambda: post.deep.count("mails", "body IS NOT NULL") == 0)
    assert token not in str(post.deep.rows("SELECT details FROM audit")) + post.server.log()
    assert post.deep.count("password_resets", "LENGTH(token_hash) = 32") > 0


def test_command_line__ends_links_with_the_password_that_it_sets(post):
    token = hand_out(post.admin, post.carol)
    done = post.server.command("user", "passwd", post.carol.email, "--password-stdin", stdin=new_password() + "\n")
    assert done.returncode == 0, done.stderr
    assert reset(post.http, token).status_code == 404
