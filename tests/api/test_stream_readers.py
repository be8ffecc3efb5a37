"""Event streams as other people's clients read them."""
import contextlib
import json
import subprocess

import pytest
from harness import readers
from support.streams import Stream
from support.talk import Talk

pytestmark = pytest.mark.one_column("what clients make of the bytes of a stream")


@pytest.fixture
def talk(server, alice, bob, make_user):
    made = Talk(alice, bob, make_user)
    with contextlib.closing(Stream(server, made.member.auth, f"{made.at}/stream")) as stream:
        stream.until("message.created", id=made.say("before")["id"])  # so all that was done before has been told
    return made


def address(server, talk):
    return f"{server.base_url}{talk.at}/stream"


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_curl__reads_events_as_they_come(server, talk, version):
    with subprocess.Popen(["curl", "-sS", "-N", version, "--max-time", "60", "--cacert", server.ca, "-H",
                           f"Authorization: Bearer {talk.member.token}", address(server, talk)],
                          stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline().startswith("retry: ")
        assert child.stdout.readline().startswith("id: ")
        assert child.stdout.readline() == "\n"
        for n in range(3):
            message = talk.say(f"{n}")
            lines = [child.stdout.readline() for _ in range(4)]
            assert lines[0] == "event: message.created\n" and lines[3] == "\n"
            assert json.loads(lines[1].removeprefix("data: "))["id"] == message["id"]
        child.kill()


@pytest.mark.parametrize("http2", [False, True])
def test_httpx__reads_events_as_they_come(server, talk, http2):
    with contextlib.closing(Stream(server, talk.member.auth, f"{talk.at}/stream", http2=http2)) as stream:
        for n in range(3):
            message = talk.say(f"{n}")
            assert stream.next().data["id"] == message["id"]


@pytest.mark.parametrize("how", ["fetch", "eventsource"])
def test_node__reads_events_as_they_come(server, talk, how):
    with readers.start(how, address(server, talk), talk.member.token, server.ca) as child:
        assert json.loads(child.stdout.readline() or child.stderr.read()) == {"event": "open", "status": 200}
        for n in range(3):
            message = talk.say(f"{n}")
            event = json.loads(child.stdout.readline())
            assert (event["event"], event["data"]["id"]) == ("message.created", message["id"])
            assert event["id"].count("-") == 1
        child.kill()
