"""Another mail address for an account: asked for and confirmed by its owner, or set by an administrator."""
import itertools
import re

import pytest
from support.client import Person, new_email, new_password
from support.factor import code_of, switch_on
from support.holder import changed_meanwhile, deleted_meanwhile
from support.races import at_once, statuses
from support.waiting import until


@pytest.fixture
def post(lasting_post):
    lasting_post.http = lasting_post.server.http
    lasting_post.carol = lasting_post.server.person(lasting_post.admin)
    return lasting_post


def ask(post, person, email, **proof):
    answer = person.post("/auth/email", json={"email": email, **(proof or {"current_password": person.password})})
    post.deep.wake()
    return answer


def link_token(post, email, count=1):
    """The token of the newest link that was mailed there."""
    url = post.mail.wait_for(email, count)[-1].link()
    assert url.startswith(f"{post.server.settings['PUBLIC_URL']}/app/#/email?token=")
    return url.split("token=")[1]


def asked(post, person, email=None):
    """(email, token) of a change that was asked for."""
    email = email or new_email("new")
    assert ask(post, person, email).status_code == 202
    return email, link_token(post, email)


def confirm(post, token):
    return post.http.post("/auth/email/confirm", json={"token": token})


def address_of(person):
    return person.ok("GET", "/auth/me", 200)["email"]


def sign_in(post, email, password):
    return post.http.post("/auth/login", json={"email": email, "password": password}).status_code


def rows_of(admin, **filters):
    return admin.ok("GET", "/audit", 200, params={"limit": 200, **filters})


# ---- by its owner ----

@pytest.mark.mysql
def test_change__takes_effect_when_its_link_is_used(post):
    second = post.carol.sign_in()
    email, token = asked(post, post.carol)
    assert address_of(post.carol) == post.carol.email
    answer = confirm(post, token)
    assert (answer.status_code, answer.content) == (204, b"")
    for person in (post.carol, second):
        until(lambda p=person: address_of(p) == email, timeout_s=5)
    assert [sign_in(post, e, post.carol.password) for e in (email, post.carol.email)] == [200, 401]


def test_change__is_told_at_the_old_address_twice(post):
    email, token = asked(post, post.carol)
    (notice,) = post.mail.wait_for(post.carol.email)
    assert "change your password" in notice.text and email not in notice.text and "https://" not in notice.text
    confirm(post, token)
    post.deep.wake()
    assert "has another address now" in post.mail.wait_for(post.carol.email, 2)[1].text
    assert len(post.mail.to(email)) == 1


def test_address__is_one_however_it_is_spelt(post):
    local = new_email("Straße").split("@")[0]
    assert ask(post, post.carol, f" {local.upper()}@BÜCHER.example ").status_code == 202
    token = link_token(post, f"{local.upper().lower()}@xn--bcher-kva.example")
    assert confirm(post, token).status_code == 204
    until(lambda: address_of(post.carol).endswith("@xn--bcher-kva.example"), timeout_s=5)


def test_next_change__begins_from_the_new_address(post):
    confirm(post, asked(post, post.carol)[1])
    email, token = asked(post, post.carol)
    assert confirm(post, token).status_code == 204
    until(lambda: address_of(post.carol) == email, timeout_s=5)


def test_open_invitations__follow(post):
    invited = new_email("invited")
    token = post.invite(invited)[1]["invite_url"].split("token=")[1]
    person = post.server.person(post.admin, email=invited)
    email, link = asked(post, person)
    assert confirm(post, link).status_code == 204
    until(lambda: address_of(person) == email, timeout_s=5)
    assert person.post("/invitations/accept", json={"token": token}).status_code == 200


def test_invitations__of_others_stay_where_they_are(post):
    token = post.invite(other := new_email("invited"))[1]["invite_url"].split("token=")[1]
    confirm(post, asked(post, post.carol)[1])
    assert post.http.post("/invitations/lookup", json={"token": token}).json()["email"] == other


# ---- proof ----

def test_password__that_is_wrong_changes_nothing(post):
    email = new_email()
    answer = ask(post, post.carol, email, current_password=new_password())
    assert (answer.status_code, code_of(answer)) == (403, "password_wrong")
    assert post.deep.count("mails", f"recipient = '{email}'") == 0


def test_fresh_code__does_in_place_of_the_password(post):
    authenticator, codes = switch_on(post.carol)
    email = new_email()
    wrong = ask(post, post.carol, email, code=authenticator.wrong())
    assert (wrong.status_code, code_of(wrong)) == (403, "code_wrong")
    code = authenticator.fresh()
    assert ask(post, post.carol, email, code=code).status_code == 202
    assert code_of(ask(post, post.carol, email, code=code)) == "code_wrong"
    assert ask(post, post.carol, email, recovery_code=codes[0]).status_code == 202
    assert confirm(post, link_token(post, email, 2)).status_code == 204


def test_code__without_a_second_factor_proves_nothing(post):
    assert code_of(ask(post, post.carol, new_email(), code="123456")) == "second_factor_not_enabled"


PROOFS = [{"current_password": "x"}, {"code": "123456"}, {"recovery_code": "ABCDE-FGHIJ"}]


@pytest.mark.parametrize("proof", [{"current_password": None}, *({**a, **b} for a, b in itertools.combinations(PROOFS, 2))])
def test_proof__is_exactly_one(post, proof):
    answer = ask(post, post.carol, new_email(), **proof)
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", "current_password"])


@pytest.mark.parametrize("email", ["nonsense", "", None, "own"])
def test_address__that_is_none_or_ones_own_is_422(post, email):
    answer = ask(post, post.carol, post.carol.email.upper() if email == "own" else email)
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", "email"])


# ---- an address of somebody else ----

def statements_of(post, answer):
    """How many a request has sent to the database."""
    request = answer.headers["x-request-id"]
    line = until(lambda: [s for s in post.server.log().splitlines() if request in s and "msg=request" in s])[0]
    return int(re.search(r"statements=(\d+)", line)[1])


def test_ask__answers_alike_whether_the_address_is_taken(post):
    dave = post.server.person(post.admin)
    answers = [ask(post, post.carol, email) for email in (new_email(), dave.email, new_email(), dave.email)]
    seen = [(a.status_code, a.content, {k: v for k, v in a.headers.items() if k not in ("x-request-id", "date")})
            for a in answers]
    assert seen[0][0] == 202 and seen.count(seen[0]) == 4
    # Who is signed in is looked up once a second: the fewer of two.
    counts = [statements_of(post, a) for a in answers]
    assert min(counts[0], counts[2]) == min(counts[1], counts[3])


def test_ask__for_a_taken_address_tells_its_owner_and_gives_no_link(post):
    dave = post.server.person(post.admin)
    assert ask(post, post.carol, dave.email).status_code == 202
    (mail,) = post.mail.wait_for(dave.email)
    assert "has it already" in mail.text and "token" not in mail.text and post.carol.email not in mail.text
    assert address_of(post.carol) == post.carol.email


@pytest.mark.mysql
def test_address__that_two_confirm_at_once_goes_to_one(post):
    email = new_email("wanted")
    people = [post.server.person(post.admin) for _ in range(4)]
    tokens = []
    for count, person in enumerate(people, 1):
        assert ask(post, person, email).status_code == 202
        tokens.append(link_token(post, email, count))
    answers = at_once(len(tokens), lambda i: confirm(post, tokens[i]))
    assert statuses(answers) == {204: 1, 409: 3}
    assert {code_of(a) for a in answers if a.status_code == 409} == {"email_taken"}
    won = next(i for i, answer in enumerate(answers) if answer.status_code == 204)
    for i, person in enumerate(people):
        until(lambda i=i, p=person: address_of(p) == (email if i == won else p.email), timeout_s=5)


def test_link__stays_good_where_the_address_was_taken_and_is_free_again(post):
    email, token = asked(post, post.carol)
    dave = post.server.person(post.admin, email=email)
    assert code_of(confirm(post, token)) == "email_taken"
    post.admin.ok("DELETE", f"/users/{dave.id}", 204)
    assert confirm(post, token).status_code == 204


# ---- what a link is good for ----

@pytest.mark.mysql
def test_link__used_by_many_at_once_works_for_one(post):
    _, token = asked(post, post.carol)
    assert statuses(at_once(10, lambda _: confirm(post, token))) == {204: 1, 404: 9}


@pytest.mark.parametrize("token", ["x", "A" * 43, "é" * 43])
def test_token__that_is_none_is_as_one_that_was_used(post, token):
    _, used = asked(post, post.carol)
    confirm(post, used)
    ours, theirs = confirm(post, token), confirm(post, used)
    assert (ours.status_code, code_of(ours)) == (404, "email_change_not_found")
    assert {**ours.json(), "request_id": ""} == {**theirs.json(), "request_id": ""}


def test_link__expires_after_an_hour(post):
    _, token = asked(post, post.carol)
    post.deep.later("email_changes", ["expires_us"], 1)
    assert confirm(post, token).status_code == 404
    post.deep.rows("DELETE FROM job_leases")
    post.deep.wake()
    until(lambda: post.deep.count("email_changes") == 0)


def test_links__of_one_user_end_together(post):
    (_, first), (_, second) = asked(post, post.carol), asked(post, post.carol)
    assert [confirm(post, t).status_code for t in (second, first)] == [204, 404]


@pytest.mark.parametrize("end", ["password", "inactive", "deleted", "address", "link"])
def test_link__ends_with(post, end):
    email, token = asked(post, post.carol)
    path = f"/users/{post.carol.id}"
    if end == "password":
        post.carol.ok("POST", "/auth/password", 204,
                      json={"current_password": post.carol.password, "new_password": new_password()})
    elif end == "inactive":
        post.admin.ok("PUT", path, 200, json={"is_active": False})
        post.admin.ok("PUT", path, 200, json={"is_active": True})
    elif end == "deleted":
        post.admin.ok("DELETE", path, 204)
    elif end == "address":
        post.admin.ok("PUT", path, 200, json={"email": new_email()})
    else:
        post.admin.ok("POST", f"{path}/password-reset", 201)
    assert confirm(post, token).status_code == 404
    assert post.deep.count("email_changes", f"email = '{email}'") == 0


@pytest.mark.columns("mariadb", "mysql")
@pytest.mark.mysql
@pytest.mark.parametrize("step", ["ask", "confirm"])
def test_account__that_is_deleted_meanwhile(post, step):
    if step == "ask":
        answer = deleted_meanwhile(post.server, post.carol, lambda: ask(post, post.carol, new_email()))
        assert (answer.status_code, code_of(answer)) == (401, "invalid_token")
        return
    _, token = asked(post, post.carol)
    answer = deleted_meanwhile(post.server, post.carol, lambda: confirm(post, token))
    assert (answer.status_code, code_of(answer)) == (404, code_of(confirm(post, "A" * 43)))


@pytest.mark.columns("mariadb", "mysql")
def test_password__that_was_changed_since_it_was_looked_at_proves_nothing(post):
    answer = changed_meanwhile(post.server, post.carol, "password_hash = 'another'", lambda: ask(post, post.carol, new_email()))
    assert (answer.status_code, code_of(answer)) == (403, "password_wrong")


def test_links_for_a_password__that_went_to_the_old_address_end(post):
    url = post.admin.ok("POST", f"/users/{post.carol.id}/password-reset", 201)["reset_url"]
    post.admin.ok("PUT", f"/users/{post.carol.id}", 200, json={"email": new_email()})
    body = {"token": url.split("token=")[1], "new_password": new_password()}
    assert post.http.post("/auth/password/reset", json=body).status_code == 404


def test_asking__again_and_again_floods_nobody(post):
    answers = [ask(post, post.carol, new_email()) for _ in range(6)]
    assert [a.status_code for a in answers] == [202] * 5 + [409]
    assert code_of(answers[5]) == "limit_reached"


def test_token__stands_nowhere_in_the_database_and_the_log(post):
    email, token = asked(post, post.carol)
    until(lambda: post.deep.count("mails", f"recipient = '{email}' AND body IS NOT NULL") == 0)
    confirm(post, token)
    assert token not in str(post.deep.rows("SELECT details FROM audit")) + post.server.log()


def test_rows__say_who_and_nothing_more(post):
    email, token = asked(post, post.carol)
    answer = confirm(post, token)
    asked_row, = rows_of(post.admin, action="auth.email_change_asked", target=post.carol.id)
    done, = rows_of(post.admin, action="user.email_changed", target=post.carol.id)
    assert (asked_row["actor"]["name"], asked_row["details"]) == (post.carol.email, {})
    assert (done["actor"], done["details"], done["request_id"]) == (None, {"by": "link"}, answer.headers["x-request-id"])
    assert email not in str([asked_row, done])


# ---- by an administrator ----

@pytest.mark.mysql
def test_administrator__changes_an_address_at_once(post):
    email = new_email("set")
    path = f"/users/{post.carol.id}"
    before = post.admin.get(path)
    answer = post.admin.put(path, json={"email": email.upper(), "first_name": "Carol"},
                            headers={"If-Match": before.headers["etag"]})
    assert (answer.status_code, answer.json()["email"], answer.json()["first_name"]) == (200, email, "Carol")
    assert post.admin.get(path).headers["etag"] == answer.headers["etag"]
    until(lambda: address_of(post.carol) == email, timeout_s=5)
    assert sign_in(post, email, post.carol.password) == 200
    post.deep.wake()
    assert "has another address now" in post.mail.wait_for(post.carol.email)[0].text
    row, = rows_of(post.admin, action="user.email_changed", target=post.carol.id)
    assert (row["actor"]["name"], row["details"]) == (post.admin.email, {})


def test_administrator__sets_no_address_of_another_account(post):
    dave = post.server.person(post.admin)
    answer = post.admin.put(f"/users/{post.carol.id}", json={"email": dave.email, "first_name": "Never"})
    assert (answer.status_code, code_of(answer)) == (409, "email_taken")
    shown = post.admin.ok("GET", f"/users/{post.carol.id}", 200)
    assert (shown["email"], shown["first_name"]) == (post.carol.email, None)


@pytest.mark.mysql
def test_address__that_is_set_for_many_at_once_goes_to_one(post):
    email = new_email("wanted")
    people = [post.server.person(post.admin) for _ in range(4)]
    answers = at_once(4, lambda i: post.admin.put(f"/users/{people[i].id}", json={"email": email}))
    assert statuses(answers) == {200: 1, 409: 3}


def test_administrator__changes_their_own_by_a_link_like_everybody(post):
    boss = post.server.person(post.admin, "ADMIN")
    answer = boss.put(f"/users/{boss.id}", json={"email": new_email(), "first_name": "Never"})
    assert (answer.status_code, code_of(answer)) == (403, "forbidden") and "/auth/email" in answer.json()["detail"]
    assert boss.put(f"/users/{boss.id}", json={"email": boss.email, "first_name": "Kim"}).status_code == 200
    assert confirm(post, asked(post, boss)[1]).status_code == 204


def test_address__that_stays_is_no_change(post):
    post.admin.ok("PUT", f"/users/{post.carol.id}", 200, json={"email": post.carol.email})
    assert rows_of(post.admin, action="user.email_changed", target=post.carol.id) == []


def test_nobody_else__sets_an_address(post):
    assert code_of(post.carol.put(f"/users/{post.carol.id}", json={"email": new_email()})) == "forbidden"
    assert post.carol.put("/auth/me", json={"email": new_email()}).status_code == 422


# ---- elsewhere ----

def test_command_line__has_the_old_address_told(post):
    email = new_email("set")
    finished = post.server.command("user", "address", post.carol.email, email)
    assert finished.returncode == 0, finished.stderr
    post.deep.wake()
    assert "has another address now" in post.mail.wait_for(post.carol.email)[0].text
    assert Person(post.http, None, email, post.carol.password).sign_in()
    row, = rows_of(post.admin, action="user.email_changed", target=post.carol.id)
    assert row["actor"] is None and row["details"] == {}


def test_without_a_mail_server__an_administrator_is_named(alice):
    answer = alice.post("/auth/email", json={"email": new_email(), "current_password": alice.password})
    assert (answer.status_code, code_of(answer)) == (409, "mail_off")
