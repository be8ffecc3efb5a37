"""Where the torture runs, and which faults there are."""
from dataclasses import dataclass

# With the log's row, what a client is told; these are held against the log, the others are only read in order.
TOLD = ("message.created", "message.updated", "message.deleted", "message.pinned", "reaction.changed", "chat.updated")

EVERYWHERE = ("parley_killed", "parley_stopped", "parley_ended", "nginx_reloaded", "nginx_worker_killed")
OF_SQLITE = ("sqlite_locked",)
OF_SERVER = ("database_killed", "database_stopped", "transaction_held")
OF_REDIS = ("redis_killed", "redis_flushed", "redis_stopped")


@dataclass(frozen=True)
class Leg:
    """One column (tests/harness/stack.py), how many of parley, and whether they have Redis."""
    name: str
    column: str
    processes: int
    redis: bool

    @property
    def faults(self):
        return EVERYWHERE + (OF_SERVER if self.column != "sqlite" else OF_SQLITE) + (OF_REDIS if self.redis else ())

    @property
    def settings(self):
        # One sign-in is enough for the longest run.
        more = {"ACCESS_TOKEN_EXPIRE_MINUTES": "1440"}
        return more if self.redis or self.column == "sqlite" else {**more, "REDIS_URL": ""}

    def describe(self):
        kept = {"sqlite": "SQLite and a folder", "mariadb": "MariaDB and MinIO", "mysql": "MySQL and MinIO"}[self.column]
        bus = "" if self.column == "sqlite" else ", with Redis" if self.redis else ", without Redis"
        return f"{self.processes} of parley on {kept}{bus}"


LEGS = {leg.name: leg for leg in (
    Leg("sqlite", "sqlite", 1, False),
    Leg("mariadb", "mariadb", 2, True),
    Leg("mariadb-one", "mariadb", 1, True),
    Leg("mariadb-alone", "mariadb", 2, False),
    Leg("mysql", "mysql", 2, True),
    Leg("mysql-alone", "mysql", 2, False),
)}
# In ./dev test (tests/api/test_torture.py): four legs, a minute in all where no fault takes longer.
SHORT_SECONDS = 15
