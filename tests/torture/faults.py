"""What is done to the servers of a run. Each fault is over when its function returns, or will be by itself."""
import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections import Counter

from harness.process import wait_until

BACK_MAX_S = 60


class Faults:
    """`names`: which. Uses the thread that has started the servers: they end with it."""

    def __init__(self, world, names, stack, backing, database):
        self.world, self.names, self.stack, self.backing, self.database = world, names, stack, backing, database
        self.random = random.Random(f"{world.seed}-faults")
        self.counts = Counter()

    def run(self, seconds, say):
        """Each kind once, in an order of the seed's, and then at random until the time is over."""
        end = time.monotonic() + seconds
        order = self.random.sample(self.names, len(self.names))
        while order or time.monotonic() < end:
            self.world.await_changes(self.random.randint(5, 40), 5)
            if not self.names:
                continue
            name = order.pop() if order else self.random.choice(self.names)
            say(name)
            getattr(self, f"_{name}")()
            self.counts[name] += 1

    # ---- what they are made of ----

    def _while_changes(self, most=40, timeout_s=2):
        """While some changes are acknowledged, or none is any more."""
        self.world.await_changes(self.random.randint(1, most), self.random.uniform(0.1, timeout_s))

    @contextlib.contextmanager
    def _stopped(self, part):
        part.send(signal.SIGSTOP)
        try:
            yield
        finally:
            part.send(signal.SIGCONT)

    def _started(self, part):
        part.start()
        wait_until(lambda: part.socket.exists() and part.has_its_database() and self.stack.nginx.get_status("/health/live") == 200,
                   BACK_MAX_S, f"{part.name}", [part])

    # ---- parley ----

    def _parley_killed(self):
        victim = self.random.choice(self.stack.parleys)
        victim.kill()
        if len(self.stack.parleys) > 1:
            self._while_changes()
        self._started(victim)

    def _parley_ended(self):
        victim = self.random.choice(self.stack.parleys)
        status = victim.stop()
        if status != 0:
            raise AssertionError(f"{victim.name} ended with {victim.exit_text()}")
        self._started(victim)

    def _parley_stopped(self):
        with self._stopped(self.random.choice(self.stack.parleys)):
            self._while_changes(80)

    # ---- nginx ----

    def _nginx_reloaded(self):
        self.stack.nginx.send(signal.SIGHUP)

    def _nginx_worker_killed(self):
        done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.stack.nginx.pid)], capture_output=True, text=True, check=False)
        workers = done.stdout.split()
        if workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(self.random.choice(workers)), signal.SIGKILL)

    # ---- the database ----

    def _sqlite_locked(self):
        """By a backup, say: writers wait for it."""
        with contextlib.closing(sqlite3.connect(self.stack.folder / "parley.db", timeout=20, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            self._while_changes(5, 1)
            db.execute("ROLLBACK")

    def _database_killed(self):
        server = self.backing.database
        server.kill()
        self._while_changes(5, 0.5)
        server.start()
        server.wait()

    def _database_stopped(self):
        # From 5 s on all streams come back.
        with self._stopped(self.backing.database):
            self._while_changes(40, self.random.choice((1, 1, 3, 7)))

    def _transaction_held(self):
        """Its event has got its number before those of others that are committed first, and is told behind them."""
        posted = list(self.world.posted.items())
        if not posted:
            return
        message, (chat, _, _) = self.random.choice(posted)
        # Read before: on a cluster whoever has read a chat's row for writing gives way to those who write it.
        ids = ", ".join(self.database.rows(f"SELECT workspace_id, id FROM chats WHERE uuid = X'{chat.replace('-', '')}'")[0])
        with self.database.transaction() as transaction:
            transaction.write("INSERT INTO outbox (kind, workspace_id, chat_id, subject, at_us) VALUES "
                              f"(1, {ids}, X'{message.replace('-', '')}', {int(time.time() * 1e6)});\n")
            self._while_changes()
            transaction.write("COMMIT;\n")
        self.world.changes["message.updated", message] += 1

    # ---- Redis ----

    def _redis_killed(self):
        self.backing.redis.kill()
        self._while_changes(100, 4)
        self.backing.redis.start()

    def _redis_flushed(self):
        self.backing.redis.ask("FLUSHALL")

    def _redis_stopped(self):
        with self._stopped(self.backing.redis):
            self._while_changes(100, 4)
