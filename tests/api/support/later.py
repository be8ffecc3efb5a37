"""Messages that wait for their time, and the time."""
from datetime import datetime, timezone

from .waiting import until


def moment(server, seconds):
    """So many seconds from now, by the server's clock, as clients write it."""
    return datetime.fromtimestamp(server.clock.now() + seconds, timezone.utc).isoformat().replace("+00:00", "Z")


class Later:
    """Scheduled messages of a Talk whose server is the test's own (deep: support/deep.py)."""

    def __init__(self, deep, talk):
        self.deep = deep
        self.talk = talk

    def schedule(self, content, person=None, at=None, **more):
        body = {"content": content, "send_at": moment(self.deep.server, 61), **more}
        return (person or self.talk.member).ok("POST", f"{at or self.talk.at}/message", 202, json=body)

    def due(self):
        """Their time comes, and the jobs look."""
        self.deep.server.clock.forward(62)
        self.deep.rows("DELETE FROM job_leases")
        self.deep.wake()

    def waiting(self, person=None):
        return (person or self.talk.member).ok("GET", f"{self.talk.path}/scheduled")

    def failed(self, one, person=None):
        """The code with which one could not be sent, as soon as it is so."""
        path = f"{self.talk.path}/scheduled/{one['id']}"
        return until(lambda: (person or self.talk.member).ok("GET", path)["failed"])["code"]

    def sent(self, count):
        """Waits until nothing waits any more, and so many messages are there; their contents."""
        until(lambda: self.deep.count("scheduled", "due_us IS NOT NULL") == 0, 60)
        found = [content for (content,) in self.deep.rows("SELECT content FROM messages ORDER BY id")]
        assert len(found) == count, found
        return found
