"""Five clients of event streams that leave in the middle of anything and come back with the last id that they have."""
import http.client
import json
import random
import socket
import threading
import time
from collections import Counter

from .client import Client
from .plan import TOLD
from .world import POLL_S

HEAD_MAX_S = 15
SILENT_MAX_S = 60  # a comment comes every 20 s
# Four for each event: now it leaves at once, now it catches up, so that whoever is told `sync` has been wronged.
LINES_BEFORE_LEAVING = ((1, 200), (1, 2400))
CHANGES_AWAY_MAX = 120
AWAY_MAX_S = 5


class Reader(threading.Thread):
    """
    told     {position: (kind, id of what it is about, data)} in the order in which it came
    faults   what must not be
    """

    def __init__(self, world, name, person, path, chat=None):
        super().__init__(name=name, daemon=True)
        self.world, self.person, self.path, self.chat = world, person, path, chat
        self.random = random.Random(f"{world.seed}-{name}")
        self.client = Client(world.base_url, world.ca)
        self.client.token = person.client.token
        self.told, self.faults, self.counts = {}, [], Counter()
        self.first = self.last = None  # ids
        self.newest = 0                # position of the last change that was told
        self.open_socket = None
        self.finishing = threading.Event()
        self.opened = threading.Event()

    @staticmethod
    def position_of(text):
        return int(text.rpartition("-")[2])

    def run(self):
        while not self.finishing.is_set():
            try:
                self._read_once()
            except (OSError, http.client.HTTPException, ValueError, AttributeError) as fault:
                # (http.client gives AttributeError where the socket is closed under it.)
                self.counts[f"broken off ({type(fault).__name__})"] += 1
                time.sleep(POLL_S)

    def finish(self):
        """Ends it, wherever it is."""
        self.finishing.set()
        found = self.open_socket
        if found is not None:
            try:
                found.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.join(20)

    # ---- one connection ----

    def _read_once(self):
        connection = self.client.connect(HEAD_MAX_S)
        query = last = ""
        if self.last and self.random.random() < 0.5:
            query = f"?last_event_id={self.last}"
        elif self.last:
            last = self.last
        try:
            connection.request("GET", self.path + query, headers=self.client.headers({"Last-Event-ID": last} if last else {}))
            self.open_socket = connection.sock
            answer = connection.getresponse()
            if answer.status != 200:
                self.counts[f"refused {answer.status}"] += 1
                if answer.status < 500 and answer.status != 429:
                    self.faults.append(f"refused with {answer.status}: {answer.read(500)!r}")
                time.sleep(POLL_S * 5)
                return
            self.counts["connections"] += 1
            self.open_socket.settimeout(SILENT_MAX_S)
            why = self._read_events(answer)
            self.counts[why] += 1
        finally:
            self.open_socket = None
            connection.close()
        if why == "left" and not self.finishing.is_set():
            self.world.await_changes(self.random.randint(0, CHANGES_AWAY_MAX), AWAY_MAX_S)

    def _read_events(self, answer):
        """Reads until it leaves, or until there is no more; says which."""
        lines_left = self.random.randint(*self.random.choice(LINES_BEFORE_LEAVING))
        fields, here = {}, set()
        while not self.finishing.is_set():
            line = answer.readline()
            if not line:
                return "ended"
            text = line.decode().rstrip("\n")
            if text and not text.startswith(":"):
                name, _, value = text.partition(": ")
                fields[name] = value
            elif not text and fields:
                if not line.endswith(b"\n"):
                    return "ended"
                self._event(fields, here)
                if fields.get("event") in ("end", "sync"):
                    self.counts[fields["event"]] += 1
                fields = {}
            lines_left -= 1
            # Not once the writers have stopped: now it is to come to the end.
            if lines_left <= 0 and not self.world.stopping.is_set():
                return "left"
        return "finished"

    def _event(self, fields, here):
        """`here`: the positions that this connection has told."""
        event_id, kind = fields.get("id"), fields.get("event")
        if kind == "sync":
            self.faults.append(f"sync at {event_id}, behind {self.last}")
        if event_id is None:
            if kind not in (None, "end"):
                self.faults.append(f"{kind} without an id")
            return
        if self.last is not None and event_id.split("-")[0] != self.last.split("-")[0]:
            self.faults.append(f"another epoch: {event_id} behind {self.last}")
        if self.last is not None and self.position_of(event_id) < self.position_of(self.last):
            self.faults.append(f"{kind or 'a beginning'} took the id back from {self.last} to {event_id}")
        before, self.last = self.last, event_id
        if self.first is None:
            self.first = event_id
            self.opened.set()
        if kind in TOLD:
            self._change(self.position_of(event_id), kind, json.loads(fields["data"]), here, before)

    def _change(self, position, kind, data, here, before):
        if position in here:
            self.faults.append(f"{position} {kind} was told twice on one connection")
        here.add(position)
        about = data.get("message_id") or data["id"]
        if position in self.told:
            self.counts["repeats dropped"] += 1
            if self.told[position][:2] != (kind, about):
                self.faults.append(f"{position} was {self.told[position][:2]}, and now is {kind} of {about}")
            return
        if position < self.newest:
            self.faults.append(f"{position} {kind} came behind {self.newest} (last id {before})")
        self.newest = max(self.newest, position)
        self.told[position] = (kind, about, data)


def make(world):
    """Two streams of people, two of the workspace, of which one is of somebody who is not in every chat, and one of a chat."""
    people = world.people
    return [Reader(world, "user, in every chat", people[0], "/stream"),
            Reader(world, "user, not in every chat", people[-1], "/stream"),
            Reader(world, "workspace, in every chat", people[1], f"{world.path}/stream"),
            Reader(world, "workspace, not in every chat", people[-2], f"{world.path}/stream"),
            Reader(world, "chat", people[2], f"{world.path}/chat/{world.chats[0]}/stream", world.chats[0])]
