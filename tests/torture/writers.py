"""Ten people who change things all the time, and ask again where they were cut off."""
import random
import threading
import time
import urllib.parse

from .client import Cut
from .world import POLL_S

SETTLE_MAX_S = 60
ABANDONED = 0.1  # of the posts without an answer: nobody asks again
EMOJI = ("👍", "🎉", "❤️")
OPERATIONS = {"post": 60, "edit": 12, "react": 12, "delete": 4, "pin": 4, "rename": 2, "type": 6}


class Writer(threading.Thread):
    """`pause_s` between two changes: how fast all of them are is no question here."""

    def __init__(self, world, number, pause_s):
        super().__init__(name=f"writer {number}", daemon=True)
        self.world, self.number, self.pause_s = world, number, pause_s
        self.random = random.Random(f"{world.seed}-{self.name}")
        self.person = world.people[number % len(world.people)]
        self.chats = world.chats_of(self.person)
        self.count = 0
        self.mine = []  # (chat, message id) of what may be changed
        self.fault = None

    def run(self):
        names, weights = list(OPERATIONS), list(OPERATIONS.values())
        try:
            while not self.world.stopping.is_set():
                self.count += 1
                getattr(self, f"_{self.random.choices(names, weights)[0]}")()
                if self.pause_s:
                    self.world.stopping.wait(self.pause_s * self.random.uniform(0.5, 1.5))
        except Exception as fault:  # noqa: BLE001  the run is told of it, whatever it is
            self.fault = f"{self.name}: {type(fault).__name__}: {fault}"

    # ---- asking ----

    def _ask(self, method, path, body=None, **headers):
        """(status, JSON); status 0: cut off, or a server that broke in the middle. Nobody knows then whether it was done."""
        try:
            status, answer = self.person.client.ask(method, path, body, **headers)
        except Cut:
            status, answer = 0, None
        if status >= 500:
            self.world.note(f"answers {status}")
        if status == 0:
            self.world.note("requests cut off")
        return (0, answer) if status >= 500 else (status, answer)

    def _change(self, what, method, path, body=None, refused=()):
        """One that is not asked again. Whether it was acknowledged."""
        status, answer = self._ask(method, f"{self.world.path}/chat/{path}", body)
        if status == 0:
            self.world.note(f"{what} in doubt")
            return False
        if status in refused:
            return False
        if status >= 300:
            raise AssertionError(f"{method} {path}: {status} {answer}")
        self.world.note_done(what)
        return True

    def _some_message(self):
        return self.random.choice(self.mine) if self.mine else None

    # ---- changes ----

    def _post(self):
        chat = self.random.choice(self.chats)
        key = f"{self.world.seed}-{self.number}-{self.count}"
        is_abandoned = self.random.random() < ABANDONED
        end = time.monotonic() + SETTLE_MAX_S
        asked = 0
        while True:
            status, answer = self._ask("POST", f"{self.world.path}/chat/{chat}/message", {"content": key}, Idempotency_Key=key)
            asked += 1
            if status == 201:
                break
            if status not in (0, 409):
                raise AssertionError(f"a post: {status} {answer}")
            if asked == 1:
                self.world.note("posts without an answer")
            if is_abandoned and status == 0:
                self.world.texts_in_doubt.add(key)
                return
            if time.monotonic() > end:
                raise AssertionError(f"a post was not settled within {SETTLE_MAX_S} s: {status} {answer}")
            time.sleep(POLL_S)
        if asked > 1:
            self.world.note("posts settled by asking again")
        self.world.posted[answer["id"]] = (chat, answer["seq"], key)
        self.mine.append((chat, answer["id"]))
        self.world.note_done("posts acknowledged")

    def _edit(self):
        found = self._some_message()
        if found:
            chat, message = found
            text = f"{self.world.seed}-{self.number}-{self.count}-edited"
            if self._change("edits", "PUT", f"{chat}/message/{message}", {"content": text}):
                self.world.changes["message.updated", message] += 1

    def _delete(self):
        found = self._some_message()
        if found:
            chat, message = found
            self.mine.remove(found)
            # Gone already: nginx asks the next process where one died behind its commit.
            if self._change("deletions", "DELETE", f"{chat}/message/{message}", refused=(404,)):
                self.world.changes["message.deleted", message] += 1

    def _react(self):
        found = self._some_message()
        if found:
            chat, message = found
            emoji = urllib.parse.quote(self.random.choice(EMOJI))
            method = self.random.choice(("PUT", "PUT", "DELETE"))
            self._change("reactions", method, f"{chat}/message/{message}/reactions/{emoji}")

    def _pin(self):
        found = self._some_message()
        if found:
            chat, message = found
            # A chat has a hundred pins at most.
            self._change("pins", self.random.choice(("PUT", "DELETE")), f"{chat}/message/{message}/pin", refused=(409, 422))

    def _rename(self):
        if self.number == 0:
            self._change("renamings", "PUT", self.random.choice(self.chats), {"title": f"Title {self.count}"}, refused=(409, 412))

    def _type(self):
        self._change("typings", "POST", f"{self.random.choice(self.chats)}/typing")
