"""GET /metrics/users, /workspaces, /chats, /tokens, /performance, /summary: what they tell is true, and who is told what."""
import os

import pytest
from harness.paths import ROOT
from support.database import Database
from support.deep import Deep
from support.factor import switch_on
from support.keys import Key
from support.waiting import until

DAY_US = 86400 * 1000000


class Figures:
    """A server of the test's own whose figures are summed when the test says so."""

    def __init__(self, server):
        self.server = server
        self.deep = Deep(server)
        self.talk = self.deep.talk()
        self.admin = self.talk.admin

    def get(self, what, person=None):
        return (person or self.admin).ok("GET", f"/metrics/{what}")

    def _sum(self):
        """The job looks now: nobody has its lease for the rest of its minute."""
        self.deep.rows("DELETE FROM job_leases WHERE name = 'sum_figures'")
        self.deep.wake()

    def become(self, what, check):
        """The figures once they are so, of a later sum: of the one that is under way some are told a moment before others."""
        seen = []

        def summed():
            self._sum()
            answer = self.admin.get(f"/metrics/{what}")
            if answer.status_code == 503:  # nothing was summed yet, since the first start
                assert answer.json()["detail"] == "Nothing was counted yet" and int(answer.headers["retry-after"]) >= 1
                return None
            assert answer.status_code == 200, answer.text
            body = answer.json()
            if not check(body):
                return None
            seen.append(body["timestamp"])
            return body["timestamp"] > seen[0] and body

        return until(summed, 30)

    def again(self, what):
        """The figures of a later sum."""
        before = self.get(what)["timestamp"]
        return self.become(what, lambda body: body["timestamp"] > before)


@pytest.fixture
def figures(make_server):
    return Figures(make_server())


@pytest.mark.mysql
def test_users__are_counted(figures):
    talk = figures.talk
    switch_on(talk.member)
    figures.admin.ok("PUT", f"/users/{talk.owner.id}", 200, json={"is_active": False})
    body = figures.become("users", lambda body: body["user_counts"]["twofa_enabled"] == 1 and
                          body["user_counts"]["active"] == 2)
    assert body["user_counts"] == {"total": 3, "active": 2, "admin": 1, "twofa_enabled": 1}
    assert body["activity"] == {"recent_logins_24h": 3, "new_users_30d": 3}
    assert body["ratios"] == {"active_ratio": 66.67, "admin_ratio": 33.33, "twofa_ratio": 33.33}


@pytest.mark.mysql
def test_users__who_came_long_ago_are_not_new(figures):
    figures.deep.rows(f"UPDATE users SET created_us = created_us - {31 * DAY_US}, last_login_us = last_login_us - {DAY_US}"
                      f" WHERE email = '{figures.talk.member.email}'")
    figures.become("users", lambda body: body["activity"] == {"recent_logins_24h": 2, "new_users_30d": 2})
    figures.admin.ok("DELETE", f"/users/{figures.talk.owner.id}", 204)
    figures.become("users", lambda body: body["user_counts"]["total"] == 2 and body["activity"]["new_users_30d"] == 1)


@pytest.mark.mysql
def test_workspaces__are_counted(figures):
    figures.deep.rows(f"UPDATE workspaces SET created_us = created_us - {31 * DAY_US} WHERE name = 'Team'")
    body = figures.become("workspaces", lambda body: body["workspace_counts"]["total"] == 4)
    assert body["workspace_counts"] == {"total": 4, "new_30d": 3}  # one of each person, and the team's
    assert body["averages"] == {"workspaces_per_user": 1.33}


@pytest.mark.mysql
def test_chats__and_messages_are_counted_once(figures):
    talk = figures.talk
    talk.say(*"abc")
    talk.say("d", person=talk.owner)
    other = talk.owner.chat(talk.id, "Other")["id"]
    talk.owner.message(talk.id, other, "e")
    expected = [{"email": talk.member.email, "messages": 3}, {"email": talk.owner.email, "messages": 2}]
    body = figures.become("chats", lambda body: body["top_users"] == expected)
    for _ in range(3):
        assert body["chat_counts"] == {"total_chats": 2, "total_messages": 5}
        assert body["activity"] == {"messages_24h": 5, "messages_7d": 5}
        assert body["averages"] == {"messages_per_chat": 2.5}
        assert body["top_users"] == expected
        body = figures.again("chats")


@pytest.mark.mysql
def test_chats__what_is_gone_is_not_there_but_was_posted(figures):
    talk = figures.talk
    last = talk.say(*"abc")
    talk.owner.ok("DELETE", f"{talk.at}/message/{last['id']}", 204)
    other = talk.owner.chat(talk.id, "Other")["id"]
    talk.owner.message(talk.id, other, "d")
    figures.become("chats", lambda body: body["activity"]["messages_24h"] == 4)
    talk.owner.ok("DELETE", talk.chat_path(other), 204)
    body = figures.become("chats", lambda body: body["chat_counts"]["total_chats"] == 1)
    assert body["chat_counts"]["total_messages"] == talk.owner.ok("GET", talk.at)["message_count"]
    assert body["activity"] == {"messages_24h": 4, "messages_7d": 4}
    assert [one["messages"] for one in body["top_users"]] == [3, 1]


@pytest.mark.mysql
def test_chats__activity_is_of_the_last_day_and_week(figures):
    figures.talk.say(*"abcd")
    figures.become("chats", lambda body: body["activity"]["messages_24h"] == 4)
    for days, day, week in ((2, 0, 4), (8, 0, 0)):
        figures.deep.rows(f"UPDATE posted_minutes SET minute = minute - {days * 1440}")
        body = figures.again("chats")
        assert body["activity"] == {"messages_24h": day, "messages_7d": week}
    assert figures.deep.count("posted_minutes") == 0
    assert body["top_users"][0]["messages"] == 4


@pytest.mark.mysql
def test_chats__whoever_is_deleted_is_not_among_those_who_write_most(figures):
    talk = figures.talk
    talk.say(*"abc")
    talk.say("d", person=talk.owner)
    figures.become("chats", lambda body: len(body["top_users"]) == 2)
    figures.admin.ok("DELETE", f"/users/{talk.member.id}", 204)
    assert [one["email"] for one in figures.get("chats")["top_users"]] == [talk.owner.email]
    until(lambda: figures.deep.count("posted_by") == 1)
    body = figures.again("chats")
    assert [one["email"] for one in body["top_users"]] == [talk.owner.email]
    assert body["chat_counts"]["total_messages"] == 4


def test_chats__name_nobody_to_a_key_of_metrics(figures):
    figures.talk.say("a")
    figures.become("chats", lambda body: body["top_users"])
    for scopes, email in (("metrics", None), ("admin", figures.talk.member.email)):
        key = Key(figures.admin, scopes)
        for body in (figures.get("chats", key), figures.get("summary", key)["details"]["chats"]):
            assert body["top_users"] == [{"email": email, "messages": 1}], scopes


@pytest.mark.columns("mariadb")
def test_figures__of_two_processes_are_summed_once(make_server):
    figures = Figures(make_server(processes=2))
    figures.talk.say(*(str(n) for n in range(30)))
    figures.become("chats", lambda body: body["activity"]["messages_24h"] == 30)
    for _ in range(5):
        body = figures.again("chats")
        assert (body["activity"]["messages_24h"], body["top_users"][0]["messages"]) == (30, 30)


def test_figures__of_a_killed_server_go_on_where_they_were(figures):
    figures.talk.say(*"ab")
    figures.become("chats", lambda body: body["activity"]["messages_24h"] == 2)
    figures.talk.say("c")
    figures.deep.kill()
    body = figures.become("chats", lambda body: body["activity"]["messages_24h"] != 2)
    assert body["activity"]["messages_24h"] == 3
    assert figures.again("chats")["activity"]["messages_24h"] == 3


@pytest.mark.one_column("the machine is the same")
def test_performance__is_of_this_machine(server):
    body = server.admin.ok("GET", "/metrics/performance")
    assert 0 <= body["cpu"]["percent"] <= 100 and body["cpu"]["count"] == os.cpu_count()
    assert body["cpu"]["frequency_mhz"] is None or 100 < body["cpu"]["frequency_mhz"] < 10000
    for name in ("memory", "disk"):
        room = body[name]
        assert abs(room["used_gb"] + room["free_gb"] - room["total_gb"]) < 0.01 and 0 < room["percent"] <= 100, name
        assert abs(room["used_gb"] / room["total_gb"] * 100 - room["percent"]) < 0.2, name
    with open("/proc/net/dev", encoding="ascii") as file:
        lines = [line.split(":") for line in file if ":" in line]
    rows = [numbers.split() for name, numbers in lines if name.strip() != "lo"]
    for name, column in (("bytes_recv", 0), ("packets_recv", 1), ("bytes_sent", 8), ("packets_sent", 9)):
        assert 0 <= body["network"][name] <= sum(int(row[column]) for row in rows), name
        assert (body["network"][name] > 0) == any(int(row[column]) for row in rows), name


def test_tokens__are_summed_over_days_people_and_models(figures):
    talk, other = figures.talk, figures.talk.owner.workspace("Other")
    assert figures.get("tokens")["placeholder_data"] == {
        "total_tokens_used": 0, "tokens_remaining": None, "usage_by_provider": {}, "usage_by_workspace": {}}
    database = Database(figures.server)
    places = [database.workspace_id(talk.id), database.workspace_id(other["id"])]
    for day, place, provider, model, tokens in ((20000, places[0], "one", "small", 3), (20001, places[0], "one", "large", 40),
                                                (20001, places[0], "two", "small", 500), (20001, places[1], "one", "small", 6000)):
        figures.deep.rows("INSERT INTO usage_days (day, workspace_id, user_id, key_id, provider, model, request_count, "
                          "failed_count, estimated_count, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, "
                          f"cost_micros) VALUES ({day}, {place}, 1, 0, '{provider}', '{model}', 1, 0, 0, {tokens}, 1, 100, 1, 0)")
    assert figures.get("tokens")["placeholder_data"] == {
        "total_tokens_used": 6943, "tokens_remaining": None, "usage_by_provider": {"one": 6343, "two": 600},
        "usage_by_workspace": {other["id"]: 6100, talk.id: 843}}


def test_summary__has_all_of_it(figures):
    figures.talk.say("a")
    figures.become("chats", lambda body: body["activity"]["messages_24h"] == 1)
    body = figures.get("summary")
    details = body["details"]
    for name in ("users", "workspaces", "chats"):
        told, alone = details[name], figures.get(name)
        assert {**told, "timestamp": 0} == {**alone, "timestamp": 0}, name
    summary = body["summary"]
    assert (summary["users"], summary["workspaces"], summary["chats"]) == (3, 4, 1)
    system, machine = summary["system_health"], details["performance"]
    assert system == {"cpu_percent": machine["cpu"]["percent"], "memory_percent": machine["memory"]["percent"],
                      "disk_percent": machine["disk"]["percent"]}


@pytest.mark.mysql
def test_update__takes_what_was_posted_before(figures):
    """The step of the schema is taken back and done again: what it finds in the tables is what was counted."""
    figures.talk.say(*"abc")
    figures.talk.say("d", person=figures.talk.owner)
    before = figures.become("chats", lambda body: body["activity"]["messages_24h"] == 4)
    parley, = figures.server.stack.parleys
    parley.stop()
    step, = (ROOT / "sql/schema/sqlite").glob("*_figures.up.sql")
    parley.command("migrate", "down", str(int(step.name[:4]) - 1))
    parley.start()
    figures.server.stack.wait()
    body = figures.become("chats", lambda body: True)
    assert {**body, "timestamp": 0} == {**before, "timestamp": 0}
