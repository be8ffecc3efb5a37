"""The stand-in provider of models for API tests: provider_server.py in a process of its own, which plays what it is told.

    provider = Provider()
    provider.play({"openai": ["Hel", "lo"]})           # the next question is answered so
    provider.play({"status": 500}, path="/a/", times=0)  # all that have no other play
    provider.wait_for("asked")                         # what it was sent
    provider.go("gate"); provider.wait_for("gone"); provider.close()
"""
import json
import subprocess
import threading
from pathlib import Path

from .waiting import until

_PROGRAM = Path(__file__).with_name("provider_server.py")


class Provider:
    """`events` holds all that it has said, as objects, in order: see provider_server.py."""

    def __init__(self):
        self.events = []
        self.process = subprocess.Popen(["/usr/bin/python3", "-B", "-s", str(_PROGRAM)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        ready = self.wait_for("ready")[0]
        self.http, self.https, self.ca = ready["http"], ready["https"], ready["ca"]

    def _read(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def _tell(self, said):
        heard = len(self.of("heard"))
        self.process.stdin.write(json.dumps(said) + "\n")
        self.process.stdin.flush()
        until(lambda: len(self.of("heard")) > heard)

    def url(self, path="v1", tls=False):
        """A base address; requests are told apart by its path."""
        return f"https://localhost:{self.https}/{path}" if tls else f"http://localhost:{self.http}/{path}"

    def play(self, play, path="", times=1):
        self._tell({"play": play, "path": path, "times": times})

    def go(self, gate):
        self._tell({"go": gate})

    def forget(self):
        """Plays that were told and have not begun are not played."""
        self._tell({"forget": None})

    def of(self, event, path=""):
        return [e for e in list(self.events) if e["event"] == event and path in e.get("path", "")]

    def asked(self, path=""):
        """The requests so far: `path`, `headers`, `body` (its first 16 KiB), `protocol`, …"""
        return self.of("asked", path)

    def wait_for(self, event, count=1, path=""):
        until(lambda: len(self.of(event, path)) >= count)
        return self.of(event, path)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
