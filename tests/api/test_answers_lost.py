"""Answers whose process dies or stops in the middle: they end, with what was written, and are paid for once."""
import time

import pytest
from support.assistant import Assistant, ended
from support.deep import Deep
from support.streams import Streams
from support.waiting import until

STOP_S = 11
PIECE = {"data": 'data: {"choices":[{"index":0,"delta":{"content":"so far"}}]}\n\n'}
PRICE = {"price": {"in_micros": 1_000_000, "cached_micros": None, "out_micros": 2_000_000}, "max_output_tokens": 100}


class Asked:
    """A server of its own, on which an answer has begun to grow; its workspace has a budget."""

    def __init__(self, make_server, **settings):
        self.deep = Deep(make_server(**settings))
        self.talk = self.deep.talk()
        self.assistant = Assistant(self.talk.admin, model=PRICE)
        self.budget = f"/budgets/workspace/{self.talk.id}"
        self.talk.admin.ok("PUT", self.budget, 200, json={"limit_micros": 100_000, "period": "month"})
        self.person = self.talk.member
        self.at = self.talk.chat_path(self.assistant.chat(self.person, self.talk.id))
        self.parley = self.deep.server.stack.parleys[0]

    def begin(self):
        self.assistant.play([PIECE, {"silence": None}])
        answer = self.person.ok("POST", f"{self.at}/message", 201, json={"content": "Count"})["assistant"]
        path = f"{self.at}/message/{answer['id']}"
        until(lambda: self.person.ok("GET", path)["content"] == "so far")
        return answer

    def end(self, answer):
        return ended(self.person, self.at, answer)

    def spent(self):
        row = self.talk.admin.ok("GET", self.budget)
        return row["spent_micros"], row["reserved_micros"]


@pytest.fixture
def asked(make_server):
    asked = Asked(make_server)
    yield asked
    asked.assistant.close()


def is_settled(asked, answer):
    assert (answer["status"], answer["content"], answer["fault"]["code"]) == ("failed", "so far", "interrupted")
    assert answer["usage"]["estimated"] and answer["usage"]["cost_micros"] > 0
    assert asked.spent() == (answer["usage"]["cost_micros"], 0)
    assert asked.deep.count("generations") == 0 and asked.deep.count("usage_log", "outcome = 'interrupted'") == 1


def test_kill__leaves_what_was_written_and_a_job_ends_it(asked):
    answer = asked.begin()
    assert asked.spent()[1] > 0
    asked.deep.kill()
    assert asked.person.ok("GET", f"{asked.at}/message/{answer['id']}")["status"] == "streaming"
    asked.deep.later("generations", ["lease_until_us"], 1)
    asked.deep.rows("DELETE FROM job_leases")
    asked.deep.wake()
    is_settled(asked, asked.end(answer))
    asked.assistant.play({"openai": ["again"]})
    posted = asked.person.ok("POST", f"{asked.at}/message", 201, json={"content": "Go on"})
    assert asked.end(posted["assistant"])["content"] == "again"


def test_stop__ends_what_is_written_within_its_time(asked):
    answer = asked.begin()
    began = time.monotonic()
    assert asked.parley.stop() == 0 and time.monotonic() - began < STOP_S
    asked.parley.start()
    asked.deep.server.stack.wait()
    is_settled(asked, asked.person.ok("GET", f"{asked.at}/message/{answer['id']}"))


def test_deleted_answer__leaves_nothing_of_what_it_said(asked):
    asked.assistant.play({"openai": ["Zwielicht"], "reasoning": ["Zwielicht"]}, times=0)
    answer = asked.end(asked.person.ok("POST", f"{asked.at}/message", 201, json={"content": "Say it"})["assistant"])
    path = f"{asked.at}/message/{answer['id']}"
    asked.person.ok("POST", f"{path}/regenerate", 200, json={})
    asked.end(answer)
    assert asked.deep.count("message_alternatives") == 1
    assert asked.talk.owner.delete(path).status_code == 204
    assert asked.deep.count("message_alternatives") == 0
    assert asked.deep.count("messages", "content LIKE '%Zwielicht%' OR reasoning LIKE '%Zwielicht%'") == 0


@pytest.mark.columns("mariadb")
def test_growth__reaches_other_processes_without_redis(make_server):
    asked = Asked(make_server, processes=2, REDIS_URL="", REDIS_HOST="")
    streams = Streams(asked.deep.server)
    try:
        opened = [streams.open(asked.person, f"{asked.at}/stream") for _ in range(8)]
        answer = asked.begin()
        for stream in opened:
            stream.until("message.updated", id=answer["id"], content="so far", status="streaming")
        for _ in range(2):
            asked.person.ok("POST", f"{asked.at}/message/{answer['id']}/stop", 200)
        assert asked.end(answer)["status"] == "stopped"
    finally:
        streams.close()
        asked.assistant.close()
