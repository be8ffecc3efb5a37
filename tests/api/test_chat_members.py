"""Members of a chat: open chats are joined, invite-only ones are known to their members alone."""
import sqlite3
import subprocess

import pytest
from support.races import at_once, statuses


def make_chat(team, who, join):
    chat = team[who].chat(team["id"], "Chat", join=join)
    return f"{team['path']}/chat/{chat['id']}"


def members(person, path):
    return [m["user_id"] for m in person.ok("GET", f"{path}/members")]


def is_code(answer, status, code):
    return (answer.status_code, answer.json()["code"]) == (status, code)


def test_workspace_chat__has_the_workspaces_members(team):
    path = make_chat(team, "owner", "workspace")
    assert members(team["guest"], path) == [team[w].id for w in ("owner", "member", "guest")]
    seen = team["guest"].ok("GET", f"{path}/members")
    assert [m["email"] for m in seen] == [None] * 3 and [m["role"] for m in seen] == ["OWNER", "MEMBER", "GUEST"]


@pytest.mark.parametrize("method, action", [("POST", "join"), ("POST", "leave"), ("PUT", "members/{member}"),
                                            ("DELETE", "members/{member}")])
def test_workspace_chat__is_neither_joined_nor_left(team, method, action):
    path = make_chat(team, "owner", "workspace")
    answer = team["owner"].request(method, f"{path}/{action}".format(member=team["member"].id))
    assert is_code(answer, 403, "not_joinable")


def test_open_chat__is_seen_before_it_is_joined_and_read_behind(team):
    path = make_chat(team, "owner", "open")
    team["owner"].ok("POST", f"{path}/message", 201, json={"content": "hello"})
    before = team["member"].ok("GET", path)
    assert (before["joined"], before["messages"], before["last_message"], before["message_count"]) == (False, [], None, 1)
    for answer in (team["member"].get(f"{path}/messages"), team["member"].post(f"{path}/message", json={"content": "x"})):
        assert is_code(answer, 403, "not_joined")
    joined = team["member"].ok("POST", f"{path}/join", 200)
    assert joined["joined"] is True and joined["last_message"]["content"] == "hello"
    assert [m["content"] for m in team["member"].ok("GET", path)["messages"]] == ["hello"]
    team["member"].ok("POST", f"{path}/message", 201, json={"content": "hi"})
    assert members(team["owner"], path) == [team["owner"].id, team["member"].id]


def test_open_chat__is_read_by_a_guest_who_joined_and_not_written(team):
    path = make_chat(team, "owner", "open")
    team["guest"].ok("POST", f"{path}/join", 200)
    assert team["guest"].get(f"{path}/messages").status_code == 200
    assert team["guest"].post(f"{path}/message", json={"content": "x"}).status_code == 403


def test_open_chats__are_listed_until_they_are_joined(team):
    path = make_chat(team, "owner", "open")
    make_chat(team, "owner", "invite")
    make_chat(team, "owner", "workspace")
    listed = f"{team['path']}/chats/open"
    assert [c["joined"] for c in team["member"].ok("GET", listed)] == [False]
    assert team["owner"].ok("GET", listed) == []
    team["member"].ok("POST", f"{path}/join")
    assert team["member"].ok("GET", listed) == []
    assert team["member"].post(f"{path}/leave").status_code == 204
    assert len(team["member"].ok("GET", listed)) == 1
    assert team["member"].get(f"{path}/messages").status_code == 403


def test_join__of_many_at_once_is_one_membership(team):
    path = make_chat(team, "owner", "open")
    assert statuses(at_once(8, lambda i: team["member"].post(f"{path}/join"))) == {200: 8}
    assert members(team["owner"], path) == [team["owner"].id, team["member"].id]


def test_leave__needs_someone_who_is_in(team):
    path = make_chat(team, "owner", "open")
    assert is_code(team["member"].post(f"{path}/leave"), 404, "member_not_found")


@pytest.mark.parametrize("method, action", [("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/messages"),
                                            ("GET", "/members"), ("POST", "/join"), ("POST", "/leave"),
                                            ("PUT", "/members/{owner}"), ("DELETE", "/members/{owner}")])
def test_invite_chat__does_not_exist_for_others(team, method, action):
    path = make_chat(team, "member", "invite") + action.format(owner=team["owner"].id)
    body = {"json": {"title": "x"}} if (method, action) == ("PUT", "") else {}
    assert is_code(team["owner"].request(method, path, **body), 404, "chat_not_found")


def test_invite_chat__is_there_for_who_was_put_in(team):
    path = make_chat(team, "member", "invite")
    put = team["member"].ok("PUT", f"{path}/members/{team['guest'].id}", 200)
    assert (put["user_id"], put["role"]) == (team["guest"].id, "GUEST")
    team["member"].ok("PUT", f"{path}/members/{team['guest'].id}", 200)
    assert team["guest"].ok("GET", path)["joined"] is True
    assert members(team["guest"], path) == [team["member"].id, team["guest"].id]
    assert is_code(team["guest"].post(f"{path}/join"), 403, "not_joinable")


def test_invite_chat__members_are_its_creators_and_the_owners_to_choose(team, make_user):
    path = make_chat(team, "member", "invite")
    other = make_user()
    team["owner"].add_member(team["id"], other)
    team["member"].ok("PUT", f"{path}/members/{other.id}")
    assert other.put(f"{path}/members/{team['guest'].id}").status_code == 403
    assert other.delete(f"{path}/members/{team['member'].id}").status_code == 403
    team["member"].ok("PUT", f"{path}/members/{team['owner'].id}")
    team["owner"].ok("PUT", f"{path}/members/{team['guest'].id}")
    assert team["owner"].delete(f"{path}/members/{other.id}").status_code == 204
    assert is_code(other.get(path), 404, "chat_not_found")
    assert is_code(team["owner"].delete(f"{path}/members/{other.id}"), 404, "member_not_found")


def test_put__takes_members_of_the_workspace_only(team, make_user):
    path = make_chat(team, "owner", "invite")
    assert is_code(team["owner"].put(f"{path}/members/{make_user().id}"), 404, "member_not_found")


def test_delete_member__lets_everyone_leave(team):
    path = make_chat(team, "owner", "invite")
    team["owner"].ok("PUT", f"{path}/members/{team['guest'].id}")
    assert team["guest"].delete(f"{path}/members/{team['guest'].id}").status_code == 204
    assert team["guest"].get(path).status_code == 404


def test_invite_chat__ends_when_its_last_member_leaves(team):
    path = make_chat(team, "owner", "invite")
    team["owner"].ok("PUT", f"{path}/members/{team['member'].id}")
    assert team["owner"].post(f"{path}/leave").status_code == 204
    assert team["member"].get(path).status_code == 200
    assert team["member"].post(f"{path}/leave").status_code == 204
    assert team["member"].ok("GET", f"{team['path']}/chats/history") == []


def test_join_mode__from_everyones_to_invite_only_keeps_creator_and_changer(team):
    path = make_chat(team, "member", "workspace")
    changed = team["owner"].ok("PUT", path, 200, json={"join": "invite"})
    assert changed["joined"] is True
    assert members(team["owner"], path) == [team["owner"].id, team["member"].id]
    assert team["guest"].get(path).status_code == 404
    team["owner"].ok("PUT", path, 200, json={"join": "workspace"})
    assert team["guest"].ok("GET", path)["joined"] is True


def test_join_mode__from_open_to_invite_only_keeps_who_joined(team):
    path = make_chat(team, "member", "open")
    team["guest"].ok("POST", f"{path}/join")
    team["member"].ok("PUT", path, 200, json={"join": "invite"})
    assert members(team["member"], path) == [team["member"].id, team["guest"].id]
    assert team["owner"].get(path).status_code == 404


# --- the key from a chat's members to the workspace's ---

@pytest.fixture
def before_key(old_database):
    """A database at the version before the key, with a chat of one member and one who is none."""
    old_database.parley("migrate", "up", "6")
    sql = old_database.sql
    for user in (1, 2):
        sql("INSERT INTO users (id, uuid, kind, username, role, created_us, updated_us) "
            f"VALUES ({user}, X'{user:032x}', 0, 'u{user}', 0, 0, 0)")
    sql(f"INSERT INTO workspaces (id, uuid, name, member_count, created_us, updated_us) VALUES (1, X'{3:032x}', 'w', 1, 0, 0)")
    sql("INSERT INTO members (workspace_id, user_id, role, joined_us) VALUES (1, 1, 3, 0)")
    sql("INSERT INTO chats (id, uuid, workspace_id, title, title_folded, join_mode, activity_us, created_us, updated_us) "
        f"VALUES (1, X'{4:032x}', 1, 't', 't', 2, 0, 0, 0)")
    sql("INSERT INTO chat_members (chat_id, user_id, workspace_id, joined_us) VALUES (1, 1, 1, 5), (1, 2, 1, 6)")
    return old_database


@pytest.mark.mysql
def test_key_to_members__comes_and_goes_and_leaves_who_is_a_member(before_key):
    parley, sql = before_key.parley, before_key.sql
    parley("migrate", "up", "7")
    assert sql("SELECT chat_id, user_id, workspace_id, joined_us FROM chat_members") == ["1\t1\t1\t5"]
    with pytest.raises((sqlite3.IntegrityError, subprocess.CalledProcessError)):
        sql("INSERT INTO chat_members (chat_id, user_id, workspace_id, joined_us) VALUES (1, 2, 1, 6)")
    parley("migrate", "down", "6")
    assert sql("SELECT chat_id, user_id, workspace_id, joined_us FROM chat_members") == ["1\t1\t1\t5"]
    parley("migrate", "up", "7")
    sql("DELETE FROM members WHERE user_id = 1")
    assert sql("SELECT chat_id FROM chat_members") == []
