"""Messages that are passed on: their text, their files, where they come from, and whose right it takes."""
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
    talk = Talk(alice, bob, make_user)
    talk.other = talk.chat_path(talk.owner.chat(talk.id, "Other")["id"])
    return talk


@pytest.fixture
def own(deep):
    """The same on a server of its own."""
    owner, member, admin = deep.people(2)
    talk = Talk(owner, member, None)
    talk.other = talk.chat_path(talk.owner.chat(talk.id, "Other")["id"])
    talk.admin = admin
    return talk


def forward(person, at, message, status=201, **more):
    return person.ok("POST", f"{at}/message", status, json={"forward": message["id"], **more})


def refused(person, at, message, **more):
    return person.post(f"{at}/message", json={"forward": message["id"], **more})


def content_of(person, attachment, ca):
    answer = person.get(f"/attachments/{attachment['id']}")
    return anyone("GET", answer.headers["location"], ca).content if answer.status_code == 302 else answer.content


# --- what it is ---

def test_forward__has_the_text_and_says_where_it_comes_from(talk):
    said = talk.say("The plan is ready")
    passed = forward(talk.owner, talk.other, said)
    assert passed["content"] == "The plan is ready" and passed["sender_id"] == talk.owner.id
    assert passed["forwarded_from"] == {"message_id": said["id"], "chat_id": talk.chat, "sender": said["sender"],
                                        "created_at": said["created_at"], "text_at": 0}
    assert talk.guest.ok("GET", f"{talk.other}/message/{passed['id']}") == passed
    assert talk.guest.ok("GET", f"{talk.other}/messages")["messages"] == [passed]
    assert said["forwarded_from"] is None


def test_forward__has_ones_own_words_before_the_other_text(talk):
    said = talk.say(f"Ask @{talk.owner.user['username']}")
    passed = forward(talk.member, talk.other, said, content="Straße 😀")
    assert passed["content"] == f"Straße 😀\n\n{said['content']}"
    assert passed["content"][passed["forwarded_from"]["text_at"]:] == said["content"]
    # Whom the other text names is not told again.
    assert passed["mentions"] == [] and said["mentions"] == [talk.owner.id]
    named = forward(talk.member, talk.other, said, content=f"@{talk.owner.user['username']}")
    assert named["mentions"] == [talk.owner.id]
    assert talk.owner.ok("GET", f"{talk.other}/message/{named['id']}")["mentions"] == [talk.owner.id]


def test_forward__of_a_forward_goes_on_as_what_it_was(talk):
    said = talk.say("First")
    again = forward(talk.owner, talk.at, forward(talk.owner, talk.other, said))
    assert again["forwarded_from"]["message_id"] == said["id"] and again["forwarded_from"]["sender"]["id"] == talk.member.id
    talked = forward(talk.owner, talk.other, said, content="Look")
    over = forward(talk.member, talk.at, talked)
    assert over["forwarded_from"]["message_id"] == talked["id"] and over["content"] == "Look\n\nFirst"
    assert over["forwarded_from"]["sender"]["id"] == talk.owner.id


def test_forward__is_not_edited(talk):
    passed = forward(talk.member, talk.other, talk.say("Yes"))
    path = f"{talk.other}/message/{passed['id']}"
    assert is_code(talk.member.put(path, json={"content": "No"}), 409, "message_forwarded")
    assert talk.member.ok("GET", path)["content"] == "Yes"
    assert talk.member.delete(path).status_code == 204
    assert talk.member.ok("GET", f"{talk.other}/messages")["messages"][0]["forwarded_from"] is None


def test_forward__is_too_long_with_ones_own_words(talk):
    said = talk.say("x" * 60_000)
    assert faults(refused(talk.member, talk.other, said, content="y" * 40_000)) == [("body", "content")]
    assert len(forward(talk.member, talk.other, said, content="y" * 39_998)["content"]) == 100_000


def test_forward__replies_and_is_made_once(talk):
    said, root = talk.say("text"), talk.owner.message(talk.id, talk.other.rsplit("/", 1)[1], "root")
    post = lambda: talk.member.post(f"{talk.other}/message", json={"forward": said["id"], "reply_to": root["id"]},  # noqa: E731
                                    headers={"Idempotency-Key": "once"})
    made = made_once(post)
    found = talk.member.ok("GET", f"{talk.other}/message/{made}")
    assert found["reply_to"] == root["id"] and found["forwarded_from"]["message_id"] == said["id"]
    assert len(talk.member.ok("GET", f"{talk.other}/messages")["messages"]) == 2


@pytest.mark.one_column("the shape of a body")
def test_forward__has_no_files_of_its_own(talk):
    said = talk.say("x")
    body = {"forward": said["id"], "attachment_ids": [said["id"]]}
    assert is_code(talk.member.post(f"{talk.other}/message", json=body), 422, "validation_error")


def test_forward__of_what_came_from_outside_names_that_sender(talk, server):
    hook = talk.member.ok("POST", f"{talk.at}/webhooks", 201, json={"name": "Grafana"})
    assert anyone("POST", hook["url"], server.ca, json={"text": "Disk full"}).status_code == 200
    (alert,) = talk.owner.ok("GET", f"{talk.at}/messages")["messages"]
    passed = forward(talk.owner, talk.other, alert)
    assert passed["content"] == "Disk full" and passed["forwarded_from"]["sender"] == alert["sender"]


# --- rights ---

def test_forward__takes_the_right_to_both_chats(talk):
    shut, opened = (talk.owner.chat(talk.id, join, join=join)["id"] for join in ("invite", "open"))
    hidden, seen = (talk.owner.message(talk.id, chat, "x") for chat in (shut, opened))
    unknown = {"id": talk.id}
    for message in (hidden, seen, unknown):
        assert is_code(refused(talk.member, talk.at, message), 404, "message_not_found")
    said = talk.say("x")
    assert is_code(refused(talk.member, talk.chat_path(shut), said), 404, "chat_not_found")
    assert is_code(refused(talk.member, talk.chat_path(opened), said), 403, "not_joined")
    assert is_code(refused(talk.guest, talk.at, said), 403, "forbidden")
    talk.member.ok("POST", f"{talk.chat_path(opened)}/join", 200)
    assert forward(talk.member, talk.at, seen)["content"] == "x"


def test_forward__of_another_workspace_or_a_deleted_message_is_not_found(talk):
    place = talk.member.workspace("Mine")["id"]
    foreign = talk.member.message(place, talk.member.chat(place), "x")
    assert is_code(refused(talk.member, talk.at, foreign), 404, "message_not_found")
    said = talk.say("x")
    talk.member.ok("DELETE", f"{talk.at}/message/{said['id']}", 204)
    assert is_code(refused(talk.member, talk.other, said), 404, "message_not_found")


def test_forward__out_of_a_hidden_chat_does_not_tell_of_it(talk, server):
    shut = talk.owner.chat(talk.id, "Hidden", join="invite")["id"]
    hidden = talk.owner.message(talk.id, shut, "The words are told")
    streams = Streams(server)
    stream = streams.open(talk.member)
    passed = forward(talk.owner, talk.at, hidden)
    ids = (passed["forwarded_from"]["message_id"], passed["forwarded_from"]["chat_id"])
    assert ids == (hidden["id"], shut)
    told = stream.until("message.created", id=passed["id"]).data
    read = talk.member.ok("GET", f"{talk.at}/message/{passed['id']}")
    for message in (told, read):
        origin = message["forwarded_from"]
        assert (origin["message_id"], origin["chat_id"]) == (None, None) and origin["sender"]["id"] == talk.owner.id
    assert "saved" not in told
    streams.close()


def test_forward__is_found_where_it_is_with_that_chats_rights_alone(talk):
    shut = talk.chat_path(talk.owner.chat(talk.id, "Hidden", join="invite")["id"])
    word = "Quittungsbogen"
    said = talk.say(word)
    passed = forward(talk.owner, shut, said)

    def found(person):
        return [hit["message"]["id"] for hit in person.ok("GET", f"{talk.path}/search", 200, params={"q": word})["hits"]]

    until(lambda: found(talk.owner) == [passed["id"], said["id"]])
    assert found(talk.member) == [said["id"]]
    talk.member.ok("DELETE", f"{talk.at}/message/{said['id']}", 204)
    assert found(talk.member) == [] and found(talk.owner) == [passed["id"]]


# --- files ---

def test_forward__shares_the_files(talk, server):
    sent = talk.sent(text_file(b"one"), text_file(b"two", "two.txt"), content="Both")
    passed = forward(talk.owner, talk.other, sent)
    pairs = list(zip(sent["attachments"], passed["attachments"], strict=True))
    for old, new in pairs:
        assert {**old, "id": 0, "url": 0} == {**new, "id": 0, "url": 0} and old["id"] != new["id"]
    talk.member.ok("DELETE", f"{talk.at}/message/{sent['id']}", 204)
    for (old, new), content in zip(pairs, (b"one", b"two"), strict=True):
        assert talk.owner.get(f"/attachments/{old['id']}").status_code == 404
        assert content_of(talk.owner, new, server.ca) == content


def test_object__goes_with_the_last_message_that_has_it(deep, own):
    sent = own.sent(text_file(), text_file(b"two", "two.txt"))
    copies = [forward(own.owner, own.other, sent), forward(own.owner, own.other, sent)]
    assert len(deep.objects()) == 2 and deep.count("attachments") == 6
    own.member.ok("DELETE", f"{own.at}/message/{sent['id']}", 204)
    own.owner.ok("DELETE", f"{own.other}/message/{copies[1]['id']}", 204)
    assert len(deep.objects()) == 2 and deep.count("object_deletions") == 0
    own.owner.ok("DELETE", f"{own.other}/message/{copies[0]['id']}", 204)
    assert deep.objects() == [] and deep.count("attachments") == 0 and deep.count("object_deletions") == 0


def test_forward__says_nothing_any_more_of_who_is_erased(deep, own):
    """Their words and files come out of what others have passed on; those others' own words stay."""
    sent = own.sent(text_file(), content="Geheimnis")
    passed = forward(own.owner, own.other, sent, content="Look at this")
    bare = forward(own.owner, own.other, sent)
    again = forward(own.owner, own.other, passed)
    mine = forward(own.owner, own.other, own.say("mine", person=own.owner))

    def found():
        hits = own.owner.ok("GET", f"{own.path}/search", params={"q": "Geheimnis"})["hits"]
        return [hit["message"]["id"] for hit in hits]

    until(lambda: len(found()) == 4)
    assert own.admin.delete(f"/users/{own.member.id}", params={"messages": "erase"}).status_code == 204
    deep.wake()
    until(lambda: deep.count("users", "erase_messages = 1") == 0 and deep.is_clean())
    read = {m["id"]: m for m in own.owner.ok("GET", f"{own.other}/messages")["messages"]}
    assert [read[m["id"]]["content"] for m in (passed, bare, again, mine)] == ["Look at this", "", "", "mine"]
    for message in (passed, bare, again):
        assert read[message["id"]]["attachments"] == []
        assert read[message["id"]]["forwarded_from"]["sender"] == {"id": None, "name": "Deleted user", "kind": "deleted"}
    assert found() == [] and deep.objects() == []
    assert deep.rows("SELECT COUNT(*) FROM messages WHERE content LIKE '%Geheimnis%'") == [("0",)]


@pytest.mark.parametrize("how", ["message deleted", "chat deleted", "chat moved"])
def test_forward__of_a_forward_that_is_gone_says_nothing_of_who_is_erased(deep, own, how):
    between = own.owner.chat(own.id, "Between")["id"]
    passed = forward(own.owner, own.chat_path(between), own.sent(text_file(), content="Geheimnis"), content="Look at this")
    again = forward(own.owner, own.other, passed, content="See")
    third = forward(own.owner, own.other, again)
    forked = own.owner.ok("POST", f"{own.other}/fork", 201, json={"message_id": third["id"]})["id"]
    if how == "message deleted":
        own.owner.ok("DELETE", f"{own.chat_path(between)}/message/{passed['id']}", 204)
    elif how == "chat deleted":
        own.owner.ok("DELETE", own.chat_path(between), 204)
        deep.wake()
        until(lambda: deep.count("chats", "deleted_us IS NOT NULL") == 0)
    else:
        there = own.owner.workspace("There")["id"]
        own.owner.ok("POST", f"{own.chat_path(between)}/move", 200, json={"workspace_id": there})
    assert own.admin.delete(f"/users/{own.member.id}", params={"messages": "erase"}).status_code == 204
    deep.wake()
    until(lambda: deep.count("users", "erase_messages = 1") == 0 and deep.is_clean())
    for at in (own.other, own.chat_path(forked)):
        read = own.owner.ok("GET", f"{at}/messages")["messages"]
        assert [(m["content"], m["attachments"]) for m in read] == [("See", []), ("", [])]
    assert deep.count("messages", "content LIKE '%Geheimnis%'") == 0 and deep.objects() == []
    assert deep.count("forward_authors", "user_id NOT IN (SELECT id FROM users WHERE erase_messages IS NULL)") == 0


def test_forward__keeps_what_was_only_passed_on_by_who_is_erased(deep, own):
    """Who has passed it on without a word of their own has written nothing of it."""
    said = own.say("mine", person=own.owner)
    bare, talked = forward(own.member, own.other, said), forward(own.member, own.other, said, content="theirs")
    kept, gone = (forward(own.owner, own.at, message) for message in (bare, talked))
    assert own.admin.delete(f"/users/{own.member.id}", params={"messages": "erase"}).status_code == 204
    deep.wake()
    until(lambda: deep.count("users", "erase_messages = 1") == 0 and deep.is_clean())
    read = {m["id"]: m["content"] for m in own.owner.ok("GET", f"{own.at}/messages")["messages"]}
    assert (read[kept["id"]], read[gone["id"]]) == ("mine", "")


def test_forward__that_shows_nothing_is_refused(deep, own):
    bare = forward(own.owner, own.other, own.sent(text_file()))
    assert own.admin.delete(f"/users/{own.member.id}", params={"messages": "erase"}).status_code == 204
    deep.wake()
    until(lambda: deep.count("users", "erase_messages = 1") == 0 and deep.is_clean())
    assert faults(refused(own.owner, own.at, bare)) == [("body", "content")]
    assert forward(own.owner, own.at, bare, content="what was it?")["content"] == "what was it?"


def test_receipt__counts_what_comes_out_of_forwards_and_each_object_once(deep, own):
    sent = own.sent(text_file(b"12345"))
    forward(own.owner, own.other, forward(own.owner, own.other, sent, content="Look"))
    assert own.admin.delete(f"/users/{own.member.id}", params={"messages": "erase"}).status_code == 204
    [receipt] = until(lambda: deep.wake() or own.admin.ok("GET", "/audit", params={"action": "user.erased",
                                                                                   "target": own.member.id}))
    assert receipt["details"] == {"messages": 1, "files": 3, "bytes": 5, "before": None}


def test_forward__of_a_deleted_user_keeps_what_it_says(deep, own):
    passed = forward(own.owner, own.other, own.sent(text_file(), content="stays"))
    assert own.admin.delete(f"/users/{own.member.id}").status_code == 204
    read = own.owner.ok("GET", f"{own.other}/message/{passed['id']}")
    assert read["content"] == "stays" and read["attachments"] == passed["attachments"]
    assert read["forwarded_from"]["sender"]["name"] == "Deleted user"


def test_forward__moves_with_its_chat(talk):
    passed = forward(talk.owner, talk.other, talk.sent(text_file(), content="x"), content="y")
    there = talk.owner.workspace("There")["id"]
    chat = talk.other.rsplit("/", 1)[1]
    talk.owner.ok("POST", f"{talk.other}/move", 200, json={"workspace_id": there})
    read = talk.owner.ok("GET", f"/workspaces/{there}/chat/{chat}/message/{passed['id']}")
    assert read["attachments"] == passed["attachments"] and read["content"] == passed["content"]
    origin = read["forwarded_from"]
    assert origin == {**passed["forwarded_from"], "message_id": None, "chat_id": None}


def test_object__outlives_its_chat(deep, own):
    sent = own.sent(text_file())
    passed = forward(own.owner, own.other, sent)
    for _ in range(30):
        forward(own.member, own.at, sent)
    own.owner.ok("DELETE", own.at, 204)
    deep.wake()
    until(lambda: deep.count("chats", "deleted_us IS NOT NULL") == 0)
    assert deep.count("attachments") == 1 and len(deep.objects()) == 1
    assert content_of(own.owner, passed["attachments"][0], deep.server.ca) == b"what a file holds"
    own.owner.ok("DELETE", own.path, 204)
    deep.wake()
    until(lambda: deep.count("chats") == 0 and deep.objects() == [] and deep.is_clean())


def test_object__is_there_for_forwards_that_meet_the_deletion(deep, own):
    """Whoever passes it on while it is deleted has the file, or is told that there is no such message."""
    for _ in range(6):
        sent = own.sent(text_file())

        def act(i, sent=sent):
            if i % 4 == 0:
                return own.member.delete(f"{own.at}/message/{sent['id']}")
            return refused(own.owner, own.other, sent)

        answers = at_once(8, act)
        assert set(statuses(answers)) <= {201, 204, 404, 503}, statuses(answers)
        made = [a.json() for a in answers if a.status_code == 201]
        assert len(set(deep.objects())) == (1 if made else 0)
        for message in made:
            assert content_of(own.owner, message["attachments"][0], deep.server.ca) == b"what a file holds"
        ends = at_once(len(made), lambda i, made=made: own.owner.delete(f"{own.other}/message/{made[i]['id']}")) if made else []
        assert set(statuses(ends)) <= {204}
        assert deep.objects() == [] and deep.count("attachments") == 0


@pytest.mark.columns("mariadb")
def test_object__that_is_doomed_at_this_moment_is_not_shared(deep, own):
    """Who erases what a user wrote takes no chat's lock: a row that is being removed is waited for."""
    sent, bare = own.sent(text_file(), content="x"), own.sent(text_file(b"y", "y.txt"))
    third = own.chat_path(own.owner.chat(own.id, "Third")["id"])
    deep.rows("CREATE TRIGGER slow BEFORE INSERT ON object_deletions FOR EACH ROW DO SLEEP(1.5)")
    assert own.admin.delete(f"/users/{own.member.id}", params={"messages": "erase"}).status_code == 204
    deep.wake()
    until(lambda: deep.rows("SELECT id FROM information_schema.processlist WHERE state = 'User sleep'"))
    said, empty = at_once(2, lambda i: refused(own.owner, (own.other, third)[i], (sent, bare)[i]))
    passed = said.json()
    assert said.status_code == 201 and passed["attachments"] == [] and passed["content"] == "x"
    assert deep.count("messages", f"uuid = x'{passed['id'].replace('-', '')}' AND attachment_count = 0") == 1
    # A file was all that there was to see.
    assert faults(empty) == [("body", "content")]
    deep.rows("DROP TRIGGER slow")
    until(lambda: deep.count("users", "erase_messages = 1") == 0 and deep.is_clean())


def test_forward__counts_for_quotas_once(make_server):
    deep = Deep(make_server(USER_QUOTA="1000", WORKSPACE_QUOTA="1500"))
    owner, member, admin = deep.people(2)
    talk = Talk(owner, member, None)
    sent = talk.sent(text_file(b"x" * 700))
    # The workspace has it already, and so has its uploader.
    for _ in range(3):
        forward(talk.member, talk.at, sent)
    assert is_code(talk.send(text_file(b"x" * 400)), 413, "quota_exceeded")
    small = talk.sent(text_file(b"x" * 300))
    # For somebody else it is new, once.
    talk.sent(text_file(b"y" * 200), person=talk.owner)
    for _ in range(2):
        forward(talk.owner, talk.at, sent)
    assert is_code(talk.send(text_file(b"z" * 200), person=talk.owner), 413, "quota_exceeded")
    assert is_code(refused(talk.owner, talk.at, small), 413, "quota_exceeded")
    assert len(talk.member.ok("GET", f"{talk.path}/attachments")) == 8
    sizes = [w["file_bytes"] for w in admin.ok("GET", "/admin/workspaces") if w["id"] == talk.id]
    assert sizes == [1200]
