"""The people and chats of a run, and what has been acknowledged to them so far."""
import secrets
import threading
import time
from collections import Counter

from .client import Client, Cut

MEMBERS = 10
POLL_S = 0.02


class Person:
    def __init__(self, client, email, password):
        self.client = client
        self.id = client.sign_in(email, password)["id"]


class World:
    """people[0] owns the workspace. Everybody is in chats of the workspace, the first half in those by invitation."""

    def __init__(self, base_url, ca, seed):
        self.base_url, self.ca, self.seed = base_url, ca, seed
        self.lock = threading.Condition()
        self.stopping = threading.Event()
        self.counts = Counter()          # of requests, by what became of them
        self.acknowledged = 0
        self.posted = {}                 # message id: (chat, seq, text), as acknowledged
        self.texts_in_doubt = set()      # of posts that nobody has heard of again
        self.changes = Counter()         # (kind, message id): acknowledged edits and deletions
        self.people, self.chats, self.members = [], [], {}
        self._make()

    def _person(self, email, password):
        return Person(Client(self.base_url, self.ca), email, password)

    def _make(self):
        email, password = "owner@example.org", secrets.token_hex(16)
        Client(self.base_url, self.ca).ok("POST", "/auth/setup", {"email": email, "password": password})
        self.people = [self._person(email, password)]
        owner = self.people[0].client
        self.workspace = owner.ok("POST", "/workspaces", {"name": "Torture"})["id"]
        self.path = f"/workspaces/{self.workspace}"
        for number in range(1, MEMBERS):
            email = f"person{number}@example.org"
            owner.ok("POST", "/users", {"email": email, "password": password, "role": "USER"})
            owner.ok("POST", f"{self.path}/invite", {"email": email, "role": "MEMBER"})
            self.people.append(self._person(email, password))
        everyone = {person.id for person in self.people}
        for number in range(2):
            self._chat(f"All {number}", "workspace", everyone)
        self._chat("Some", "invite", {person.id for person in self.people[:MEMBERS // 2]})

    def _chat(self, title, join, members):
        owner = self.people[0]
        chat = owner.client.ok("POST", f"{self.path}/chat", {"title": title, "join": join})["id"]
        for user in sorted(members - {owner.id}) if join == "invite" else ():
            owner.client.ok("PUT", f"{self.path}/chat/{chat}/members/{user}")
        self.chats.append(chat)
        self.members[chat] = members

    def chats_of(self, person):
        return [chat for chat in self.chats if person.id in self.members[chat]]

    # ---- what becomes of requests ----

    def note(self, what):
        with self.lock:
            self.counts[what] += 1

    def note_done(self, what):
        """An acknowledged change: whoever waits for some of them looks again."""
        with self.lock:
            self.counts[what] += 1
            self.acknowledged += 1
            self.lock.notify_all()

    def await_changes(self, count, timeout_s):
        """Until so many more are acknowledged; False where that takes too long, since nothing goes on."""
        with self.lock:
            wanted = self.acknowledged + count
            return self.lock.wait_for(lambda: self.acknowledged >= wanted or self.stopping.is_set(), timeout_s)

    # ---- in the end ----

    def mark(self, timeout_s=60):
        """One last message in each chat, behind all others."""
        owner, end = self.people[0].client, time.monotonic() + timeout_s
        for number, chat in enumerate(self.chats):
            key = f"{self.seed}-mark-{number}"
            while True:
                try:
                    status, answer = owner.ask("POST", f"{self.path}/chat/{chat}/message", {"content": key}, Idempotency_Key=key)
                except Cut:
                    status, answer = 0, None
                if status == 201:
                    self.posted[answer["id"]] = (chat, answer["seq"], key)
                    break
                if time.monotonic() > end:
                    raise AssertionError(f"the last message was not taken within {timeout_s} s: {status} {answer}")
                time.sleep(POLL_S)

    def history(self, chat):
        """Every message of a chat, oldest first."""
        found, last = [], 0
        while True:
            page = self.people[0].client.ok("GET", f"{self.path}/chat/{chat}/messages?after_seq={last}&limit=200")["messages"]
            if not page:
                return found
            found += page
            last = page[-1]["seq"]
