"""Addresses at which programs post into a chat, as Slack's senders do."""
import json

import pytest
from support.client import anyone
from support.races import at_once, statuses
from support.talk import Talk, faults, is_code


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


@pytest.fixture
def hook(talk):
    return made(talk)


def made(talk, person=None, at=None, name="Grafana"):
    return (person or talk.member).ok("POST", f"{at or talk.at}/webhooks", 201, json={"name": name})


def send(server, hook, status=200, **how):
    """What a program gets that posts; `how` is what httpx takes."""
    answer = anyone("POST", hook["url"], server.ca, **how)
    assert answer.status_code == status, answer.text
    return answer


def newest(talk):
    return talk.owner.ok("GET", f"{talk.at}/messages?limit=1")["messages"][-1]


def content_of(server, talk, hook, **payload):
    send(server, hook, json=payload)
    return newest(talk)["content"]


# --- who may ---

def test_webhook__posts_as_a_sender_from_outside(server, talk, hook):
    answer = send(server, hook, json={"text": "Disk full"})
    assert answer.text == "ok" and answer.headers["content-type"].startswith("text/plain")
    message = newest(talk)
    assert message["content"] == "Disk full" and message["sender_id"] is None
    assert message["sender"] == {"id": None, "name": "Grafana", "kind": "outside"}
    assert talk.guest.ok("GET", f"{talk.at}/message/{message['id']}") == message
    assert talk.owner.ok("GET", talk.at)["last_message"]["sender"]["name"] == "Grafana"


@pytest.mark.one_column("the name is decided before the row is written")
def test_webhook__takes_the_senders_name_where_it_can_be_shown(server, talk, hook):
    for sent, shown in (("Uptime Kuma", "Uptime Kuma"), ("  padded ", "padded"), ("x" * 80, "x" * 64), ("", "Grafana"),
                        ("two\nlines", "Grafana"), ("\u202eturned", "Grafana"), ("\u200b", "Grafana"), (7, "Grafana")):
        send(server, hook, json={"text": "up", "username": sent})
        assert newest(talk)["sender"]["name"] == shown, sent


def test_webhook__tells_its_address_once_and_who_made_it(server, talk, hook):
    secret = hook["url"].rsplit("/", 1)[1]
    assert len(secret) == 43 and hook["url"].startswith(server.settings["PUBLIC_URL"] + "/hooks/")
    send(server, hook, json={"text": "up"})
    (listed,) = talk.member.ok("GET", f"{talk.at}/webhooks")
    assert listed["last_used_at"] and listed["created_by"] == talk.member.id and "url" not in listed
    assert hook["last_used_at"] is None and listed["name"] == "Grafana"
    assert secret not in server.log()


def test_webhook__is_listed_to_its_maker_and_to_owners(talk, hook, make_user):
    own = made(talk, talk.owner, name="Kuma")
    assert [h["id"] for h in talk.member.ok("GET", f"{talk.at}/webhooks")] == [hook["id"]]
    assert [h["id"] for h in talk.owner.ok("GET", f"{talk.at}/webhooks")] == [hook["id"], own["id"]]
    assert is_code(talk.member.delete(f"{talk.at}/webhooks/{own['id']}"), 404, "webhook_not_found")


def test_webhook__withdrawn_posts_no_more(server, talk, hook):
    talk.owner.ok("DELETE", f"{talk.at}/webhooks/{hook['id']}", 204)
    assert is_code(send(server, hook, 404, json={"text": "up"}), 404, "webhook_not_found")
    assert is_code(talk.owner.delete(f"{talk.at}/webhooks/{hook['id']}"), 404, "webhook_not_found")


def lose_membership(talk):
    talk.owner.ok("DELETE", f"{talk.path}/users/{talk.member.id}", 204)


def lose_role(talk):
    talk.owner.ok("PUT", f"{talk.path}/users/{talk.member.id}", json={"role": "GUEST"})


def lose_chat(talk):
    talk.owner.ok("PUT", talk.at, json={"join": "invite"})


def lose_account(talk):
    talk.admin.ok("PUT", f"/users/{talk.member.id}", json={"is_active": False})


def delete_chat(talk):
    talk.owner.ok("DELETE", talk.at, 204)


@pytest.mark.mysql
@pytest.mark.parametrize("lose", [lose_membership, lose_role, lose_chat, lose_account, delete_chat])
def test_webhook__posts_only_as_long_as_its_maker_may(server, talk, hook, admin, lose):
    talk.admin = admin
    send(server, hook, json={"text": "before"})
    lose(talk)
    assert is_code(send(server, hook, 404, json={"text": "after"}), 404, "webhook_not_found")
    if lose != delete_chat:
        assert newest(talk)["content"] == "before"


def test_webhook__goes_along_with_a_moved_chat_where_its_maker_is(server, alice, bob, talk, hook):
    """bob is in the other workspace, alice's webhook stays behind with her."""
    team = bob.workspace("Other")
    bob.add_member(team, alice)
    stays = made(talk, talk.owner, name="Kuma")
    alice.ok("POST", f"{talk.at}/move", 200, json={"workspace_id": team["id"]})
    there = f"/workspaces/{team['id']}/chat/{talk.chat}"
    send(server, hook, json={"text": "moved"})
    send(server, stays, json={"text": "both"})
    assert [m["content"] for m in bob.ok("GET", f"{there}/messages")["messages"]] == ["moved", "both"]


def test_webhook__of_somebody_who_is_not_where_its_chat_moves_is_gone(server, talk, hook):
    other = talk.owner.workspace("Other")
    talk.owner.ok("POST", f"{talk.at}/move", 200, json={"workspace_id": other["id"]})
    send(server, hook, 404, json={"text": "lost"})
    assert talk.owner.ok("GET", f"/workspaces/{other['id']}/chat/{talk.chat}/webhooks") == []


def test_webhook__not_in_direct_chats(talk):
    direct = talk.member.ok("POST", f"{talk.path}/direct", json={"user_ids": [talk.owner.id]})
    answer = talk.member.post(f"{talk.path}/chat/{direct['id']}/webhooks", json={"name": "Grafana"})
    assert is_code(answer, 409, "direct_chat")


def test_webhook__twenty_a_chat(talk):
    answers = at_once(24, lambda i: talk.member.post(f"{talk.at}/webhooks", json={"name": f"Monitor {i}"}))
    assert statuses(answers) == {201: 20, 409: 4}


def test_webhook__is_remembered_in_the_audit_log(talk, hook, admin):
    talk.member.ok("DELETE", f"{talk.at}/webhooks/{hook['id']}", 204)
    rows = [r for r in admin.ok("GET", f"/audit?target={talk.chat}") if r["action"].startswith("webhook.")]
    assert [(r["action"], r["details"]["webhook"]) for r in rows] == [
        ("webhook.deleted", hook["id"]), ("webhook.created", hook["id"])]


# --- like any message ---

def test_webhook__of_many_at_once_none_is_lost(server, talk, hook):
    answers = at_once(16, lambda i: anyone("POST", hook["url"], server.ca, json={"text": f"alert {i}"}))
    assert statuses(answers) == {200: 16}
    messages = talk.owner.ok("GET", f"{talk.at}/messages")["messages"]
    assert [m["seq"] for m in messages] == list(range(1, 17))
    assert {m["content"] for m in messages} == {f"alert {i}" for i in range(16)}


def test_webhook__mentions_and_is_unread(server, talk, hook):
    send(server, hook, json={"text": f"<!channel> look, @{talk.owner.ok('GET', '/auth/me')['username']}"})
    message = newest(talk)
    assert message["mention_all"] == "all" and message["mentions"] == [talk.owner.id]
    (unread,) = [u for u in talk.owner.ok("GET", f"{talk.path}/unread") if u["chat_id"] == talk.chat]
    assert unread["unread_count"] == 1 and unread["mention_count"] >= 1


# --- Slack's shape ---

@pytest.mark.one_column("the body is read before anything else")
@pytest.mark.parametrize("sent, shown", [
    ("a <https://example.org/a?b=1&amp;c=2|page> here", "a [page](https://example.org/a?b=1&c=2) here"),
    ("<https://example.org>", "https://example.org"),
    ("*bold* and ~gone~, 2*3*4", "**bold** and ~~gone~~, 2*3*4"),
    ("`*code* &lt;b&gt;` **both**", "`*code* <b>` **both**"),
    ("<!here> <!date^1^{date}|today> <@U1|ada> <#C1|ops> <3 a<b", "@here today @ada #ops <3 a<b"),
    ("&amp;lt; &x &", "&lt; &x &"),
    ("<javascript:alert(1)|x>", "<javascript:alert(1)|x>"),
])
def test_text__of_slack_becomes_markdown(server, talk, hook, sent, shown):
    assert content_of(server, talk, hook, text=sent) == shown
    assert content_of(server, talk, hook, content=sent) == sent


# As those systems send them; the figures are made up.
GRAFANA = {"channel": "#ops", "username": "Grafana", "icon_emoji": ":fire:", "attachments": [{
    "fallback": "[FIRING:1] Disk", "title": "[FIRING:1] Disk", "title_link": "https://grafana.example.org/alerting",
    "text": "**Firing**\n\nValue: A=97", "color": "#D63232", "footer": "Grafana v11", "ts": 1717430400,
    "fields": [{"title": "Host", "value": "db1", "short": True}]}]}
KUMA = {"text": "Uptime Kuma Alert", "username": "Uptime Kuma", "attachments": [{"color": "#e01e5a", "blocks": [
    {"type": "header", "text": {"type": "plain_text", "text": "Parley is down"}},
    {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Message*\n503"}, {"type": "mrkdwn", "text": "*Time*\nnow"}]},
    {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Visit"},
                                      "url": "https://kuma.example.org"}]}]}]}
GITHUB = {"text": "fallback", "blocks": [
    {"type": "rich_text", "elements": [
        {"type": "rich_text_section", "elements": [
            {"type": "text", "text": "Build "}, {"type": "link", "url": "https://ci.example.org/1", "text": "#1"},
            {"type": "text", "text": " failed"}]},
        {"type": "rich_text_list", "style": "bullet", "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "lint"}]},
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "test"}]}]}]},
    {"type": "divider"}, {"type": "context", "elements": [{"type": "mrkdwn", "text": "by *ada*"}]}]}


@pytest.mark.one_column("the body is read before anything else")
@pytest.mark.parametrize("payload, shown", [
    (GRAFANA, "**[\\[FIRING:1\\] Disk](https://grafana.example.org/alerting)**\n**Firing**\n\nValue: A=97\n**Host**: db1\n"
              "Grafana v11"),
    (KUMA, "Uptime Kuma Alert\n\n**Parley is down**\n\n**Message**\n503\n**Time**\nnow\n\n[Visit](https://kuma.example.org)"),
    (GITHUB, "Build [#1](https://ci.example.org/1) failed\n- lint\n- test\n\n---\n\nby **ada**"),
    ({"attachments": [{"fallback": "only this"}]}, "only this"),
], ids=["grafana", "kuma", "github", "fallback"])
def test_payload__of_known_senders(server, talk, hook, payload, shown):
    assert content_of(server, talk, hook, **payload) == shown


def test_payload__as_a_field_of_a_form(server, talk, hook):
    send(server, hook, data={"payload": json.dumps({"text": "from \u00e4 form & more", "username": "GitLab"})})
    assert newest(talk)["content"] == "from \u00e4 form & more" and newest(talk)["sender"]["name"] == "GitLab"


@pytest.mark.one_column("the body is read before anything else")
def test_payload__too_long_is_cut(server, talk, hook):
    shown = content_of(server, talk, hook, text="\u00e4" * 150000)
    assert len(shown) == 100000 and shown.endswith("\u00e4\u2026")


@pytest.mark.one_column("the body is read before anything else")
def test_payload__that_says_nothing_is_refused(server, talk, hook):
    for how in ({"json": {}}, {"json": {"text": " \u200b"}}, {"json": {"text": 5, "attachments": 3, "blocks": [7, {}]}},
                {"json": ["text"]}, {"content": b"{", "headers": {"Content-Type": "application/json"}},
                {"data": {"other": "x"}}, {"data": {"payload": "no json"}}):
        faults(send(server, hook, 422, **how))
    assert send(server, hook, 415, content=b"hello", headers={"Content-Type": "text/plain"})
    assert send(server, hook, 400, content=b"payload=%zz",
                headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert talk.owner.ok("GET", f"{talk.at}/messages")["messages"] == []


@pytest.mark.one_column("the text is read before anything else")
@pytest.mark.parametrize("piece", ["`", "<", "*", "~ ", "`` ` ", "<a|"])
def test_text__of_marks_that_never_end_takes_no_time(server, talk, hook, piece):
    """Where each looked for its end anew this would take minutes, and longer than any limit of time there is."""
    send(server, hook, json={"text": piece * (900_000 // len(piece))})
    assert len(newest(talk)["content"]) == 100000


# --- how often ---

@pytest.mark.one_column("buckets are the process's own here; through Redis they are all other classes'")
def test_rate__is_each_webhooks_own(make_server):
    server = make_server(RATE_LIMIT="on", RATE_HOOK="3", RATE_CREDENTIAL="2")
    owner = server.setup()
    workspace = owner.workspace("Team")["id"]
    chat = owner.chat(workspace)["id"]
    one, other = (owner.ok("POST", f"/workspaces/{workspace}/chat/{chat}/webhooks", 201, json={"name": n}) for n in "ab")
    for left in (2, 1, 0):
        assert send(server, one, json={"text": "x"}).headers["ratelimit-remaining"] == str(left)
    answer = send(server, one, 429, json={"text": "x"})
    assert is_code(answer, 429, "rate_limited") and int(answer.headers["retry-after"]) > 0
    send(server, other, json={"text": "x"})
    # Addresses that are none cost what bad tokens do; a good one still works from there.
    wrong = [anyone("POST", f"{one['url'][:-4]}AAA{i}", server.ca, json={"text": "x"}).status_code for i in range(4)]
    assert wrong == [404, 404, 429, 429]
    send(server, other, json={"text": "x"})
