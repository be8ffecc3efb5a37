"""One's own state of a chat: what is unread, notifications, star, draft."""
import pytest
from support.database import Database
from support.deep import Deep
from support.races import at_once, statuses
from support.talk import Talk, faults, is_code
from support.waiting import until

SAME = ("last_read_seq", "unread_count", "mention_count", "last_seq", "notify", "starred", "draft")


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


def state(person, talk, chat=None):
    """The state of a chat, which is the same wherever it is shown."""
    at = talk.chat_path(chat or talk.chat)
    found = person.ok("GET", f"{at}/state")
    listed = [c for c in person.ok("GET", f"{talk.path}/chats/history") if c["id"] == found["chat_id"]]
    for shown in (*listed, person.ok("GET", at)):
        assert {k: shown[k] for k in SAME} == {k: found[k] for k in SAME}
    return found


def unread(person, talk, chat=None):
    return state(person, talk, chat)["unread_count"]


def mark(person, talk, seq, **more):
    return person.ok("POST", f"{talk.at}/read", 200, json={"seq": seq, **more})


# --- what is unread ---

def test_unread__of_a_new_chat_is_nothing(talk):
    found = state(talk.guest, talk)
    assert (found["last_read_seq"], found["unread_count"], found["mention_count"], found["last_seq"]) == (0, 0, 0, 0)
    assert (found["notify"], found["starred"], found["draft"]) == ("mentions", False, None)


def test_unread__counts_what_others_have_said(talk):
    assert unread(talk.guest, talk) == 0
    talk.say("one", "two")
    talk.say("three", person=talk.owner)
    assert unread(talk.guest, talk) == 3
    assert unread(talk.member, talk) == 1
    assert state(talk.owner, talk)["last_read_seq"] == 3 and unread(talk.owner, talk) == 0


def test_mark__goes_up_and_never_down(talk):
    talk.say("1", "2", "3")
    guest = talk.guest
    mark(guest, talk, 1, unread=True)
    assert mark(guest, talk, 2) == state(guest, talk)
    assert (state(guest, talk)["last_read_seq"], unread(guest, talk)) == (2, 1)
    assert mark(guest, talk, 1)["last_read_seq"] == 2
    assert mark(guest, talk, 1000)["last_read_seq"] == 3 and unread(guest, talk) == 0


def test_mark__unread_goes_back(talk):
    talk.say("1", "2", "3")
    assert mark(talk.owner, talk, 3)["unread_count"] == 0
    assert mark(talk.owner, talk, 2, unread=True)["unread_count"] == 2
    assert (state(talk.owner, talk)["last_read_seq"], unread(talk.owner, talk)) == (1, 2)
    for further_on in (2, 3, 99):
        assert mark(talk.owner, talk, further_on, unread=True)["last_read_seq"] == 1
    assert unread(talk.owner, talk) == 2


def test_mark__of_many_devices_the_furthest_counts(talk):
    talk.say(*"12345678")
    answers = at_once(8, lambda i: talk.owner.post(f"{talk.at}/read", json={"seq": i + 1}))
    assert statuses(answers) == {200: 8}
    assert state(talk.owner, talk)["last_read_seq"] == 8


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("body", [{}, {"seq": 0}, {"seq": -1}, {"seq": "x"}, {"seq": None}, {"seq": 1, "unread": "x"}])
def test_mark__with_a_bad_body_is_refused(talk, body):
    assert faults(talk.owner.post(f"{talk.at}/read", json=body))


def test_unread__is_less_by_what_was_deleted(talk):
    first = talk.say("1")
    talk.say("2", "3")
    assert unread(talk.owner, talk) == 3
    assert talk.member.delete(f"{talk.at}/message/{first['id']}").status_code == 204
    assert unread(talk.owner, talk) == 2
    mark(talk.owner, talk, 3)
    assert mark(talk.owner, talk, 1, unread=True)["unread_count"] == 2


def test_unread__is_less_by_what_was_erased(make_server):
    deep = Deep(make_server())
    owner, member, admin = deep.people(2)
    talk = Talk(owner, member, None)
    gone = talk.say("1")
    root = talk.say("2", person=owner)
    owner.ok("PUT", f"{talk.at}/message/{root['id']}/reactions/\u2764", 200)
    member.ok("PUT", f"{talk.at}/message/{root['id']}/reactions/\u2764", 200)
    member.message(talk.id, talk.chat, f"3 @{owner.user['username']}", reply_to=root["id"])
    owner.message(talk.id, talk.chat, f"4 @{member.user['username']}")
    member.ok("PUT", f"{talk.at}/message/{gone['id']}", 200, json={"content": "one"})
    member.ok("PUT", f"{talk.at}/message/{gone['id']}/pin", 204)
    mark(owner, talk, 1, unread=True)
    assert (unread(owner, talk), state(owner, talk)["mention_count"]) == (4, 1)
    assert admin.delete(f"/users/{member.id}", params={"messages": "erase"}).status_code == 204
    deep.wake()
    until(lambda: deep.count("messages") == 2)
    assert (unread(owner, talk), state(owner, talk)["mention_count"]) == (2, 0)
    kept = owner.ok("GET", f"{talk.at}/message/{root['id']}")
    assert (kept["reply_count"], kept["reactions"][0]["count"]) == (0, 1)
    assert owner.ok("GET", f"{talk.at}/messages")["messages"][1]["mentions"] == []
    assert deep.count("mentions") == deep.count("pins") == deep.count("message_versions") == 0
    assert deep.count("reactions") == 1 and deep.count("chat_gaps") == 2 and deep.count("chat_states") == 1


def test_deleted_workspace__leaves_nothing(make_server):
    deep = Deep(make_server())
    owner, member, _ = deep.people(2)
    talk = Talk(owner, member, None)
    said = talk.say(f"@{owner.user['username']} @all")
    owner.message(talk.id, talk.chat, "reply", reply_to=said["id"])
    gone = talk.say("gone")
    member.ok("DELETE", f"{talk.at}/message/{gone['id']}", 204)
    member.ok("PUT", f"{talk.at}/message/{said['id']}", 200, json={"content": f"@{owner.user['username']}"})
    owner.ok("PUT", f"{talk.at}/message/{said['id']}/reactions/\u2764", 200)
    owner.ok("PUT", f"{talk.at}/message/{said['id']}/pin", 204)
    tables = ("chat_states", "chat_gaps", "mentions", "message_versions", "reactions", "pins")
    assert all(deep.count(table) for table in tables)
    assert owner.delete(talk.path).status_code == 204
    deep.wake()
    until(lambda: deep.count("messages") == 0 and all(deep.count(table) == 0 for table in tables))


# --- coming and going ---

def test_newcomer__to_a_workspace_has_read_what_was_said(talk, make_user):
    talk.say("1", "2")
    other = talk.owner.chat(talk.id, "Other")["id"]
    new = make_user()
    talk.owner.add_member(talk.id, new)
    assert unread(new, talk) == 0 and state(new, talk)["last_read_seq"] == 2
    talk.say("3")
    talk.owner.message(talk.id, other, "first")
    later = talk.owner.chat(talk.id, "Later")["id"]
    talk.owner.message(talk.id, later, "from its beginning")
    assert (unread(new, talk), unread(new, talk, other), unread(new, talk, later)) == (1, 1, 1)


def test_newcomer__to_a_chat_has_read_what_was_said(talk):
    opened, shut = (talk.owner.chat(talk.id, join, join=join)["id"] for join in ("open", "invite"))
    for chat in (opened, shut):
        talk.owner.message(talk.id, chat, "before")
    talk.member.ok("POST", f"{talk.chat_path(opened)}/join", 200)
    talk.owner.ok("PUT", f"{talk.chat_path(shut)}/members/{talk.member.id}", 200)
    assert [unread(talk.member, talk, chat) for chat in (opened, shut)] == [0, 0]
    for chat in (opened, shut):
        talk.owner.message(talk.id, chat, "after")
    talk.owner.ok("PUT", f"{talk.chat_path(shut)}/members/{talk.member.id}", 200)  # is in it already
    assert [unread(talk.member, talk, chat) for chat in (opened, shut)] == [1, 1]


def test_leaver__takes_their_state_along(talk):
    opened = talk.owner.chat(talk.id, join="open")["id"]
    at = talk.chat_path(opened)
    talk.member.ok("POST", f"{at}/join", 200)
    talk.member.ok("PUT", f"{at}/state", 200, json={"draft": "x", "starred": True})
    talk.member.ok("POST", f"{at}/leave", 204)
    assert is_code(talk.member.get(f"{at}/state"), 403, "not_joined")
    talk.member.ok("POST", f"{at}/join", 200)
    assert (state(talk.member, talk, opened)["draft"], state(talk.member, talk, opened)["starred"]) == (None, False)


def test_chat__that_becomes_everyones_is_read_by_those_who_come(talk):
    shut = talk.owner.chat(talk.id, join="invite")["id"]
    at = talk.chat_path(shut)
    talk.owner.ok("PUT", f"{at}/members/{talk.guest.id}", 200)
    talk.owner.message(talk.id, shut, "1")
    talk.owner.ok("PUT", at, 200, json={"join": "workspace"})
    assert (unread(talk.guest, talk, shut), unread(talk.member, talk, shut)) == (1, 0)
    talk.owner.message(talk.id, shut, "2")
    assert (unread(talk.guest, talk, shut), unread(talk.member, talk, shut)) == (2, 1)


def test_owner__who_comes_into_a_chat_by_shutting_it_has_read_it(talk):
    opened = talk.member.chat(talk.id, join="open")["id"]
    talk.member.message(talk.id, opened, "1")
    talk.owner.ok("PUT", talk.chat_path(opened), 200, json={"join": "invite"})
    assert unread(talk.owner, talk, opened) == 0
    talk.member.message(talk.id, opened, "2")
    assert unread(talk.owner, talk, opened) == 1


def test_owner__who_comes_into_a_chat_by_moving_it_has_read_it(talk):
    opened = talk.member.chat(talk.id, join="open")["id"]
    talk.member.message(talk.id, opened, "1")
    there = talk.owner.workspace("There")["id"]
    talk.owner.ok("POST", f"{talk.chat_path(opened)}/move", 200, json={"workspace_id": there})
    at = f"/workspaces/{there}/chat/{opened}"
    assert talk.owner.ok("GET", f"{at}/state")["unread_count"] == 0
    talk.owner.add_member(there, talk.member)
    talk.member.ok("POST", f"{at}/join", 200)
    talk.member.message(there, opened, "2")
    assert talk.owner.ok("GET", f"{at}/state")["unread_count"] == 1


def test_chat__that_is_shut_takes_the_states_of_those_who_are_out(talk):
    talk.guest.ok("PUT", f"{talk.at}/state", 200, json={"draft": "begun", "starred": True})
    talk.say("1")
    mark(talk.owner, talk, 1)
    talk.owner.ok("PUT", talk.at, 200, json={"join": "invite"})
    assert talk.owner.ok("PUT", f"{talk.at}/members/{talk.member.id}", 200)
    talk.owner.message(talk.id, talk.chat, "2")
    assert unread(talk.member, talk) == 1
    talk.owner.ok("PUT", talk.at, 200, json={"join": "workspace"})
    back = state(talk.guest, talk)
    assert (back["unread_count"], back["last_read_seq"], back["draft"], back["starred"]) == (0, 2, None, False)
    assert (unread(talk.owner, talk), unread(talk.member, talk)) == (0, 1)


def test_moved_chat__keeps_the_states_of_those_who_go_along(talk, make_user):
    talk.say("1", "2")
    mark(talk.owner, talk, 1)
    talk.owner.ok("PUT", f"{talk.at}/state", 200, json={"draft": "kept"})
    mark(talk.member, talk, 1, unread=True)
    there, new = talk.owner.workspace("There")["id"], make_user()
    talk.owner.add_member(there, new)
    talk.owner.ok("POST", f"{talk.at}/move", 200, json={"workspace_id": there})
    at = f"/workspaces/{there}/chat/{talk.chat}"
    kept, came = talk.owner.ok("GET", f"{at}/state"), new.ok("GET", f"{at}/state")
    assert (kept["unread_count"], kept["draft"], came["unread_count"]) == (1, "kept", 0)
    talk.owner.add_member(there, talk.member)
    assert talk.member.ok("GET", f"{at}/state")["unread_count"] == 0


# --- notifications, star, draft ---

def test_state__is_changed_in_parts_and_ones_own(talk):
    put = talk.member.ok("PUT", f"{talk.at}/state", 200, json={"notify": "all", "draft": "Dear all"})
    assert (put["notify"], put["starred"], put["draft"]) == ("all", False, "Dear all")
    put = talk.member.ok("PUT", f"{talk.at}/state", 200, json={"starred": True})
    assert put == state(talk.member, talk) and (put["notify"], put["starred"], put["draft"]) == ("all", True, "Dear all")
    assert state(talk.owner, talk)["notify"] == "mentions"
    put = talk.member.ok("PUT", f"{talk.at}/state", 200, json={"draft": None, "notify": "none"})
    assert (put["notify"], put["starred"], put["draft"]) == ("none", True, None)
    assert talk.member.ok("PUT", f"{talk.at}/state", 200, json={"draft": ""})["draft"] is None


def test_state__of_many_devices_loses_no_field(talk):
    bodies = [{"starred": True}, {"draft": "d"}, {"notify": "all"}]
    answers = at_once(3, lambda i: talk.member.put(f"{talk.at}/state", json=bodies[i]))
    assert statuses(answers) == {200: 3}
    found = state(talk.member, talk)
    assert (found["starred"], found["draft"], found["notify"]) == (True, "d", "all")


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("body", [{"notify": "some"}, {"notify": None}, {"starred": "x"}, {"draft": "x" * 100001},
                                  {"colour": 1}])
def test_state__with_a_bad_body_is_refused(talk, body):
    assert faults(talk.member.put(f"{talk.at}/state", json=body))


def test_state__is_for_those_in_the_chat(talk):
    opened, shut = (talk.owner.chat(talk.id, join, join=join)["id"] for join in ("open", "invite"))
    for method, what, body in (("GET", "state", None), ("PUT", "state", {"starred": True}), ("GET", "read", None),
                               ("POST", "read", {"seq": 1})):
        for chat, status, code in ((opened, 403, "not_joined"), (shut, 404, "chat_not_found")):
            answer = talk.member.request(method, f"{talk.chat_path(chat)}/{what}", json=body)
            assert is_code(answer, status, code)
    assert [c["unread_count"] for c in talk.member.ok("GET", f"{talk.path}/chats/open")] == [0]


# --- lists ---

def places(person, talk, chat=None):
    """{user: how far they have read}"""
    listed = person.ok("GET", f"{talk.chat_path(chat or talk.chat)}/read")
    return {place["user_id"]: place["last_read_seq"] for place in listed}


def test_read_list__has_everyone_in_a_small_chat_else_oneself(talk, server):
    shut = talk.owner.chat(talk.id, join="invite")["id"]
    talk.owner.ok("PUT", f"{talk.chat_path(shut)}/members/{talk.guest.id}", 200)
    talk.say("1", "2")
    mark(talk.owner, talk, 1)
    assert places(talk.guest, talk) == {talk.owner.id: 1, talk.member.id: 2, talk.guest.id: 0}
    assert places(talk.guest, talk, shut) == {talk.owner.id: 0, talk.guest.id: 0}
    Database(server).crowd(talk.id, 17)
    assert len(places(talk.member, talk)) == 20
    Database(server).crowd(talk.id, 1)
    assert places(talk.member, talk) == {talk.member.id: 2}
    assert places(talk.owner, talk) == {talk.owner.id: 1}
    assert len(places(talk.owner, talk, shut)) == 2


def test_unread_list__has_the_chats_with_something_new(talk):
    other, _empty, shut = (talk.owner.chat(talk.id, join, join=join)["id"] for join in ("workspace", "workspace", "invite"))
    guest = talk.guest
    talk.say("1", f"2 @{talk.owner.user['username']}")
    gone = talk.member.message(talk.id, other, "gone")
    talk.owner.message(talk.id, shut, "for nobody else")
    assert talk.owner.ok("GET", f"{talk.path}/unread") == [
        {"chat_id": talk.chat, "unread_count": 2, "mention_count": 1, "last_seq": 2},
        {"chat_id": other, "unread_count": 1, "mention_count": 0, "last_seq": 1}]
    talk.member.ok("DELETE", f"{talk.chat_path(other)}/message/{gone['id']}", 204)
    assert [c["chat_id"] for c in talk.owner.ok("GET", f"{talk.path}/unread")] == [talk.chat]
    talk.owner.message(talk.id, other, "kept")
    assert guest.ok("GET", f"{talk.path}/unread") == [
        {"chat_id": talk.chat, "unread_count": 2, "mention_count": 0, "last_seq": 2},
        {"chat_id": other, "unread_count": 1, "mention_count": 0, "last_seq": 2}]
    mark(talk.owner, talk, 2)
    assert talk.owner.ok("GET", f"{talk.path}/unread") == []


def test_list__counts_in_each_of_many_chats(talk):
    """More than one statement asks for (chat_since_list): each chat has numbers of its own, and those that are read have none."""
    wanted = {talk.chat: (0, 0)}
    for n in range(10):
        join = "open" if n % 3 == 0 else "workspace"
        chat = talk.owner.chat(talk.id, f"Chat {n}", join=join)["id"]
        talk.member.post(f"{talk.chat_path(chat)}/join")
        sent = [talk.member.message(talk.id, chat, f"@{talk.owner.user['username']}" if i < n % 2 else "hello")
                for i in range(1 + n % 4)]
        if n % 5 == 4:
            talk.member.ok("DELETE", f"{talk.chat_path(chat)}/message/{sent[-1]['id']}", 204)
        wanted[chat] = (len(sent) - (n % 5 == 4), n % 2)
    read = list(wanted)[4]
    talk.owner.ok("POST", f"{talk.chat_path(read)}/read", 200, json={"seq": 9})
    wanted[read] = (0, 0)
    listed = talk.owner.ok("GET", f"{talk.path}/chats/history")
    assert {c["id"]: (c["unread_count"], c["mention_count"]) for c in listed} == wanted
    for chat, counts in wanted.items():
        shown = talk.owner.ok("GET", talk.chat_path(chat))
        assert (shown["unread_count"], shown["mention_count"]) == counts


# --- the step of the schema ---

@pytest.mark.mysql
def test_migration__says_that_those_who_are_there_have_read_it(old_database):
    sql = old_database.sql
    old_database.parley("migrate", "up", "13")
    for user in (1, 2, 3):
        sql("INSERT INTO users (id, uuid, kind, username, names_folded, role, created_us, updated_us) "
            f"VALUES ({user}, X'{user:032x}', 0, 'u{user}', '', 0, 0, 0)")
    sql(f"INSERT INTO workspaces (id, uuid, name, member_count, created_us, updated_us) VALUES (1, X'{4:032x}', 'w', 2, 0, 0)")
    sql("INSERT INTO members (workspace_id, user_id, role, joined_us) VALUES (1, 1, 3, 0), (1, 2, 2, 0)")
    for chat, mode, seq in ((1, 0, 5), (2, 2, 1), (3, 0, 0)):
        sql("INSERT INTO chats (id, uuid, workspace_id, title, title_folded, join_mode, last_seq, activity_us, created_us, "
            f"updated_us) VALUES ({chat}, X'{chat:032x}', 1, 't', 't', {mode}, {seq}, 0, 0, 0)")
    sql("INSERT INTO chat_members (chat_id, user_id, workspace_id, joined_us) VALUES (2, 1, 1, 0)")
    for message, reply_to, deleted in ((1, "NULL", "NULL"), (2, 1, "NULL"), (3, 2, 7), (4, 3, "NULL"), (5, "NULL", "NULL")):
        sql("INSERT INTO messages (id, uuid, workspace_id, chat_id, seq, content, reply_to, deleted_us, created_us, updated_us) "
            f"VALUES ({message}, X'{message:032x}', 1, 1, {message}, 'x', {reply_to}, {deleted}, 0, 0)")
    for _ in range(2):
        old_database.parley("migrate", "up", "14")
        assert sql("SELECT user_id, chat_id, read_seq FROM chat_states ORDER BY user_id, chat_id") == \
            ["1\t1\t5", "1\t2\t1", "2\t1\t5"]
        assert sql("SELECT chat_id, seq, workspace_id FROM chat_gaps") == ["1\t3\t1"]
        assert sql("SELECT id, COALESCE(root_id, 0), reply_count FROM messages ORDER BY id") == \
            ["1\t0\t2", "2\t1\t0", "3\t1\t0", "4\t1\t0", "5\t0\t0"]
        old_database.parley("migrate", "down", "13")
