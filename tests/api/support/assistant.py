"""A provider with one model beside the stand-in, and chats that ask it."""
import uuid

from .provider import Provider
from .waiting import until


def new_model(admin, kind="openai", base_url=None, model=None, **fields):
    """A provider of the server, and a model of it; both rows. Nobody need be there."""
    provider = admin.ok("POST", "/providers", 201, json={"name": "p-" + uuid.uuid4().hex[:10], "kind": kind,
                                                         "base_url": base_url or "https://models.example/v1", **fields})
    return provider, admin.ok("POST", f"/providers/{provider['id']}/models", 201, json={"model": "tiny", **(model or {})})


class Assistant:
    """`provider` plays; each Assistant is told apart by its own path and its own name on a server that tests share."""

    def __init__(self, admin, provider=None, kind="openai", model=None, **fields):
        self.admin = admin
        self.provider = provider or Provider()
        self.name = "p-" + uuid.uuid4().hex[:10]
        self.row = admin.ok("POST", "/providers", 201,
                            json={"name": self.name, "kind": kind, "base_url": self.provider.url(self.name), "inner": True,
                                  "key": "sk-test-0123456789abcdef", **fields})
        self.model = admin.ok("POST", f"/providers/{self.row['id']}/models", 201, json={"model": "tiny", **(model or {})})

    def play(self, play, times=1):
        self.provider.play(play, path=f"/{self.name}/", times=times)

    def asked(self, count=1):
        """The requests so far, as soon as there are so many."""
        return self.provider.wait_for("asked", count, f"/{self.name}/")

    def wait_for(self, event, count=1):
        return self.provider.wait_for(event, count)

    def go(self, gate):
        self.provider.go(gate)

    def chat(self, person, workspace, assistant="always", **settings):
        """A chat's id."""
        return person.chat(workspace, "Asking", assistant=assistant, provider=self.name, model="tiny", **settings)["id"]

    def close(self):
        self.provider.close()


def ended(person, path, answer):
    """The message when its answer has ended."""
    found = []

    def look():
        found[:] = [person.ok("GET", f"{path}/message/{answer['id']}")]
        return found[0]["status"] not in ("pending", "streaming")
    until(look)
    return found[0]
