"""The event log over epochs and restored databases, and what of it is told again to who comes back."""
import os
import signal

import pytest
from harness.process import wait_until
from support.database import Database
from support.events import following
from support.talk import Talk

pytestmark = pytest.mark.mysql


def test_event_log__new_epoch_begins_anew(make_server):
    server = make_server()
    alice = server.setup()
    bob = server.person(alice)
    talk = Talk(alice, bob, None)
    with following(server) as follower:
        said = talk.say("before")
        last = follower.told("message.created", id=said["id"])[0]
        done = server.command("events", "new-epoch")
        assert done.returncode == 0, done.stderr
        follower.wait(lambda: len(follower.starts) == 2, "the new epoch")
        assert follower.starts[1][0] != follower.starts[0][0] and follower.starts[1][0] in done.stdout
        assert follower.starts[1][1] >= last["position"]
        assert follower.replay(1, after=last["id"])["sync"]
        after = talk.say("after")
        assert follower.told("message.created", id=after["id"])[0]["id"].startswith(follower.epoch)


def test_event_log__restored_database_begins_anew(make_server):
    """Its last position is lower than what was told, whether or not somebody thought of the epoch."""
    server = make_server()
    alice = server.setup()
    bob = server.person(alice)
    talk = Talk(alice, bob, None)
    database = Database(server)
    with following(server) as follower:
        said = talk.say("lost by the restore")
        last = follower.told("message.created", id=said["id"])[0]["position"]
        if database.sqlite:
            database.run(f"DELETE FROM event_log WHERE position > {last - 3};"
                         f"UPDATE sqlite_sequence SET seq = {last - 3} WHERE name = 'event_log'")
        else:
            database.run(f"DELETE FROM event_log WHERE position > {last - 3};"
                         f"UPDATE sequencer SET last_position = {last - 3}")
        follower.wait(lambda: len(follower.starts) == 2, "a new beginning")
        assert follower.starts[1][1] <= last


def events_of(text):
    return [dict(line.split(": ", 1) for line in event.split("\n")) for event in text.split("\n\n") if event]


def test_event_log__replay_gives_what_was_missed(server, follower, alice, bob, make_user):
    talk = Talk(alice, bob, make_user)
    database = Database(server)
    workspace_id, chat_id = database.workspace_id(talk.id), database.chat_id(talk.chat)
    alice_id, bob_id = database.user_id(alice), database.user_id(bob)
    begin = follower.told("chat.created", id=talk.chat)[0]
    shut = alice.ok("POST", f"{talk.path}/chat", 201, json={"title": "Shut", "join": "invite"})["id"]
    hidden = alice.message(talk.id, shut, "not for bob")
    said = [talk.say("one"), talk.say("two")]
    talk.member.ok("PUT", f"{talk.at}/message/{said[0]['id']}", json={"content": "one, changed"})
    last = follower.told("message.updated", id=said[0]["id"])[0]
    for scope in ((), (workspace_id,)):
        mine = follower.replay(alice_id, *scope, after=begin["id"], upto=last["position"])
        theirs = follower.replay(bob_id, *scope, after=begin["id"], upto=last["position"])
        assert (mine["error"], mine["sync"], theirs["sync"]) == ("ok", False, False)
        assert hidden["id"] in mine["text"] and hidden["id"] not in theirs["text"] and shut not in theirs["text"]
        kinds = [event["event"] for event in events_of(theirs["text"])]
        assert kinds == ["message.created", "message.created", "message.updated"]
        assert theirs["count"] == 3 and theirs["text"].endswith(last["text"])
    of_chat = follower.replay(alice_id, workspace_id, chat_id, after=begin["id"], upto=last["position"])
    assert of_chat["count"] == 3
    assert follower.replay(bob_id, after=last["id"], upto=last["position"]) == {"error": "ok", "sync": False, "count": 0,
                                                                               "text": ""}


def test_event_log__unknown_place_is_a_sync(follower, alice, bob, make_user):
    talk = Talk(alice, bob, make_user)
    last = follower.told("message.created", id=talk.say("here")["id"])[0]
    epoch, number = last["id"].split("-")
    for after in (f"{epoch}-{int(number) + 1_000_000}", f"{int(epoch, 16) ^ 1:08x}-{number}", f"{epoch}-x", f"{epoch}-",
                  f"{epoch}-0{number}", f"{epoch}--{number}", number, f"{epoch.upper()}g-{number}", "-", "🙂"):
        found = follower.replay(1, after=after)
        assert (found["error"], found["sync"], found["text"]) == ("ok", True, ""), after


def test_event_log__too_much_or_too_old_is_a_sync(make_server):
    server = make_server()
    alice = server.setup()
    bob = server.person(alice)
    talk = Talk(alice, bob, None)
    database = Database(server)
    workspace_id, alice_id = database.workspace_id(talk.id), database.user_id(alice)
    with following(server) as follower:
        said = talk.say("shown again and again")
        begin = follower.told("message.created", id=said["id"])[0]
        table = "event_log" if database.sqlite else "outbox"
        row = f"(1, {workspace_id}, {begin['chat_id']}, X'{said['id'].replace('-', '')}', 0)"
        insert = f"INSERT INTO {table} (kind, workspace_id, chat_id, subject, at_us) VALUES "
        database.run(insert + ", ".join([row] * 1000))
        follower.wait(lambda: follower.position == begin["position"] + 1000, "a thousand events")
        for scope in ((), (workspace_id,)):
            assert follower.replay(alice_id, *scope, after=begin["id"])["count"] == 1000
        database.run(insert + row)
        follower.wait(lambda: follower.position == begin["position"] + 1001, "one more")
        for scope in ((), (workspace_id,)):
            assert follower.replay(alice_id, *scope, after=begin["id"])["sync"]
        # Of nobody's business, but looked at.
        other = f"(19, {workspace_id}, NULL, NULL, 0)"
        for _ in range(10):
            database.run(insert + ", ".join([other] * 1000))
        follower.wait(lambda: follower.position == begin["position"] + 11_001, "ten thousand events")
        second = f"{follower.epoch}-{begin['position'] + 1000}"
        for scope in ((), (workspace_id,)):
            assert follower.replay(alice_id, *scope, after=second)["sync"]
            assert not follower.replay(alice_id, *scope, after=f"{follower.epoch}-{begin['position'] + 1001}")["sync"]
        # The job deletes what is older than EVENT_LOG_HOURS: all rows of the year 1970, and those before them.
        os.kill(server.stack.parleys[0].pid, signal.SIGUSR1)
        wait_until(lambda: database.number("SELECT COUNT(*) FROM event_log") == 0, 30, "the clean-up")
        assert follower.replay(alice_id, after=f"{follower.epoch}-{begin['position'] + 5000}")["sync"]
        assert not follower.replay(alice_id, after=f"{follower.epoch}-{follower.position}")["sync"]
        talk.say("goes on")
        follower.wait(lambda: follower.position == begin["position"] + 11_002, "the next position")
