"""What the event log tells of reactions, pins, read marks, one's own state of a chat and statuses, and to whom."""
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.database import Database
from support.deep import Deep
from support.events import as_told, following
from support.holder import Holder
from support.talk import Talk

pytestmark = pytest.mark.mysql


def test_event_log__reactions_pins_and_read_marks_are_told(follower, alice, bob, make_user):
    talk = Talk(alice, bob, make_user)
    said = talk.say("hello")
    path = f"{talk.at}/message/{said['id']}"
    alice.ok("PUT", f"{path}/reactions/\u2764", 200)
    alice.ok("PUT", f"{path}/pin", 204)
    alice.ok("POST", f"{talk.at}/read", 200, json={"seq": 1})
    edited = bob.ok("PUT", path, 200, json={"content": "hello, all"})
    told = follower.told("message.updated", id=said["id"])[0]["data"]
    assert told == {**as_told(edited), "reactions": [{"emoji": "\u2764\ufe0f", "count": 1}]} and told["pinned"]
    by = {"message_id": said["id"], "chat_id": talk.chat, "user_id": alice.id}
    assert follower.told("reaction.changed", message_id=said["id"])[0]["data"] == {
        **by, "emoji": "\u2764\ufe0f", "count": 1, "on": True}
    assert follower.told("message.pinned", message_id=said["id"])[0]["data"] == {**by, "pinned": True}
    assert follower.told("read", chat_id=talk.chat)[0]["data"] == {"chat_id": talk.chat, "user_id": alice.id, "seq": 1}


def test_event_log__read_marks_are_for_all_in_a_small_chat(server, follower, alice, bob, make_user):
    talk, database = Talk(alice, bob, make_user), Database(server)
    opened = alice.chat(talk.id, "Open", join="open")["id"]
    bob.ok("POST", f"{talk.chat_path(opened)}/join", 200)
    begin = follower.told("member.joined", chat_id=opened, user_id=bob.id)[0]["id"]
    for text in ("1", "2", "3"):
        alice.message(talk.id, talk.chat, text)
        alice.message(talk.id, opened, text)

    def audience(chat, **mark):
        bob.ok("POST", f"{talk.chat_path(chat)}/read", 200, json=mark)
        event = follower.told("read", chat_id=chat, seq=mark["seq"] - mark.get("unread", False))[-1]
        assert event["data"]["user_id"] == bob.id
        return event["audience"]

    database.crowd(talk.id, 18)  # 20 with the two
    assert [audience(talk.chat, seq=2), audience(talk.chat, seq=2, unread=True)] == ["workspace"] * 2
    database.crowd(talk.id, 1)
    assert audience(talk.chat, seq=3) == "user"
    assert audience(opened, seq=3) == "members"
    last, workspace_id = follower.position, database.workspace_id(talk.id)
    heard = [follower.replay(database.user_id(who), workspace_id, after=begin, upto=last)["text"].count("event: read\n")
             for who in (alice, bob)]
    assert heard == [3, 4]


@pytest.mark.columns("mariadb", "mysql")
def test_event_log__a_read_mark_that_comes_late_tells_nothing_that_goes_back(make_server):
    server = make_server()
    talk = Deep(server).talk()
    talk.say(*"123456")
    devices = [talk.owner, talk.owner.sign_in()]

    def mark(device, seq):
        return devices[device].ok("POST", f"{talk.at}/read", 200, json={"seq": seq})

    mark(0, 1)
    with following(server) as follower, ThreadPoolExecutor(2) as pool:
        holder = Holder(server)
        holder.say(f"SELECT read_seq FROM chat_states WHERE chat_id = {Database(server).chat_id(talk.chat)} FOR UPDATE")
        marks = []
        for device, seq in enumerate((5, 3)):  # in this order they get at the row, which stood at 1 for both
            marks.append(pool.submit(mark, device, seq))
            holder.until_waiting(device + 1)
        holder.release()
        assert [one.result()["last_read_seq"] for one in marks] == [5, 5]
        mark(0, 6)
        follower.told("read", seq=6)
        assert [event["data"]["seq"] for event in follower.events if event.get("kind") == "read"] == [5, 6]


def test_event_log__own_state_is_told_to_its_owner_alone(server, follower, alice, bob, make_user):
    talk = Talk(alice, bob, make_user)
    talk.say("one", "two")
    own = {"chat_id": talk.chat, "last_read_seq": 0, "notify": "mentions", "starred": False, "draft": None}
    long = "x" * 70_000
    for change, told in (({"starred": True}, {"starred": True}),
                         ({"notify": "all", "draft": "Wha"}, {"notify": "all", "draft": "Wha"}),
                         ({"draft": long}, {"draft": None, "truncated": True})):
        alice.ok("PUT", f"{talk.at}/state", 200, json=change)
        own |= told
        event = follower.told("state", **own)[-1]
        assert event["data"] == own and event["audience"] == "user"
        assert event["user_id"] == Database(server).user_id(alice)
    alice.ok("POST", f"{talk.at}/read", 200, json={"seq": 2})
    alice.ok("PUT", f"{talk.at}/state", 200, json={"draft": ""})
    alice.ok("POST", f"{talk.at}/read", 200, json={"seq": 2, "unread": True})
    del own["truncated"]
    assert follower.told("state", draft=None, last_read_seq=1)[-1]["data"] == {**own, "last_read_seq": 1}
    follower.check_contiguous()


def test_event_log__status_is_told_in_the_workspaces_of_its_owner(server, follower, alice, bob, make_user):
    talk = Talk(alice, bob, make_user)
    status = {"text": "At lunch", "emoji": "\U0001f35c", "until": None}
    workspaces = {Database(server).workspace_id(workspace["id"]) for workspace in bob.ok("GET", "/workspaces")}

    def told_of(said):
        return follower.told("status", user_id=bob.id, status=said)

    assert Database(server).workspace_id(talk.id) in workspaces and len(workspaces) == 2
    for said in (status, None):
        bob.ok("PUT", "/auth/me/status", 200, json=said or {})
        follower.wait(lambda said=said: workspaces == {event["workspace_id"] for event in told_of(said)}, "both workspaces")
        assert all(event["data"] == {"user_id": bob.id, "status": said} and event["audience"] == "workspace"
                   for event in told_of(said))
