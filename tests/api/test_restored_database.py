"""A backup that was put back: `parley events new-epoch` makes every client read everything again, since positions that the lost
days had are given out a second time."""
import contextlib
import shutil
import sqlite3

import pytest
from support.database import Database
from support.streams import Streams
from support.talk import Talk

pytestmark = pytest.mark.mysql


class Backup:
    """A copy of a server's rows, taken while it runs, and put back while it does not."""

    def __init__(self, server):
        self.server = server
        self.file = server.folder / "parley.db"
        self.copy = f"{Database(server).name}_copy"
        if server.column == "sqlite":
            with contextlib.closing(sqlite3.connect(self.file)) as base, \
                    contextlib.closing(sqlite3.connect(server.folder / "backup.db")) as copy:
                base.backup(copy)
            return
        self._query(f"CREATE DATABASE {self.copy} CHARACTER SET utf8mb4")
        for table in self._tables():
            self._query(f"CREATE TABLE {self.copy}.{table} AS SELECT * FROM {table}")

    def _query(self, text):
        return self.server.backing.database.query(text, Database(self.server).name)

    def _tables(self):
        return self._query("SHOW TABLES")

    def put_back(self):
        if self.server.column == "sqlite":
            for file in self.server.folder.glob("parley.db-*"):
                file.unlink()
            shutil.copy2(self.server.folder / "backup.db", self.file)
            return
        tables = self._tables()
        self._query(";".join(["SET foreign_key_checks = 0", *(f"DELETE FROM {table}" for table in tables),
                              *(f"INSERT INTO {table} SELECT * FROM {self.copy}.{table}" for table in tables)]))
        self._query(f"DROP DATABASE {self.copy}")


def test_new_epoch__behind_a_restored_copy_makes_clients_read_again(make_server):
    server = make_server()
    admin = server.setup()
    talk = Talk(server.person(admin), server.person(admin), None)
    streams = Streams(server)
    stream = streams.open(talk.member, f"{talk.at}/stream")
    kept = talk.say("before the backup")
    kept_id = stream.until("message.created", id=kept["id"]).id
    backup = Backup(server)
    lost = [talk.say(f"lost {n}") for n in range(3)]
    lost_ids = [stream.until("message.created", id=message["id"]).id for message in lost]
    parley = server.stack.parleys[0]
    parley.stop()
    assert stream.end() == "restart"
    backup.put_back()
    done = server.command("events", "new-epoch")
    assert done.returncode == 0, done.stderr
    parley.start()
    server.stack.wait()
    # The positions of what was lost are given out again: with the old ids clients would take one message for another.
    watching = streams.open(talk.owner, f"{talk.at}/stream")
    new = [talk.say(f"new {n}") for n in range(4)]
    watching.until("message.created", id=new[-1]["id"])
    again = streams.open(talk.member, f"{talk.at}/stream", last=lost_ids[1])
    event = again.next()
    assert (event.kind, event.data) == ("sync", {"why": "missed"})
    epoch, position = event.id.split("-")
    assert epoch in done.stdout and epoch != kept_id.split("-")[0]
    assert int(position) >= int(lost_ids[1].split("-")[1]), "what comes now stands where the lost stood"
    assert streams.open(talk.member, f"{talk.at}/stream", last=kept_id).next().kind == "sync"
    after = talk.say("after")
    told = again.until("message.created", id=after["id"])
    assert told.id.split("-")[0] == epoch
    messages = talk.member.ok("GET", f"{talk.at}/messages")["messages"]
    assert [message["id"] for message in messages] == [kept["id"], *(message["id"] for message in new), after["id"]]
    # Whoever has read everything again goes on from there.
    talk.say("missed")
    assert streams.open(talk.member, f"{talk.at}/stream", last=told.id).until("message.created").data["content"] == "missed"
    streams.close()
