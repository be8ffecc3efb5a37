"""Event streams as other people's clients read them."""
import contextlib
import json
import os
import signal
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


def ids_of(talk, *contents):
    return [talk.say(content)["id"] for content in contents]


def curl(server, talk, version, last_id=None):
    resumed = ["-H", f"Last-Event-ID: {last_id}"] if last_id else []
    return subprocess.Popen(["curl", "-sS", "-N", version, "--max-time", "60", "--cacert", server.ca, "-H",
                             f"Authorization: Bearer {talk.member.token}", *resumed, address(server, talk)],
                            stdout=subprocess.PIPE, text=True)


def next_event(lines):
    """(event, data, id) of the next block of lines with data."""
    fields = {}
    for line in lines:
        if line == "\n" and "data" in fields:
            return fields["event"], json.loads(fields["data"]), fields["id"]
        name, _, value = line.rstrip("\n").partition(": ")
        fields = {**fields, name: value} if name else {}
    raise AssertionError("the stream has ended")


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_curl__reads_events_as_they_come_and_comes_back(server, talk, version):
    with curl(server, talk, version) as child:
        assert child.stdout.readline().startswith("retry: ")
        assert child.stdout.readline().startswith("id: ")
        assert child.stdout.readline() == "\n"
        for n in range(3):
            message, = ids_of(talk, f"{n}")
            kind, data, last_id = next_event(child.stdout)
            assert (kind, data["id"]) == ("message.created", message)
        child.kill()
    missed = ids_of(talk, "missed", "this too")
    with curl(server, talk, version, last_id) as child:
        assert [next_event(child.stdout)[1]["id"] for _ in range(2)] == missed
        after, = ids_of(talk, "after")
        assert next_event(child.stdout)[1]["id"] == after
        child.kill()


@pytest.mark.parametrize("http2", [False, True])
def test_httpx__reads_events_as_they_come_and_comes_back(server, talk, http2):
    with contextlib.closing(Stream(server, talk.member.auth, f"{talk.at}/stream", http2=http2)) as stream:
        for n in range(3):
            message, = ids_of(talk, f"{n}")
            event = stream.next()
            assert event.data["id"] == message
    missed = ids_of(talk, "missed", "this too")
    with contextlib.closing(Stream(server, talk.member.auth, f"{talk.at}/stream", event.id, http2)) as stream:
        after, = ids_of(talk, "after")
        assert [stream.next().data["id"] for _ in range(3)] == [*missed, after]


def line_of(child):
    return json.loads(child.stdout.readline() or child.stderr.read())


def test_node__reads_events_by_fetch_and_comes_back(server, talk):
    with readers.start("fetch", address(server, talk), talk.member.token, server.ca) as child:
        assert line_of(child) == {"event": "open", "status": 200}
        for n in range(3):
            message, = ids_of(talk, f"{n}")
            event = line_of(child)
            assert (event["event"], event["data"]["id"]) == ("message.created", message)
        child.kill()
    missed = ids_of(talk, "missed", "this too")
    with readers.start("fetch", address(server, talk), talk.member.token, server.ca, event["id"]) as child:
        assert line_of(child) == {"event": "open", "status": 200}
        after, = ids_of(talk, "after")
        assert [line_of(child)["data"]["id"] for _ in range(3)] == [*missed, after]
        child.kill()


def test_eventsource__reads_events_and_comes_back_by_itself(make_server):
    """npm's EventSource, whose connection breaks off: it waits for as long as `retry` said and sends the last id itself."""
    server = make_server(NGINX_WORKERS="1")
    admin = server.setup()
    talk = Talk(server.person(admin), server.person(admin), None)
    with readers.start("eventsource", address(server, talk), talk.member.token, server.ca) as child:
        assert line_of(child) == {"event": "open", "status": 200}
        first, = ids_of(talk, "first")
        event = line_of(child)
        assert (event["data"]["id"], event["id"].count("-")) == (first, 1)
        worker = subprocess.run(["ps", "-o", "pid=", "--ppid", str(server.stack.nginx.pid)], capture_output=True, text=True,
                                check=True)
        server.http.close()
        os.kill(int(worker.stdout), signal.SIGKILL)
        with server.client() as http:
            talk.member.http = http
            missed = ids_of(talk, "missed", "this too")
        told = [line_of(child) for _ in range(4)]
        assert [line["event"] for line in told] == ["error", "open", "message.created", "message.created"]
        assert [line["data"]["id"] for line in told[2:]] == missed
        child.kill()


READ_BY_FETCH = """async ([path, token, lastId, wanted]) => {
  const headers = { Authorization: `Bearer ${token}`, ...(lastId ? { 'Last-Event-ID': lastId } : {}) };
  const reader = (await fetch(path, { headers })).body.pipeThrough(new TextDecoderStream()).getReader();
  const found = [];
  window.reading = true;
  for (let text = ''; found.length < wanted;) {
    text += (await reader.read()).value;
    for (let end; (end = text.indexOf('\\n\\n')) >= 0; text = text.slice(end + 2)) {
      const fields = Object.fromEntries(text.slice(0, end).split('\\n').map((line) => line.split(/: (.*)/s)));
      if (fields.data) found.push([fields.event, JSON.parse(fields.data).id, fields.id]);
    }
  }
  reader.cancel();
  return found;
}"""


def test_browser__reads_events_by_fetch_and_comes_back(make_server, look, tmp_path):
    (tmp_path / "index.html").write_text('<!doctype html><link rel="icon" href="data:,"><title>Own</title>', encoding="utf-8")
    server = make_server(WEB_DIR=str(tmp_path))
    admin = server.setup()
    talk = Talk(server.person(admin), server.person(admin), None)
    page = look(server)
    page.goto("/app/")
    page.evaluate(f"() => {{ window.read = {READ_BY_FETCH}; }}")
    path = f"{talk.at}/stream"
    begin = "([...all]) => { window.reading = false; window.answer = window.read(all); }"
    page.evaluate(begin, [path, talk.member.token, None, 2])
    page.wait_for_function("window.reading")
    said = ids_of(talk, "one", "two")
    found = page.evaluate("window.answer")
    assert [(kind, id) for kind, id, _ in found] == [("message.created", id) for id in said]
    missed = ids_of(talk, "missed", "this too")
    page.evaluate(begin, [path, talk.member.token, found[-1][2], 2])
    assert [id for _, id, _ in page.evaluate("window.answer")] == missed
