"""HTTP clients whose answers are held against the contract, and people who use them."""
import secrets
import socket
import ssl
import threading
import uuid
import weakref

import httpx


class ThreadClients:
    """An httpx.Client that many threads may use: each has one of its own. (HTTP/2 connections of httpx that threads share
    send their streams out of order now and then, and nginx ends such a connection.) `clock` and `ca` are the server's."""

    live = weakref.WeakSet()

    def __init__(self, make, clock, ca):
        self._make = make
        self.clock = clock
        self.ca = ca
        self._own = threading.local()
        self.live.add(self)

    def connect(self):
        """Opens the calling thread's connection, so that its first request does not wait for the handshake."""
        self.get("/health/live")

    def __getattr__(self, name):
        if not hasattr(self._own, "client"):
            self._own.client = self._make()
            self.live.add(self)
        return getattr(self._own.client, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Closes the calling thread's, until it is used again; those of threads that have ended are closed already."""
        self.live.discard(self)
        if hasattr(self._own, "client"):
            self._own.client.close()
            del self._own.client


def no_delay(event, info):
    """Lets a request's body follow its head at once: Nagle's algorithm would wait 40 ms for the head's acknowledgement."""
    if event == "connection.connect_tcp.complete":
        info["return_value"].get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def watch_connecting(request):
    request.extensions["trace"] = no_delay


def new_client(server, http2=True, timeout_s=30, headers=None):
    """A client of one server: own connections, its certificate checked, every answer held against the contract."""
    def check(response):
        kind = response.headers.get("content-type", "").split(";")[0]
        body = b""
        if kind in ("application/json", "application/problem+json"):
            body = response.read()
        path = response.request.url.raw_path.decode().split("?")[0]
        server.contract.check(response.request.method, path, response.status_code, response.headers, body)

    def make():
        return httpx.Client(base_url=server.base_url, http2=http2, timeout=timeout_s, headers=headers or {},
                            verify=ssl.create_default_context(cafile=server.ca), trust_env=False,
                            event_hooks={"request": [watch_connecting], "response": [check]})

    return ThreadClients(make, server.clock, server.ca)


_TRUSTING_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def anyone(method, url, ca=None, **more):
    """The answer to a request of whoever has been given an address, of this server or of its store: without a credential,
    trusting `ca` alone. (By itself httpx would read what the whole system trusts, each time.)"""
    trust = ssl.create_default_context(cafile=ca) if ca else _TRUSTING_NOBODY
    return httpx.request(method, url, verify=trust, trust_env=False, timeout=60, **more)


def new_email(name="user"):
    return f"{name}-{uuid.uuid4().hex[:12]}@example.org"


def new_password():
    return "pass " + secrets.token_hex(8)


class Person:
    """Someone with an account, signed in. The verbs take a path and what httpx takes, and send the access token."""

    def __init__(self, http, user, email, password, tokens=None):
        self.http = http
        self.user = user
        self.id = user["id"] if user else None
        self.email = email
        self.password = password
        self.tokens = tokens

    @property
    def token(self):
        return self.tokens["access_token"]

    @property
    def auth(self):
        return {"Authorization": f"Bearer {self.token}"}

    def sign_in(self, http=None):
        """A further sign-in session of the same person, as a Person of its own."""
        http = http or self.http
        answer = http.post("/auth/login", json={"email": self.email, "password": self.password})
        assert answer.status_code == 200, answer.text
        return Person(http, answer.json()["user"], self.email, self.password, answer.json()["tokens"])

    def request(self, method, path, **more):
        headers = {**self.auth, **more.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **more)

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, **more):
        return self.request("POST", path, **more)

    def put(self, path, **more):
        return self.request("PUT", path, **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, **more)

    def ok(self, method, path, status=None, **more):
        """The JSON of an answer that must be a success (of that very status where given)."""
        answer = self.request(method, path, **more)
        good = answer.is_success if status is None else answer.status_code == status
        assert good, f"{method} {path}: {answer.status_code} {answer.text[:1000]}"
        return answer.json() if answer.content else None

    def workspace(self, name="Workspace"):
        """A new workspace of which this person is OWNER."""
        return self.ok("POST", "/workspaces", 201, json={"name": name})

    def chat(self, workspace, title="Chat", **settings):
        """A new chat in a workspace (its JSON or its id)."""
        return self.ok("POST", f"/workspaces/{id_of(workspace)}/chat", 201, json={"title": title, **settings})

    def message(self, workspace, chat, content="Hello", **more):
        """A new message in a chat."""
        return self.ok("POST", f"/workspaces/{id_of(workspace)}/chat/{id_of(chat)}/message", 201,
                       json={"content": content, **more})

    def add_member(self, workspace, person, role="MEMBER"):
        """Makes another person a member of a workspace of one's own (INVITE_ADDS_AT_ONCE is on)."""
        return self.ok("POST", f"/workspaces/{id_of(workspace)}/invite", json={"email": person.email, "role": role})


class LastingPerson(Person):
    """Someone who outlives access tokens: signs in anew before one ends, by the server's clock."""

    def __init__(self, http, email, password, now):
        super().__init__(http, None, email, password)
        self._now = now
        self._renew()

    def _renew(self):
        self._signed_in_s = self._now()
        person = self.sign_in()
        self.user, self.id, self.tokens = person.user, person.id, person.tokens

    @property
    def token(self):
        if self._now() - self._signed_in_s > 300:
            self._renew()
        return self.tokens["access_token"]


def id_of(thing):
    return thing["id"] if isinstance(thing, dict) else str(thing)
