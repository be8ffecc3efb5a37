"""Who follows the event log beside a server, as a further process of it would: programs/event_follower.c."""
import contextlib
import json
import subprocess
import threading

from harness import sanitizers
from harness.parley import base_environment
from harness.process import wait_until


class Follower:
    """What the hub of one more process would be told.

    starts     [(epoch, position)], the first at its start
    events     what was told, as the program prints it, with `kind` and `data` (JSON) where clients hear of it
    silences   how often the log could not be read for too long
    """

    def __init__(self, server):
        self.starts, self.events, self.silences = [], [], 0
        self._replays = []
        self._log = server.folder / "follower.log"
        settings = {"DATABASE_URL": f"sqlite:///{server.folder}/parley.db", **server.settings,
                    "VAR_DIR": str(server.folder / "follower")}
        with open(self._log, "ab") as log:
            self.child = subprocess.Popen([str(server.binary.parent / "event_follower")], stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE, stderr=log, text=True, cwd=server.folder,
                                          env={**base_environment(), **settings,
                                               **sanitizers.options(server.folder / "sanitizer")})
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        wait_until(lambda: self.starts or self.child.poll() is not None, 30, "the follower's start")
        assert self.starts, self._log.read_text()

    def _read(self):
        for line in self.child.stdout:
            said = json.loads(line)
            what = said.pop("what")
            if what == "start":
                self.starts.append((said["epoch"], said["position"]))
            elif what == "event":
                if "text" in said:
                    lines = dict(part.split(": ", 1) for part in said["text"].rstrip("\n").split("\n"))
                    assert said["text"].endswith("\n\n") and list(lines) == ["event", "data", "id"], said
                    said.update(kind=lines["event"], data=json.loads(lines["data"]), id=lines["id"])
                self.events.append(said)
            elif what == "silence":
                self.silences += 1
            else:
                self._replays.append(said)

    @property
    def epoch(self):
        return self.starts[-1][0]

    @property
    def position(self):
        return self.events[-1]["position"] if self.events else self.starts[-1][1]

    def wait(self, check, what, timeout_s=20):
        """Until check() is true of what was told."""
        try:
            wait_until(check, timeout_s, what)
        except Exception as fault:
            raise AssertionError(f"{fault}\nlast told: {self.events[-5:]}\n{self._log.read_text()[-2000:]}") from None

    def told(self, kind, **fields):
        """The events of a kind whose data has these fields, as soon as there is one."""
        def found():
            return [e for e in list(self.events) if e.get("kind") == kind
                    and all(e["data"].get(name) == value for name, value in fields.items())]
        self.wait(found, f"{kind} {fields}")
        return found()

    def changed(self, change, **fields):
        """The same for what only the server is told."""
        def found():
            return [e for e in list(self.events) if e["change"] == change
                    and all(e[name] == value for name, value in fields.items())]
        self.wait(found, f"{change} {fields}")
        return found()

    def check_contiguous(self, since=0):
        positions = [e["position"] for e in self.events[since:]]
        assert positions == list(range(positions[0], positions[0] + len(positions)))
        if since == 0:
            assert positions[0] == self.starts[-1][1] + 1

    def replay(self, user_id, workspace_id=0, chat_id=0, after=None, upto=None):
        """{error, sync, count, text} of event_replay."""
        upto = self.position if upto is None else upto
        count = len(self._replays)
        self.child.stdin.write(f"replay {user_id} {workspace_id} {chat_id} {after} {upto}\n")
        self.child.stdin.flush()
        self.wait(lambda: len(self._replays) > count, "the answer to a replay")
        return self._replays[count]

    def close(self):
        """Ends it; its exit status."""
        self.child.stdin.close()
        status = self.child.wait(timeout=30)
        self._thread.join(timeout=10)
        return status


@contextlib.contextmanager
def following(server):
    """A follower of a server, which must have ended well."""
    follower = Follower(server)
    try:
        yield follower
    finally:
        status = follower.close()
    assert status == 0, follower._log.read_text()


def as_told(message):
    """A message as its event says it: without what depends on who reads it."""
    return {name: value for name, value in message.items() if name != "saved"}
