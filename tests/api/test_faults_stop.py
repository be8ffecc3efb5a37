"""SIGTERM while a request is under way: it is waited for, but not for ever."""
import signal
import time

import pytest
from support.deep import Deep
from support.half_sent import half_sent
from support.talk import Talk
from support.waiting import until

pytestmark = pytest.mark.columns("sqlite")

CONTENT = b"x" * (3 << 20)
# What runs is given 10 s, and the whole stop one more.
STOP_S = 11


class Stopping:
    """A server that is told to stop while half of a file has arrived."""

    def __init__(self, make_server):
        self.deep = Deep(make_server())
        owner, member, _ = self.deep.people(2)
        self.talk = Talk(owner, member, None)
        self.parley = self.deep.server.stack.parleys[0]
        self.upload = member.ok("POST", f"{self.talk.path}/uploads", 201, json={"filename": "a.txt", "size": len(CONTENT)})

    def begin(self):
        return half_sent(self.deep.server, "PUT", self.upload["url"].split("/", 3)[3], CONTENT)

    def stop(self):
        until(self.deep.is_writing)
        self.parley.send(signal.SIGTERM)
        until(lambda: "msg=stopping" in self.deep.server.log())

    def complete(self):
        return self.talk.member.post(f"{self.talk.path}/uploads/{self.upload['upload_id']}/complete", json={})


@pytest.fixture
def stopping(make_server):
    return Stopping(make_server)


def test_stop__waits_for_a_request_under_way_and_gives_its_answer(stopping):
    with stopping.begin() as request:
        stopping.stop()
        assert stopping.parley.alive()
        answer = request.finish()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert stopping.parley.stop() == 0
    stopping.parley.start()
    until(lambda: stopping.deep.server.http.get("/health").status_code == 200)
    assert stopping.complete().status_code == 201


def test_stop__does_not_wait_for_ever_and_loses_nothing(stopping):
    said = stopping.talk.say("before")
    with stopping.begin():
        began = time.monotonic()
        stopping.stop()
        assert stopping.parley.child.wait(STOP_S + 3) == 1
        assert time.monotonic() - began > STOP_S - 2
    assert "stopped before everything under way had ended" in stopping.deep.server.log()
    stopping.parley.stop()
    stopping.parley.start()
    until(lambda: stopping.deep.server.http.get("/health").status_code == 200)
    assert [m["id"] for m in stopping.talk.owner.ok("GET", f"{stopping.talk.at}/messages")["messages"]] == [said["id"]]
    assert stopping.complete().status_code == 409
    stopping.deep.later("uploads", ["created_us", "expires_us"], 25)
    stopping.deep.tidy()
    assert stopping.deep.objects() == []
