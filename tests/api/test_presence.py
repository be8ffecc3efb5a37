"""Who is there: out of open streams and what people do, on one process and two, with Redis and without; and what it costs."""
import queue
import time

import pytest
from support.database import Database
from support.deep import Deep
from support.keys import Key
from support.streams import Event, Streams
from support.talk import Talk, is_code
from support.waiting import until

servers = pytest.mark.columns("mariadb", "mysql")
GONE_S, AWAY_S = 11, 631


class Place:
    """A server of its own, with a talk of an owner, a member and a guest."""

    def __init__(self, server):
        self.server = server
        self.deep = Deep(server)
        self.streams = Streams(server)
        self.admin = server.setup()
        self.talk = Talk(*(server.person(self.admin) for _ in range(2)), lambda **more: server.person(self.admin, **more))

    def seen(self, person, by=None):
        """What others are shown of somebody."""
        shown = (by or self.talk.owner).ok("GET", f"{self.talk.path}/presence", params={"user": person.id})
        return shown[0]["status"], shown[0]["last_seen_at"]

    def until_seen(self, person, status):
        until(lambda: self.seen(person)[0] == status)


@pytest.fixture
def place(make_server):
    made = Place(make_server())
    yield made
    made.streams.close()


@pytest.fixture(params=["as it is", "no redis"])
def two(request, make_server):
    """Two processes, which hear each other over Redis or through the database."""
    settings = {} if request.param == "as it is" else {"REDIS_URL": "", "REDIS_HOST": ""}
    made = Place(make_server(processes=2, **settings))
    made.redis = not settings
    yield made
    made.streams.close()


def told(stream, person, status, workspace=None):
    """Reads on to where the stream tells that; what it tells of others, or of another state, is passed over."""
    while True:
        event = stream.until("presence")
        if {"user_id": person.id, "status": status} in event.data["users"] and \
                workspace in (None, event.data["workspace_id"]):
            return event


def heard(stream, until_of, status="online"):
    """[(user_id, status)] up to the news of somebody, which is told behind whatever was to be told before."""
    found = []
    while (until_of.id, status) not in found:
        found += [(user["user_id"], user["status"]) for user in stream.until("presence").data["users"]]
    return found


# ---- online, away, offline ----

@pytest.mark.mysql
def test_presence__comes_and_goes_with_streams(place):
    talk, clock = place.talk, place.server.clock
    assert place.seen(talk.member) == ("offline", None)
    watching = [place.streams.open(talk.owner), place.streams.open(talk.owner, f"{talk.path}/stream")]
    stream = place.streams.open(talk.member, f"{talk.at}/stream")
    for each in watching:
        event = told(each, talk.member, "online", talk.id)
        assert set(event.data) == {"workspace_id", "users"} and event.id.count("-") == 1
    assert place.seen(talk.member)[0] == "online" and place.seen(talk.member)[1] is not None
    stream.close()
    place.server.http.get("/health")
    assert place.seen(talk.member)[0] == "online", "whoever changes networks is back in 10 s"
    clock.forward(GONE_S)
    for each in watching:
        told(each, talk.member, "offline", talk.id)
    status, last_seen = place.seen(talk.member)
    assert status == "offline" and last_seen is not None


@pytest.mark.mysql
def test_presence__is_away_behind_ten_idle_minutes_and_back_with_the_first_change(place):
    talk, clock = place.talk, place.server.clock
    watching = place.streams.open(talk.owner)
    place.streams.open(talk.member)
    told(watching, talk.member, "online")
    clock.forward(AWAY_S)
    told(watching, talk.member, "away")
    assert place.seen(talk.member)[0] == "away"
    assert talk.member.get(f"{talk.path}/presence", params={"user": talk.member.id}).json()[0]["status"] == "away"
    before = place.seen(talk.member)[1]
    talk.say("Back")
    told(watching, talk.member, "online")
    assert place.seen(talk.member)[0] == "online" and place.seen(talk.member)[1] > before


@pytest.mark.parametrize("act", [
    lambda talk: talk.member.ok("POST", f"{talk.at}/read", json={"seq": 1}),
    lambda talk: talk.member.ok("POST", f"{talk.at}/typing", 204)], ids=["reading", "typing"])
@pytest.mark.one_column("which requests count is decided in the program")
def test_presence__is_back_by(place, act):
    talk = place.talk
    talk.say("Something to read", person=talk.owner)
    watching = place.streams.open(talk.owner)
    place.streams.open(talk.member)
    told(watching, talk.member, "online")
    place.server.clock.forward(AWAY_S)
    told(watching, talk.member, "away")
    act(talk)
    told(watching, talk.member, "online")


def test_presence__of_who_is_back_in_time_is_not_told(place):
    talk = place.talk
    watching = place.streams.open(talk.owner)
    stream = place.streams.open(talk.member)
    told(watching, talk.member, "online")
    stream.close()
    place.streams.open(talk.member).id()
    place.server.clock.forward(GONE_S)
    place.streams.open(talk.guest)
    assert talk.member.id not in [user for user, _ in heard(watching, talk.guest)]
    assert place.seen(talk.member)[0] == "online"


def test_presence__is_told_to_nobody_who_shares_no_workspace(place):
    talk, server = place.talk, place.server
    stranger = server.person(place.admin)
    elsewhere = stranger.workspace("Elsewhere")
    stranger.add_member(elsewhere, talk.owner)
    watching = place.streams.open(stranger)
    told(watching, stranger, "online")
    place.streams.open(talk.member)
    place.until_seen(talk.member, "online")
    server.clock.forward(3)
    place.streams.open(talk.owner)
    assert talk.member.id not in [user for user, _ in heard(watching, talk.owner)]
    assert stranger.ok("GET", f"/workspaces/{elsewhere['id']}/presence", params={"user": talk.member.id}) == []
    assert is_code(stranger.get(f"{talk.path}/presence", params={"user": talk.member.id}), 404, "workspace_not_found")


def test_presence__of_many_is_told_in_one_event_each_two_seconds(place):
    talk, server = place.talk, place.server
    people = [server.person(place.admin) for _ in range(8)]
    for person in people:
        talk.owner.add_member(talk.id, person)
    watching = place.streams.open(talk.owner, f"{talk.path}/stream")
    told(watching, talk.owner, "online")
    for person in people:
        place.streams.open(person)
    events, missing = 0, {person.id for person in people}
    while missing:
        missing -= {user["user_id"] for user in watching.until("presence").data["users"]}
        events += 1
    assert events <= 3, "one for those who came while nothing had been told for 2 s, one or two for the others"


@pytest.mark.one_column("how many hear of it is decided in the program")
def test_presence__is_not_told_in_a_large_workspace(place):
    talk = place.talk
    talk.guest  # noqa: B018 (is made)
    small = talk.owner.workspace("Small")
    talk.owner.add_member(small, talk.member)
    Database(place.server).crowd(talk.id, 500)
    watching = place.streams.open(talk.owner)
    place.streams.open(talk.member)
    told(watching, talk.member, "online", small["id"])
    place.server.clock.forward(3)
    place.streams.open(talk.guest)
    place.until_seen(talk.guest, "online")
    place.server.clock.forward(3)
    fourth = place.server.person(place.admin)
    talk.owner.add_member(small, fourth)
    place.streams.open(fourth)
    while True:
        event = watching.until("presence")
        assert event.data["workspace_id"] != talk.id
        if fourth.id in [user["user_id"] for user in event.data["users"]]:
            break
    assert place.seen(talk.member)[0] == "online", "who asks is told"


def test_presence__of_a_program_with_a_key_is_none(place):
    talk = place.talk
    watching = place.streams.open(talk.owner)
    key = Key(talk.member, "read,write", workspace_id=talk.id)
    place.streams.open(key)
    key.ok("POST", f"{talk.at}/message", 201, json={"content": "A program's"})
    place.streams.open(talk.guest)
    assert talk.member.id not in [user for user, _ in heard(watching, talk.guest)]
    assert place.seen(talk.member) == ("offline", None)


def test_presence__goes_with_the_account(place):
    talk = place.talk
    place.streams.open(talk.member)
    place.until_seen(talk.member, "online")
    assert place.deep.count("presence") == 1
    place.admin.ok("DELETE", f"/users/{talk.member.id}", 204)
    until(lambda: place.deep.count("presence") == 0)


# ---- who asks ----

@pytest.mark.one_column("the shape of a query")
def test_list__names_what_is_wrong_and_leaves_out_strangers(alice, bob, make_user):
    talk = Talk(alice, bob, make_user)
    path = f"{talk.path}/presence"
    for wrong in ("", "nonsense", f"{alice.id},", ",".join([alice.id] * 201)):
        assert is_code(alice.get(path, params={"user": wrong}), 422, "validation_error"), wrong
    assert is_code(alice.get(path), 422, "validation_error")
    stranger = make_user()
    asked = [bob.id, stranger.id, alice.id, bob.id, "01890a5d-ac96-774b-bcce-b302099a8057"]
    assert [row["user_id"] for row in alice.ok("GET", path, params={"user": ",".join(asked)})] == [bob.id, alice.id]
    assert len(talk.guest.ok("GET", path, params={"user": ",".join([alice.id] * 199 + [bob.id])})) == 2


@pytest.mark.mysql
def test_list__of_two_hundred(alice, bob, make_user):
    """More than a statement has places for."""
    talk = Talk(alice, bob, make_user)
    people = [make_user() for _ in range(25)]
    for person in people:
        alice.add_member(talk.id, person)
    asked = [person.id for person in people]
    assert [row["user_id"] for row in bob.ok("GET", f"{talk.path}/presence", params={"user": ",".join(asked)})] == asked


# ---- processes ----

@pytest.mark.mysql
def test_restart__makes_nobody_come_or_go(place):
    """They are back before anybody could miss them; so no storm of events follows one of streams."""
    talk = place.talk
    streams = [place.streams.open(person) for person in (talk.owner, talk.member)]
    told(streams[0], talk.member, "online")
    parley = place.server.stack.parleys[0]
    parley.stop()
    assert [stream.end() for stream in streams] == ["restart"] * 2
    parley.start()
    place.server.stack.wait()
    again = place.streams.open(talk.owner)
    place.streams.open(talk.member)
    place.until_seen(talk.member, "online")
    place.streams.open(talk.guest)
    assert heard(again, talk.guest) == [(talk.guest.id, "online")]


def test_restart__loses_who_does_not_come_back(place):
    talk, clock = place.talk, place.server.clock
    streams = [place.streams.open(person) for person in (talk.owner, talk.member)]
    told(streams[0], talk.member, "online")
    parley = place.server.stack.parleys[0]
    parley.kill()
    parley.start()
    place.server.stack.wait()
    again = place.streams.open(talk.owner)
    until_offline(again, talk.member, clock)
    assert place.seen(talk.member)[0] == "offline"
    until(lambda: place.deep.count("nodes") == 1)
    assert place.deep.count("presence", "node_id = 0") == 2, "what is known of the two"


def until_offline(stream, person, clock):
    """The clock goes on in steps that no beat misses, as that of a process that lives does."""
    for _ in range(20):
        clock.forward(GONE_S)
        try:
            while True:
                event = stream.until("presence", timeout_s=2.5)
                if {"user_id": person.id, "status": "offline"} in event.data["users"]:
                    return
        except queue.Empty:
            pass
    raise AssertionError("nobody was told")


@servers
@pytest.mark.mysql
def test_two_processes__tell_of_each_others_people(two):
    talk, clock = two.talk, two.server.clock
    # nginx gives each to the process with fewer of them.
    watching = [two.streams.open(talk.owner) for _ in range(2)]
    until(lambda: two.deep.count("nodes") == 2)
    stream = two.streams.open(talk.member)
    for each in watching:
        told(each, talk.member, "online")
    second = two.streams.open(talk.member)
    until(lambda: two.deep.count("presence", "node_id > 0") == 4)
    stream.close()
    clock.forward(GONE_S)
    until(lambda: two.deep.count("presence", "node_id > 0") == 3)
    clock.forward(3)
    two.streams.open(talk.guest)
    for each in watching:
        assert talk.member.id not in [user for user, _ in heard(each, talk.guest)], "they have another stream"
    second.close()
    clock.forward(GONE_S)
    for each in watching:
        told(each, talk.member, "offline")
    clock.forward(AWAY_S)
    for each in watching:
        told(each, talk.guest, "away")
    for _ in range(2):
        talk.owner.ok("POST", f"{talk.at}/typing", 204)  # one of them at the process without the guest
        talk.guest.ok("PUT", f"{talk.at}/state", json={"starred": True})
    for each in watching:
        told(each, talk.guest, "online")


@servers
@pytest.mark.mysql
def test_two_processes__one_of_which_dies(two):
    talk, clock = two.talk, two.server.clock
    people = [talk.member, talk.guest, two.server.person(two.admin), two.server.person(two.admin)]
    for person in people[2:]:
        talk.owner.add_member(talk.id, person)
    streams = {person.id: two.streams.open(person) for person in people}
    for person in people:
        two.until_seen(person, "online")
    two.server.stack.parleys[0].kill()
    lost = [person for person in people if is_broken(streams[person.id])]
    assert len(lost) == 2
    watching = two.streams.open(talk.owner)
    told(watching, talk.owner, "online")
    back = two.streams.open(lost[0])
    until_offline(watching, lost[1], clock)
    assert two.seen(lost[0])[0] == "online" and two.seen(lost[1])[0] == "offline"
    until(lambda: two.deep.count("nodes") == 1)
    back.close()


def is_broken(stream):
    """What it was told before is passed over."""
    try:
        while isinstance(stream.any(timeout_s=3), Event):
            pass
    except queue.Empty:
        return False
    return True


@servers
def test_two_processes__tell_a_workspace_once_in_two_seconds(two):
    talk = two.talk
    people = [two.server.person(two.admin) for _ in range(8)]
    for person in people:
        talk.owner.add_member(talk.id, person)
    watching = two.streams.open(talk.owner, f"{talk.path}/stream")
    told(watching, talk.owner, "online")
    for person in people:
        two.streams.open(person)
    times, missing = [time.monotonic()], {person.id for person in people}
    while missing:
        missing -= {user["user_id"] for user in watching.until("presence").data["users"]}
        times.append(time.monotonic())
    gaps = [later - sooner for sooner, later in zip(times[1:], times[2:], strict=False)]
    assert min(gaps, default=2) > 1.5, gaps


@servers
@pytest.mark.mysql
@pytest.mark.parametrize("join", ["workspace", "invite"])
def test_two_processes__hear_who_types_once(two, join):
    talk = two.talk
    chat = talk.owner.chat(talk.id, "Shut", join=join)["id"]
    at = talk.chat_path(chat)
    if join == "invite":
        talk.owner.ok("PUT", f"{at}/members/{talk.member.id}")
    watching = [two.streams.open(talk.owner, path) for path in (f"{at}/stream", "/stream") for _ in range(2)]
    strangers = [two.streams.open(talk.guest) for _ in range(2)]
    for stream in (*watching, *strangers):
        stream.id()
    until(lambda: two.deep.count("nodes") == 2)
    two.server.clock.forward(3)
    talk.member.ok("POST", f"{at}/typing", 204)
    for stream in watching:
        assert stream.until("typing").data == {"chat_id": chat, "user_id": talk.member.id}
    talk.owner.ok("POST", f"{at}/typing", 204)
    hearing = watching if join == "invite" else [*watching, *strangers]
    for stream in hearing:
        typing = []
        while talk.owner.id not in typing:
            typing.append(stream.until("typing").data["user_id"])
        assert typing.count(talk.member.id) == (1 if stream in strangers else 0)
    talk.say("Mark", person=talk.owner)
    for stream in strangers:
        kinds = []
        while not kinds or kinds[-1] != "message.created":
            kinds.append(stream.next().kind)
        assert "typing" not in kinds
    assert two.deep.count("signals", "kind = 0") == (0 if two.redis else 2)


@servers
@pytest.mark.mysql
def test_rows__that_are_committed_late_are_heard_all_the_same(make_server):
    place = Place(make_server(processes=2, REDIS_URL="", REDIS_HOST=""))
    talk, database = place.talk, Database(place.server)
    watching = place.streams.open(talk.owner, f"{talk.at}/stream")
    watching.id()
    place.streams.open(talk.owner)
    until(lambda: place.deep.count("nodes") == 2)
    now_us = int(place.server.clock.now() * 1_000_000)

    def typing(person):
        return ("INSERT INTO signals (node_id, kind, workspace_id, chat_id, user_id, at_us) VALUES (0, 0, "
                f"{database.workspace_id(talk.id)}, {database.chat_id(talk.chat)}, {database.user_id(person)}, {now_us});\n")

    with database.open() as late:
        late.stdin.write(f"START TRANSACTION;\n{typing(talk.member)}SELECT 'written';\n")
        late.stdin.flush()
        assert late.stdout.readline() == "written\n"
        database.run(typing(talk.guest))
        assert watching.until("typing").data["user_id"] == talk.guest.id
        late.stdin.write("COMMIT;\n")
        late.stdin.close()
        assert watching.until("typing").data["user_id"] == talk.member.id
    place.streams.close()


@servers
def test_rows__are_deleted_when_they_are_old(make_server):
    place = Place(make_server(processes=2, REDIS_URL="", REDIS_HOST=""))
    watching = [place.streams.open(place.talk.owner) for _ in range(2)]
    until(lambda: place.deep.count("nodes") == 2)
    place.streams.open(place.talk.member)
    for stream in watching:
        told(stream, place.talk.member, "online")
    assert place.deep.count("signals") > 0
    place.server.clock.forward(20)
    place.deep.rows("DELETE FROM job_leases")
    place.deep.wake()
    until(lambda: place.deep.count("signals") == 0)
    place.streams.close()
    place.server.clock.forward(GONE_S)
    until(lambda: place.deep.count("nodes") == 0, 20)


@servers
def test_one_process__writes_no_rows_for_others(make_server):
    place = Place(make_server(REDIS_URL="", REDIS_HOST=""))
    watching = place.streams.open(place.talk.owner)
    place.streams.open(place.talk.member)
    told(watching, place.talk.member, "online")
    place.talk.member.ok("POST", f"{place.talk.at}/typing", 204)
    watching.until("typing")
    place.server.clock.forward(3)
    place.streams.open(place.talk.guest)
    told(watching, place.talk.guest, "online")
    assert place.deep.count("signals") == 0
    place.streams.close()


@servers
def test_redis_that_is_away__is_done_without(make_server, make_backing):
    backing = make_backing()
    place = Place(make_server(processes=2, backing=backing))
    watching = [place.streams.open(place.talk.owner) for _ in range(2)]
    until(lambda: place.deep.count("nodes") == 2)
    backing.redis.kill()
    until(lambda: all("Redis is away" in part.log.read_text(encoding="utf-8") for part in place.server.stack.parleys))
    place.streams.open(place.talk.member)
    for stream in watching:
        told(stream, place.talk.member, "online")
    place.streams.close()
