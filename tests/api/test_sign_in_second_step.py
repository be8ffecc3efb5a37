"""Signing in with a second factor: the challenge between the steps, codes that work once, the lock."""
import base64
import json

import pytest
from support.client import new_email, new_password
from support.factor import code_of, first_step, second_step, switch_on
from support.races import at_once, statuses


@pytest.fixture
def guarded(alice):
    """(alice, her authenticator, her recovery codes)"""
    return alice, *switch_on(alice)


def challenges(person, count):
    return [first_step(person) for _ in range(count)]


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def spend_wrong(person, authenticator, count):
    """So many wrong codes, over as many sign-ins as that takes."""
    wrong = authenticator.wrong()
    for i in range(count):
        if i % 5 == 0:
            challenge = first_step(person)
        assert code_of(second_step(person.http, challenge, code=wrong)) == "invalid_code"


def test_first_step__gives_a_challenge_and_nothing_else(guarded):
    alice, *_ = guarded
    before = alice.ok("GET", "/auth/me")["last_login"], len(alice.ok("GET", "/auth/sessions"))
    answer = alice.http.post("/auth/login", json={"email": alice.email, "password": alice.password}).json()
    token = answer.pop("challenge_token")
    assert answer == {"requires_2fa": True, "methods": ["totp", "recovery_code"], "message": "2FA verification required"}
    claims = claims_of(token)
    assert claims["type"] == "2fa" and claims["exp"] - claims["iat"] == 300 and claims["sub"] == alice.id
    assert before == (alice.ok("GET", "/auth/me")["last_login"], len(alice.ok("GET", "/auth/sessions")))


def test_first_step__wrong_password_says_nothing_of_the_second(guarded):
    alice, *_ = guarded
    refused = alice.http.post("/auth/login", json={"email": alice.email, "password": "wrong password"})
    assert refused.status_code == 401 and code_of(refused) == "invalid_credentials"


@pytest.mark.mysql
@pytest.mark.parametrize("kind", ["code", "recovery_code"])
def test_second_step__signs_in(guarded, kind):
    alice, authenticator, codes = guarded
    proof = {"code": authenticator.fresh()} if kind == "code" else {"recovery_code": codes[3]}
    answer = second_step(alice.http, first_step(alice), **proof)
    assert answer.status_code == 200 and set(answer.json()) == {"requires_2fa", "tokens", "user"}
    assert answer.json()["requires_2fa"] is False and answer.json()["user"]["twofa_enabled"] is True
    bearer = {"Authorization": f"Bearer {answer.json()['tokens']['access_token']}"}
    assert alice.http.get("/auth/me", headers=bearer).json()["id"] == alice.id


def test_second_step__is_when_somebody_has_signed_in(server, admin):
    email, password = new_email(), new_password()
    carol = server.person(admin, email=email, password=password)
    assert carol.ok("GET", "/auth/me")["is_first_login"] is True
    authenticator, _ = switch_on(carol)
    before = carol.ok("GET", "/auth/me")["last_login"]
    challenge = first_step(carol)
    assert carol.ok("GET", "/auth/me")["last_login"] == before
    user = second_step(carol.http, challenge, code=authenticator.fresh()).json()["user"]
    assert user["is_first_login"] is False and user["last_login"] > before


def test_code__works_once(guarded):
    alice, authenticator, _ = guarded
    code = authenticator.fresh()
    assert second_step(alice.http, first_step(alice), code=code).status_code == 200
    refused = second_step(alice.http, first_step(alice), code=code)
    assert refused.status_code == 401 and code_of(refused) == "invalid_code"
    assert refused.headers["www-authenticate"] == "Bearer"


def test_code__of_the_switching_on_is_used_up(alice):
    authenticator, _ = switch_on(alice)
    used = authenticator.at_step(authenticator.last_step)
    assert second_step(alice.http, first_step(alice), code=used).status_code == 401


def test_code__of_an_earlier_step_is_used_up_by_a_later_one(guarded):
    alice, authenticator, _ = guarded
    earlier = authenticator.fresh()
    assert second_step(alice.http, first_step(alice), code=authenticator.fresh()).status_code == 200
    assert second_step(alice.http, first_step(alice), code=earlier).status_code == 401


@pytest.mark.parametrize("steps", [-3, 3])
def test_code__of_another_minute_is_wrong(guarded, steps):
    alice, authenticator, _ = guarded
    assert second_step(alice.http, first_step(alice), code=authenticator.away(steps)).status_code == 401


def test_recovery_code__works_once(guarded):
    alice, _, codes = guarded
    assert second_step(alice.http, first_step(alice), recovery_code=codes[0]).status_code == 200
    refused = second_step(alice.http, first_step(alice), recovery_code=codes[0])
    assert refused.status_code == 401 and code_of(refused) == "invalid_code"
    assert second_step(alice.http, first_step(alice), recovery_code=codes[1]).status_code == 200


def test_recovery_code__is_read_as_people_type_it(guarded):
    alice, _, codes = guarded
    typed = (codes[0].upper(), codes[1].replace("-", ""), f" {codes[2][:3]} {codes[2][3:]} ",
             codes[3].replace("1", "l").replace("0", "O"))
    for code in typed:
        assert second_step(alice.http, first_step(alice), recovery_code=code).status_code == 200


def test_recovery_code__of_somebody_else_is_wrong(guarded, bob):
    alice, _, codes = guarded
    switch_on(bob)
    assert second_step(bob.http, first_step(bob), recovery_code=codes[0]).status_code == 401
    assert second_step(alice.http, first_step(alice), recovery_code=codes[0]).status_code == 200


@pytest.mark.mysql
def test_code__of_fifty_uses_at_once_one_wins(guarded):
    alice, authenticator, _ = guarded
    tokens = challenges(alice, 50)
    code = authenticator.fresh()
    counted = statuses(at_once(50, lambda i: second_step(alice.http, tokens[i], code=code)))
    assert counted[200] == 1 and set(counted) <= {200, 401, 503}
    # What was right and came too late is no guess: nobody is locked out by it.
    assert second_step(alice.http, first_step(alice), code=authenticator.fresh()).status_code == 200


@pytest.mark.mysql
def test_recovery_code__of_fifty_uses_at_once_one_wins(guarded):
    alice, _, codes = guarded
    tokens = challenges(alice, 50)
    counted = statuses(at_once(50, lambda i: second_step(alice.http, tokens[i], recovery_code=codes[0])))
    assert counted[200] == 1 and set(counted) <= {200, 401, 503}


def test_challenge__of_fifty_uses_at_once_one_wins(guarded):
    alice, _, codes = guarded
    challenge = first_step(alice)
    answers = at_once(50, lambda i: second_step(alice.http, challenge, recovery_code=codes[i % 10]))
    counted = statuses(answers)
    assert counted[200] == 1 and set(counted) <= {200, 401, 503}
    assert {code_of(a) for a in answers if a.status_code == 401} == {"invalid_challenge"}


def test_challenge__works_once(guarded):
    alice, authenticator, codes = guarded
    challenge = first_step(alice)
    assert second_step(alice.http, challenge, code=authenticator.fresh()).status_code == 200
    refused = second_step(alice.http, challenge, recovery_code=codes[0])
    assert refused.status_code == 401 and code_of(refused) == "invalid_challenge"


def test_challenge__ends_with_the_fifth_wrong_code(guarded):
    alice, authenticator, codes = guarded
    challenge = first_step(alice)
    wrong = [{"code": authenticator.wrong()}, {"recovery_code": "00000-00000"}]
    for i in range(5):
        assert code_of(second_step(alice.http, challenge, **wrong[i % 2])) == "invalid_code"
    assert code_of(second_step(alice.http, challenge, code=authenticator.fresh())) == "invalid_challenge"
    assert code_of(second_step(alice.http, challenge, recovery_code=codes[0])) == "invalid_challenge"
    assert second_step(alice.http, first_step(alice), recovery_code=codes[0]).status_code == 200


def test_challenge__of_fifty_wrong_codes_at_once_five_are_looked_at(guarded):
    alice, authenticator, _ = guarded
    challenge, wrong = first_step(alice), authenticator.wrong()
    answers = at_once(50, lambda i: second_step(alice.http, challenge, code=wrong))
    told = [code_of(a) for a in answers if a.status_code != 503]
    assert told.count("invalid_code") <= 5 and set(told) == {"invalid_code", "invalid_challenge"}


def test_challenge__ends_with_a_changed_password(guarded):
    alice, authenticator, _ = guarded
    challenge = first_step(alice)
    body = {"current_password": alice.password, "new_password": new_password()}
    assert alice.post("/auth/password", json=body).status_code == 204
    assert code_of(second_step(alice.http, challenge, code=authenticator.fresh())) == "invalid_challenge"


def test_challenge__ends_with_the_other_sessions(guarded):
    alice, authenticator, _ = guarded
    challenge = first_step(alice)
    assert alice.delete("/auth/sessions").status_code == 204
    assert code_of(second_step(alice.http, challenge, code=authenticator.fresh())) == "invalid_challenge"


def test_challenge__of_a_user_switched_off_signs_nobody_in(admin, guarded):
    alice, authenticator, _ = guarded
    challenge = first_step(alice)
    admin.ok("PUT", f"/users/{alice.id}", json={"is_active": False})
    assert second_step(alice.http, challenge, code=authenticator.fresh()).status_code in (401, 403)
    admin.ok("PUT", f"/users/{alice.id}", json={"is_active": True})
    assert code_of(second_step(alice.http, challenge, code=authenticator.fresh())) == "invalid_challenge"


def test_challenge__of_a_deleted_user_signs_nobody_in(admin, guarded):
    alice, authenticator, _ = guarded
    challenge = first_step(alice)
    assert admin.delete(f"/users/{alice.id}").status_code == 204
    assert code_of(second_step(alice.http, challenge, code=authenticator.fresh())) == "invalid_challenge"


def test_challenge__opens_nothing_by_itself(guarded):
    alice, *_ = guarded
    challenge = first_step(alice)
    bearer = {"Authorization": f"Bearer {challenge}"}
    assert alice.http.get("/auth/me", headers=bearer).status_code == 401
    assert alice.http.post("/auth/2fa/disable", headers=bearer, json={"code": "123456"}).status_code == 401
    assert alice.http.post("/auth/refresh", json={"refresh_token": challenge}).status_code == 401


@pytest.mark.one_column("the form of a token")
@pytest.mark.parametrize("kind", ["access", "refresh", "nonsense", "somebody else's", "cut"])
def test_challenge__is_a_token_of_its_own_type(guarded, bob, kind):
    alice, authenticator, _ = guarded
    if kind == "somebody else's":
        switch_on(bob)
    token = {"access": lambda: alice.token, "refresh": lambda: alice.tokens["refresh_token"], "nonsense": lambda: "a.b.c",
             "somebody else's": lambda: first_step(bob), "cut": lambda: first_step(alice)[:-4]}[kind]()
    assert second_step(alice.http, token, code=authenticator.fresh()).status_code == 401


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("proof", [{}, {"code": None}, {"code": "123456", "recovery_code": "abcde-fghjk"}, {"code": 123456},
                                   {"code": "1234567"}, {"recovery_code": ""}, {"recovery_code": "x" * 41}])
def test_second_step__refuses_what_is_no_proof(guarded, proof):
    alice, authenticator, _ = guarded
    challenge = first_step(alice)
    assert second_step(alice.http, challenge, **proof).status_code == 422
    assert second_step(alice.http, challenge, code=authenticator.fresh()).status_code == 200


def test_second_step__no_user_id_takes_the_place_of_the_password(guarded):
    alice, authenticator, _ = guarded
    code = authenticator.fresh()
    for body in ({"code": code}, {"user_id": alice.id, "code": code}, {"challenge_token": alice.id, "code": code}):
        answer = alice.http.post("/auth/login/2fa", params={"user_id": alice.id}, json=body)
        assert answer.status_code in (401, 422)


def test_lock__comes_after_ten_wrong_codes_over_all_sign_ins(guarded):
    alice, authenticator, _ = guarded
    spend_wrong(alice, authenticator, 9)
    assert alice.post("/auth/2fa/disable", json={"code": authenticator.wrong()}).status_code == 403
    locked = second_step(alice.http, first_step(alice), code=authenticator.fresh())
    assert locked.status_code == 423 and code_of(locked) == "locked"
    assert 0 < int(locked.headers["retry-after"]) <= 900
    assert alice.post("/auth/2fa/disable", json={"code": authenticator.fresh()}).status_code == 423


def test_lock__is_not_there_after_nine(guarded):
    alice, authenticator, _ = guarded
    spend_wrong(alice, authenticator, 9)
    assert second_step(alice.http, first_step(alice), code=authenticator.fresh()).status_code == 200


def test_lock__lets_recovery_codes_in(guarded):
    alice, authenticator, codes = guarded
    spend_wrong(alice, authenticator, 10)
    challenge = first_step(alice)
    assert second_step(alice.http, challenge, code=authenticator.fresh()).status_code == 423
    assert second_step(alice.http, challenge, recovery_code=codes[0]).status_code == 200
    assert alice.post("/auth/2fa/disable", json={"recovery_code": codes[1]}).status_code == 204


def test_lock__is_not_lengthened_by_more_wrong_codes(guarded):
    alice, authenticator, _ = guarded
    spend_wrong(alice, authenticator, 10)
    challenge, wrong = first_step(alice), authenticator.wrong()
    first = int(second_step(alice.http, challenge, code=wrong).headers["retry-after"])
    for _ in range(12):
        assert second_step(alice.http, challenge, code=wrong).status_code == 423
    assert code_of(second_step(alice.http, challenge, recovery_code="00000-00000")) == "invalid_code"
    assert int(second_step(alice.http, challenge, code=wrong).headers["retry-after"]) <= first


def test_lock__is_of_one_user(guarded, bob):
    alice, authenticator, _ = guarded
    other, _ = switch_on(bob)
    spend_wrong(alice, authenticator, 10)
    assert second_step(bob.http, first_step(bob), code=other.fresh()).status_code == 200


def test_lock__fifty_wrong_codes_at_once_lock(guarded):
    alice, authenticator, _ = guarded
    tokens, wrong = challenges(alice, 50), authenticator.wrong()
    answers = at_once(50, lambda i: second_step(alice.http, tokens[i], code=wrong))
    counted = statuses(answers)
    assert counted.get(401, 0) <= 10 and counted[423] > 0 and set(counted) <= {401, 423, 503}
