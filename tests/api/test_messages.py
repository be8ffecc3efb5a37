"""Messages: sending, reading, editing, deleting, and many at once."""
import json
import uuid

import pytest
from support.races import at_once, made_once, statuses
from support.talk import Talk, faults, is_code

pytestmark = pytest.mark.mysql


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


def test_message__has_what_was_said_of_it(talk):
    answer = talk.member.post(f"{talk.at}/message", json={"content": "Hello"})
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{talk.at}/message/{made['id']}"
    assert answer.headers["etag"].startswith('"v1-')
    assert (made["content"], made["seq"], made["chat_id"]) == ("Hello", 1, talk.chat)
    assert made["sender"] == {"id": talk.member.id, "name": "Bob", "kind": "person"} and made["sender_id"] == talk.member.id
    assert (made["status"], made["is_ai_response"], made["attachments"], made["model"]) == ("complete", False, [], None)
    assert (made["edited_at"], made["deleted_at"], made["reply_to"]) == (None, None, None)
    assert made["created_at"] == made["updated_at"]


def test_message__answer_to_sending_is_what_is_read_later(talk):
    made = talk.say("Hello")
    assert talk.guest.ok("GET", f"{talk.at}/message/{made['id']}") == made


def test_message__text_comes_back_byte_for_byte(talk):
    text = "  Grüße \U0001f44b\u200d\U0001f4bb \u2028 \\ \" ' <b>%00</b>\ttab\nline\r\n end  "
    assert talk.say(text)["content"] == text
    assert talk.owner.ok("GET", f"{talk.at}/messages")["messages"][0]["content"] == text


def test_message__of_the_longest_length(talk):
    # Not escaped: 100,000 pairs of \\uXXXX would be more than a body of JSON may have.
    body = json.dumps({"content": "\U0001f600" * 100000}, ensure_ascii=False).encode()
    answer = talk.member.post(f"{talk.at}/message", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201 and len(answer.json()["content"]) == 100000
    assert faults(talk.member.post(f"{talk.at}/message", json={"content": "x" * 100001})) == [("body", "content")]


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("body", [
    {}, {"content": ""}, {"content": None}, {"content": 1}, {"content": ["x"]}, {"content": "x", "reply_to": "no"},
    {"content": "x", "attachment_ids": "x"}, {"content": "x", "attachment_ids": ["x"]}, {"content": "x", "colour": 1},
    {"content": "x", "attachment_ids": [str(uuid.uuid4())] * 21}, [], "x", None])
def test_message__with_a_bad_body_is_refused(talk, body):
    answer = talk.member.post(f"{talk.at}/message", json=body)
    assert answer.status_code == 422, answer.text
    assert talk.owner.ok("GET", f"{talk.at}/messages")["total"] == 0


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("body, status", [
    (b"", 422), (b"{", 422), (b'{"content":"a","content":"b"}', 422), (b'{"content":"\xff"}', 422),
    (b'{"content":"\\u0000"}', 422), (b'{"content":"x"} trailing', 422), (b"[" * 1000, 422)])
def test_message__with_broken_json_is_refused(talk, body, status):
    answer = talk.member.post(f"{talk.at}/message", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text


@pytest.mark.one_column("the shape of a body")
def test_message__of_another_type_is_refused(talk):
    answer = talk.member.post(f"{talk.at}/message", content=b"content=x",
                              headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert is_code(answer, 415, "unsupported_media_type")


def test_message__is_not_for_guests(talk):
    assert is_code(talk.guest.post(f"{talk.at}/message", json={"content": "x"}), 403, "forbidden")


def test_message__for_nobody_and_strangers(talk, http, make_user):
    assert http.post(f"{talk.at}/message", json={"content": "x"}).status_code == 401
    assert is_code(make_user().post(f"{talk.at}/message", json={"content": "x"}), 404, "workspace_not_found")


def test_message__into_a_deleted_chat_is_404(talk):
    assert talk.owner.delete(talk.at).status_code == 204
    assert is_code(talk.member.post(f"{talk.at}/message", json={"content": "x"}), 404, "chat_not_found")


def test_message__reply_to_names_a_message_of_the_chat(talk):
    first = talk.say("question")
    made = talk.owner.ok("POST", f"{talk.at}/message", 201, json={"content": "answer", "reply_to": first["id"]})
    assert made["reply_to"] == first["id"]
    assert talk.owner.ok("GET", f"{talk.at}/messages")["messages"][1]["reply_to"] == first["id"]


@pytest.mark.parametrize("which", ["unknown", "other chat", "deleted"])
def test_message__reply_to_something_else_is_refused(talk, which):
    other = str(uuid.uuid4())
    if which == "other chat":
        elsewhere = talk.owner.chat(talk.id, "Elsewhere")
        other = talk.owner.message(talk.id, elsewhere, "there")["id"]
    elif which == "deleted":
        other = talk.say("gone")["id"]
        assert talk.member.delete(f"{talk.at}/message/{other}").status_code == 204
    answer = talk.member.post(f"{talk.at}/message", json={"content": "x", "reply_to": other})
    assert faults(answer) == [("body", "reply_to")]


# --- many at once ---

def test_messages__of_32_people_at_once_have_seqs_without_gap(talk):
    answers = at_once(32, lambda i: talk.member.post(f"{talk.at}/message", json={"content": f"m{i}"}))
    assert statuses(answers) == {201: 32}
    assert sorted(a.json()["seq"] for a in answers) == list(range(1, 33))
    page = talk.owner.ok("GET", f"{talk.at}/messages")
    assert [m["seq"] for m in page["messages"]] == list(range(1, 33)) and page["total"] == 32


def test_messages__created_at_follows_seq(talk):
    at_once(16, lambda i: talk.member.post(f"{talk.at}/message", json={"content": f"m{i}"}))
    times = [m["created_at"] for m in talk.owner.ok("GET", f"{talk.at}/messages")["messages"]]
    assert times == sorted(times)


def test_message__with_an_idempotency_key_is_made_once(talk):
    made = made_once(lambda: talk.member.post(f"{talk.at}/message", json={"content": "once"},
                                              headers={"Idempotency-Key": "m-1"}))
    page = talk.owner.ok("GET", f"{talk.at}/messages")
    assert [m["id"] for m in page["messages"]] == [made]


def test_message__same_key_and_another_body_is_refused(talk):
    def send(text):
        return talk.member.post(f"{talk.at}/message", json={"content": text}, headers={"Idempotency-Key": "m-2"})

    assert send("one").status_code == 201
    assert is_code(send("two"), 422, "idempotency_key_reused")


def test_message__same_key_by_another_person_or_in_another_chat_is_another(talk):
    other = talk.owner.chat(talk.id, "Other")["id"]
    key = {"Idempotency-Key": "m-3"}
    ids = {person.ok("POST", f"{talk.chat_path(chat)}/message", 201, json={"content": "x"}, headers=key)["id"]
           for person, chat in ((talk.member, talk.chat), (talk.owner, talk.chat), (talk.member, other))}
    assert len(ids) == 3


def test_message__refused_with_a_key_leaves_the_key_free(talk):
    key = {"Idempotency-Key": "m-4"}
    answer = talk.member.post(f"{talk.at}/message", json={"content": "x", "reply_to": str(uuid.uuid4())}, headers=key)
    assert answer.status_code == 422
    talk.member.ok("POST", f"{talk.at}/message", 201, json={"content": "x"}, headers=key)


# --- reading one ---

def test_message__unknown_foreign_and_deleted_are_the_same_404(talk):
    deleted = talk.say("gone")["id"]
    talk.member.delete(f"{talk.at}/message/{deleted}")
    elsewhere = talk.owner.chat(talk.id, "Elsewhere")
    foreign = talk.owner.message(talk.id, elsewhere, "there")["id"]
    bodies = set()
    for other in (uuid.uuid4(), deleted, foreign):
        answer = talk.member.get(f"{talk.at}/message/{other}")
        assert is_code(answer, 404, "message_not_found")
        body = answer.json()
        body.pop("request_id")
        bodies.add(str(body))
    assert len(bodies) == 1


@pytest.mark.one_column("the form of an address")
def test_message__id_that_is_none_is_400(talk):
    assert is_code(talk.member.get(f"{talk.at}/message/7"), 400, "invalid_id")


def test_message__is_not_sent_twice_to_who_has_it(talk):
    made = talk.say("x")
    first = talk.member.get(f"{talk.at}/message/{made['id']}")
    assert first.headers["etag"].startswith('"v1-') and first.headers["cache-control"] == "private, no-cache"
    again = talk.member.get(f"{talk.at}/message/{made['id']}", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304 and again.content == b""


def test_message__has_another_tag_once_its_author_has_another_name(talk):
    path = f"{talk.at}/message/{talk.say('x')['id']}"
    tag = talk.member.get(path).headers["etag"]
    assert talk.member.get(path, headers={"If-None-Match": f"W/{tag}"}).status_code == 304
    talk.member.ok("PUT", "/auth/me", 200, json={"first_name": "Renamed"})
    again = talk.member.get(path, headers={"If-None-Match": tag})
    assert again.status_code == 200 and again.json()["sender"]["name"].startswith("Renamed")
    assert again.headers["etag"] != tag


def test_edit__with_if_match_looks_at_the_version_alone(talk):
    path = f"{talk.at}/message/{talk.say('x')['id']}"
    tag = talk.member.get(path).headers["etag"]
    talk.member.ok("PUT", "/auth/me", 200, json={"first_name": "Renamed"})
    edited = talk.member.put(path, json={"content": "y"}, headers={"If-Match": tag})
    assert edited.status_code == 200
    assert is_code(talk.member.put(path, json={"content": "z"}, headers={"If-Match": tag}), 412, "precondition_failed")
    weak = f"W/{edited.headers['etag']}"
    assert talk.member.put(path, json={"content": "z"}, headers={"If-Match": weak}).status_code == 200


# --- editing ---

def test_edit__changes_text_time_and_version(talk):
    made = talk.say("old")
    answer = talk.member.put(f"{talk.at}/message/{made['id']}", json={"content": "new"})
    edited = answer.json()
    assert answer.status_code == 200 and answer.headers["etag"].startswith('"v2-')
    assert edited["content"] == "new" and edited["edited_at"] == edited["updated_at"] > made["created_at"]
    assert (edited["seq"], edited["created_at"]) == (made["seq"], made["created_at"])
    assert talk.owner.ok("GET", f"{talk.at}/messages")["messages"] == [edited]


def test_edit__is_for_the_author_alone(talk):
    made = talk.say("mine")
    for person in (talk.owner, talk.guest):
        assert is_code(person.put(f"{talk.at}/message/{made['id']}", json={"content": "x"}), 403, "forbidden")
    assert talk.member.ok("GET", f"{talk.at}/message/{made['id']}")["content"] == "mine"


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("body", [{}, {"content": ""}, {"content": None}, {"content": "x" * 100001}])
def test_edit__with_a_bad_body_is_refused(talk, body):
    made = talk.say("x")
    assert faults(talk.member.put(f"{talk.at}/message/{made['id']}", json=body)) == [("body", "content")]


def test_edit__with_if_match_of_an_older_version_is_412(talk):
    made = talk.say("x")
    path = f"{talk.at}/message/{made['id']}"
    assert talk.member.put(path, json={"content": "y"}, headers={"If-Match": '"v1"'}).status_code == 200
    assert is_code(talk.member.put(path, json={"content": "z"}, headers={"If-Match": '"v1"'}), 412, "precondition_failed")
    assert talk.member.put(path, json={"content": "z"}, headers={"If-Match": '"v9", "v2"'}).status_code == 200
    assert talk.member.put(path, json={"content": "z"}, headers={"If-Match": "*"}).status_code == 200


def test_edit__of_many_with_one_version_exactly_one_wins(talk):
    made = talk.say("x")
    answers = at_once(20, lambda i: talk.member.put(f"{talk.at}/message/{made['id']}", json={"content": f"y{i}"},
                                                    headers={"If-Match": '"v1"'}))
    assert statuses(answers) == {200: 1, 412: 19}


def test_edit__of_many_without_if_match_all_are_taken(talk):
    made = talk.say("x")
    answers = at_once(8, lambda i: talk.member.put(f"{talk.at}/message/{made['id']}", json={"content": f"y{i}"}))
    assert statuses(answers) == {200: 8}
    assert sorted(a.headers["etag"].split("-")[0] for a in answers) == sorted(f'"v{n}' for n in range(2, 10))


# --- deleting ---

def test_delete__leaves_a_tombstone_that_keeps_its_place(talk):
    made = talk.say("secret")
    talk.say("after")
    assert talk.member.delete(f"{talk.at}/message/{made['id']}").status_code == 204
    page = talk.owner.ok("GET", f"{talk.at}/messages")
    tombstone = page["messages"][0]
    assert (tombstone["id"], tombstone["seq"], tombstone["content"]) == (made["id"], 1, "")
    assert tombstone["deleted_at"] and page["total"] == 2


def test_delete__by_an_owner_of_the_workspace(talk):
    made = talk.say("x")
    assert talk.owner.delete(f"{talk.at}/message/{made['id']}").status_code == 204


def test_delete__by_others_is_refused(talk, make_user):
    made = talk.say("x")
    other = make_user()
    talk.owner.add_member(talk.id, other)
    for person in (other, talk.guest):
        assert is_code(person.delete(f"{talk.at}/message/{made['id']}"), 403, "forbidden")


def test_delete__twice_is_404(talk):
    made = talk.say("x")
    answers = at_once(10, lambda i: talk.member.delete(f"{talk.at}/message/{made['id']}"))
    assert statuses(answers) == {204: 1, 404: 9}


def test_delete__with_if_match_of_an_older_version_is_412(talk):
    made = talk.say("x")
    path = f"{talk.at}/message/{made['id']}"
    talk.member.ok("PUT", path, 200, json={"content": "y"})
    assert is_code(talk.member.delete(path, headers={"If-Match": '"v1"'}), 412, "precondition_failed")
    assert talk.member.delete(path, headers={"If-Match": '"v2"'}).status_code == 204


# --- whose name stands there ---

def test_sender__follows_a_change_of_name(talk):
    made = talk.say("x")
    talk.member.ok("PUT", "/auth/me", 200, json={"first_name": "Robert", "last_name": "B."})
    assert talk.owner.ok("GET", f"{talk.at}/message/{made['id']}")["sender"]["name"] == "Robert B."


def test_sender__of_a_deleted_account_is_nobody(talk, admin):
    made = talk.say("x")
    assert admin.delete(f"/users/{talk.member.id}").status_code == 204
    sender = talk.owner.ok("GET", f"{talk.at}/message/{made['id']}")["sender"]
    assert (sender["name"], sender["kind"]) == ("Deleted user", "deleted")


def test_sender__shows_no_address(talk):
    talk.say("x")
    assert "@" not in talk.guest.get(f"{talk.at}/messages").text
