"""Event streams over what happens around them: a database that is paused, a restart from which all come back at once."""
import contextlib
import os
import signal
import threading

import pytest
from support.database import Database
from support.streams import Streams
from support.talk import Talk
from support.waiting import until


class World:
    """A talk on a server of one's own, whose owner and member have streams of each kind."""

    def __init__(self, server):
        self.server = server
        owner = server.setup()
        self.talk = Talk(owner, server.person(owner), lambda **fields: server.person(owner, **fields))
        self.people = [owner, self.talk.member]
        self.paths = ["/stream", f"{self.talk.path}/stream", f"{self.talk.at}/stream"]
        self.streams = Streams(server)

    def open_all(self, each):
        """[(person, path, stream)], so many of each person and path, at the same place of the log."""
        opened = [(person, path, self.streams.open(person, path))
                  for person in self.people for path in self.paths for _ in range(each)]
        mark = self.talk.say("All are here")["id"]
        for _, _, stream in opened:
            stream.until("message.created", id=mark)
        return opened


@pytest.fixture
def world(make_server):
    made = []

    def make(**options):
        made.append(World(make_server(**options)))
        return made[-1]

    yield make
    for one in made:
        one.streams.close()


def heard(stream, count):
    """The ids of the next so many messages; nothing but messages is told meanwhile."""
    found = []
    for _ in range(count):
        event = stream.next()
        assert getattr(event, "kind", event) == "message.created", event
        found.append(event.data["id"])
    return found


@contextlib.contextmanager
def paused(part):
    os.kill(part.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(part.pid, signal.SIGCONT)


# ---- the database ----

@pytest.mark.columns("mariadb")
def test_database__that_is_paused_ends_no_stream_and_nothing_is_lost(make_backing, world):
    backing = make_backing()
    one = world(backing=backing, processes=2)
    opened = [stream for _, _, stream in one.open_all(2)]
    said = []
    posting = [threading.Thread(target=lambda n=n: said.append(one.talk.say(f"{n}", person=one.people[n % 2])))
               for n in range(8)]
    with paused(backing.database):
        for thread in posting:
            thread.start()
        until(lambda: one.server.log().count("the event log cannot be read") == 2)  # each process has tried and waits
        assert said == []
    for thread in posting:
        thread.join(20)
    wanted = [message["id"] for message in sorted(said, key=lambda message: message["seq"])]
    assert len(wanted) == 8
    for stream in opened:
        assert heard(stream, 8) == wanted
    mark = one.talk.say("Goes on")["id"]
    for stream in opened:
        assert heard(stream, 1) == [mark]


@pytest.mark.columns("mariadb")
def test_database__that_stays_away_sends_all_back_to_where_they_were(make_backing, world):
    backing = make_backing()
    one = world(backing=backing, processes=2)
    opened = one.open_all(2)
    with paused(backing.database):
        assert {stream.end(timeout_s=30) for _, _, stream in opened} == {"restart"}
    wanted = [one.talk.say(f"{n}")["id"] for n in range(3)]
    for person, path, stream in opened:
        again = until(lambda p=person, a=path, last=stream.last: come_back(one, p, a, last))
        assert heard(again, 3) == wanted


def come_back(one, person, path, last):
    """The stream; None where it was refused for a moment."""
    again = one.streams.try_open(person, path, last=last)
    if again.status == 200:
        return again
    assert again.status == 503 and int(again.answer.headers["retry-after"]) >= 1, again.answer.text
    return None


@pytest.mark.columns("mariadb")
def test_log__that_cannot_be_read_lets_no_stream_open(world):
    one = world()
    stream = one.streams.open(one.people[0])
    stream.id()
    database = Database(one.server)

    def status():
        tried = one.streams.try_open(one.people[0])
        tried.close()
        return tried.status

    database.run("RENAME TABLE event_log TO event_log_away")
    assert stream.end() == "restart"
    until(lambda: status() == 503)
    database.run("RENAME TABLE event_log_away TO event_log")
    until(lambda: status() == 200)


# ---- a restart ----

@pytest.mark.parametrize("how", ["stop", "kill"])
def test_restart__from_which_all_come_back_at_once_loses_nothing(world, how):
    one = world(STREAMS_PER_USER="40")
    opened = one.open_all(12)
    places = [stream.last for _, _, stream in opened]
    wanted = [one.talk.say(f"Before {n}")["id"] for n in range(20)]
    for _, _, stream in opened:
        assert heard(stream, 20) == wanted
    parley = one.server.stack.parleys[0]
    getattr(parley, how)()
    for _, _, stream in opened:
        if how == "stop":
            assert stream.end() == "restart"
        else:
            assert not hasattr(stream.next(), "kind")
    parley.start()
    one.server.stack.wait()
    wanted += [one.talk.say(f"Behind {n}")["id"] for n in range(5)]
    # As if what was told before had been lost on the way: it comes from the log, and the rest from the hub.
    answers, gate = {}, threading.Barrier(len(opened))

    def reconnect(number, person, path, last):
        gate.wait(20)
        answers[number] = one.streams.try_open(person, path, last=last)

    threads = [threading.Thread(target=reconnect, args=(n, person, path, place))
               for n, ((person, path, _), place) in enumerate(zip(opened, places, strict=True))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [answers[n].status for n in range(len(opened))] == [200] * len(opened)
    assert all(heard(answers[n], 25) == wanted for n in range(len(opened)))
    mark = one.talk.say("Goes on")["id"]
    assert all(heard(answers[n], 1) == [mark] for n in range(len(opened)))
