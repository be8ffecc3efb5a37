"""Event streams as a client reads them: a connection of its own, with a thread that reads."""
import json
import os
import queue
import re
import socket
import ssl
import threading
from dataclasses import dataclass

import httpx


@dataclass
class Event:
    kind: str     # "message.created"
    data: dict
    id: str       # "<epoch>-<position>"
    retry: int    # milliseconds; None: not said

    @property
    def position(self):
        return int(self.id.rpartition("-")[2])


def parse(lines):
    """Events of an answer's lines, comments as None (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    kind, data, last_id, retry = "message", [], None, None
    for line in lines:
        if line.startswith(":"):
            yield None
        elif line:
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "event":
                kind = value
            elif field == "data":
                data.append(value)
            elif field == "id":
                last_id = value
            elif field == "retry":
                retry = int(value)
        else:
            if data or last_id or retry:
                yield Event(kind if data else "", json.loads("\n".join(data)) if data else None, last_id, retry)
            kind, data, retry = "message", [], None


class Stream:
    """An open stream. `first` is what it begins with where nothing was missed: an id and no event."""

    def __init__(self, server, auth, path="/stream", last=None, http2=False, **query):
        self.client = httpx.Client(base_url=server.base_url, http2=http2, trust_env=False,
                                   verify=ssl.create_default_context(cafile=server.ca),
                                   timeout=httpx.Timeout(20, read=120))
        headers = {**auth, **({"Last-Event-ID": last} if last else {})}
        request = self.client.build_request("GET", path, params=query, headers=headers)
        self.answer = self.client.send(request, stream=True)
        if self.answer.status_code != 200:
            self.answer.read()
        else:
            assert self.answer.headers["content-type"] == "text/event-stream"
        self.socket = self._socket()
        self.events = queue.Queue()
        self.comments = 0
        self.last = None
        self.thread = threading.Thread(target=self._read, daemon=True)
        if self.answer.status_code == 200:
            self.thread.start()

    @property
    def status(self):
        return self.answer.status_code

    def _socket(self):
        found = self.answer.extensions.get("network_stream")
        if found is None:  # HTTP/2
            found = self.client._transport._pool.connections[0]._connection._network_stream  # noqa: SLF001
        return found.get_extra_info("socket")

    def _lines(self):
        rest = b""
        for piece in self.answer.iter_bytes():
            *lines, rest = (rest + piece).split(b"\n")
            yield from (line.decode() for line in lines)

    def _read(self):
        try:
            for event in parse(self._lines()):
                if event is None:
                    self.comments += 1
                else:
                    self.events.put(event)
            self.events.put("complete")
        except (httpx.HTTPError, httpx.StreamError, OSError, RuntimeError) as e:
            self.events.put(e)

    def any(self, timeout_s=20):
        """The next event, or how it ended: "complete" or an error. What only carries an id is passed over."""
        while True:
            event = self.events.get(timeout=timeout_s)
            if isinstance(event, Event):
                self.last = event.id or self.last
                if not event.kind:
                    continue
            return event

    def next(self, timeout_s=20):
        """The same without `presence`: who is there is told whenever somebody opens a stream, this one too."""
        while True:
            event = self.any(timeout_s)
            if not isinstance(event, Event) or event.kind != "presence":
                return event

    def until(self, kind, timeout_s=20, **data):
        """The next event of a kind with these data; the ones before are passed over."""
        while True:
            event = self.any(timeout_s)
            assert isinstance(event, Event), f"the stream ended ({event!r}) before {kind}"
            if event.kind == kind and all(event.data.get(k) == v for k, v in data.items()):
                return event
            assert event.kind != "end", f"the stream ended ({event.data}) before {kind}"

    def id(self):
        """The id that a stream begins with."""
        event = self.events.get(timeout=20)
        assert isinstance(event, Event) and event.id, event
        self.last = event.id
        return event.id

    def end(self, timeout_s=20):
        """Reads to the end; why it says that it ended."""
        last = None
        while True:
            event = self.next(timeout_s)
            if not isinstance(event, Event):
                assert event == "complete", f"the stream broke off: {event!r} behind {last}"
                assert last and last.kind == "end", f"the stream ended without a word, behind {last}"
                return last.data["why"]
            last = event

    def close(self):
        """Breaks the connection, so that the thread stops to read; whoever reads must not be closed under its hands."""
        if self.thread.is_alive():
            with socket.socket(fileno=os.dup(self.socket.fileno())) as connection:
                connection.shutdown(socket.SHUT_RDWR)
            self.thread.join(20)
        self.answer.close()
        self.client.close()


class Streams:
    """Opens streams and closes them all in the end."""

    def __init__(self, server):
        self.server = server
        self.all = []

    def try_open(self, person, path="/stream", **more):
        auth = person if isinstance(person, dict) else person.auth
        stream = Stream(self.server, auth, path, **more)
        self.all.append(stream)
        return stream

    def open(self, person, path="/stream", **more):
        stream = self.try_open(person, path, **more)
        assert stream.status == 200, stream.answer.text
        return stream

    def close(self):
        for stream in self.all:
            stream.close()


def lines_of(server, route):
    """The lines of the log of streams of a route that have ended."""
    return [line for line in server.log().splitlines() if f" route={route} " in line and " reason=" in line]


def reason_of(line):
    return re.search(r'reason="?([^"]*?)"?$', line)[1]
