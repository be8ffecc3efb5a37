"""Chats with an assistant: question and answer, what is told meanwhile, stopping, and what goes wrong."""
import json

import pytest
from support.assistant import Assistant, ended
from support.client import anyone
from support.streams import Streams
from support.talk import Talk, is_code
from support.waiting import until


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


@pytest.fixture
def assistant(admin):
    assistant = Assistant(admin)
    yield assistant
    assistant.close()


@pytest.fixture
def streams(server):
    streams = Streams(server)
    yield streams
    streams.close()


class Asking:
    """A chat of talk's workspace that asks, and its path."""

    def __init__(self, talk, assistant, who="always", **settings):
        self.person = talk.member
        self.chat = assistant.chat(talk.member, talk.id, who, **settings)
        self.at = talk.chat_path(self.chat)

    def say(self, content, **more):
        return self.person.ok("POST", f"{self.at}/message", 201, json={"content": content, **more})

    def end_of(self, posted):
        return ended(self.person, self.at, posted["assistant"])


@pytest.fixture
def asking(talk, assistant):
    return Asking(talk, assistant)


def shown(asked):
    return json.loads(asked["body"])["messages"]


# ---- question and answer ----

@pytest.mark.mysql
def test_answer__comes_behind_its_question(asking, assistant):
    assistant.play({"openai": ["Hel", "lo"], "await": "gate", "usage": [11, 5]})
    posted = asking.say("Say hello")
    answer = posted["assistant"]
    assert (answer["status"], answer["content"], answer["seq"]) == ("pending", "", posted["seq"] + 1)
    assert answer["is_ai_response"] and answer["sender"] == {"id": None, "name": "Assistant", "kind": "assistant"}
    assert (answer["provider"], answer["model"], answer["alternative"], answer["alternative_count"]) == \
        (assistant.name, "tiny", 1, 1)
    assistant.go("gate")
    answer = asking.end_of(posted)
    assert (answer["status"], answer["content"], answer["finish"], answer["fault"]) == ("complete", "Hello", "stop", None)
    assert answer["usage"] == {"prompt_tokens": 11, "cached_tokens": 0, "completion_tokens": 5, "reasoning_tokens": 0,
                               "cost_micros": 0, "estimated": False, "context_messages": 1, "truncated": False}
    assert shown(assistant.asked()[0])[-1]["content"] == "Say hello"
    page = asking.person.ok("GET", f"{asking.at}/messages")["messages"]
    assert [m["content"] for m in page] == ["Say hello", "Hello"] and page[0]["usage"] is None
    assert page[1] == answer


def test_question__is_not_answered_where_the_chat_asks_nobody(talk):
    posted = talk.member.ok("POST", f"{talk.at}/message", 201, json={"content": "@assistant hello"})
    assert "assistant" not in posted


@pytest.mark.one_column("what a text names is looked for before a row is written")
def test_mention__is_answered_and_other_messages_are_not(talk, assistant):
    asking = Asking(talk, assistant, "mention")
    assistant.play({"openai": ["Yes"]}, times=0)
    assert "assistant" not in asking.say("Hello all")
    assert "assistant" not in asking.say("Write to me@assistant or `@assistant`")
    assert asking.end_of(asking.say("What do you think, @Assistant?"))["content"] == "Yes"


def test_question__sent_twice_is_answered_once(asking, assistant):
    assistant.play({"openai": ["One"]}, times=0)
    first, again = (asking.person.request("POST", f"{asking.at}/message", json={"content": "Count"},
                                          headers={"Idempotency-Key": "count-1"}).json() for _ in range(2))
    assert again["id"] == first["id"] and again["assistant"]["id"] == first["assistant"]["id"]
    assert asking.end_of(first)["content"] == "One" and len(assistant.asked()) == 1


def test_question__with_a_file_shows_its_text(asking, assistant):
    assistant.play({"openai": ["Read"]})
    answer = asking.person.request("POST", f"{asking.at}/message", data={"content": "Sum it up"},
                                   files=[("files", ("notes.txt", b"the moon is far", "text/plain"))])
    assert answer.status_code == 201, answer.text
    assert asking.end_of(answer.json())["content"] == "Read"
    text = shown(assistant.asked()[0])[-1]["content"]
    assert "Sum it up" in text and "notes.txt" in text and "the moon is far" in text


def test_model__is_shown_what_was_said_and_who_said_it(talk, asking, assistant):
    assistant.play({"openai": ["Noted"]}, times=0)
    asking.end_of(asking.say("My number is seven"))
    assert [m["content"] for m in shown(assistant.asked()[0])] == ["My number is seven"]
    posted = talk.owner.ok("POST", f"{asking.at}/message", 201, json={"content": "Mine is nine"})
    ended(talk.owner, asking.at, posted["assistant"])
    roles = [(m["role"], m["content"]) for m in shown(assistant.asked(2)[1])]
    assert [role for role, _ in roles] == ["user", "assistant", "user"] and roles[1][1] == "Noted"
    assert roles[0][1].endswith(": My number is seven") and roles[2][1].endswith(": Mine is nine")
    assert roles[0][1] != roles[2][1].replace("Mine is nine", "My number is seven"), "each by their own name"


def test_settings__of_the_chat_are_sent_along(talk, assistant):
    asking = Asking(talk, assistant, system_prompt="Be brief.", temperature=0.25, max_tokens=77)
    assistant.play({"openai": ["ok"]})
    asking.end_of(asking.say("Hello"))
    body = json.loads(assistant.asked()[0]["body"])
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (body["temperature"], body["max_tokens"], body["model"], body["stream"]) == (0.25, 77, "tiny", True)


def test_reasoning__is_kept_apart_and_not_sent_back(asking, assistant):
    assistant.play({"openai": ["42"], "reasoning": ["Let me ", "see."]}, times=0)
    answer = asking.end_of(asking.say("What is it?"))
    assert (answer["content"], answer["reasoning"]) == ("42", "Let me see.")
    asking.end_of(asking.say("Again?"))
    assert "Let me" not in assistant.asked(2)[1]["body"]


def test_answer__in_a_thread_stays_in_it(asking, assistant):
    assistant.play({"openai": ["ok"]}, times=0)
    root = asking.say("The beginning")
    asking.end_of(root)
    asking.end_of(asking.say("Besides"))
    posted = asking.say("In the thread", reply_to=root["id"])
    answer = asking.end_of(posted)
    assert (answer["reply_to"], answer["root_id"]) == (posted["id"], root["id"])
    assert "\n\n".join(m["content"] for m in shown(assistant.asked(3)[2])) == "The beginning\n\nIn the thread"


def test_answer__is_found_by_its_words(asking, assistant, talk):
    assistant.play({"openai": ["Rhododendron"]})
    answer = asking.end_of(asking.say("Name a flower"))
    until(lambda: [h["message"]["id"] for h in
                   asking.person.ok("GET", f"{talk.path}/search?q=rhododendron")["hits"]] == [answer["id"]])


# ---- what is told ----

@pytest.mark.mysql
def test_delta__grows_the_message_piece_by_piece(asking, assistant, streams):
    stream = streams.open(asking.person, f"{asking.at}/stream")
    assistant.play({"openai": ["Grüße ", "aus ", "Köln"], "await": "gate", "reasoning": ["Hm"]})
    posted = asking.say("Hello")
    stream.until("message.created", id=posted["assistant"]["id"])
    assistant.go("gate")
    text = {"content": "", "reasoning": ""}
    while text["content"] != "Grüße aus Köln":
        data = stream.until("message.delta").data
        assert data["message_id"] == posted["assistant"]["id"] and data["chat_id"] == asking.chat
        assert data["offset"] == len(text[data["field"]])
        text[data["field"]] += data["text"]
    assert text["reasoning"] == "Hm"
    told = stream.until("message.updated", id=posted["assistant"]["id"]).data
    assert (told["status"], told["content"], told["finish"]) == ("complete", "Grüße aus Köln", "stop")


def test_delta__of_a_closed_chat_is_told_to_its_members(talk, assistant, streams):
    asking = Asking(talk, assistant, join="invite")
    stream = streams.open(talk.member, f"/stream?focus={asking.chat}")
    assert streams.try_open(talk.owner, f"/stream?focus={asking.chat}").status == 404
    assistant.play({"openai": ["secret"], "await": "told"})
    posted = asking.say("Whisper")
    # While its rights are looked at, for the chat has just been made, a stream is told of nothing that passes.
    stream.until("message.created", id=posted["assistant"]["id"])
    assistant.go("told")
    assert stream.until("message.delta").data["text"] == "secret"


def test_answer__is_written_down_while_it_grows(asking, assistant):
    assistant.play([*[{"data": f'data: {{"choices":[{{"index":0,"delta":{{"content":"{text}"}}}}]}}\n\n'}
                      for text in ("so ", "far")], {"await": "gate"}, {"data": "data: [DONE]\n\n"}])
    posted = asking.say("Slowly")
    path = f"{asking.at}/message/{posted['assistant']['id']}"
    until(lambda: asking.person.ok("GET", path)["content"] == "so far")
    assert asking.person.ok("GET", path)["status"] == "streaming"
    assistant.go("gate")
    assert asking.end_of(posted)["status"] == "complete"


# ---- stopping ----

@pytest.mark.mysql
def test_stop__keeps_what_was_said_and_closes_the_connection(asking, assistant):
    assistant.play([{"data": 'data: {"choices":[{"index":0,"delta":{"content":"one two"}}]}\n\n'}, {"silence": None}])
    posted = asking.say("Count")
    path = f"{asking.at}/message/{posted['assistant']['id']}"
    until(lambda: asking.person.ok("GET", path)["content"] == "one two")
    asking.person.ok("POST", f"{path}/stop", 200)
    assistant.wait_for("gone")
    answer = asking.end_of(posted)
    assert (answer["status"], answer["content"], answer["fault"]) == ("stopped", "one two", None)
    assert answer["usage"]["estimated"] and answer["usage"]["completion_tokens"] > 0
    assert asking.person.ok("POST", f"{path}/stop", 200)["status"] == "stopped"


@pytest.mark.one_column("it is looked at before anything is written")
def test_stop__is_for_answers_and_for_those_who_may_write(talk, asking, assistant):
    assistant.play({"openai": ["ok"]})
    posted = asking.say("Hello")
    assert is_code(asking.person.post(f"{asking.at}/message/{posted['id']}/stop"), 409, "no_answer")
    path = f"{asking.at}/message/{posted['assistant']['id']}/stop"
    assert is_code(talk.guest.post(path), 403, "forbidden")
    asking.end_of(posted)


def test_answer__that_is_deleted_or_whose_chat_is_gives_up(talk, asking, assistant):
    assistant.play([{"data": 'data: {"choices":[{"index":0,"delta":{"content":"one"}}]}\n\n'}, {"silence": None}], times=0)
    posted = asking.say("Count")
    assistant.wait_for("asked")
    assert talk.owner.delete(f"{asking.at}/message/{posted['assistant']['id']}").status_code == 204
    assistant.wait_for("gone")
    asking.say("Count again")
    assistant.wait_for("asked", 2)
    assert asking.person.delete(asking.at).status_code == 204
    assistant.wait_for("gone", 2)


# ---- what goes wrong ----

FAULTS = [({"status": 401}, "refused_key"), ({"status": 500}, "service_error"),
          ({"openai": ["Hel", "lo"], "cut": 2}, "cut_off"), ({"openai": ["a"], "how": ["error_first"]}, "service_error"),
          ({"status": 404}, "model_gone")]


@pytest.mark.one_column("the engine knows nothing of databases")
@pytest.mark.parametrize(("play", "code"), FAULTS)
def test_fault__stands_in_the_message_in_plain_words(talk, admin, play, code):
    assistant = Assistant(admin)
    try:
        asking = Asking(talk, assistant)
        assistant.play(play, times=0)
        answer = asking.end_of(asking.say("Hello"))
        assert (answer["status"], answer["fault"]["code"]) == ("failed", code)
        assert answer["fault"]["text"] and "http" not in answer["fault"]["text"]
        assert asking.say("Still there?")["id"]
    finally:
        assistant.close()


@pytest.mark.mysql
def test_fallback__answers_where_the_first_cannot(talk, admin, assistant):
    other = Assistant(admin, provider=assistant.provider)
    admin.ok("PUT", f"/providers/{assistant.row['id']}/models/{assistant.model['id']}", 200,
             json={"fallback_id": other.model["id"]})
    asking = Asking(talk, assistant)
    assistant.play({"status": 500}, times=0)
    other.play({"openai": ["Here"]})
    answer = asking.end_of(asking.say("Anybody?"))
    assert (answer["status"], answer["content"], answer["provider"]) == ("complete", "Here", other.name)
    assert shown(other.asked()[0])[-1]["content"] == "Anybody?"


def test_question__that_is_too_long_is_asked_once_more_with_less(talk, assistant):
    asking = Asking(talk, assistant, "mention")
    for n in range(10):
        asking.say(f"{n} " + "so many words " * 20)
    too_long = {"error": {"message": "This model's maximum context length is 8 tokens", "code": "context_length_exceeded"}}
    assistant.play({"status": [400, {}, too_long]})
    assistant.play({"openai": ["Short"]})
    answer = asking.end_of(asking.say("@assistant sum it up"))
    assert (answer["status"], answer["content"]) == ("complete", "Short"), answer
    first, second = (shown(asked) for asked in assistant.asked(2))
    assert "0 so many" in first[0]["content"] and "0 so many" not in second[0]["content"]
    assert 1 < answer["usage"]["context_messages"] < 11 and "sum it up" in second[-1]["content"]


def test_fault__no_model_is_said_at_once(talk, assistant, admin):
    asking = Asking(talk, assistant)
    admin.ok("PUT", f"/providers/{assistant.row['id']}", json={"enabled": False})
    answer = asking.say("Hello")["assistant"]
    assert (answer["status"], answer["fault"]["code"]) == ("failed", "no_model")


# ---- several answers ----

@pytest.mark.mysql
def test_regenerate__keeps_the_answers_before_and_shows_the_new_one(asking, assistant, streams):
    assistant.play({"openai": ["First"]})
    answer = asking.end_of(asking.say("Say it"))
    path = f"{asking.at}/message/{answer['id']}"
    stream = streams.open(asking.person, f"{asking.at}/stream")
    assistant.play({"openai": ["Second"]})
    again = asking.person.ok("POST", f"{path}/regenerate", 200, json={})
    assert (again["id"], again["status"], again["content"], again["usage"]) == (answer["id"], "pending", "", None)
    assert (again["alternative"], again["alternative_count"]) == (2, 2)
    assert asking.end_of({"assistant": again})["content"] == "Second"
    assert stream.until("message.updated", content="Second").data["alternative"] == 2
    listed = asking.person.ok("GET", f"{path}/alternatives")
    assert [(a["index"], a["content"], a["status"]) for a in listed] == [(1, "First", "complete"), (2, "Second", "complete")]
    shown_again = asking.person.ok("PUT", f"{path}/alternative", 200, json={"index": 1})
    assert (shown_again["content"], shown_again["alternative"], shown_again["alternative_count"]) == ("First", 1, 2)
    assert shown_again["usage"] == answer["usage"] and asking.person.ok("GET", path) == shown_again
    assert [a["content"] for a in asking.person.ok("GET", f"{path}/alternatives")] == ["First", "Second"]
    assert stream.until("message.updated", content="First").data["alternative"] == 1
    assert is_code(asking.person.put(f"{path}/alternative", json={"index": 3}), 404, "alternative_not_found")


def test_regenerate__ends_where_the_chat_went_on(asking, assistant):
    assistant.play({"openai": ["ok"]}, times=0)
    answer = asking.end_of(asking.say("One"))
    path = f"{asking.at}/message/{answer['id']}"
    asking.person.ok("POST", f"{path}/regenerate", 200, json={})
    asking.end_of({"assistant": answer})
    asking.end_of(asking.say("Two"))
    assert is_code(asking.person.post(f"{path}/regenerate", json={}), 409, "chat_went_on")
    assert is_code(asking.person.put(f"{path}/alternative", json={"index": 1}), 409, "chat_went_on")


def test_regenerate__waits_for_the_end_and_asks_who_may_be_asked(asking, assistant):
    assistant.play({"openai": ["ok"], "await": "gate"})
    posted = asking.say("One")
    path = f"{asking.at}/message/{posted['assistant']['id']}"
    assert is_code(asking.person.post(f"{path}/regenerate", json={}), 409, "answering")
    assistant.go("gate")
    answer = asking.end_of(posted)
    assert is_code(asking.person.post(f"{path}/regenerate", json={"model": "none such"}), 409, "no_model")
    assert asking.person.ok("GET", path) == answer


# ---- what it costs ----

PRICE = {"price": {"in_micros": 1_000_000, "cached_micros": None, "out_micros": 2_000_000}, "max_output_tokens": 100}


@pytest.mark.mysql
def test_budget__is_reserved_charged_once_and_refuses_before_anything_is_posted(talk, admin):
    assistant = Assistant(admin, model=PRICE)
    try:
        asking = Asking(talk, assistant)
        budget = f"/budgets/workspace/{talk.id}"
        admin.ok("PUT", budget, 200, json={"limit_micros": 300, "period": "day"})
        assistant.play({"openai": ["ok"], "usage": [10, 5], "await": "gate"})
        posted = asking.say("Hello")
        assert admin.ok("GET", budget)["reserved_micros"] > 200
        before = asking.person.ok("GET", f"{asking.at}/messages")["total"]
        answer = asking.person.post(f"{asking.at}/message", json={"content": "And more"})
        assert is_code(answer, 402, "budget_exhausted") and "left" in answer.json()["detail"]
        assert asking.person.ok("GET", f"{asking.at}/messages")["total"] == before
        assistant.go("gate")
        assert asking.end_of(posted)["usage"]["cost_micros"] == 20
        row = admin.ok("GET", budget)
        assert (row["spent_micros"], row["reserved_micros"]) == (20, 0)
    finally:
        assistant.close()


# ---- who asks, and who goes ----

def test_webhook__is_not_answered(talk, asking, assistant, server):
    assistant.play({"openai": ["ok"]}, times=0)
    hook = asking.person.ok("POST", f"{asking.at}/webhooks", 201, json={"name": "Monitor"})
    answer = anyone("POST", hook["url"], server.ca, json={"text": "@assistant the disk is full"})
    assert answer.status_code == 200, answer.text
    asking.end_of(asking.say("What did it say?"))
    assert len(assistant.asked()) == 1 and "the disk is full" in assistant.asked()[0]["body"]


def test_person__who_goes_takes_their_answer_along(talk, assistant, make_user):
    person = make_user()
    talk.owner.add_member(talk.id, person)
    chat = assistant.chat(person, talk.id)
    assistant.play([{"data": 'data: {"choices":[{"index":0,"delta":{"content":"one"}}]}\n\n'}, {"silence": None}])
    person.ok("POST", f"{talk.chat_path(chat)}/message", 201, json={"content": "Count"})
    assistant.wait_for("asked")
    assert assistant.admin.delete(f"/users/{person.id}").status_code == 204
    assistant.wait_for("gone")


def test_fork__takes_the_answer_along_with_what_it_took(talk, asking, assistant):
    assistant.play({"openai": ["Forked"], "reasoning": ["Hm"]})
    answer = asking.end_of(asking.say("Hello"))
    made = asking.person.ok("POST", f"{asking.at}/fork", 201, json={"message_id": answer["id"]})
    copy = asking.person.ok("GET", f"{talk.chat_path(made['id'])}/messages")["messages"][1]
    for name in ("content", "reasoning", "usage", "model", "provider", "finish", "status", "alternative_count"):
        assert copy[name] == answer[name], name


def test_export__has_what_belongs_to_answers(asking, assistant):
    assistant.play({"openai": ["Exported"], "reasoning": ["Hm"]})
    answer = asking.end_of(asking.say("Hello"))
    assert asking.person.ok("GET", f"{asking.at}/export?format=json")["messages"][1] == answer
