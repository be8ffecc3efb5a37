"""Chats: making, reading, changing, deleting; the history."""
import uuid

import pytest
from support.assistant import new_model
from support.paging import all_pages
from support.races import at_once, made_once, statuses
from support.talk import faults


def chat_path(team, chat):
    return f"{team['path']}/chat/{chat['id']}"


def titles(person, path, **params):
    return [c["title"] for c in person.ok("GET", path, params=params)]


def test_new_chat__has_what_was_said_of_it(team, admin):
    provider, model = new_model(admin)
    settings = {"title": "Plans", "assistant": "mention", "provider": provider["name"], "model": model["model"], "system_prompt": "Be brief.",
                "temperature": 0.5, "max_tokens": 200, "join": "open"}
    answer = team["member"].post(f"{team['path']}/chat", json=settings)
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["location"] == chat_path(team, made)
    assert {k: made[k] for k in settings} == settings
    assert (made["created_by"], made["workspace_id"]) == (team["member"].id, team["id"])
    assert (made["message_count"], made["last_message"], made["joined"]) == (0, None, True)
    assert team["owner"].ok("GET", chat_path(team, made))["title"] == "Plans"


def test_new_chat__is_everyones_unless_said_otherwise(team):
    made = team["owner"].chat(team["id"], "Plain")
    assert (made["join"], made["assistant"], made["provider"], made["temperature"], made["max_tokens"]) == \
        ("workspace", "off", None, None, None)
    assert team["guest"].ok("GET", chat_path(team, made))["joined"] is True


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("body", [
    {}, {"title": ""}, {"title": "x" * 256}, {"title": None}, {"title": ["x"]}, {"title": "x", "join": "closed"},
    {"title": "x", "assistant": True}, {"title": "x", "temperature": 2.5}, {"title": "x", "temperature": "hot"},
    {"title": "x", "max_tokens": 0}, {"title": "x", "system_prompt": "x" * 32001}, {"title": "x", "colour": 1}])
def test_new_chat__with_a_bad_body_is_refused(team, body):
    answer = team["owner"].post(f"{team['path']}/chat", json=body)
    assert answer.status_code == 422 and answer.json()["errors"][0]["loc"][0] == "body"


def test_new_chat__is_not_for_guests(team):
    assert team["guest"].post(f"{team['path']}/chat", json={"title": "x"}).status_code == 403


def test_new_chat__with_an_idempotency_key_is_made_once(team):
    made = made_once(lambda: team["owner"].post(f"{team['path']}/chat", json={"title": "Once"},
                                                headers={"Idempotency-Key": "chat-once"}))
    assert titles(team["owner"], f"{team['path']}/chats/history") == ["Once"]
    assert team["owner"].ok("GET", f"{team['path']}/chat/{made}")["title"] == "Once"


def test_chat__comes_with_its_newest_messages(team):
    chat = team["owner"].chat(team["id"])
    for i in range(53):
        team["owner"].message(team["id"], chat, f"m{i}")
    seen = team["guest"].ok("GET", chat_path(team, chat))
    assert [m["content"] for m in seen["messages"]] == [f"m{i}" for i in range(3, 53)]
    assert seen["message_count"] == 53 and seen["last_message"]["content"] == "m52"


def test_chat__of_another_workspace_or_unknown_is_404(team):
    chat = team["owner"].chat(team["id"])
    elsewhere = team["owner"].workspace()["id"]
    for path in (f"/workspaces/{elsewhere}/chat/{chat['id']}", f"{team['path']}/chat/{uuid.uuid4()}"):
        answer = team["owner"].get(path)
        assert answer.status_code == 404 and answer.json()["code"] == "chat_not_found"


def test_chat__is_hidden_from_strangers(team, make_user):
    chat = team["owner"].chat(team["id"])
    answer = make_user().get(chat_path(team, chat))
    assert answer.status_code == 404 and answer.json()["code"] == "workspace_not_found"


def test_change__is_for_the_creator_and_owners(team, make_user):
    chat = team["member"].chat(team["id"], "By bob")
    other = make_user()
    team["owner"].add_member(team["id"], other)
    for who in (other, team["guest"]):
        assert who.put(chat_path(team, chat), json={"title": "Mine"}).status_code == 403
        assert who.delete(chat_path(team, chat)).status_code == 403
    assert team["member"].ok("PUT", chat_path(team, chat), 200, json={"title": "One"})["title"] == "One"
    assert team["owner"].ok("PUT", chat_path(team, chat), 200, json={"title": "Two"})["title"] == "Two"


def test_chat__asks_only_who_may_be_asked(team, admin):
    provider, model = new_model(admin)
    name = provider["name"]
    for settings, field in (({"provider": "nobody"}, "provider"), ({"provider": name, "model": "large"}, "model"),
                            ({"model": "no such model"}, "model")):
        assert faults(team["member"].post(f"{team['path']}/chat", json={"title": "x", **settings})) == [("body", field)]
    chat = team["member"].chat(team["id"], "Asking", provider=name)
    assert faults(team["member"].put(chat_path(team, chat), json={"model": "large"})) == [("body", "model")]
    assert team["member"].ok("PUT", chat_path(team, chat), 200, json={"model": "tiny"})["model"] == "tiny"
    team["owner"].ok("PUT", f"{team['path']}/models", 200, json={"limited": True, "model_ids": []})
    assert faults(team["member"].put(chat_path(team, chat), json={"provider": name})) == [("body", "model")]
    assert model["enabled"]


def test_change__leaves_what_was_not_sent(team, admin):
    provider, _ = new_model(admin)
    chat = team["owner"].chat(team["id"], "Title", provider=provider["name"], model="tiny", temperature=1, max_tokens=5, system_prompt="p")
    changed = team["owner"].ok("PUT", chat_path(team, chat), 200, json={"assistant": "always"})
    assert (changed["title"], changed["model"], changed["temperature"], changed["max_tokens"], changed["system_prompt"],
            changed["assistant"]) == ("Title", "tiny", 1, 5, "p", "always")
    changed = team["owner"].ok("PUT", chat_path(team, chat), 200,
                               json={"model": None, "temperature": None, "max_tokens": None, "system_prompt": None})
    assert (changed["model"], changed["temperature"], changed["max_tokens"], changed["system_prompt"],
            changed["assistant"]) == (None, None, None, None, "always")
    assert changed["updated_at"] > chat["updated_at"]


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("body", [{"title": ""}, {"title": None}, {"join": None}, {"temperature": -1}, {"id": "x"}])
def test_change__with_a_bad_body_is_refused(team, body):
    assert team["owner"].put(chat_path(team, team["owner"].chat(team["id"])), json=body).status_code == 422


def test_if_match__of_many_writers_one_is_first(team):
    chat = team["owner"].chat(team["id"])
    tag = team["owner"].get(chat_path(team, chat)).headers["etag"]
    answers = at_once(8, lambda i: team["owner"].put(chat_path(team, chat), json={"title": f"t{i}"},
                                                     headers={"If-Match": tag}))
    assert statuses(answers) == {200: 1, 412: 7}
    assert team["owner"].delete(chat_path(team, chat), headers={"If-Match": tag}).status_code == 412
    assert team["owner"].put(chat_path(team, chat), json={"title": "x"}, headers={"If-Match": '"nonsense"'}).status_code == 412
    assert team["owner"].put(chat_path(team, chat), json={"title": "x"}, headers={"If-Match": "v1"}).status_code == 400


def test_if_match__is_of_the_chat_and_not_of_its_messages(team):
    chat = team["owner"].chat(team["id"])
    tag = team["owner"].get(chat_path(team, chat)).headers["etag"]
    team["member"].message(team["id"], chat)
    assert team["owner"].put(chat_path(team, chat), json={"title": "New"}, headers={"If-Match": tag}).status_code == 200


def test_etag__of_a_change_is_good_for_the_next(team):
    chat = team["owner"].chat(team["id"])
    tag = team["owner"].put(chat_path(team, chat), json={"title": "One"}).headers["etag"]
    assert team["owner"].put(chat_path(team, chat), json={"title": "Two"}, headers={"If-Match": tag}).status_code == 200


def test_etag__tells_when_nothing_has_changed_messages_included(team):
    chat = team["owner"].chat(team["id"])
    message = team["owner"].message(team["id"], chat, "one")

    def is_fresh(tag):
        return team["member"].get(chat_path(team, chat), headers={"If-None-Match": tag}).status_code == 304

    def tag():
        return team["member"].get(chat_path(team, chat)).headers["etag"]

    first = tag()
    assert is_fresh(first)
    team["owner"].message(team["id"], chat, "two")
    assert not is_fresh(first)
    second = tag()
    team["owner"].ok("PUT", "/auth/me", 200, json={"first_name": "Renamed"})
    assert not is_fresh(second)
    second = tag()
    team["owner"].ok("PUT", f"{chat_path(team, chat)}/message/{message['id']}", json={"content": "one!"})
    assert not is_fresh(second)
    third = tag()
    team["owner"].ok("PUT", chat_path(team, chat), json={"title": "New"})
    assert not is_fresh(third) and is_fresh(tag())


def test_delete__takes_it_from_everyone(team):
    chat = team["member"].chat(team["id"])
    team["owner"].message(team["id"], chat)
    assert team["member"].delete(chat_path(team, chat)).status_code == 204
    for who in ("owner", "member", "guest"):
        assert team[who].get(chat_path(team, chat)).status_code == 404
        assert team[who].get(f"{chat_path(team, chat)}/messages").status_code == 404
        assert titles(team[who], f"{team['path']}/chats/history") == []
    assert team["member"].post(f"{chat_path(team, chat)}/message", json={"content": "x"}).status_code == 404


def test_delete__of_fifty_at_once_happens_once(team):
    path = chat_path(team, team["owner"].chat(team["id"]))
    assert statuses(at_once(50, lambda i: team["owner"].delete(path))) == {204: 1, 404: 49}


def test_history__has_the_newest_activity_first(team):
    chats = [team["owner"].chat(team["id"], f"c{i}") for i in range(4)]
    assert titles(team["guest"], f"{team['path']}/chats/history") == ["c3", "c2", "c1", "c0"]
    team["member"].message(team["id"], chats[1])
    assert titles(team["guest"], f"{team['path']}/chats/history") == ["c1", "c3", "c2", "c0"]


def test_history__goes_on_page_by_page(team):
    for i in range(7):
        team["owner"].chat(team["id"], f"c{i}", join=["workspace", "open", "invite"][i % 3])
    listed, lengths = all_pages(team["owner"], f"{team['path']}/chats/history?limit=3")
    assert [c["title"] for c in listed] == [f"c{i}" for i in range(6, -1, -1)] and lengths == [3, 3, 1]


def test_history__page_behind_a_page_keeps_its_place_when_chats_are_added(team):
    for i in range(4):
        team["owner"].chat(team["id"], f"c{i}")
    first = team["owner"].get(f"{team['path']}/chats/history?limit=2")
    team["owner"].chat(team["id"], "new")
    second = team["owner"].get(first.links["next"]["url"])
    assert [c["title"] for c in second.json()] == ["c1", "c0"] and "next" not in second.links


def test_history__cursor_of_another_list_is_refused(team):
    for i in range(3):
        team["owner"].chat(team["id"], f"c{i}", join="open")
    cursor = team["owner"].get(f"{team['path']}/chats/history?limit=1").links["next"]["url"].split("cursor=")[1]
    elsewhere = team["owner"].workspace()["id"]
    for path in (f"{team['path']}/chats/open", f"/workspaces/{elsewhere}/chats/history"):
        assert team["owner"].get(f"{path}?limit=1&cursor={cursor}").status_code == 400
    assert team["member"].get(f"{team['path']}/chats/history?limit=1&cursor={cursor}").status_code == 400
    assert team["owner"].get(f"{team['path']}/chats/history?cursor=AAAA").status_code == 400


@pytest.mark.one_column("the shape of a query")
@pytest.mark.parametrize("limit", ["0", "201", "-1", "x"])
def test_history__limit_out_of_bounds_is_refused(team, limit):
    assert team["owner"].get(f"{team['path']}/chats/history?limit={limit}").status_code == 422


def test_history__is_filtered_by_a_piece_of_the_title(team):
    for title in ("Budget 2026", "BUDGET talks", "100% sure", "a_b", "Étude", "Straße"):
        team["owner"].chat(team["id"], title)
    path = f"{team['path']}/chats/history"
    assert titles(team["owner"], path, q="budget") == ["BUDGET talks", "Budget 2026"]
    assert titles(team["owner"], path, q="étude") == ["Étude"]
    assert titles(team["owner"], path, q="STRASSE") == ["Straße"]
    assert titles(team["owner"], path, q="nothing") == []
    assert len(titles(team["owner"], path, q="")) == 6


@pytest.mark.parametrize("query, found", [("%", ["100% sure"]), ("_", ["a_b"]), ("\\", []), ("'", []), ("*", [])])
def test_history__takes_wildcards_as_they_stand(team, query, found):
    for title in ("100% sure", "a_b", "plain"):
        team["owner"].chat(team["id"], title)
    assert titles(team["owner"], f"{team['path']}/chats/history", q=query) == found


def test_history__shows_the_newest_message_that_is_there(team):
    chat = team["owner"].chat(team["id"])
    first = team["owner"].message(team["id"], chat, "é" * 300)
    second = team["member"].message(team["id"], chat, "two")

    def last():
        return team["guest"].ok("GET", f"{team['path']}/chats/history")[0]["last_message"]

    assert (last()["id"], last()["seq"], last()["content"]) == (second["id"], 2, "two")
    assert (last()["sender_id"], last()["sender"]["name"]) == (team["member"].id, "Bob")
    assert team["member"].delete(f"{chat_path(team, chat)}/message/{second['id']}").status_code == 204
    assert (last()["id"], last()["content"]) == (first["id"], "é" * 200)
    assert team["owner"].delete(f"{chat_path(team, chat)}/message/{first['id']}").status_code == 204
    assert last() is None


def test_history__shows_what_one_is_in_and_nothing_else(team):
    team["owner"].chat(team["id"], "everyone's")
    team["owner"].chat(team["id"], "open", join="open")
    team["owner"].chat(team["id"], "secret", join="invite")
    assert titles(team["owner"], f"{team['path']}/chats/history") == ["secret", "open", "everyone's"]
    assert titles(team["member"], f"{team['path']}/chats/history") == ["everyone's"]


def test_personal_workspace__holds_chats_of_ones_own(alice):
    workspace = alice.ok("GET", "/workspaces")[0]
    chat = alice.chat(workspace, "Notes")
    assert titles(alice, f"/workspaces/{workspace['id']}/chats/history") == ["Notes"]
    assert chat["workspace_id"] == workspace["id"]


def test_create__with_two_idempotency_keys_is_refused(team):
    owner = team["owner"]
    headers = [*owner.auth.items(), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    answer = owner.http.request("POST", f"{team['path']}/chat", json={"title": "Two"}, headers=headers)
    assert answer.status_code == 422 and answer.json()["errors"][0]["loc"] == ["header", "Idempotency-Key"]
