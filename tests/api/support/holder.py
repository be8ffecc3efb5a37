"""Requests that are held up in the middle by a lock of the database (MariaDB, MySQL)."""
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from harness.paths import program

from .waiting import until


class Holder:
    """Row locks in the database of a server of one's own, held until release()."""

    def __init__(self, server):
        self.database = server.backing.database
        self.name = server.settings["DATABASE_URL"].rpartition("/")[2]
        command = [program("mariadb", "mariadb-client-core"), "--no-defaults", "--protocol=TCP", "--host=127.0.0.1",
                   f"--port={self.database.port}", "--user=parley", "-N", "-B", "-n", self.name]
        self.client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                       env={**os.environ, "MYSQL_PWD": self.database.password})
        self.say("BEGIN")

    def say(self, sql):
        self.client.stdin.write(sql + "; SELECT 'said';\n")
        self.client.stdin.flush()
        while (line := self.client.stdout.readline().strip()) != "said":
            assert line or self.client.poll() is None, "the database's client ended"

    def lock(self, table, thing):
        self.say(f"SELECT id FROM {table} WHERE uuid = X'{thing.replace('-', '')}' FOR UPDATE")

    def waiting(self):
        """(connection, state) of each that executes a statement at the moment."""
        # MySQL's other table of this name cannot be read while a statement has a binary value.
        schema = {"mysql": "performance_schema", "mariadb": "information_schema"}[self.database.name]
        return set(self.database.query(f"SELECT id, state FROM {schema}.processlist "
                                       f"WHERE db = '{self.name}' AND command = 'Execute'"))

    def until_waiting(self, count=1):
        """Until so many connections are seen at the same in each of three looks."""
        until(lambda: len(self.waiting() & self.waiting() & self.waiting()) >= count)

    def release(self):
        self.client.communicate("COMMIT;\n", timeout=20)


def changed_meanwhile(server, person, change, action):
    """The answer to action(), which waits for the row of the person's account until that is changed (`change`: SQL)."""
    holder = Holder(server)
    holder.lock("users", person.id)
    with ThreadPoolExecutor(1) as one:
        running = one.submit(action)
        try:
            holder.until_waiting()
            holder.say(f"UPDATE users SET {change} WHERE uuid = X'{person.id.replace('-', '')}'")
        finally:
            holder.release()
        return running.result()


def deleted_meanwhile(server, person, action):
    return changed_meanwhile(server, person, "deleted_us = 1", action)
