"""Somebody is erased: every table and every object of a filled server is looked through for what is left of them.

TABLES names each table of the schema, and of its columns those in which something may still name the person, with the reason.
A new table fails here until somebody has said what it holds of people.
"""
import uuid

import pytest
from support.client import anyone, new_email
from support.fastcgi import Request
from support.factor import switch_on
from support.later import moment
from support.push_service import Browser
from support.talk import Talk, is_code, text_file
from support.waiting import until

# The person's integer key: no other number on this server is it.
KEY = 777001
WORD = "zwielicht"

EMPTIED = "the emptied row stands for it as \"Deleted user\""
TABLES = {
    "api_keys": {},
    "attachments": {},
    "audit": {"actor": "who did what, by public id alone", "target": "likewise"},
    "audit_erasures": {},
    "audit_head": {},
    "challenges": {},
    "chat_gaps": {},
    "chat_members": {},
    "chat_states": {},
    "chats": {"created_by": EMPTIED, "direct_ids": "whom a direct chat is of, by public id, for the others"},
    "email_changes": {},
    "erasures": {},
    "event_log": {name: "what happened, by ids alone, for EVENT_LOG_HOURS" for name in ("user_id", "actor_id", "subject")},
    "forward_authors": {},
    "forwards": {},
    "idempotency_keys": {},
    "index_queue": {},
    "invitations": {"invited_by": EMPTIED},
    "job_leases": {},
    "key_fingerprints": {},
    "mails": {},
    "members": {},
    "mentions": {},
    "message_versions": {},
    "messages": {},
    "nodes": {},
    "notice_settings": {},
    "notices": {},
    "object_deletions": {},
    "outbox": {},
    "password_reset_asks": {},
    "password_resets": {},
    "people_version": {},
    "pins": {},
    "presence": {},
    "push_subscriptions": {},
    "reactions": {},
    "recovery_codes": {},
    "saved": {},
    "scheduled": {},
    "schema_migrations": {},
    "sequencer": {},
    "sessions": {},
    "signals": {"user_id": "that somebody was writing a moment ago, for some seconds"},
    "singletons": {},
    "totp": {},
    "uploads": {},
    "user_preferences": {},
    "users": {"id": EMPTIED, "uuid": EMPTIED, "username": "\"deleted:\" and the public id, which nobody can choose"},
    "webhooks": {},
    "word_runs": {},
    "words": {},
    "workspaces": {"created_by": EMPTIED},
}
ONE_COLUMN_ONLY = {"outbox": "mariadb"}


# What others have written is theirs, whomever it names.
WORDS_OF_OTHERS = {("messages", "content", "username")}


class Tables:
    """The tables of a server's database, from the schema itself."""

    def __init__(self, deep):
        self.deep = deep
        self.is_sqlite = deep.server.column == "sqlite"
        self.columns = {name: self._columns(name) for name in self._names()}

    def _names(self):
        sql = ("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'" if self.is_sqlite else
               "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")
        return sorted(name for (name,) in self.deep.rows(sql))

    def _columns(self, table):
        sql = (f"SELECT name, type FROM pragma_table_info('{table}')" if self.is_sqlite else
               "SELECT column_name, data_type FROM information_schema.columns "
               f"WHERE table_schema = DATABASE() AND table_name = '{table}'")
        return [(name, kind.lower()) for name, kind in self.deep.rows(sql)]

    def values(self, table):
        """(column, value) of every value that is there: int, or bytes of a text or blob."""
        columns = self.columns[table]
        ints = {name for name, kind in columns if "int" in kind}
        picked = ", ".join(name if name in ints else f"HEX({name})" for name, _ in columns)
        for row in self.deep.rows(f"SELECT {picked} FROM {table}"):
            for (name, _), value in zip(columns, row, strict=True):
                if value not in ("NULL", "None", ""):
                    yield name, int(value) if name in ints else bytes.fromhex(value) if is_hex(value) else value.encode()


def is_hex(value):
    return len(value) % 2 == 0 and set(value) <= set("0123456789ABCDEF")


class Traces:
    """What names a person: their integer key, and texts and ids by which they are known or that are theirs alone."""

    def __init__(self):
        self.found = {}

    def add(self, what, value):
        self.found[what] = value.encode() if isinstance(value, str) else value

    def add_id(self, what, text):
        self.add(what, uuid.UUID(text).bytes)
        self.add(f"{what} as text", text)

    def of(self, value):
        """What of them is in a value."""
        if isinstance(value, int):
            return ["the integer key"] if value == KEY else []
        low = value.lower()
        return [what for what, trace in self.found.items() if trace in value or trace.lower() in low]


def next_key(deep):
    """The next account that is made gets KEY."""
    if deep.server.column == "sqlite":
        deep.rows(f"UPDATE sqlite_sequence SET seq = {KEY - 1} WHERE name = 'users'")
    else:
        deep.rows(f"ALTER TABLE users AUTO_INCREMENT = {KEY}")


def say_in_every_way(deep, talk, gone, other, traces):
    """Messages with all that can belong to one: of theirs, and of the other's with theirs."""
    path = f"{talk.at}/message"
    first = gone.ok("POST", path, 201, json={"content": f"{WORD} once"}, headers={"Idempotency-Key": f"{WORD}-key"})
    gone.ok("PUT", f"{path}/{first['id']}", 200, json={"content": f"{WORD} twice"})
    kept = other.ok("POST", path, 201, json={"content": "kept", "reply_to": first["id"]})
    reply = gone.ok("POST", path, 201, json={"content": f"{WORD} reply", "reply_to": kept["id"]})
    deleted = gone.ok("POST", path, 201, json={"content": f"{WORD} deleted"})
    assert gone.delete(f"{path}/{deleted['id']}").status_code == 204
    with_file = talk.sent(text_file(f"{WORD} in a file".encode(), f"{WORD}.txt"), content="", person=gone)
    other.ok("POST", path, 201, json={"content": f"@{gone.user['username']} you are meant"})
    for person, message in ((gone, kept), (other, first)):
        assert person.put(f"{path}/{message['id']}/reactions/🎉").is_success
        assert person.put(f"{path}/{message['id']}/pin").is_success
    for what, message in (("a message", first), ("a reply", reply), ("a deleted message", deleted), ("a file's", with_file)):
        traces.add_id(what, message["id"])
    traces.add_id("an attachment", with_file["attachments"][0]["id"])
    return first, kept, with_file


def fill(deep, talk, gone, other, admin, traces):
    """Everything that somebody can leave on a server."""
    first, kept, with_file = say_in_every_way(deep, talk, gone, other, traces)
    direct = gone.ok("POST", f"{talk.path}/direct", json={"user_ids": [other.id]})["id"]
    gone.message(talk.id, direct, f"{WORD} between us")
    own = gone.chat(talk.id, "A chat that they made")["id"]
    gone.message(talk.id, own, f"{WORD} in it")
    alone = gone.chat(talk.id, f"{WORD} alone", join="invite")["id"]
    gone.message(talk.id, alone, f"{WORD} to oneself")
    personal = next(w for w in gone.ok("GET", "/workspaces", 200) if w["personal"])
    room = gone.chat(personal, f"{WORD} diary")["id"]
    answer = gone.request("POST", f"/workspaces/{personal['id']}/chat/{room}/message", data={"content": WORD},
                          files=[("files", text_file(b"diary", f"{WORD}-diary.txt"))])
    assert answer.status_code == 201
    gone.ok("PUT", f"{talk.at}/state", json={"draft": f"{WORD} draft", "starred": True})
    gone.ok("PUT", f"{talk.chat_path(direct)}/state", json={"draft": f"{WORD} other draft"})
    gone.ok("PUT", "/auth/me/preferences", 200, json={"mood": f"{WORD} preference"})
    gone.ok("PUT", "/auth/me/status", json={"text": f"{WORD} status", "emoji": "🌒"})
    begun = gone.ok("POST", f"{talk.path}/uploads", 201, json={"filename": f"{WORD}-begun.txt", "size": 5})
    assert anyone("PUT", begun["url"], deep.server.ca, content=b"hello", headers=begun["headers"]).status_code == 200
    complete = gone.ok("POST", f"{talk.path}/uploads", 201, json={"filename": f"{WORD}-unbound.txt", "size": 7})
    assert anyone("PUT", complete["url"], deep.server.ca, content=b"unbound", headers=complete["headers"]).status_code == 200
    gone.ok("POST", f"{talk.path}/uploads/{complete['upload_id']}/complete", 201, json={})
    gone.ok("POST", f"{talk.path}/invite", json={"email": new_email("invited"), "role": "MEMBER"})
    elsewhere = other.workspace("Elsewhere")
    admin.ok("POST", f"/users/{gone.id}/password-reset", 201)
    gone.ok("POST", f"{talk.at}/webhooks", 201, json={"name": f"{WORD} hook"})
    for person, message in ((gone, kept), (other, first)):
        assert person.put(f"{talk.path}/saved/{message['id']}").is_success
    gone.ok("POST", f"{talk.at}/message", 201, json={"content": f"{WORD} passed on", "forward": kept["id"]})
    other.ok("POST", f"{talk.at}/message", 201, json={"content": "look", "forward": first["id"]})
    gone.ok("POST", f"{talk.at}/message", 202, json={"content": f"{WORD} later", "send_at": moment(deep.server, 3600)})
    gone.ok("POST", "/auth/me/push", 204, json=Browser(f"https://push.example.org/{WORD}").subscription)
    gone.ok("PUT", "/auth/me/notifications", json={"mail": False})
    made = gone.post("/api/v1/api-keys", json={"name": "Key", "workspace_id": talk.id, "scopes": "read"})
    assert made.status_code == 201, made.text
    deep.http.post("/auth/login", json={"email": gone.email, "password": "wrong"})
    deep.http.post("/auth/password/forgot", json={"email": gone.email})
    agent = gone.http.post("/auth/login", json={"email": gone.email, "password": gone.password},
                           headers={"User-Agent": f"{WORD}-browser/1.0"})
    assert agent.status_code == 200
    switch_on(gone)
    gone.http.post("/auth/login", json={"email": gone.email, "password": gone.password})  # a sign-in that is half done
    assert gone.get("/auth/me/export").status_code == 200
    return {"first": first, "kept": kept, "file": with_file, "direct": direct, "elsewhere": elsewhere}


def replayed(deep, path, person, last=None):
    """What a stream tells before it waits for what comes."""
    headers = {**person.auth, **({"Last-Event-ID": last} if last else {})}
    stream = Request(deep.server.stack.parleys[0].socket, path, headers)
    while b"retry: " not in stream.buffer or not stream.buffer.endswith(b"\n\n"):
        assert stream.more(), stream.head
    stream.close()
    return stream.buffer


def left_of(deep, tables, traces):
    """[(table, column, what)] of what is left and not named in TABLES."""
    return [(table, column, what) for table in tables.columns for column, value in tables.values(table)
            for what in traces.of(value) if column not in TABLES.get(table, {})
            and (table, column, what) not in WORDS_OF_OTHERS]


def test_schema__has_no_table_of_which_nobody_has_said_what_it_holds(deep):
    found = set(Tables(deep).columns)
    column = "sqlite" if deep.server.column == "sqlite" else "mariadb"
    assert found == {table for table in TABLES if ONE_COLUMN_ONLY.get(table, column) == column}


def test_erased_person__has_left_nothing_but_what_is_named(deep):
    other, admin = deep.people(1)
    next_key(deep)
    gone = deep.server.person(admin, email=new_email("nocturne"), first_name="Zebulon", last_name="Quartzmann")
    talk = Talk(other, gone, None)
    traces = Traces()
    for what in ("email", "username"):
        traces.add(what, gone.user[what])
    traces.add("first name", "Zebulon")
    traces.add("last name", "Quartzmann")
    traces.add("a word of theirs", WORD)
    traces.add_id("public id", gone.id)
    began = replayed(deep, "/stream", other).rsplit(b"id: ", 1)[1].split()[0].decode()
    kept_before = other.message(talk.id, talk.chat, "before")
    made = fill(deep, talk, gone, other, admin, traces)
    deep.wake()
    until(lambda: deep.count("index_queue") == 0)
    tables = Tables(deep)
    assert deep.rows("SELECT id FROM users WHERE id = 777001")
    before = {table for table, _, _ in left_of(deep, tables, traces)}
    # What can be left was there: otherwise that it is gone says nothing.
    assert before >= {"api_keys", "attachments", "chat_members", "chat_states", "challenges", "forward_authors", "forwards",
                      "idempotency_keys", "members", "mentions", "message_versions", "messages", "notice_settings", "notices",
                      "password_resets", "pins", "push_subscriptions", "reactions", "recovery_codes", "saved", "scheduled",
                      "sessions", "totp", "uploads", "user_preferences", "users", "webhooks", "words"}, before
    keys = {key for (key,) in deep.rows(f"SELECT object_key FROM attachments WHERE uploader_id = {KEY}")}
    assert len(keys) == 3

    assert admin.delete(f"/users/{gone.id}", params={"messages": "erase"}).status_code == 204

    def is_done():
        deep.wake()
        return (deep.count("users", "erase_messages > 0") == deep.count("workspaces", "deleted_us IS NOT NULL") ==
                deep.count("chats", "deleted_us IS NOT NULL") == deep.count("index_queue") == 0)

    until(is_done)
    deep.server.clock.forward(12)  # AUDIT_ERASE_AGAIN_S

    def is_looked_through():
        deep.wake()
        return deep.count("audit_erasures") == 0 and deep.is_clean()

    until(is_looked_through)
    left = left_of(deep, tables, traces)
    assert left == [], str(left)
    assert not keys & set(deep.objects()) and deep.objects() == []
    reconciled = deep.server.command("reconcile")
    assert reconciled.returncode == 0, reconciled.stdout
    # The others' things are there, and the receipt says what went.
    page = other.ok("GET", f"{talk.at}/messages", params={"page_size": 200})
    assert [m["id"] for m in page["messages"]][:2] == [kept_before["id"], made["kept"]["id"]]
    assert page["total"] == len(page["messages"]) == 4
    assert page["messages"][1]["reactions"] == [] and page["messages"][1]["reply_count"] == 0
    receipts = [row["details"] for action in ("user.erased", "chat.erased", "workspace.erased")
                for row in admin.ok("GET", "/audit", params={"action": action})]
    assert len(admin.ok("GET", "/audit", params={"action": "user.erased", "target": gone.id})) == 1
    assert (sum(r["messages"] for r in receipts), sum(r["files"] for r in receipts)) == (9, 3), receipts
    # Nor does anything that is asked for tell of them: search, history, export, what was missed.
    assert other.ok("GET", "/search", params={"q": WORD})["hits"] == []
    assert is_code(other.get(f"{talk.at}/message/{made['first']['id']}/history"), 404, "message_not_found")
    assert WORD not in other.get(f"{talk.at}/export?format=jsonl").text
    assert WORD not in other.get("/auth/me/export").content.decode("utf-8", "replace")
    assert is_code(other.get(f"/attachments/{made['file']['attachments'][0]['id']}"), 404, "attachment_not_found")
    told = replayed(deep, f"{talk.at}/stream", other, began)
    assert b"message.deleted" in told and WORD.encode() not in told and b"Zebulon" not in told


def test_deleted_person__whose_messages_stay_leaves_no_loose_file(deep):
    other, gone, admin = deep.people(2)
    talk = Talk(other, gone, None)
    kept = talk.sent(text_file(b"kept", "kept.txt"), person=gone)
    unbound = gone.ok("POST", f"{talk.path}/uploads", 201, json={"filename": "unbound.txt", "size": 7})
    assert anyone("PUT", unbound["url"], deep.server.ca, content=b"unbound", headers=unbound["headers"]).status_code == 200
    gone.ok("POST", f"{talk.path}/uploads/{unbound['upload_id']}/complete", 201, json={})
    gone.ok("POST", f"{talk.path}/uploads", 201, json={"filename": "begun.txt", "size": 5})
    assert admin.delete(f"/users/{gone.id}").status_code == 204
    deep.wake()
    until(lambda: deep.count("uploads") == 0 and deep.count("attachments") == 1)
    [receipt] = until(lambda: admin.ok("GET", "/audit", params={"action": "user.erased", "target": gone.id}))
    assert receipt["details"] == {"messages": 0, "files": 1, "bytes": 7, "before": None}
    found = other.ok("GET", f"{talk.at}/message/{kept['id']}")
    assert found["sender"]["name"] == "Deleted user" and found["attachments"][0]["filename"] == "kept.txt"


def test_deleted_chat_and_workspace__leave_receipts(deep):
    owner, member, admin = deep.people(2)
    talk = Talk(owner, member, None)
    talk.sent(text_file(b"12345"))
    talk.say("two")
    assert owner.delete(talk.at).status_code == 204
    [receipt] = until(lambda: deep.wake() or admin.ok("GET", "/audit", params={"action": "chat.erased", "target": talk.chat}))
    assert receipt["details"] == {"messages": 2, "files": 1, "bytes": 5, "before": None} and receipt["actor"] is None
    assert owner.delete(talk.path).status_code == 204
    until(lambda: deep.wake() or admin.ok("GET", "/audit", params={"action": "workspace.erased", "target": talk.id}))
    assert deep.count("erasures") == 0
