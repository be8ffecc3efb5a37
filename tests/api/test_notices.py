"""Who is told of messages while they are away: browsers by web push, and a mail about what stays unread."""
from datetime import datetime, timezone

import pytest
from support.client import LastingPerson, anyone
from support.post import open_post
from support.push_service import Browser, PushService
from support.talk import Talk, faults
from support.waiting import until

PUSH_S, MAIL_S = 11, 15 * 60 + 1


class Away:
    """A server with a mail server and a push service beside it; each test has people of its own."""

    def __init__(self, post, push):
        self.post, self.push = post, push
        self.server, self.clock = post.server, post.server.clock
        post.admin = LastingPerson(post.admin.http, post.admin.email, post.admin.password, self.clock.now)

    def talk(self):
        one = lambda **fields: self.server.person(self.post.admin, **fields)
        return Talk(one(first_name="Ada"), one(first_name="Bo"), one)

    def browser_of(self, person):
        browser = self.push.browser()
        person.ok("POST", "/auth/me/push", 204, json=browser.subscription)
        return browser

    def later(self, seconds):
        self.clock.forward(seconds)
        self.post.deep.wake()

    def all_done(self):
        """Until all that is due has been told or dropped: behind them comes one to a browser of somebody else's."""
        last = self.talk()
        browser = self.browser_of(last.owner)
        last.say(f"@{name_of(last.owner)}")
        self.later(PUSH_S)
        self.push.wait_for(browser)
        now = int(self.clock.now() * 1e6)
        until(lambda: self.count(f"push_us <= {now} OR mail_us <= {now}") == 0)

    def count(self, condition="1 = 1"):
        return int(self.post.deep.rows(f"SELECT COUNT(*) FROM notices WHERE {condition}")[0][0])

    def mails_to(self, person):
        return [m for m in self.post.mail.mails if person.email in m.recipients and "unread" in m.message["Subject"]]


@pytest.fixture(scope="module")
def away(maker, backing):
    push = PushService()
    with open_post(maker, backing, EGRESS_ALLOW=f"127.0.0.1:{push.port}") as post:
        yield Away(post, push)
    push.close()


@pytest.fixture
def talk(away):
    return away.talk()


def name_of(person):
    return person.ok("GET", "/auth/me")["username"]


# --- browsers ---

@pytest.mark.mysql
def test_push__of_a_mention_is_read_by_the_browser_and_by_nobody_else(away, talk):
    browser = away.browser_of(talk.owner)
    said = talk.say(f"Look, @{name_of(talk.owner)}")
    away.later(PUSH_S)
    (told,) = away.push.wait_for(browser)
    assert told == {"kind": "mention", "workspace_id": talk.id, "chat_id": talk.chat, "message_id": said["id"]}
    (headers,) = [h for b, _, h in away.push.told if b is browser]
    assert headers["Content-Encoding"] == "aes128gcm" and int(headers["TTL"]) > 0 and len(headers["Topic"]) <= 32
    key = anyone("GET", f"{away.server.base_url}/push/key", away.server.ca).json()["key"]
    assert away.push.claims(headers, key)["sub"] == away.server.settings["PUBLIC_URL"]


def test_push__of_a_reply_and_of_a_direct_message(away, talk):
    browser, own = away.browser_of(talk.member), away.browser_of(talk.owner)
    first = talk.say("First")
    talk.owner.ok("POST", f"{talk.at}/message", 201, json={"content": "Second", "reply_to": first["id"]})
    direct = talk.owner.ok("POST", f"{talk.path}/direct", json={"user_ids": [talk.member.id]})["id"]
    talk.owner.message(talk.id, direct, "Psst")
    away.later(PUSH_S)
    assert [told["kind"] for told in away.push.wait_for(browser, 2)] == ["reply", "direct"]
    away.all_done()
    assert away.push.to(own) == []


def test_push__is_not_sent_for_what_is_read_deleted_unwanted_or_out_of_reach(away, talk):
    read, deleted, muted, off, gone = (talk.owner, talk.guest, *(away.server.person(away.post.admin) for _ in range(3)))
    for person in (muted, off, gone):
        talk.owner.add_member(talk.id, person)
    browsers = [away.browser_of(person) for person in (read, deleted, muted, off, gone)]
    muted.ok("PUT", f"{talk.at}/state", json={"notify": "none"})
    off.ok("PUT", "/auth/me/notifications", json={"push": False})
    gone_for_good = talk.say(f"@{name_of(deleted)}")
    said = talk.say(" ".join(f"@{name_of(person)}" for person in (read, muted, off, gone)))
    talk.member.ok("DELETE", f"{talk.at}/message/{gone_for_good['id']}", 204)
    read.ok("POST", f"{talk.at}/read", json={"seq": said["seq"]})
    talk.owner.ok("DELETE", f"{talk.path}/users/{gone.id}", 204)
    away.later(PUSH_S)
    away.all_done()
    assert [away.push.to(browser) for browser in browsers] == [[]] * 5


def test_notices__wait_for_the_end_of_quiet_hours(away, talk):
    browser = away.browser_of(talk.owner)
    now = datetime.fromtimestamp(away.clock.now(), timezone.utc)
    quiet = {"quiet_from": f"{now:%H:%M}", "quiet_to": f"{(now.hour + 1) % 24:02}:{now.minute:02}", "timezone": "UTC"}
    assert talk.owner.ok("PUT", "/auth/me/notifications", json=quiet) == {"push": True, "mail": True, **quiet}
    talk.say(f"@{name_of(talk.owner)}")
    away.later(PUSH_S)
    away.all_done()
    assert away.push.to(browser) == [] and away.count("push_us IS NOT NULL") > 0
    away.later(MAIL_S)
    away.all_done()
    assert away.push.to(browser) == [] and away.mails_to(talk.owner) == []
    away.later(3600 - MAIL_S)
    away.push.wait_for(browser)
    away.all_done()
    assert away.mails_to(talk.owner) == []
    away.later(MAIL_S)
    until(lambda: len(away.mails_to(talk.owner)) == 1)


@pytest.mark.one_column("what a push service answers")
def test_push__forgets_a_browser_that_is_gone_and_asks_a_busy_service_again(away, talk):
    gone, busy = away.browser_of(talk.owner), away.browser_of(talk.owner)
    away.push.answer_next(gone, 410)
    away.push.answer_next(busy, 503)
    talk.say(f"@{name_of(talk.owner)}")
    away.later(PUSH_S)
    away.push.wait_for(busy)
    away.all_done()
    away.later(61)
    away.push.wait_for(busy, 2)
    assert len(away.push.to(gone)) == 1


@pytest.mark.one_column("which browser is whose")
def test_push__a_browser_is_one_persons_and_is_let_go(away, talk):
    shared, own = away.browser_of(talk.owner), away.browser_of(talk.owner)
    talk.member.ok("POST", "/auth/me/push", 204, json=shared.subscription)
    talk.member.ok("DELETE", "/auth/me/push", 204, json={"endpoint": own.endpoint})  # not hers
    talk.say(f"@{name_of(talk.owner)}")
    away.later(PUSH_S)
    away.push.wait_for(own)
    talk.owner.ok("DELETE", "/auth/me/push", 204, json={"endpoint": own.endpoint})
    talk.say(f"@{name_of(talk.owner)} again")
    away.later(PUSH_S)
    away.all_done()
    assert len(away.push.to(own)) == 1 and away.push.to(shared) == []


@pytest.mark.one_column("the newest twenty are kept")
def test_push__of_more_than_twenty_browsers_the_oldest_goes(away, talk):
    browsers = [away.browser_of(talk.owner) for _ in range(21)]
    talk.say(f"@{name_of(talk.owner)}")
    away.later(PUSH_S)
    away.push.wait_for(browsers[-1])
    away.all_done()
    assert [len(away.push.to(browser)) for browser in browsers] == [0] + [1] * 20


@pytest.mark.one_column("the body is judged before anything else")
def test_push__takes_no_inner_address_and_no_broken_key(away, talk):
    good = Browser("https://push.example.org/x").subscription
    for field, bad in (("endpoint", "http://push.example.org/x"), ("endpoint", "ftp://push.example.org"), ("endpoint", "https://"),
                       ("endpoint", "https://a:b@push.example.org/"), ("p256dh", "A" * 87), ("p256dh", "!" * 87), ("auth", "=" * 22)):
        assert faults(talk.owner.post("/auth/me/push", json={**good, field: bad})) == [("body", field)], bad
    # Taken, since a name may lead anywhere by then, and judged where it leads.
    inner = Browser("https://localhost/x").subscription
    talk.owner.ok("POST", "/auth/me/push", 204, json=inner)
    talk.say(f"@{name_of(talk.owner)}")
    away.later(PUSH_S)
    until(lambda: "its address is none that this server goes to" in away.server.log())


def test_push__ends_with_the_session_that_asked_for_it(away, talk):
    browser, kept = away.browser_of(talk.owner), away.push.browser()
    other = talk.owner.sign_in(talk.owner.http)
    other.ok("POST", "/auth/me/push", 204, json=kept.subscription)
    talk.owner.ok("POST", "/auth/logout", 204)
    talk.say(f"@{name_of(other)}")
    away.later(PUSH_S)
    away.push.wait_for(kept)
    away.all_done()
    assert away.push.to(browser) == []


def test_push__of_a_chat_is_one_for_all_that_is_due(away, talk):
    browser = away.browser_of(talk.owner)
    for text in ("one", "two", "three"):
        talk.say(f"@{name_of(talk.owner)} {text}")
    away.later(PUSH_S)
    away.all_done()
    assert len(away.push.to(browser)) == 1


def test_push__of_a_mention_that_is_edited_out_is_not_sent(away, talk):
    browser = away.browser_of(talk.owner)
    said = talk.say(f"@{name_of(talk.owner)} look")
    talk.member.ok("PUT", f"{talk.at}/message/{said['id']}", json={"content": "nobody"})
    away.later(PUSH_S)
    away.all_done()
    assert away.push.to(browser) == []


def test_push__waits_for_the_end_of_quiet_hours_where_no_mail_is_wanted(away, talk):
    browser = away.browser_of(talk.owner)
    now = datetime.fromtimestamp(away.clock.now(), timezone.utc)
    talk.owner.ok("PUT", "/auth/me/notifications", json={
        "mail": False, "quiet_from": f"{now:%H:%M}", "quiet_to": f"{(now.hour + 1) % 24:02}:{now.minute:02}"})
    talk.say(f"@{name_of(talk.owner)}")
    away.later(MAIL_S)
    away.all_done()
    assert away.push.to(browser) == []
    away.later(3600 - MAIL_S)
    away.push.wait_for(browser)


# --- mail ---

@pytest.mark.mysql
def test_mail__is_one_about_all_that_is_unread_and_tells_nothing_of_it(away, talk):
    other = talk.owner.chat(talk.id, "Plans")["id"]
    for chat, text in ((talk.chat, "one"), (talk.chat, "two"), (other, "secret")):
        talk.member.message(talk.id, chat, f"@{name_of(talk.owner)} {text}")
    away.later(MAIL_S)
    (mail,) = away.post.mail.wait_for(talk.owner.email)
    assert mail.message["Subject"].startswith("3 unread messages for you")
    assert "2 in Chat (Team)" in mail.text and "1 in Plans (Team)" in mail.text and "secret" not in mail.text
    assert f"/app/#/w/{talk.id}/c/{other}" in mail.text.replace("=\n", "")
    away.later(MAIL_S)
    away.all_done()
    assert len(away.mails_to(talk.owner)) == 1


def test_mail__is_not_sent_for_what_was_read_or_is_not_wanted(away, talk):
    said = talk.say(f"@{name_of(talk.owner)} @{name_of(talk.guest)}")
    talk.guest.ok("PUT", "/auth/me/notifications", json={"mail": False})
    talk.owner.ok("POST", f"{talk.at}/read", json={"seq": said["seq"]})
    away.later(MAIL_S)
    away.all_done()
    assert away.mails_to(talk.owner) == [] and away.mails_to(talk.guest) == []
    assert away.count(f"message_id = (SELECT id FROM messages WHERE uuid = X'{said['id'].replace('-', '')}')") == 0


def test_mail__about_many_chats_with_long_names_says_that_there_are_more(away, talk):
    title = "\U0001f319" * 255
    talk.owner.ok("PUT", talk.path, json={"name": title})
    for number in range(40):
        talk.member.message(talk.id, talk.owner.chat(talk.id, title)["id"], f"@{name_of(talk.owner)} {number}")
    away.later(MAIL_S)
    (mail,) = away.post.mail.wait_for(talk.owner.email)
    assert "and in further chats" in mail.text and len(mail.bytes) < 65536


# --- what one wants ---

def test_settings__are_all_and_at_any_time_at_first(alice):
    assert alice.ok("GET", "/auth/me/notifications") == {
        "push": True, "mail": True, "quiet_from": None, "quiet_to": None, "timezone": "UTC"}


def test_settings__what_is_sent_is_changed(alice):
    alice.ok("PUT", "/auth/me/notifications", json={"quiet_from": "22:00", "quiet_to": "07:30", "timezone": "Europe/Berlin"})
    changed = alice.request("PUT", "/auth/me/notifications", json={"mail": False})
    assert changed.json() == {"push": True, "mail": False, "quiet_from": "22:00", "quiet_to": "07:30", "timezone": "Europe/Berlin"}
    assert alice.ok("PUT", "/auth/me/notifications", json={"quiet_from": None, "quiet_to": None})["quiet_from"] is None
    stale = alice.request("PUT", "/auth/me/notifications", json={"push": False}, headers={"If-Match": changed.headers["etag"]})
    assert stale.status_code == 412


@pytest.mark.one_column("the body is judged before anything else")
@pytest.mark.parametrize("bad, field", [
    ({"quiet_from": "24:00", "quiet_to": "07:00"}, "quiet_from"), ({"quiet_from": "7:00 ", "quiet_to": "07:00"}, "quiet_from"),
    ({"quiet_from": "22:00"}, "quiet_to"), ({"quiet_from": "22:00", "quiet_to": "22:00"}, "quiet_to"),
    ({"timezone": "Europe/Atlantis"}, "timezone"), ({"timezone": "../../etc/passwd"}, "timezone")])
def test_settings__that_cannot_be_meant_are_refused(alice, bad, field):
    assert faults(alice.put("/auth/me/notifications", json=bad)) == [("body", field)]
