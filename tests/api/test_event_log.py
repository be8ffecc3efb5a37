"""The event log: what each change tells, to whom, in an order without gaps, whatever is killed, stopped or in the way."""
import os
import signal
import threading
import time

import httpx
import pytest
from harness.process import wait_until
from support.database import Database
from support.events import as_told, following
from support.talk import Talk
from support.waiting import until

pytestmark = pytest.mark.mysql
servers = pytest.mark.columns("mariadb", "mysql")


# ---- what is told ----

def test_event_log__message_is_told_as_everyone_reads_it(follower, alice, bob, make_user):
    talk = Talk(alice, bob, make_user)
    first = talk.say("hello")
    reply = talk.member.ok("POST", f"{talk.at}/message", 201, json={"content": "again", "reply_to": first["id"]})
    filed = talk.sent(("a.txt", b"text", "text/plain"), content="file")
    created = follower.told("message.created", id=filed["id"])[0]
    assert created["audience"] == "workspace" and created["id"] == f"{follower.epoch}-{created['position']}"
    assert created["data"] == as_told(filed)
    assert follower.told("message.created", id=reply["id"])[0]["data"]["reply_to"] == first["id"]
    edited = talk.member.ok("PUT", f"{talk.at}/message/{first['id']}", json={"content": "hello, all"})
    assert follower.told("message.updated", id=first["id"])[0]["data"] == as_told(edited)
    talk.member.ok("DELETE", f"{talk.at}/message/{first['id']}", 204)
    deleted = follower.told("message.deleted", id=first["id"])[0]["data"]
    assert deleted == {"id": first["id"], "chat_id": talk.chat, "seq": first["seq"]}
    follower.check_contiguous()


def test_event_log__long_text_is_told_without_it(follower, alice, bob, make_user):
    talk = Talk(alice, bob, make_user)
    sent = [talk.say("x" * length) for length in (60_000, 70_000)] + [talk.say("\x02ü" * 30_000)]
    told = [follower.told("message.created", id=message["id"])[0]["data"] for message in sent]
    assert told[0] == as_told(sent[0])
    for data, message in zip(told[1:], sent[1:], strict=True):
        assert data == {**as_told(message), "content": None, "truncated": True}


def test_event_log__chats_are_told_to_those_who_may_see_them(server, follower, alice, bob, make_user):
    talk = Talk(alice, bob, make_user)
    ids = {person: Database(server).user_id(person) for person in (alice, bob)}
    shut = alice.ok("POST", f"{talk.path}/chat", 201, json={"title": "Shut", "join": "invite"})
    at = talk.chat_path(shut["id"])
    made = follower.told("chat.created", id=shut["id"])[0]
    assert (made["audience"], made["members"]) == ("members", [ids[alice]])
    assert all(shut.get(name, value) == value for name, value in made["data"].items())
    assert "joined" not in made["data"] and "last_message" not in made["data"]
    alice.ok("PUT", f"{at}/members/{bob.id}")
    joined = follower.told("member.joined", chat_id=shut["id"], user_id=bob.id)[0]
    assert joined["members"] == sorted(ids.values()) and joined["change"] == "joined"
    assert joined["data"] == {"workspace_id": talk.id, "chat_id": shut["id"], "user_id": bob.id, "role": "MEMBER"}
    said = alice.message(talk.id, shut["id"], "between us")
    assert follower.told("message.created", id=said["id"])[0]["members"] == sorted(ids.values())
    bob.ok("POST", f"{at}/leave", 204)
    left = follower.told("member.left", chat_id=shut["id"], user_id=bob.id)[0]
    assert (left["change"], left["members"]) == ("left", sorted(ids.values()))
    said = alice.message(talk.id, shut["id"], "alone")
    assert follower.told("message.created", id=said["id"])[0]["members"] == [ids[alice]]
    alice.ok("PUT", at, json={"join": "open"})
    assert follower.changed("rights", chat_id=left["chat_id"])
    assert follower.told("chat.updated", id=shut["id"])[-1]["audience"] == "workspace"
    said = alice.message(talk.id, shut["id"], "who joins reads")
    assert follower.told("message.created", id=said["id"])[0]["members"] == [ids[alice]]
    alice.ok("DELETE", at, 204)
    gone = follower.told("chat.deleted", id=shut["id"])[0]
    assert gone["change"] == "chat_ended" and gone["data"] == {"id": shut["id"], "workspace_id": talk.id}
    follower.check_contiguous()


def test_event_log__chat_that_moves_ends_here_and_begins_there(server, follower, alice, bob, make_user):
    talk = Talk(alice, bob, make_user)
    there = alice.workspace("There")["id"]
    shut = alice.ok("POST", f"{talk.path}/chat", 201, json={"title": "Shut", "join": "invite"})["id"]
    alice.ok("PUT", f"{talk.chat_path(shut)}/members/{bob.id}")
    alice.ok("POST", f"{talk.chat_path(shut)}/move", json={"workspace_id": there})
    ended = follower.told("chat.deleted", id=shut)[0]
    begun = follower.told("chat.created", id=shut, workspace_id=there)[0]
    left = follower.told("member.left", chat_id=shut, user_id=bob.id)[0]
    assert ended["position"] < begun["position"] and ended["data"]["workspace_id"] == talk.id
    assert begun["members"] == [Database(server).user_id(alice)] and Database(server).user_id(bob) in left["members"]
    # What is said there is not for those who stayed behind, nor is what was told here told with what it has become.
    workspace_id = Database(server).workspace_id(talk.id)
    late = follower.replay(Database(server).user_id(bob), workspace_id, after=f"{follower.epoch}-{follower.starts[0][1]}")
    assert there not in late["text"] and shut not in late["text"].replace(ended["text"], "").replace(left["text"], "")


def test_event_log__who_leaves_where_a_chat_has_moved_to_hears_no_more_of_it(server, follower, alice, bob, make_user):
    talk = Talk(alice, bob, make_user)
    carol, there = make_user(), alice.workspace("There")["id"]
    alice.add_member(talk.id, carol)
    alice.add_member(there, carol)
    shut = alice.ok("POST", f"{talk.path}/chat", 201, json={"title": "Shut", "join": "invite"})["id"]
    for person in (bob, carol):
        alice.ok("PUT", f"{talk.chat_path(shut)}/members/{person.id}")
    alice.ok("POST", f"{talk.chat_path(shut)}/move", json={"workspace_id": there})  # leaves bob behind
    alice_id, carol_id = (Database(server).user_id(person) for person in (alice, carol))
    said = alice.message(there, shut, "with carol")
    assert follower.told("message.created", id=said["id"])[0]["members"] == sorted((alice_id, carol_id))
    alice.ok("DELETE", f"/workspaces/{there}/users/{carol.id}", 204)
    alice.add_member(there, carol)
    said = alice.message(there, shut, "without carol")
    assert follower.told("message.created", id=said["id"])[0]["members"] == [alice_id]


def test_event_log__members_of_a_workspace(server, follower, alice, bob, make_user):
    talk = Talk(alice, bob, make_user)
    bob_id = Database(server).user_id(bob)
    joined = follower.told("member.joined", workspace_id=talk.id, user_id=bob.id)[0]
    assert joined["audience"] == "workspace" and joined["data"]["chat_id"] is None and joined["data"]["role"] == "MEMBER"
    shut = alice.ok("POST", f"{talk.path}/chat", 201, json={"title": "Shut", "join": "invite"})["id"]
    alice.ok("PUT", f"{talk.chat_path(shut)}/members/{bob.id}")
    said = alice.message(talk.id, shut, "with bob")
    assert bob_id in follower.told("message.created", id=said["id"])[0]["members"]
    alice.ok("PUT", f"{talk.path}/users/{bob.id}", json={"role": "GUEST"})
    assert follower.changed("rights", user_id=bob_id, workspace_id=joined["workspace_id"])
    alice.ok("DELETE", f"{talk.path}/users/{bob.id}", 204)
    left = follower.told("member.left", workspace_id=talk.id, user_id=bob.id)[0]
    assert left["change"] == "left" and left["data"]["chat_id"] is None
    said = alice.message(talk.id, shut, "without bob")
    assert bob_id not in follower.told("message.created", id=said["id"])[0]["members"]
    alice.ok("DELETE", talk.path, 204)
    assert follower.changed("workspace_ended", workspace_id=joined["workspace_id"])


def test_event_log__what_ends_access_is_told_to_the_server_alone(server, follower, admin, make_user):
    database = Database(server)
    person = make_user()
    person_id = database.user_id(person)
    kept = database.number(f"SELECT MAX(id) FROM sessions WHERE user_id = {person_id}")
    server.http.post("/auth/login", json={"email": person.email, "password": person.password}).raise_for_status()
    person.ok("DELETE", "/auth/sessions", 204)
    told = follower.changed("sessions", user_id=person_id)[0]
    assert (told["session_id"], told["kept_session_id"]) == (0, kept)
    admin.ok("PUT", f"/users/{person.id}", json={"role": "ADMIN"})
    assert follower.changed("rights", user_id=person_id)
    admin.ok("PUT", f"/users/{person.id}", json={"is_active": False})
    told = follower.changed("sessions", user_id=person_id, kept_session_id=0)[0]
    assert told["session_id"] == 0 and told["audience"] == "nobody" and "text" not in told
    assert follower.changed("keys", user_id=person_id)[0]["key_id"] == 0


def test_event_log__signing_out_names_the_session(server, follower, make_user):
    database = Database(server)
    person = make_user()
    person_id = database.user_id(person)
    session_id = database.number(f"SELECT MAX(id) FROM sessions WHERE user_id = {person_id}")
    person.ok("POST", "/auth/logout", 204)
    assert follower.changed("sessions", user_id=person_id)[0]["session_id"] == session_id


# ---- order ----

@servers
def test_event_log__open_transaction_holds_nobody_up_and_is_not_lost(server, follower, alice, bob, make_user):
    talk = Talk(alice, bob, make_user)
    database = Database(server)
    client = database.open()
    client.stdin.write("START TRANSACTION;\nINSERT INTO outbox (kind, user_id, at_us) VALUES (19, 987654321, 0);\n"
                       "SELECT LAST_INSERT_ID();\n")
    client.stdin.flush()
    held = int(client.stdout.readline())
    said = [talk.say(f"{i}") for i in range(20)]
    last = follower.told("message.created", id=said[-1]["id"])[0]
    assert not [e for e in follower.events if e["user_id"] == 987654321]
    client.stdin.write("COMMIT;\n")
    client.stdin.close()
    client.wait(timeout=20)
    late = follower.changed("sessions", user_id=987654321)[0]
    assert late["position"] > last["position"]
    assert database.number(f"SELECT COUNT(*) FROM event_log WHERE outbox_id > {held} AND position < {late['position']}") >= 20
    follower.check_contiguous()


def post_all(talk, people, per_person, ids):
    """Each posts in a thread of their own, and goes on where a process or the database is away."""
    def taken(person, key):
        """Asked by the same key until it is: where the connection was cut, nobody knows."""
        try:
            answer = person.request("POST", f"{talk.at}/message", json={"content": key},
                                    headers={"Idempotency-Key": f"{talk.chat}-{key}"})
        except httpx.TransportError:
            return None
        assert answer.status_code in (201, 409, 500, 502, 503, 504), answer.text
        return answer.json()["id"] if answer.status_code == 201 else None

    def work(person, number):
        for i in range(per_person):
            ids.append(until(lambda key=f"{number}-{i}": taken(person, key), 60))
    threads = [threading.Thread(target=work, args=(person, n)) for n, person in enumerate(people)]
    for thread in threads:
        thread.start()
    return threads


def check_each_once(follower, ids, timeout_s=40):
    wanted = set(ids)

    def told():
        return [e["data"]["id"] for e in list(follower.events) if e.get("kind") == "message.created"
                and e["data"]["id"] in wanted]
    follower.wait(lambda: len(set(told())) == len(wanted), "every message", timeout_s)
    found = told()
    assert len(found) == len(wanted) == len(ids)
    seqs = [e["data"]["seq"] for e in follower.events if e.get("kind") == "message.created" and e["data"]["id"] in wanted]
    assert seqs == sorted(seqs), "the order of the log is the order of the chat"


def test_event_log__ten_writers_give_positions_without_gaps(server, follower, alice, bob, make_user):
    talk = Talk(alice, bob, make_user)
    ids = []
    for thread in post_all(talk, [alice, bob] * 5, 20, ids):
        thread.join()
    check_each_once(follower, ids)
    follower.check_contiguous()


@servers
def test_event_log__survives_kill_of_a_process(make_server):
    server = make_server(processes=2)
    alice, bob = server.setup(), None
    bob = server.person(alice)
    talk = Talk(alice, bob, None)
    with following(server) as follower:
        ids = []
        threads = post_all(talk, [alice, bob] * 3, 30, ids)
        victim = server.stack.parleys[0]
        for _ in range(3):
            wait_until(lambda count=len(ids): len(ids) > count + 10 or len(ids) >= 180, 30, "messages")
            victim.kill()
            victim.start()
        for thread in threads:
            thread.join()
        check_each_once(follower, ids)
        follower.check_contiguous()


@pytest.mark.columns("mariadb")
def test_event_log__survives_kill_of_the_database(make_server, make_backing):
    backing = make_backing()
    server = make_server(backing=backing)
    alice = server.setup()
    bob = server.person(alice)
    talk = Talk(alice, bob, None)
    with following(server) as follower:
        ids = []
        threads = post_all(talk, [alice, bob] * 2, 30, ids)
        for _ in range(2):
            wait_until(lambda count=len(ids): len(ids) > count + 10 or len(ids) >= 120, 30, "messages")
            backing.database.kill()
            backing.database.start()
            backing.database.wait()
        for thread in threads:
            thread.join()
        check_each_once(follower, ids)
        assert len(follower.starts) == 1
        follower.check_contiguous()


@servers
def test_event_log__process_that_is_stopped_holds_nobody_up(make_server):
    server = make_server(processes=2)
    alice = server.setup()
    bob = server.person(alice)
    talk = Talk(alice, bob, None)
    with following(server) as follower:
        ids = []
        threads = post_all(talk, [alice, bob] * 2, 40, ids)
        wait_until(lambda: len(ids) > 20, 30, "messages")
        stopped = server.stack.parleys[0]
        os.kill(stopped.pid, signal.SIGSTOP)
        try:
            database = Database(server)
            database.run("INSERT INTO outbox (kind, user_id, at_us) VALUES (19, 5550001, 0)")
            began = time.monotonic()
            follower.wait(lambda: [e for e in list(follower.events) if e["user_id"] == 5550001], "the event", 5)
            assert time.monotonic() - began < 2
        finally:
            os.kill(stopped.pid, signal.SIGCONT)
        for thread in threads:
            thread.join()
        check_each_once(follower, ids)
        follower.check_contiguous()


@servers
def test_event_log__step_that_fails_is_taken_again(make_server):
    server = make_server()
    alice = server.setup()
    bob = server.person(alice)
    talk = Talk(alice, bob, None)
    database = Database(server)
    with following(server) as follower:
        # The second statement of the step is refused, with the sequencer's row locked.
        database.run("ALTER TABLE event_log ADD COLUMN wanted INT NOT NULL")
        said = [talk.say(f"{i}") for i in range(5)]
        wait_until(lambda: "events cannot be given their positions" in server.log(), 20, "the line of the log")
        assert database.number("SELECT COUNT(*) FROM outbox") >= 5
        database.run("ALTER TABLE event_log DROP COLUMN wanted")
        check_each_once(follower, [message["id"] for message in said])
        follower.check_contiguous()
        wait_until(lambda: "events are given their positions again" in server.log(), 20, "the line of the log")


@servers
def test_event_log__backlog_goes_at_once(server, follower):
    database = Database(server)
    rows = ", ".join(f"(19, 777001, '{i}', 0)" for i in range(1, 1301))
    database.run(f"INSERT INTO outbox (kind, user_id, detail, at_us) VALUES {rows}")

    def told():
        return [e["session_id"] for e in list(follower.events) if e["user_id"] == 777001]
    follower.wait(lambda: len(told()) == 1300, "the whole backlog")
    assert told() == list(range(1, 1301))
    follower.check_contiguous()
