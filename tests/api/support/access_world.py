"""The people and things that the access matrix is tried with (tests/api/access_matrix.txt)."""
import uuid
from dataclasses import dataclass, field

import jwt

from .browser import Browser
from .client import Person, anyone, new_email
from .deep import Deep
from .factor import first_step, switch_on
from .keys import Key
from .later import moment
from .lean import LeanClient
from .waiting import until

FILE = {"files": ("notes.txt", b"what a file holds", "text/plain")}
PEOPLE = ("removed", "stranger", "admin", "shut", "guest", "member", "author", "owner", "cookie", "xsite", "mixed")
KEY_SCOPES = {"rkey": "read", "wkey": "write", "akey": "admin", "mkey": "metrics"}
ALIVE = (*PEOPLE, *KEY_SCOPES)
DEAD = ("dead", "badip", "oldkey")


@dataclass
class Place:
    """A workspace with one of each thing, all of them of `author`, and one of each that has been deleted."""
    owner: Person
    author: Person
    workspace: str
    own: dict = field(default_factory=dict)
    deleted: dict = field(default_factory=dict)
    answer: dict = field(default_factory=dict)  # a chat and a message of it that an assistant wrote


def claims(token):
    return jwt.decode(token, options={"verify_signature": False})


def session_of(person):
    return claims(person.token)["sid"]


def chat_path(ids):
    return f"/workspaces/{ids['workspace']}/chat/{ids['chat']}"


def new_message(person, ids):
    """A message with a file, as {"message": id, "attachment": id}."""
    sent = person.ok("POST", f"{chat_path(ids)}/message", 201, data={"content": "Look"}, files=FILE)
    return {"message": sent["id"], "attachment": sent["attachments"][0]["id"]}


def new_scheduled(person, ids):
    """A message that waits for tomorrow."""
    body = {"content": "Good morning", "send_at": moment(person.http, 86400)}
    return person.ok("POST", f"{chat_path(ids)}/message", 202, json=body)["id"]


def new_upload(person, workspace):
    body = {"filename": "notes.txt", "size": 5}
    return person.ok("POST", f"/workspaces/{workspace}/uploads", 201, json=body)


def new_invitation(person, workspace, email=None):
    """An address nobody has yet is invited: {"invitation": id, "token": text}."""
    body = {"email": email or new_email("invited"), "role": "GUEST"}
    answer = person.ok("POST", f"/workspaces/{workspace}/invite", 201, json=body)
    return {"invitation": answer["invitation_id"], "token": answer["invite_url"].rsplit("=", 1)[1]}


def new_webhook(person, ids):
    """Of the chat: {"webhook": id, "secret": what its address ends with}."""
    made = person.ok("POST", f"{chat_path(ids)}/webhooks", 201, json={"name": "Monitor"})
    return {"webhook": made["id"], "secret": made["url"].rsplit("/", 1)[1]}


def new_provider(person, at, address="https://127.0.0.1/v1", **more):
    """{"provider": id, "model": id}; nobody is at its address."""
    body = {"name": f"p-{uuid.uuid4().hex[:12]}", "kind": "openai", "base_url": address, **more}
    made = person.ok("POST", at, 201, json=body)["id"]
    return {"provider": made, "model": person.ok("POST", f"{at}/{made}/models", 201, json={"model": "one"})["id"]}


def new_server_provider(admin):
    return new_provider(admin, "/providers", "http://127.0.0.1:9/v1", inner=True)


def new_prompt(person, workspace):
    body = {"name": f"p-{uuid.uuid4().hex[:12]}", "title": "Sum up", "content": "Sum up:"}
    return {"prompt": person.ok("POST", f"/workspaces/{workspace}/prompts", 201, json=body)["id"]}


def new_answer(person, workspace):
    """An assistant's answer that has ended, with which a chat ends: {"chat": id, "message": id}."""
    ids = {"workspace": workspace, "chat": person.chat(workspace, assistant="always")["id"]}
    answer = person.ok("POST", f"{chat_path(ids)}/message", 201, json={"content": "Hello"})["assistant"]["id"]
    at = f"{chat_path(ids)}/message/{answer}"
    until(lambda: person.ok("GET", at)["status"] not in ("pending", "streaming"))
    return {"chat": ids["chat"], "message": answer}


def things(author, workspace):
    """One of each thing that a member can make."""
    ids = {"workspace": workspace, "chat": author.chat(workspace)["id"]}
    ids |= {"open": author.chat(workspace, join="open")["id"], **new_message(author, ids), **new_webhook(author, ids)}
    ids |= {"upload": new_upload(author, workspace)["upload_id"], **new_invitation(author, workspace)}
    ids["scheduled"] = new_scheduled(author, ids)
    return ids | new_prompt(author, workspace)


def new_place(owner, author):
    place = Place(owner, author, owner.workspace()["id"])
    owner.add_member(place.workspace, author)
    place.own = things(author, place.workspace)
    gone = place.deleted = things(author, place.workspace)
    path = f"/workspaces/{place.workspace}"
    place.own |= new_provider(owner, f"{path}/providers")
    place.answer = new_answer(author, place.workspace)
    gone |= new_provider(owner, f"{path}/providers")
    owner.ok("DELETE", f"{path}/providers/{gone['provider']}", 204)
    for door in (f"uploads/{gone['upload']}", f"invitations/{gone['invitation']}", f"scheduled/{gone['scheduled']}",
                 f"prompts/{gone['prompt']}",
                 f"chat/{gone['chat']}/message/{gone['message']}", f"chat/{gone['chat']}", f"chat/{gone['open']}"):
        author.ok("DELETE", f"{path}/{door}", 204)
    # A deleted message of a chat that is still there.
    kept = new_message(author, place.own)
    author.ok("DELETE", f"{chat_path(place.own)}/message/{kept['message']}", 204)
    kept |= new_webhook(author, place.own)
    author.ok("DELETE", f"{chat_path(place.own)}/webhooks/{kept['webhook']}", 204)
    gone |= {**kept, "workspace": owner.workspace()["id"], "to": owner.workspace()["id"]}
    for name in ("workspace", "to"):
        owner.ok("DELETE", f"/workspaces/{gone[name]}", 204)
    return place


class World:
    """callers: by the matrix's kinds, all that are let in; dead: by the others, {what: headers}."""

    def __init__(self, server, admin):
        self.server = server
        self.admin = admin
        self.http = server.client(http2=False)
        self.lean = LeanClient(server)
        self.callers = {kind: self.person("ADMIN" if kind == "admin" else "USER") for kind in PEOPLE}
        self.side = {kind: caller.workspace("Side")["id"] for kind, caller in self.callers.items()}
        self.clerk = self.person()  # somebody on the server who is in none of the workspaces
        self.target = self.person()  # a member of the workspace whom others act on: comes and goes
        self.hermit = self.person()  # a member whose chats nobody else is in
        self.place = new_place(self.callers["owner"], self.callers["author"])
        self.elsewhere = new_place(self.person(), self.person())
        self._fill_place()
        self._shut_place()
        self.browsers = {"mixed": self.browser("owner")}
        self.dead = {"dead": self._dead_credentials()}
        self._hand_out_keys()
        self.server_provider = new_server_provider(admin)
        self.key, self.deleted_key = self.new_key(), self.new_key()
        admin.ok("DELETE", f"/api/v1/api-keys/{self.deleted_key}", 204)
        self._sum_figures()

    def _sum_figures(self):
        """Until then /metrics/users and its like have nothing to tell; another's lease may last for a minute."""
        deep = Deep(self.server)

        def summed():
            deep.rows("DELETE FROM job_leases WHERE name = 'sum_figures'")
            deep.wake()
            return self.admin.get("/metrics/users").status_code == 200

        until(summed)

    def close(self):
        self.http.close()
        self.lean.close()

    def person(self, role="USER", email=None):
        person = self.server.person(self.admin, role, email=email)
        person.http = self.http
        return person

    def browser(self, kind):
        """A browser in which somebody is signed in."""
        browser = Browser(self.http)
        assert browser.sign_in(self.callers[kind]).status_code == 200
        return browser

    def headers(self, kind, person, method, browser=None):
        """What the caller of a request is known by, and where the page is that sends it. browser: of cookie and xsite."""
        if kind == "cookie":
            return browser.headers(method)
        if kind == "xsite":
            return {"Cookie": browser.cookie, "Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
        if kind == "mixed":
            return {**person.auth, **self.browsers[kind].headers("GET")}
        return person.auth if person and kind in ALIVE else {}

    def new_key(self):
        """The id of an API key that nobody uses."""
        return self.admin.ok("POST", "/api/v1/api-keys/", 201, json={"name": "Key"})["id"]

    def uploaded(self, person, workspace, finish=False):
        """The id of an upload whose bytes are there, or (finish) of the attachment that it has become."""
        upload = new_upload(person, workspace)
        put = anyone("PUT", upload["url"], self.server.ca, content=b"hello", headers=upload["headers"])
        assert put.status_code == 200, put.text
        if finish:
            person.ok("POST", f"/workspaces/{workspace}/uploads/{upload['upload_id']}/complete", 201, json={})
        return upload["upload_id"]

    def _fill_place(self):
        owner, workspace = self.callers["owner"], self.place.workspace
        for kind, role in (("member", "MEMBER"), ("guest", "GUEST"), ("removed", "MEMBER"), ("cookie", "MEMBER"),
                           ("xsite", "MEMBER"), ("mixed", "GUEST")):
            owner.add_member(workspace, self.callers[kind], role)
        owner.add_member(workspace, self.target)
        owner.add_member(workspace, self.hermit)
        owner.ok("DELETE", f"/workspaces/{workspace}/users/{self.callers['removed'].id}", 204)
        author, ids = self.place.author, dict(self.place.own)
        # A message of another chat of the workspace, and a chat that none of the callers may know of.
        self.sibling = new_message(author, {**ids, "chat": author.chat(workspace)["id"]})["message"]
        self.unsent = self.uploaded(author, workspace, finish=True)
        self.hidden = self.hermit.chat(workspace, join="invite")["id"]
        self.unjoined = self.hermit.chat(workspace, join="open")["id"]

    def _shut_place(self):
        self.keeper = self.person()
        self.shut = new_place(self.keeper, self.callers["shut"])
        self.keeper.add_member(self.shut.workspace, self.target)
        # The author of the place is in it too: as a target of moves it is shut to them.
        self.keeper.add_member(self.shut.workspace, self.callers["author"])
        self.recovery_codes = switch_on(self.keeper)[1]
        path = f"/workspaces/{self.shut.workspace}"
        # Another process may remember for a second that there is no second factor.
        until(lambda: self.keeper.put(path, json={"require_2fa": True}).status_code == 200)

    def recovery_code(self):
        """One of the keeper's that is not used; the last one buys ten new ones."""
        if len(self.recovery_codes) == 1:
            proof = {"recovery_code": self.recovery_codes.pop()}
            answer = self.keeper.ok("POST", "/auth/2fa/recovery-codes", 200, json=proof)
            self.recovery_codes = answer["recovery_codes"]
        return self.recovery_codes.pop()

    def _dead_credentials(self):
        ended, off, deleted, lasting = (self.person() for _ in range(4))
        for person in (ended, off, deleted, lasting):
            self.callers["owner"].add_member(self.place.workspace, person)
        tokens = {"ended session": ended.token, "switched-off user": off.token, "deleted user": deleted.token,
                  "expired": self.forged(lasting.token, exp=int(self.http.clock.now()) - 3600),
                  "refresh token": lasting.tokens["refresh_token"], "challenge token": first_step(self.keeper),
                  "no token": "nonsense"}
        ended.ok("POST", "/auth/logout", 204)
        self.admin.ok("PUT", f"/users/{off.id}", 200, json={"is_active": False})
        self.admin.ok("DELETE", f"/users/{deleted.id}", 204)
        # Every process may remember a principal for a second.
        for token in tokens.values():
            self._until_dead({"Authorization": f"Bearer {token}"})
        self.deleted_user, self.deleted_session = deleted.id, claims(tokens["ended session"])["sid"]
        return {what: {"Authorization": f"Bearer {token}"} for what, token in tokens.items()}

    def _hand_out_keys(self):
        """Keys of an ADMIN who is a member of the workspace; each acts in it and nowhere else."""
        holder = self.person("ADMIN")
        self.callers["owner"].add_member(self.place.workspace, holder)
        place = {"workspace_id": self.place.workspace}
        for kind, scopes in KEY_SCOPES.items():
            self.callers[kind] = Key(holder, scopes, **place)
            self.side[kind] = holder.workspace("Side")["id"]
        abroad = Key(holder, "admin", allowed_ips="192.0.2.1", **place)
        expired = Key(holder, "admin", expires_at="2020-01-01T00:00:00", **place)
        self.dead |= {"badip": {"from another address": abroad.auth}, "oldkey": {"expired": expired.auth}}

    def _until_dead(self, headers):
        until(lambda: all(self.http.get("/auth/me", headers=headers).status_code == 401 for _ in range(4)), timeout_s=5)

    def forged(self, token, **changed):
        """A token of this server's own key, with other claims."""
        key = (self.server.folder / "keys/private.pem").read_bytes()
        head = jwt.get_unverified_header(token)
        return jwt.encode({**claims(token), **changed}, key, algorithm="RS256", headers={"kid": head["kid"]})

    # --- ids ---

    def place_of(self, kind):
        return self.shut if kind == "shut" else self.place

    def own(self, kind):
        """What a caller's requests name: a copy."""
        ids = dict(self.place_of(kind).own)
        return ids | {"user": self.target.id, "api_key_id": self.key, "to": self.side.get(kind, self.place.workspace),
                      "session": str(uuid.uuid4())}

    def missing(self, kind, name):
        """{why: id} of things that are not there for this caller."""
        place = self.place_of(kind)
        unknown, elsewhere, gone = str(uuid.uuid4()), self.elsewhere.own, place.deleted
        if name in ("token", "secret"):
            return {"deleted": gone[name], "unknown": "A" * len(gone[name]), "other kind": place.own["chat"]}
        if name == "user":
            return {"foreign": self.clerk.id, "deleted": self.deleted_user, "unknown": unknown,
                    "other kind": place.workspace}
        if name == "api_key_id":
            return {"deleted": self.deleted_key, "unknown": 2**62}
        if name in ("deserted", "budgeted"):
            return {"deleted": gone["workspace"], "unknown": unknown, "other kind": place.own["chat"]}
        if name == "session":
            return {"foreign": session_of(self.clerk), "deleted": self.deleted_session, "unknown": unknown,
                    "other kind": self.clerk.id}
        plain = {"reply_to": "message", "forward": "message", "kept": "message", "attach": "attachment"}.get(name, name)
        other = {"workspace": "chat", "chat": "message", "message": "attachment", "attachment": "upload",
                 "upload": "attachment", "webhook": "attachment", "invitation": "chat", "to": "chat", "open": "message",
                 "scheduled": "message", "provider": "model", "model": "provider", "prompt": "provider"}[plain]
        why = {"foreign": elsewhere.get(plain, self.elsewhere.workspace), "deleted": gone[plain], "unknown": unknown,
               "other kind": place.own[other]}
        if name in ("chat", "open") and place is self.place:
            why["hidden"] = self.hidden
        if name in ("message", "reply_to") and place is self.place:
            why["of another chat"] = self.sibling
        return why

