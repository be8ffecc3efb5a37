"""Chats that begin as another one did."""
import re

import pytest
from support.client import anyone
from support.deep import Deep
from support.races import at_once, made_once, statuses
from support.streams import Streams
from support.talk import Talk, faults, is_code, text_file
from support.waiting import until

pytestmark = pytest.mark.mysql


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


def fork(person, at, message, **more):
    return person.ok("POST", f"{at}/fork", 201, json={"message_id": message["id"], **more})


def messages(person, talk, chat):
    return person.ok("GET", f"{talk.chat_path(chat)}/messages?page_size=200")["messages"]


def content_of(person, attachment, ca):
    answer = person.get(f"/attachments/{attachment['id']}")
    return anyone("GET", answer.headers["location"], ca).content if answer.status_code == 302 else answer.content


# --- what it is ---

def test_fork__has_everything_up_to_a_message(talk):
    talk.say(*[str(n) for n in range(1, 46)])
    last = talk.say("46", person=talk.owner)
    talk.say("47")
    made = fork(talk.member, talk.at, last)
    assert made["forked_from"] == {"chat_id": talk.chat, "message_id": last["id"]} and made["created_by"] == talk.member.id
    assert (made["title"], made["join"], made["last_seq"], made["message_count"]) == ("Chat", "workspace", 46, 46)
    copied, old = messages(talk.guest, talk, made["id"]), messages(talk.guest, talk, talk.chat)[:46]
    fresh = {"id": 0, "chat_id": 0}
    assert [{**m, **fresh} for m in copied] == [{**m, **fresh} for m in old]
    assert {m["id"] for m in copied}.isdisjoint({m["id"] for m in old})
    went_on = talk.owner.message(talk.id, made["id"], "on")
    assert went_on["seq"] == 47 and messages(talk.owner, talk, talk.chat)[-1]["content"] == "47"


def test_fork__keeps_threads_and_deleted_ones_and_leaves_the_rest(talk):
    root, gone = talk.say("root"), talk.say("gone")
    reply = talk.member.message(talk.id, talk.chat, "reply", reply_to=root["id"])
    orphan = talk.member.message(talk.id, talk.chat, "orphan", reply_to=gone["id"])
    path = f"{talk.at}/message/{root['id']}"
    talk.owner.ok("PUT", f"{path}/reactions/\u2764", 200)
    talk.owner.ok("PUT", f"{path}/pin", 204)
    talk.owner.ok("PUT", f"{talk.path}/saved/{root['id']}", 204)
    talk.member.ok("PUT", path, 200, json={"content": f"root @{talk.owner.user['username']}"})
    talk.member.ok("DELETE", f"{talk.at}/message/{gone['id']}", 204)
    late = talk.member.message(talk.id, talk.chat, "late", reply_to=root["id"])
    made = fork(talk.owner, talk.at, orphan)
    at = talk.chat_path(made["id"])
    first, second, third, fourth = messages(talk.owner, talk, made["id"])
    assert first["reply_count"] == 1 and third["reply_to"] == third["root_id"] == first["id"]
    assert second["deleted_at"] and second["content"] == "" and fourth["reply_to"] == second["id"]
    assert (first["reactions"], first["pinned"], first["saved"], first["mentions"]) == ([], False, False, [])
    assert first["edited_at"] and first["content"].startswith("root @")
    assert [v["content"] for v in talk.owner.ok("GET", f"{at}/message/{first['id']}/history")] == [first["content"]]
    assert [m["id"] for m in talk.owner.ok("GET", f"{at}/message/{first['id']}/replies")] == [third["id"]]
    assert talk.owner.ok("GET", f"{at}/pins") == [] and late and reply
    answer = talk.member.message(talk.id, made["id"], "answer", reply_to=third["id"])
    assert answer["root_id"] == first["id"]
    assert talk.member.ok("PUT", f"{at}/message/{first['id']}", 200, json={"content": "mine"})["content"] == "mine"
    assert talk.owner.ok("GET", path)["content"].startswith("root @")


def test_fork__has_the_settings_and_another_title(talk):
    chat = talk.owner.chat(talk.id, "Old", join="open", system_prompt="Be brief.", temperature=0.5, max_tokens=7)
    said = talk.owner.message(talk.id, chat, "x")
    made = fork(talk.owner, talk.chat_path(chat["id"]), said, title="  New ")
    assert made["title"] == "New"
    for name in ("join", "system_prompt", "temperature", "max_tokens", "assistant", "provider", "model"):
        assert made[name] == chat[name], name
    assert talk.owner.ok("GET", f"{talk.path}/chats/history", params={"q": "new"})[0]["id"] == made["id"]


def test_fork__passes_forwarded_messages_on(talk):
    said = talk.say("x")
    passed = talk.owner.ok("POST", f"{talk.at}/message", 201, json={"forward": said["id"], "content": "Look"})
    made = fork(talk.member, talk.at, passed)
    copy = messages(talk.member, talk, made["id"])[1]
    assert copy["forwarded_from"] == passed["forwarded_from"] and copy["content"] == passed["content"]


# --- who is in it ---

def test_fork__of_everyones_chat_is_everyones_and_read(talk):
    said = talk.say("1", "2", f"3 @{talk.owner.user['username']}")
    made = fork(talk.member, talk.at, said)
    for person in (talk.owner, talk.member, talk.guest):
        chat = person.ok("GET", talk.chat_path(made["id"]))
        assert (chat["unread_count"], chat["mention_count"], chat["last_read_seq"]) == (0, 0, 3)
    talk.member.message(talk.id, made["id"], "new")
    assert talk.owner.ok("GET", talk.chat_path(made["id"]))["unread_count"] == 1


@pytest.mark.parametrize("join", ["open", "invite"])
def test_fork__of_another_chat_is_its_makers_alone(talk, join):
    chat = talk.owner.chat(talk.id, "Old", join=join)["id"]
    talk.owner.ok("PUT", f"{talk.chat_path(chat)}/members/{talk.member.id}", 200)
    said = talk.owner.message(talk.id, chat, "x")
    made = fork(talk.member, talk.chat_path(chat), said)
    at = talk.chat_path(made["id"])
    assert made["join"] == join and [m["user_id"] for m in talk.member.ok("GET", f"{at}/members")] == [talk.member.id]
    assert made["unread_count"] == 0
    answer = talk.owner.get(f"{at}/messages")
    assert is_code(answer, 403, "not_joined") if join == "open" else is_code(answer, 404, "chat_not_found")
    talk.member.ok("PUT", f"{at}/members/{talk.guest.id}", 200)
    seen = talk.guest.ok("GET", at)
    # Who may not know of the chat is not told where this one began.
    assert seen["forked_from"] == (None if join == "invite" else {"chat_id": chat, "message_id": said["id"]})
    assert [m["content"] for m in seen["messages"]] == ["x"]


def test_fork__of_a_direct_chat_is_a_chat_with_a_title(talk):
    chat = talk.owner.ok("POST", f"{talk.path}/direct", 200, json={"user_ids": [talk.member.id]})["id"]
    said = talk.owner.message(talk.id, chat, "between us")
    assert faults(talk.owner.post(f"{talk.chat_path(chat)}/fork", json={"message_id": said["id"]})) == [("body", "title")]
    made = fork(talk.member, talk.chat_path(chat), said, title="Alone")
    assert (made["kind"], made["direct"], made["join"]) == ("chat", [], "invite")
    assert is_code(talk.owner.get(talk.chat_path(made["id"])), 404, "chat_not_found")
    assert talk.owner.ok("POST", f"{talk.path}/direct", 200, json={"user_ids": [talk.member.id]})["id"] == chat


def test_fork__takes_the_right_to_read_and_to_make_chats(talk):
    shut, opened = (talk.owner.chat(talk.id, join, join=join)["id"] for join in ("invite", "open"))
    for chat, status, code in ((shut, 404, "chat_not_found"), (opened, 403, "not_joined")):
        said = talk.owner.message(talk.id, chat, "x")
        assert is_code(talk.member.post(f"{talk.chat_path(chat)}/fork", json={"message_id": said["id"]}), status, code)
    said = talk.say("x")
    assert is_code(talk.guest.post(f"{talk.at}/fork", json={"message_id": said["id"]}), 403, "forbidden")
    elsewhere = talk.owner.message(talk.id, shut, "y")
    assert is_code(talk.owner.post(f"{talk.at}/fork", json={"message_id": elsewhere["id"]}), 404, "message_not_found")
    talk.member.ok("DELETE", f"{talk.at}/message/{said['id']}", 204)
    assert is_code(talk.owner.post(f"{talk.at}/fork", json={"message_id": said["id"]}), 404, "message_not_found")


def test_fork__is_made_once(talk):
    said = talk.say("x")
    made = made_once(lambda: talk.member.post(f"{talk.at}/fork", json={"message_id": said["id"]},
                                              headers={"Idempotency-Key": "once"}))
    assert sorted(c["id"] for c in talk.owner.ok("GET", f"{talk.path}/chats/history")) == sorted([made, talk.chat])


def test_fork__of_a_chat_that_is_gone_stands_by_itself(talk):
    said = talk.say("x")
    made = fork(talk.member, talk.at, said)
    talk.owner.ok("DELETE", talk.at, 204)
    chat = talk.owner.ok("GET", talk.chat_path(made["id"]))
    assert chat["forked_from"] is None and [m["content"] for m in chat["messages"]] == ["x"]


def test_fork__is_told_and_found(talk, server):
    streams = Streams(server)
    stream = streams.open(talk.owner)
    said = talk.say("Gabelung")
    made = fork(talk.member, talk.at, said)
    told = stream.until("chat.created", id=made["id"]).data
    assert told["forked_from"] == made["forked_from"] and told["message_count"] == 1
    copy = messages(talk.owner, talk, made["id"])[0]
    until(lambda: [h["message"]["id"] for h in talk.owner.ok("GET", f"{talk.path}/search", params={"q": "Gabelung"})["hits"]]
          == [copy["id"], said["id"]])
    streams.close()


@pytest.mark.columns("sqlite")
def test_fork__takes_ten_thousand_messages_and_no_more(make_server):
    deep = Deep(make_server())
    talk = deep.talk()
    deep.rows("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001) INSERT INTO messages (uuid, "
              "workspace_id, chat_id, seq, content, created_us, updated_us) SELECT randomblob(16), c.workspace_id, c.id, n.i, "
              "'x', 1, 1 FROM n, chats c")
    deep.rows("UPDATE chats SET last_seq = 10001, message_count = 10001, version = version + 1")
    last = talk.owner.ok("GET", f"{talk.at}/messages")["messages"][-2:]
    assert is_code(talk.owner.post(f"{talk.at}/fork", json={"message_id": last[1]["id"]}), 409, "limit_reached")
    # Nor more than two thousand files, those that they are said to have.
    deep.rows("UPDATE messages SET attachment_count = 1 WHERE seq <= 2001")
    assert is_code(talk.owner.post(f"{talk.at}/fork", json={"message_id": last[0]["id"]}), 409, "limit_reached")
    deep.rows("UPDATE messages SET attachment_count = 0 WHERE seq = 1")
    made = fork(talk.owner, talk.at, last[0])
    assert (made["message_count"], made["last_seq"]) == (10000, 10000) and deep.count("chats") == 2
    # What has been erased at the beginning does not count.
    deep.rows("DELETE FROM messages WHERE seq <= 9990")
    made = fork(talk.owner, talk.at, last[1])
    assert (made["message_count"], made["last_seq"]) == (11, 10001)
    assert [m["seq"] for m in messages(talk.owner, talk, made["id"])] == list(range(9991, 10002))


@pytest.mark.columns("sqlite")
def test_fork__passes_over_what_has_been_erased_in_the_middle(make_server):
    deep = Deep(make_server())
    talk = deep.talk()
    talk.say(*[str(n) for n in range(1, 31)])
    deep.rows("UPDATE chats SET last_seq = 200000")
    files = talk.sent(text_file(), content="far")
    made = fork(talk.owner, talk.at, files)
    copied = messages(talk.owner, talk, made["id"])
    assert [m["seq"] for m in copied] == [*range(1, 31), 200001] and copied[-1]["attachments"]
    [line] = [line for line in deep.server.log().splitlines() if "/fork" in line]
    assert int(re.search(r"statements=(\d+)", line).group(1)) < 60, line


# --- files ---

def test_fork__shares_the_files(make_server):
    deep = Deep(make_server())
    owner, member, admin = deep.people(2)
    talk = Talk(owner, member, None)
    sent = [talk.sent(text_file(b"%d" % n, f"{n}.txt"), text_file(b"x%d" % n, f"x{n}.txt")) for n in range(3)]
    made = fork(talk.owner, talk.at, sent[1])
    copied = messages(talk.owner, talk, made["id"])
    assert len(deep.objects()) == 6 and deep.count("attachments") == 10
    assert [a["filename"] for m in copied for a in m["attachments"]] == ["0.txt", "x0.txt", "1.txt", "x1.txt"]
    talk.owner.ok("DELETE", talk.at, 204)
    deep.wake()
    until(lambda: deep.count("chats", "deleted_us IS NOT NULL") == 0 and deep.is_clean())
    assert len(deep.objects()) == 4
    assert content_of(talk.owner, copied[1]["attachments"][1], deep.server.ca) == b"x1"
    # Who wrote it is its author here, too.
    assert admin.delete(f"/users/{member.id}", params={"messages": "erase"}).status_code == 204
    deep.wake()
    until(lambda: deep.count("messages") == 0 and deep.objects() == [] and deep.is_clean())


def test_fork__of_many_at_once_while_files_are_deleted(make_server):
    deep = Deep(make_server())
    owner, member, _ = deep.people(2)
    talk = Talk(owner, member, None)
    sent = [talk.sent(text_file(b"%d" % n, f"{n}.txt")) for n in range(6)]
    last = talk.say("end")

    def act(i):
        if i < 4:
            return owner.post(f"{talk.at}/fork", json={"message_id": last["id"]})
        return member.delete(f"{talk.at}/message/{sent[i - 4]['id']}")

    answers = at_once(8, act)
    assert set(statuses(answers)) <= {201, 204, 503} and statuses(answers).get(201, 0) > 0, statuses(answers)
    for answer in answers[:4]:
        for message in messages(owner, talk, answer.json()["id"]) if answer.status_code == 201 else []:
            for file in message["attachments"]:
                assert content_of(owner, file, deep.server.ca).isdigit()
    assert deep.objects() == sorted({key for (key,) in deep.rows("SELECT object_key FROM attachments")})


# --- the step of the schema ---

def test_migration__gives_an_object_one_row_again_on_the_way_back(old_database):
    sql = old_database.sql
    old_database.parley("migrate", "up")
    for row, key in ((3, "a"), (4, "b"), (7, "a"), (9, "a")):
        sql("INSERT INTO attachments (id, uuid, workspace_id, object_key, filename, content_type, size_bytes, created_us) "
            f"VALUES ({row}, X'{row:032x}', 1, '{key}', 'f', 't', 1, 0)")
    old_database.parley("migrate", "down", "19")
    for _ in range(2):
        assert sql("SELECT id, object_key FROM attachments ORDER BY id") == ["3\ta", "4\tb"]
        old_database.parley("migrate", "up")
        assert sql("SELECT id, object_key FROM attachments ORDER BY id") == ["3\ta", "4\tb"]
        sql("INSERT INTO attachments (uuid, workspace_id, object_key, filename, content_type, size_bytes, created_us) "
            f"VALUES (X'{10:032x}', 1, 'b', 'f', 't', 1, 0)")
        # What has been given once is never given again.
        assert int(sql("SELECT MAX(id) FROM attachments")[0]) > 9
        old_database.parley("migrate", "down", "19")
