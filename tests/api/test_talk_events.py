"""What is told of read marks, reactions, pins, edits, direct chats and a status: one event for each change, and none where
nothing has changed."""
import re

import pytest
from harness.paths import ROOT
from support.deep import Deep

pytestmark = pytest.mark.columns("sqlite")

KINDS = re.findall(r'^EVENT\(\w+, "([a-z0-9_.]+)"', (ROOT / "include/parley/domain/events/events.def").read_text(), re.M)
HEART = "\u2764\ufe0f"


class Log:
    def __init__(self, deep):
        self.deep = deep
        self.seen = 0
        self.fresh()

    def fresh(self):
        """[(kind, detail)] since the last time."""
        rows = self.deep.rows(f"SELECT position, kind, hex(COALESCE(detail, '')) FROM event_log WHERE position > {self.seen} "
                              "ORDER BY position")
        self.seen = max([self.seen, *(int(position) for position, _, _ in rows)])
        return [(KINDS[int(kind)], bytes.fromhex(detail).decode()) for _, kind, detail in rows]


@pytest.fixture
def talk(make_server):
    deep = Deep(make_server())
    talk = deep.talk()
    talk.log = Log(deep)
    return talk


def test_events__of_read_marks_and_states(talk):
    talk.say("1", "2")
    talk.log.fresh()
    for body, told in (({"seq": 1}, [("read", "1")]), ({"seq": 1}, []), ({"seq": 9}, [("read", "2")]),
                       ({"seq": 2, "unread": True}, [("state", "1"), ("read", "1")]), ({"seq": 2, "unread": True}, [])):
        talk.owner.ok("POST", f"{talk.at}/read", 200, json=body)
        assert talk.log.fresh() == told, body
    talk.owner.ok("PUT", f"{talk.at}/state", 200, json={"starred": True})
    assert talk.log.fresh() == [("state", "1")]
    talk.say("3")
    assert talk.log.fresh() == [("message.created", "3")]


def test_events__of_reactions_and_pins(talk):
    path = f"{talk.at}/message/{talk.say('x')['id']}"
    talk.log.fresh()
    for method, what, told in (("PUT", "reactions/\u2764", [("reaction.changed", "+" + HEART)]), ("PUT", "reactions/\u2764", []),
                               ("DELETE", "reactions/\u2764", [("reaction.changed", "-" + HEART)]),
                               ("DELETE", "reactions/\u2764", []), ("PUT", "pin", [("message.pinned", "1")]), ("PUT", "pin", []),
                               ("DELETE", "pin", [("message.pinned", "0")]), ("DELETE", "pin", [])):
        talk.owner.ok(method, f"{path}/{what}")
        assert talk.log.fresh() == told, (method, what)
    talk.member.ok("PUT", path, 200, json={"content": f"@{talk.owner.user['username']} @all"})
    talk.member.ok("DELETE", path, 204)
    assert talk.log.fresh() == [("message.updated", "1"), ("message.deleted", "1")]


def test_events__of_direct_chats_and_a_status(talk):
    for told in ([("chat.created", "2"), ("member.joined", ""), ("member.joined", "")], []):
        talk.owner.ok("POST", f"{talk.path}/direct", 200, json={"user_ids": [talk.member.id]})
        assert talk.log.fresh() == told
    talk.member.ok("PUT", "/auth/me/status", 200, json={"text": "x"})
    assert talk.log.fresh() == [("status", "")] * 2  # in their own workspace, and in this one
