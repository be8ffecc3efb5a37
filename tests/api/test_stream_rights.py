"""Rights while a stream is open: whatever ends somebody's access ends their streams within a second, on every process, with
Redis and without; what others do ends nobody's."""
import contextlib
import sqlite3
import time
from dataclasses import dataclass

import pytest
from support.client import new_email, new_password
from support.factor import switch_on
from support.keys import Key
from support.streams import Streams
from support.talk import Talk
from support.waiting import until

WITHIN_S = 1.0
USER, WORKSPACE, CHAT = "user", "workspace", "chat"
ALL = (USER, WORKSPACE, CHAT)


def pytest_generate_tests(metafunc):
    if "row" in metafunc.fixturenames:
        metafunc.parametrize("row", ROWS, ids=lambda row: row.name)


@pytest.fixture(params=["as it is", pytest.param("no redis", marks=pytest.mark.columns("mariadb", "mysql"))])
def place(request, shared_server, processes):
    """The server of the column; where that is two processes over Redis, the same without."""
    if request.param == "as it is":
        return shared_server(processes)
    return shared_server(processes, REDIS_URL="", REDIS_HOST="")


class World:
    """The talk of an owner, in which `bob` is about to lose something."""

    def __init__(self, server, in_chat="workspace"):
        self.server = server
        self.admin = server.admin
        self.bob = server.person(self.admin)
        self.talk = Talk(server.person(self.admin), self.bob, lambda **fields: server.person(self.admin, **fields))
        self.owner = self.talk.owner
        if in_chat != "workspace":
            self.talk.chat = self.owner.chat(self.talk.id, "Own", join=in_chat)["id"]
            self.talk.at = self.talk.chat_path(self.talk.chat)
            self.owner.ok("PUT", f"{self.talk.at}/members/{self.bob.id}", 200)
        self.reader = self.bob

    def path(self, kind):
        return {USER: "/stream", WORKSPACE: f"{self.talk.path}/stream", CHAT: f"{self.talk.at}/stream"}[kind]


@dataclass
class Row:
    name: str
    act: object           # World -> None
    ends: tuple           # kinds of bob's streams that end
    why: str
    chat: str = "workspace"
    before: object = None  # World -> None
    owners_go_on: bool = True


def sign_out_elsewhere(world):
    world.bob.sign_in().ok("DELETE", "/auth/sessions", 204)


def reuse_refresh_token(world):
    old = world.bob.tokens["refresh_token"]
    world.bob.http.post("/auth/refresh", json={"refresh_token": old}).raise_for_status()
    world.server.clock.forward(15)
    assert world.bob.http.post("/auth/refresh", json={"refresh_token": old}).status_code == 401


def change_password(world):
    other = world.bob.sign_in()
    other.ok("POST", "/auth/password", 204, json={"current_password": world.bob.password, "new_password": new_password()})


def set_up_own_factor(world):
    switch_on(world.owner)
    world.server.clock.forward(1.1)  # the other process may remember the owner without it


def require_factor(world):
    world.owner.ok("PUT", world.talk.path, 200, json={"require_2fa": True})


def hold_key(world):
    world.reader = Key(world.bob, "read", workspace_id=world.talk.id)


def over_key(change):
    return lambda world: change(world, f"/api/v1/api-keys/{world.reader.key_id}")


def move_chat(world):
    elsewhere = world.owner.workspace("Elsewhere")
    world.owner.ok("POST", f"{world.talk.at}/move", 200, json={"workspace_id": elsewhere["id"]})


ROWS = [
    Row("signed out", lambda w: w.bob.ok("POST", "/auth/logout", 204), ALL, "session"),
    Row("signed out elsewhere", sign_out_elsewhere, ALL, "session"),
    Row("sessions ended by an administrator", lambda w: w.admin.ok("DELETE", f"/users/{w.bob.id}/sessions", 204), ALL,
        "session"),
    Row("refresh token reused", reuse_refresh_token, ALL, "session"),
    Row("password changed", change_password, ALL, "session"),
    Row("switched off", lambda w: w.admin.ok("PUT", f"/users/{w.bob.id}", 200, json={"is_active": False}), ALL, "session"),
    Row("deleted", lambda w: w.admin.ok("DELETE", f"/users/{w.bob.id}", 204), ALL, "session or access"),
    Row("out of the workspace", lambda w: w.owner.ok("DELETE", f"{w.talk.path}/users/{w.bob.id}", 204), (WORKSPACE, CHAT),
        "access"),
    Row("left the workspace", lambda w: w.bob.ok("DELETE", f"{w.talk.path}/users/{w.bob.id}", 204), (WORKSPACE, CHAT),
        "access"),
    Row("out of the chat", lambda w: w.owner.ok("DELETE", f"{w.talk.at}/members/{w.bob.id}", 204), (CHAT,), "access",
        "invite"),
    Row("left the chat", lambda w: w.bob.ok("POST", f"{w.talk.at}/leave", 204), (CHAT,), "access", "open"),
    Row("chat deleted", lambda w: w.owner.ok("DELETE", w.talk.at, 204), (CHAT,), "deleted", owners_go_on=False),
    Row("chat moved", move_chat, (CHAT,), "deleted", owners_go_on=False),
    Row("workspace deleted", lambda w: w.owner.ok("DELETE", w.talk.path, 204), (WORKSPACE, CHAT), "deleted", owners_go_on=False),
    Row("chat for those invited", lambda w: w.owner.ok("PUT", w.talk.at, 200, json={"join": "invite"}), (CHAT,), "access"),
    Row("second factor asked for", require_factor, (WORKSPACE, CHAT), "access", before=set_up_own_factor),
    Row("key switched off", over_key(lambda w, key: w.bob.ok("POST", f"{key}/deactivate")), ALL, "session",
        before=hold_key),
    Row("key deleted", over_key(lambda w, key: w.bob.ok("DELETE", key, 204)), ALL, "session", before=hold_key),
    Row("key's addresses changed", over_key(lambda w, key: w.bob.ok("PATCH", key, 200,
                                                                    json={"allowed_ips": "192.0.2.1"})), ALL, "restart",
        before=hold_key),
    Row("key's owner out of the workspace", lambda w: w.owner.ok("DELETE", f"{w.talk.path}/users/{w.bob.id}", 204), ALL,
        "access", before=hold_key),
    Row("role changed", lambda w: w.owner.ok("PUT", f"{w.talk.path}/users/{w.bob.id}", 200, json={"role": "GUEST"}), (), ""),
]


@pytest.mark.mysql
def test_rights__that_end_end_streams_on_every_process(place, row):
    world = World(place, row.chat)
    if row.before:
        row.before(world)
    streams = Streams(place)
    # Twice: nginx gives each to the process with fewer of them.
    bobs = [(kind, streams.open(world.reader, world.path(kind))) for kind in ALL for _ in range(2)]
    owners = [(kind, streams.open(world.owner, world.path(kind))) for kind in ALL for _ in range(2)]
    for _, stream in (*bobs, *owners):
        stream.id()
    row.act(world)
    acted = time.monotonic()
    for kind, stream in bobs:
        if kind in row.ends:
            assert stream.end(timeout_s=5) in row.why.split(" or "), kind
    took_s = time.monotonic() - acted
    assert took_s < WITHIN_S, f"{took_s:.2f} s"
    if row.owners_go_on:
        mark = world.talk.say("Goes on", person=world.owner)
        for _, stream in owners:
            stream.until("message.created", id=mark["id"])
    streams.close()


def test_rights__of_a_session_whose_time_is_over_end_its_streams(make_server):
    server = make_server(REFRESH_TOKEN_EXPIRE_DAYS="1")
    admin = server.setup()
    streams = Streams(server)
    stream = streams.open(admin)
    stream.id()
    server.clock.forward(24 * 3600 - 60)
    server.clock.forward(120)
    assert stream.end() == "expired"
    streams.close()


def test_rights__of_a_stream_outlive_its_access_token(make_server):
    server = make_server(ACCESS_TOKEN_EXPIRE_MINUTES="1")
    admin = server.setup(new_email("admin"), new_password())
    workspace = admin.workspace()
    chat = admin.chat(workspace)
    streams = Streams(server)
    stream = streams.open(admin)
    stream.id()
    server.clock.forward(120)
    message = admin.sign_in().message(workspace, chat, "Later")
    assert stream.until("message.created").data["id"] == message["id"]
    streams.close()


@pytest.mark.one_column("the row is changed behind the server's back")
def test_rights__whose_end_nobody_told_are_missed_within_a_minute(make_server):
    server = make_server()
    admin = server.setup()
    streams = Streams(server)
    stream = streams.open(admin)
    stream.id()
    with contextlib.closing(sqlite3.connect(server.folder / "parley.db")) as database, database:
        database.execute("UPDATE sessions SET ended_us = created_us")
    for _ in range(3):
        heard = stream.comments
        server.clock.forward(20)
        until(lambda before=heard: stream.comments > before or not stream.thread.is_alive())
    assert stream.end() == "session"
    streams.close()
