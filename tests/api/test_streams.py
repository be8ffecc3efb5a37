"""Event streams: what is told, to whom, what a client that comes back has missed, and what nginx makes of it."""
import subprocess

import pytest
from support.keys import Key
from support.streams import Streams, lines_of, reason_of
from support.talk import Talk, is_code
from support.waiting import until


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


@pytest.fixture
def streams(server):
    streams = Streams(server)
    yield streams
    streams.close()


def paths(talk):
    return ["/stream", f"{talk.path}/stream", f"{talk.at}/stream"]


# ---- what is told ----

@pytest.mark.mysql
def test_message__is_told_on_every_stream_of_those_who_may_read_it(talk, streams):
    opened = [streams.open(person, path) for person in (talk.owner, talk.member, talk.guest) for path in paths(talk)]
    message = talk.say("Hello")
    told = [stream.until("message.created", id=message["id"]) for stream in opened]
    assert len({event.id for event in told}) == 1, "one position for all"
    assert told[0].data["content"] == "Hello" and told[0].data["chat_id"] == talk.chat
    assert all(event.data == told[0].data for event in told), "no event depends on its reader"


def test_message__of_a_chat_for_its_members_is_told_to_them_alone(talk, streams):
    chat = talk.owner.chat(talk.id, "Secret", join="invite")
    path = f"{talk.path}/chat/{chat['id']}"
    stranger = streams.open(talk.member), streams.open(talk.member, f"{talk.path}/stream")
    insider = streams.open(talk.owner), streams.open(talk.owner, f"{talk.path}/stream"), \
        streams.open(talk.owner, f"{path}/stream")
    message = talk.owner.message(talk.id, chat["id"], "Not for you")
    mark = talk.say("For all", person=talk.owner)
    for stream in insider:
        assert stream.until("message.created").data["id"] == message["id"]
    for stream in stranger:
        assert stream.until("message.created").data["id"] == mark["id"]


def test_chat_stream__tells_of_its_chat_alone(talk, streams):
    other = talk.owner.chat(talk.id, "Other")
    stream = streams.open(talk.member, f"{talk.at}/stream")
    talk.owner.message(talk.id, other["id"], "Elsewhere")
    message = talk.say("Here")
    assert stream.until("message.created").data["id"] == message["id"]


def test_user_stream__tells_of_a_workspace_from_the_moment_one_is_in_it(talk, streams, make_user):
    late = make_user()
    stream = streams.open(late)
    talk.say("Before")
    talk.owner.add_member(talk.id, late)
    assert stream.until("member.joined").data["user_id"] == late.id
    message = talk.say("After")
    stream.until("message.created", id=message["id"])  # what was posted just before may be told, too: it may be read by now


def test_key__tells_of_its_workspace_alone(talk, streams):
    elsewhere = talk.owner.workspace("Elsewhere")
    chat = talk.owner.chat(elsewhere)
    stream = streams.open(Key(talk.owner, "read", workspace_id=talk.id))
    talk.owner.message(elsewhere["id"], chat["id"], "Not for the key")
    message = talk.say("For the key")
    assert stream.until("message.created").data["id"] == message["id"]


@pytest.mark.mysql
def test_read_mark__is_told_to_all_in_a_small_chat(talk, streams):
    guest, stream = talk.guest, streams.open(talk.owner, f"{talk.at}/stream")
    talk.say("Hello")
    for mark, seq in (({"seq": 1}, 1), ({"seq": 1, "unread": True}, 0)):
        guest.ok("POST", f"{talk.at}/read", 200, json=mark)
        assert stream.until("read").data == {"chat_id": talk.chat, "user_id": guest.id, "seq": seq}


def told_before(stream, message):
    """What was told of a chat before a message."""
    events = [stream.next()]
    while events[-1].data.get("id") != message["id"]:
        events.append(stream.next())
    return [(event.kind, event.data) for event in events]


@pytest.mark.mysql
@pytest.mark.parametrize("before", ["workspace", "open"])
def test_chat__that_only_its_members_may_see_now_is_gone_for_the_others(talk, streams, before):
    chat = talk.owner.chat(talk.id, "Closing", join=before)["id"]
    path, both = talk.chat_path(chat), ("/stream", f"{talk.path}/stream")
    begin = streams.open(talk.member).id()
    others = [streams.open(talk.member, stream) for stream in both]
    members = [streams.open(talk.owner, stream) for stream in (*both, f"{path}/stream")]
    talk.owner.ok("PUT", path, 200, json={"join": "invite"})
    inside, outside = talk.owner.message(talk.id, chat, "Inside"), talk.say("Outside")
    missed = [(streams.open(person, last=begin), message) for person, message in ((talk.member, outside), (talk.owner, inside))]
    gone = ("chat.deleted", {"id": chat, "workspace_id": talk.id})
    for stream in (*others, missed[0][0]):
        told = told_before(stream, outside)
        assert gone in told and told[-1][0] == "message.created" and inside["id"] not in str(told)
    for stream in (*members, missed[1][0]):
        told = told_before(stream, inside)
        assert gone not in told and "chat.updated" in [kind for kind, _ in told]


# ---- refusals ----

@pytest.mark.parametrize("name", ["access_token", "token", "api_key"])
def test_token_in_the_address__is_refused(http, alice, name):
    assert is_code(http.get("/stream", params={name: alice.token}), 401, "not_authenticated")
    assert is_code(alice.get("/stream", params={name: alice.token}), 422, "validation_error")


def test_focus__wants_chats_that_one_may_read(talk, http, alice, bob):
    secret = talk.owner.chat(talk.id, "Secret", join="invite")
    for focus, status, code in (("nonsense", 422, "validation_error"), (secret["id"], 404, "chat_not_found"),
                                (",".join([talk.chat] * 5), 422, "validation_error")):
        assert is_code(talk.member.get("/stream", params={"focus": focus}), status, code)
    assert talk.member.get("/stream", params={"focus": talk.chat}).status_code == 200


def test_head__has_no_stream(alice):
    assert alice.request("HEAD", "/stream").status_code == 200


# ---- coming back ----

@pytest.mark.mysql
@pytest.mark.parametrize("how", ["header", "query"])
def test_resume__tells_what_was_missed_once_and_in_order(talk, streams, how):
    for path in paths(talk):
        stream = streams.open(talk.member, path)
        first = talk.say("First")
        last = stream.until("message.created", id=first["id"]).id
        stream.close()
        missed = [talk.say(f"Missed {n}")["id"] for n in range(5)]
        stream = streams.open(talk.member, path, **({"last": last} if how == "header" else {"last_event_id": last}))
        after = talk.say("After")["id"]
        assert [stream.until("message.created").data["id"] for _ in range(6)] == [*missed, after]


def test_resume__tells_nothing_that_one_may_not_read_any_more(talk, streams):
    secret = talk.owner.chat(talk.id, "Secret", join="invite")["id"]
    talk.owner.ok("PUT", f"{talk.chat_path(secret)}/members/{talk.member.id}")
    own = ["/stream", f"{talk.path}/stream"]
    witnesses = [streams.open(talk.owner) for _ in range(2)]  # one in each process, where there are two
    last = []
    for path in own:
        stream = streams.open(talk.member, path)
        stream.until("message.created", id=talk.say("Before")["id"])
        last.append(stream.last)
        stream.close()
    said = talk.owner.message(talk.id, secret, "While away")
    talk.owner.ok("DELETE", f"{talk.chat_path(secret)}/members/{talk.member.id}", 204)
    for witness in witnesses:
        witness.until("message.created", id=said["id"])
        witness.until("member.left", chat_id=secret, user_id=talk.member.id)
    mark = talk.say("Mark")
    for path, place in zip(own, last, strict=True):
        stream, heard = streams.open(talk.member, path, last=place), []
        while not heard or heard[-1] != mark["id"]:
            event = stream.next()
            assert event.kind not in ("end", "sync"), event
            if event.kind == "message.created":
                heard.append(event.data["id"])
        assert said["id"] not in heard


def test_resume__begins_with_an_id_to_come_back_to(talk, streams):
    stream = streams.open(talk.member, f"{talk.at}/stream")
    last = stream.id()
    stream.close()
    message = talk.say("Missed")
    assert streams.open(talk.member, f"{talk.at}/stream", last=last).until("message.created").data["id"] == message["id"]


def test_resume__of_more_than_the_hub_remembers_comes_from_the_log(talk, streams):
    stream = streams.open(talk.member, f"{talk.at}/stream")
    last = stream.id()
    stream.close()
    missed = [talk.say(f"Missed {n}")["id"] for n in range(100)]
    stream = streams.open(talk.member, f"{talk.at}/stream", last=last)
    after = talk.say("After")["id"]
    assert [stream.until("message.created").data["id"] for _ in range(101)] == [*missed, after]


@pytest.mark.parametrize("last", ["nonsense", "00000000-1", "-1", "1", "x" * 60])
def test_resume__from_what_is_not_ours_says_so(talk, streams, last):
    stream = streams.open(talk.member, last=last)
    assert stream.next().kind == "sync"
    message = talk.say("Goes on")
    assert stream.until("message.created").data["id"] == message["id"]


def test_resume__from_the_future_says_so(talk, streams):
    epoch = streams.open(talk.member).id().split("-")[0]
    assert streams.open(talk.member, last=f"{epoch}-999999999999").next().kind == "sync"


@pytest.mark.one_column("how much is told is decided in the program")
def test_resume__of_too_much_says_so(talk, streams):
    stream = streams.open(talk.member, f"{talk.at}/stream")
    last = stream.id()
    stream.close()
    witness = streams.open(talk.owner, f"{talk.at}/stream")
    for n in range(1001):
        message = talk.say(f"{n}")
    witness.until("message.created", id=message["id"])
    stream = streams.open(talk.member, f"{talk.at}/stream", last=last)
    assert stream.next().kind == "sync"
    message = talk.say("Goes on")
    assert stream.until("message.created").data["id"] == message["id"]


@pytest.mark.mysql
def test_resume__works_across_a_restart(make_server):
    server = make_server()
    admin = server.setup()
    workspace = admin.workspace()
    chat = admin.chat(workspace)
    streams = Streams(server)
    stream = streams.open(admin)
    first = admin.message(workspace, chat, "First")
    last = stream.until("message.created", id=first["id"]).id
    parley = server.stack.parleys[0]
    parley.stop()
    assert stream.end() == "restart"
    parley.start()
    server.stack.wait()
    second = admin.message(workspace, chat, "Second")
    again = streams.open(admin, last=stream.last)
    assert again.until("message.created").data["id"] == second["id"]
    assert streams.open(admin, last=last).until("message.created").data["id"] == second["id"]
    streams.close()


# ---- the connection ----

@pytest.mark.one_column("what the hub and nginx do with a connection")
def test_comment__keeps_a_silent_stream_awake(make_server):
    server = make_server()
    streams = Streams(server)
    stream = streams.open(server.setup())
    stream.id()
    server.clock.forward(25)
    until(lambda: stream.comments > 0)
    streams.close()


@pytest.mark.parametrize("http2", [False, True])
def test_client_that_leaves__is_logged_with_bytes_and_reason(talk, streams, server, http2):
    path = "/workspaces/{workspace}/chat/{chat}/stream"
    stream = streams.open(talk.member, f"{talk.at}/stream", http2=http2)
    message = talk.say("Hello")
    stream.until("message.created", id=message["id"])
    stream.close()
    (line,) = until(lambda: [one for one in lines_of(server, path) if f"user={talk.member.id}" in one])
    assert reason_of(line) == "client gone" and " status=200 code=ok " in line
    assert int(line.split("sent_bytes=")[1].split()[0]) > 100


@pytest.mark.one_column("what nginx does with a connection")
def test_nginx_reload__goes_on_telling_open_streams(make_server):
    server = make_server()
    admin = server.setup()
    workspace = admin.workspace()
    chat = admin.chat(workspace)
    streams = Streams(server)
    old = streams.open(admin)
    old.id()
    workers = children(server.stack.nginx.pid)
    server.stack.nginx.send(1)  # SIGHUP
    # Until then an old worker may take a connection, and end it at once; one without streams is gone as soon as that.
    until(lambda: workers.isdisjoint(children(server.stack.nginx.pid) - children(server.stack.nginx.pid, "shutting down")))
    server.http.close()  # its connection is at its end
    new = streams.open(admin)
    message = admin.message(workspace, chat, "Hello")
    for stream in (old, new):
        assert stream.until("message.created").data["id"] == message["id"]
    streams.close()


def children(pid, what=""):
    """Those that call themselves so."""
    done = subprocess.run(["ps", "-ww", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return {line.split()[0] for line in done.stdout.splitlines() if what in line}


# ---- typing ----

def test_typing__is_told_to_those_in_the_chat_and_not_stored(talk, streams, server):
    opened = [streams.open(talk.owner, path) for path in paths(talk)]
    before = opened[0].id()
    for stream in opened[1:]:
        stream.id()
    assert talk.member.post(f"{talk.at}/typing").status_code == 204
    for stream in opened:
        event = stream.until("typing")
        assert event.data == {"chat_id": talk.chat, "user_id": talk.member.id} and "-" in event.id
    message = talk.say("Written")
    again = streams.open(talk.owner, last=before)
    assert again.until("message.created").data["id"] == message["id"]


def test_typing__counts_once_in_three_seconds(talk, streams, server):
    """In each process: the next one may not have heard of it."""
    stream = streams.open(talk.owner, f"{talk.at}/stream")
    stream.id()
    for _ in range(8):
        assert talk.member.post(f"{talk.at}/typing").status_code == 204
    talk.say("Mark")
    kinds = []
    while not kinds or kinds[-1] != "message.created":
        kinds.append(stream.next().kind)
    assert 1 <= kinds.count("typing") <= len(server.stack.parleys)


def test_typing__in_a_chat_for_its_members_is_told_to_them_alone(talk, streams):
    chat = talk.owner.chat(talk.id, "Secret", join="invite")
    insider, stranger = streams.open(talk.owner), streams.open(talk.member)
    insider.id()
    stranger.id()
    assert talk.owner.post(f"{talk.path}/chat/{chat['id']}/typing").status_code == 204
    assert insider.until("typing").data["chat_id"] == chat["id"]
    talk.say("Mark")
    kinds = []
    while not kinds or kinds[-1] != "message.created":
        kinds.append(stranger.next().kind)
    assert "typing" not in kinds
