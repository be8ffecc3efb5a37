"""What an app keeps for its person: an object, kept whole."""
import json

import pytest
from support.deep import Deep
from support.races import at_once, statuses

PATH = "/auth/me/preferences"


def put(person, text, **headers):
    return person.put(PATH, content=text, headers={"Content-Type": "application/json", **headers})


def test_preferences__are_kept_as_they_were_sent(alice, bob):
    assert alice.ok("GET", PATH) == {}
    text = ' {"language": "de", "keys": {"send": "ctrl+enter"}, "big": 12345678901234567, "half": 0.50, "\u00fc": [null, {}]}\n'
    answer = put(alice, text.encode())
    assert answer.status_code == 200 and answer.text == text.strip() == alice.get(PATH).text
    assert alice.sign_in().get(PATH).text == text.strip() and bob.ok("GET", PATH) == {}
    assert put(alice, "{}").text == "{}" == alice.get(PATH).text


def test_preferences__of_16_kib_fit_and_more_is_refused(alice):
    room = 16384 - len('{"a":""}')
    assert put(alice, json.dumps({"a": "x" * room}, separators=(",", ":"))).status_code == 200
    assert put(alice, json.dumps({"a": "x" * (room + 1)}, separators=(",", ":"))).status_code == 413
    assert alice.ok("GET", PATH) == {"a": "x" * room}


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("text", ["[]", "null", "1", '"{}"', "", "{", "{}{}", '{"a":1,"a":2}', '{"a":"\\u0000"}'])
def test_preferences__that_are_no_object_are_refused(alice, text):
    put(alice, '{"kept":true}')
    assert put(alice, text).status_code == 422
    assert alice.ok("GET", PATH) == {"kept": True}


def test_preferences__are_not_overwritten_unseen(alice):
    first = alice.get(PATH).headers["etag"]
    assert alice.get(PATH, headers={"If-None-Match": first}).status_code == 304
    assert put(alice, '{"by":"one"}', **{"If-Match": first}).status_code == 200
    late = put(alice, '{"by":"two"}', **{"If-Match": first})
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    assert alice.ok("GET", PATH) == {"by": "one"}
    now = alice.get(PATH).headers["etag"]
    assert now != first and put(alice, '{"by":"two"}', **{"If-Match": now}).status_code == 200


@pytest.mark.mysql
def test_preferences__of_many_writers_at_once_one_is_first(alice):
    tag = alice.get(PATH).headers["etag"]
    answers = at_once(8, lambda i: put(alice, json.dumps({"by": i}), **{"If-Match": tag}))
    assert statuses(answers) == {200: 1, 412: 7}
    assert statuses(at_once(8, lambda i: put(alice, json.dumps({"by": i})))) == {200: 8}


def test_preferences__go_with_the_account(server, admin, alice):
    put(alice, '{"secret":"trace"}')
    deep = Deep(server)
    assert deep.count("user_preferences", "value LIKE '%secret%trace%'") == 1
    admin.ok("DELETE", f"/users/{alice.id}", 204)
    assert deep.count("user_preferences", "value LIKE '%secret%trace%'") == 0
