"""Setting a second factor up, switching it on and off, its recovery codes, and taking somebody's away."""
import re
import xml.etree.ElementTree as xml
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from support.client import new_password
from support.factor import code_of, first_step, second_step, set_up, switch_on
from support.races import at_once

CODE = re.compile(r"[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}")


def password_alone_signs_in(person):
    answer = person.http.post("/auth/login", json={"email": person.email, "password": person.password})
    assert answer.status_code == 200, answer.text
    return not answer.json()["requires_2fa"]


def test_setup__gives_secret_uri_and_qr_code(alice):
    setup = alice.ok("POST", "/auth/2fa/setup", 200)
    assert set(setup) == {"secret", "provisioning_uri", "qr_svg"}
    assert re.fullmatch(r"[A-Z2-7]{32}", setup["secret"])
    uri = urlsplit(setup["provisioning_uri"])
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", f"/Parley:{alice.email}")
    assert parse_qs(uri.query) == {"secret": [setup["secret"]], "issuer": ["Parley"], "algorithm": ["SHA1"],
                                   "digits": ["6"], "period": ["30"]}
    svg = xml.fromstring(setup["qr_svg"])
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert {child.tag for child in svg} == {"{http://www.w3.org/2000/svg}path"}


def test_setup__alone_asks_for_nothing_at_sign_in(alice):
    set_up(alice)
    assert password_alone_signs_in(alice)
    assert alice.ok("GET", "/auth/me")["twofa_enabled"] is False


def test_setup__again_takes_the_place_of_the_first_secret(alice):
    first, second = set_up(alice), set_up(alice)
    assert first.secret != second.secret
    assert alice.post("/auth/2fa/verify", json={"code": first.fresh()}).status_code == 403
    alice.ok("POST", "/auth/2fa/verify", 200, json={"code": second.fresh()})


def test_setup__when_it_is_on_is_a_conflict(alice):
    authenticator, _ = switch_on(alice)
    refused = alice.post("/auth/2fa/setup")
    assert refused.status_code == 409 and code_of(refused) == "second_factor_enabled"
    assert second_step(alice.http, first_step(alice), code=authenticator.fresh()).status_code == 200


def test_setup__name_in_the_app_is_a_setting(make_server):
    server = make_server(TOTP_ISSUER="Chat: Ours & co")
    setup = server.setup().ok("POST", "/auth/2fa/setup", 200)
    assert setup["provisioning_uri"].startswith("otpauth://totp/Chat%3A%20Ours%20%26%20co:")
    assert parse_qs(urlsplit(setup["provisioning_uri"]).query)["issuer"] == ["Chat: Ours & co"]


def test_verify__switches_on_and_gives_ten_codes(alice):
    authenticator = set_up(alice)
    answer = alice.ok("POST", "/auth/2fa/verify", 200, json={"code": authenticator.fresh()})
    assert answer["message"] == "2FA enabled successfully"
    assert len(set(answer["recovery_codes"])) == 10 and all(map(CODE.fullmatch, answer["recovery_codes"]))
    assert alice.ok("GET", "/auth/me")["twofa_enabled"] is True
    assert not password_alone_signs_in(alice)


def test_verify__keeps_the_sessions(alice):
    other = alice.sign_in()
    switch_on(alice)
    assert alice.get("/auth/me").status_code == other.get("/auth/me").status_code == 200


def test_verify__with_a_wrong_code_changes_nothing(alice):
    authenticator = set_up(alice)
    refused = alice.post("/auth/2fa/verify", json={"code": authenticator.wrong()})
    assert refused.status_code == 403 and code_of(refused) == "code_wrong"
    assert password_alone_signs_in(alice)
    alice.ok("POST", "/auth/2fa/verify", 200, json={"code": authenticator.fresh()})


def test_verify__before_setup_is_a_conflict(alice):
    refused = alice.post("/auth/2fa/verify", json={"code": "123456"})
    assert refused.status_code == 409 and code_of(refused) == "second_factor_not_set_up"


def test_verify__when_it_is_on_is_a_conflict(alice):
    authenticator, _ = switch_on(alice)
    refused = alice.post("/auth/2fa/verify", json={"code": authenticator.fresh()})
    assert refused.status_code == 409 and code_of(refused) == "second_factor_enabled"


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": "12345"}, {"code": "1234567"}, {"code": 123456},
                                  {"code": None}, {"code": "123456", "recovery_code": "x"}])
def test_verify__refuses_what_is_no_code(alice, body):
    assert alice.post("/auth/2fa/verify", json=body).status_code == 422


@pytest.mark.parametrize("code", ["abcdef", "12345x", "+12345", "１23456"])
def test_verify__takes_six_digits_only(alice, code):
    set_up(alice)
    assert alice.post("/auth/2fa/verify", json={"code": code}).status_code == 403


def test_verify__of_fifty_at_once_one_switches_on(alice):
    code = set_up(alice).fresh()
    answers = at_once(50, lambda i: alice.post("/auth/2fa/verify", json={"code": code}))
    good = [a for a in answers if a.status_code == 200]
    assert len(good) == 1 and {a.status_code for a in answers} <= {200, 409, 503}
    # The codes that were told are those that count.
    assert second_step(alice.http, first_step(alice), recovery_code=good[0].json()["recovery_codes"][9]).status_code == 200


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("path", ["/auth/2fa/disable", "/auth/2fa/recovery-codes"])
@pytest.mark.parametrize("body", [{}, {"code": None}, {"code": "123456", "recovery_code": "abcde-fghjk"}, {"code": "12345"}])
def test_fresh_code__is_exactly_one_of_the_two(alice, path, body):
    assert alice.post(path, json=body).status_code == 422


@pytest.mark.parametrize("path", ["/auth/2fa/disable", "/auth/2fa/recovery-codes"])
def test_fresh_code__where_nothing_is_on_is_a_conflict(alice, path):
    refused = alice.post(path, json={"code": "123456"})
    assert refused.status_code == 409 and code_of(refused) == "second_factor_not_enabled"


@pytest.mark.parametrize("path", ["/auth/2fa/disable", "/auth/2fa/recovery-codes"])
def test_fresh_code__wrong_or_used_is_refused(alice, path):
    authenticator = set_up(alice)
    used = authenticator.fresh()
    alice.ok("POST", "/auth/2fa/verify", 200, json={"code": used})
    for proof in ({"code": authenticator.wrong()}, {"code": used}, {"recovery_code": "00000-00000"}):
        refused = alice.post(path, json=proof)
        assert refused.status_code == 403 and code_of(refused) == "code_wrong"
    assert not password_alone_signs_in(alice)


@pytest.mark.parametrize("kind", ["code", "recovery_code"])
def test_disable__with_a_fresh_code_leaves_the_password_alone(alice, kind):
    authenticator, codes = switch_on(alice)
    proof = {"code": authenticator.fresh()} if kind == "code" else {"recovery_code": codes[0]}
    assert alice.post("/auth/2fa/disable", json=proof).status_code == 204
    assert password_alone_signs_in(alice)
    assert alice.ok("GET", "/auth/me")["twofa_enabled"] is False


def test_disable__and_on_again_has_another_secret_and_other_codes(alice):
    first, codes = switch_on(alice)
    assert alice.post("/auth/2fa/disable", json={"code": first.fresh()}).status_code == 204
    second, _ = switch_on(alice)
    challenge = first_step(alice)
    assert second_step(alice.http, challenge, code=first.fresh()).status_code == 401
    assert second_step(alice.http, challenge, recovery_code=codes[0]).status_code == 401
    assert second_step(alice.http, challenge, code=second.fresh()).status_code == 200


def test_recovery_codes__new_ones_end_the_old_ones(alice):
    authenticator, old = switch_on(alice)
    answer = alice.ok("POST", "/auth/2fa/recovery-codes", 200, json={"code": authenticator.fresh()})
    new = answer["recovery_codes"]
    assert len(set(new)) == 10 and not set(new) & set(old)
    challenge = first_step(alice)
    assert second_step(alice.http, challenge, recovery_code=old[0]).status_code == 401
    assert second_step(alice.http, challenge, recovery_code=new[0]).status_code == 200


def test_password__change_keeps_the_second_factor(alice):
    authenticator, _ = switch_on(alice)
    new = new_password()
    assert alice.post("/auth/password", json={"current_password": alice.password, "new_password": new}).status_code == 204
    alice.password = new
    assert second_step(alice.http, first_step(alice), code=authenticator.fresh()).status_code == 200


def test_removal__by_an_administrator_ends_the_sessions(admin, alice):
    switch_on(alice)
    assert admin.delete(f"/users/{alice.id}/2fa").status_code == 204
    refused = alice.http.post("/auth/refresh", json={"refresh_token": alice.tokens["refresh_token"]})
    assert refused.status_code == 401
    assert password_alone_signs_in(alice)


def test_removal__ends_a_sign_in_under_way(admin, alice):
    authenticator, _ = switch_on(alice)
    challenge = first_step(alice)
    assert admin.delete(f"/users/{alice.id}/2fa").status_code == 204
    assert code_of(second_step(alice.http, challenge, code=authenticator.fresh())) == "invalid_challenge"


def test_removal__where_nothing_is_on_is_a_conflict(admin, alice):
    assert code_of(admin.delete(f"/users/{alice.id}/2fa")) == "second_factor_not_enabled"
    assert alice.get("/auth/me").status_code == 200


def test_removal__is_for_administrators(alice, bob):
    switch_on(bob)
    assert alice.delete(f"/users/{bob.id}/2fa").status_code == 403
    assert not password_alone_signs_in(bob)


def test_removal__of_nobody_is_not_found(admin):
    assert admin.delete("/users/018f3a9c-0000-7000-8000-000000000000/2fa").status_code == 404


def test_removal__of_ones_own_wants_a_fresh_code(make_user):
    boss = make_user("ADMIN")
    authenticator, _ = switch_on(boss)
    assert boss.delete(f"/users/{boss.id}/2fa").status_code == 403
    assert boss.post("/auth/2fa/disable", json={"code": authenticator.fresh()}).status_code == 204


def test_reset_2fa__takes_it_away_on_the_command_line(server, alice):
    switch_on(alice)
    done = server.command("user", "reset-2fa", alice.email.upper())
    assert done.returncode == 0 and "all sessions" in done.stdout
    assert password_alone_signs_in(alice)
    refused = alice.http.post("/auth/refresh", json={"refresh_token": alice.tokens["refresh_token"]})
    assert refused.status_code == 401
    again = server.command("user", "reset-2fa", alice.email)
    assert again.returncode == 1 and again.stderr == "parley user: 2FA is not enabled\n"


def test_stats__count_those_who_have_one(admin, alice):
    before = admin.ok("GET", "/users/stats/summary")["twofa_enabled_users"]
    switch_on(alice)
    assert admin.ok("GET", "/users/stats/summary")["twofa_enabled_users"] >= max(1, before)
    assert admin.ok("GET", f"/users/{alice.id}")["twofa_enabled"] is True


@pytest.mark.parametrize("spelt", [lambda c: f"{c[:3]} {c[3:]}", lambda c: f"{c[:3]}\u00a0{c[3:]}", lambda c: c + "\n",
                                   lambda c: f"{c[:3]}-{c[3:]}"])
def test_code__is_taken_as_the_app_shows_it(alice, spelt):
    code = set_up(alice).fresh()
    answer = alice.post("/auth/2fa/verify", json={"code": spelt(code)})
    assert answer.status_code == 200, answer.text
    recovery = answer.json()["recovery_codes"][0]
    spelt_recovery = recovery.replace("-", " ").upper() + "\n"
    assert alice.post("/auth/2fa/disable", json={"recovery_code": spelt_recovery}).status_code == 204


@pytest.mark.parametrize("code", ["12345", "12 34 5", "1234567", "      "])
def test_code__of_another_length_is_422(alice, code):
    set_up(alice)
    assert alice.post("/auth/2fa/verify", json={"code": code}).status_code == 422
