"""A whole server: nginx, one or several processes of parley, and what they keep things in.

Three columns, after what they keep things in:
  sqlite   SQLite and a folder
  mariadb  MariaDB, MinIO and Redis
  mysql    MySQL 9, MinIO and Redis
"""
import time
import uuid
from pathlib import Path

from . import ports
from .mariadb import MariaDB
from .minio import MinIO
from .mysql import MySQL
from .nginx import Nginx
from .parley import Parley
from .paths import HarnessError
from .process import last_lines
from .redis import Redis

COLUMNS = ("sqlite", "mariadb", "mysql")
# How many of parley the server has that tests of a column share: where the bus is Redis, two, so that each test may meet
# either.
PROCESSES = {"sqlite": 1, "mariadb": 2, "mysql": 2}


class Backing:
    """The servers of a column, without parley: several stacks may share them, each with a database of its own."""

    def __init__(self, column, folder, durable=True, pristine=None):
        if column not in COLUMNS:
            raise HarnessError(f"there is no column {column}; there are {', '.join(COLUMNS)}")
        folder = Path(folder).absolute()
        self.column = column
        self.database = {"mariadb": MariaDB, "mysql": MySQL}.get(column, lambda *_: None)(folder / column, durable)
        if self.database and pristine:
            self.database.pristine = Path(pristine).absolute()
        self.minio = MinIO(folder / "minio") if self.database else None
        self.redis = Redis(folder / "redis") if self.database else None
        self.parts = [p for p in (self.database, self.minio, self.redis) if p]

    def begin(self):
        """Starts it without waiting: further ones may begin meanwhile."""
        for part in self.parts:
            part.start()

    def wait(self):
        """Until all that has begun answers."""
        for part in self.parts:
            part.wait()

    def start(self):
        self.begin()
        self.wait()

    def stop(self):
        for part in self.parts:
            part.send(part.stop_signal)
        for part in reversed(self.parts):
            part.stop()

    @property
    def env(self):
        joined = {}
        for part in self.parts:
            joined.update(part.env)
        return joined

    def describe(self):
        """What another process needs for attach()."""
        return {part.name: part.access() for part in self.parts}

    def attach(self, description):
        """Uses servers that another process of this user has started, instead of start()."""
        for part in self.parts:
            vars(part).update(description[part.name])

    def own_env(self, template=None):
        """Settings of a server beside the first: the same parts, but a database and a bucket nobody else uses; the
        database is empty, or what a Template (template.py) makes of it."""
        env = self.env
        if self.database:
            name = "parley_" + uuid.uuid4().hex[:12]
            self.database.query(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
            if template:
                template.fill(self.database, name)
            env["DATABASE_URL"] = self.database.url(name)
            env["MINIO_BUCKET_NAME"] = name.replace("_", "-")
        return env


class Stack:
    """nginx and parley over a Backing. `settings` go to both; `processes` is how many of parley."""

    def __init__(self, folder, binary, backing_env, settings=None, processes=1):
        self.folder = Path(folder).absolute()
        settings = {"VAR_DIR": str(self.folder), "HTTPS_HOST": "127.0.0.1",
                    **backing_env, **(settings or {})}
        settings.setdefault("HTTPS_PORT", str(ports.free()))
        self.base_url = f"https://127.0.0.1:{settings['HTTPS_PORT']}"
        settings.setdefault("PUBLIC_URL", self.base_url)
        self.settings = settings
        # A folder without .env: what a developer has in the checkout is no part of a test.
        self.parleys = [Parley(self.folder, binary, settings, n + 1, cwd=self.folder) for n in range(processes)]
        self.nginx = Nginx(self.folder / "nginx", settings, [p.socket for p in self.parleys])
        self.parts = [*self.parleys, self.nginx]

    @property
    def ca(self):
        return self.nginx.cert

    def start(self, timeout_s=60):
        self.folder.mkdir(parents=True, exist_ok=True)
        for part in self.parts:
            part.start()
        self.wait(timeout_s)

    def wait(self, timeout_s=60):
        """Until every process has a socket and /health/ready says 200."""
        end = time.monotonic() + timeout_s
        while not self.healthy():
            dead = [p for p in self.parts if not p.alive()]
            if dead:
                part = dead[0]
                raise HarnessError(f"{part.name} ended by itself ({part.exit_text()})\n"
                                   f"The end of {part.log}:\n{last_lines(part.log)}")
            if time.monotonic() > end:
                raise HarnessError(f"the server was not ready after {timeout_s} s\nThe end of {self.parleys[0].log}:\n"
                                   f"{last_lines(self.parleys[0].log)}")
            time.sleep(0.01)

    def healthy(self):
        """nginx asks one process; another may still wait for the one that migrates."""
        return (all(p.socket.exists() and p.has_its_database() for p in self.parleys)
                and self.nginx.get_status("/health/ready") == 200)

    def stop(self):
        """Ends all of it; gives the exit statuses by name."""
        for part in reversed(self.parts):
            part.send(part.stop_signal)
        return {part.name: part.stop() for part in reversed(self.parts)}

    def logs(self):
        return "\n".join(f"== {p.log}\n{last_lines(p.log, 40)}" for p in self.parts)
