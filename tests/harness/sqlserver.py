"""What MariaDB and MySQL have in common: a data folder, an account made at start, one loopback port."""
import inspect
import secrets
import shutil
from pathlib import Path

from . import ports
from .paths import alone, private_folder, socket_path
from .process import Part, wait_until


class SqlServer(Part):
    """Subclasses give the command line and how a data folder is made. `durable` off: for tests that kill no database."""

    stop_timeout_s = 30

    def __init__(self, name, folder, durable=True):
        super().__init__(name, folder)
        self.durable = durable
        self.port = 0
        self.socket = socket_path(self.folder / "sql.sock")
        self.data = self.folder / "data"
        self.password = ""
        self.pristine = None  # a folder: where servers of tests find the data folder that the first of them has made

    def url(self, database="parley"):
        return f"mysql://parley:{self.password}@127.0.0.1:{self.port}/{database}"

    def access(self):
        return {"port": self.port, "password": self.password}

    @property
    def env(self):
        return {"DATABASE_URL": self.url()}

    def program_file(self):
        raise NotImplementedError

    def server_command(self):
        raise NotImplementedError

    def make_data(self):
        raise NotImplementedError

    def _read_password(self):
        secret = self.folder / "password"
        if not secret.exists():
            secret.touch(0o600)
            secret.write_text(secrets.token_hex(16), encoding="ascii")
        self.password = secret.read_text(encoding="ascii").strip()

    def _write_init(self):
        """Statements the server runs at each start; one a line."""
        init = self.folder / "init.sql"
        init.touch(0o600)
        init.write_text(self.init_sql(), encoding="ascii")
        return init

    def init_sql(self):
        return (f"CREATE USER IF NOT EXISTS 'parley'@'%' IDENTIFIED BY '{self.password}';\n"
                "GRANT ALL PRIVILEGES ON `parley%`.* TO 'parley'@'%';\n"
                "CREATE DATABASE IF NOT EXISTS parley CHARACTER SET utf8mb4;\n")

    def _make_data(self):
        """The data folder: made anew, or a copy of what another server of the same program has begun with (`pristine`)."""
        if self.pristine is None:
            self.make_data()
            return
        # Of another program, or made in another way, it has another time.
        made_by = self.program_file(), Path(inspect.getfile(type(self)))
        kept = private_folder(self.pristine) / f"{self.name}-{max(file.stat().st_mtime_ns for file in made_by)}"
        with alone(self.pristine / f"{self.name}.lock"):
            shutil.rmtree(self.data, ignore_errors=True)
            if not kept.exists():
                self.make_data()
                for old in self.pristine.glob(f"{self.name}-*"):
                    shutil.rmtree(old)
                unfinished = self.pristine / f"{self.name}-unfinished"
                shutil.copytree(self.data, unfinished)
                unfinished.rename(kept)
                return
            shutil.copytree(kept, self.data)

    def start(self):
        private_folder(self.folder)
        (self.folder / "tmp").mkdir(exist_ok=True)
        self._read_password()
        if not (self.folder / "made").exists():
            self._make_data()
            (self.folder / "made").touch()
        self.port = self.port or ports.free()
        # What is not durable outlives a killed server, though no crash of the machine, and syncs nothing.
        flush = (["--innodb-flush-log-at-trx-commit=1"] if self.durable else
                 ["--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync"])
        self.spawn([*self.server_command(), f"--datadir={self.data}", f"--socket={self.socket}", f"--port={self.port}",
                    "--bind-address=127.0.0.1", f"--pid-file={self.folder}/sql.pid", f"--tmpdir={self.folder}/tmp",
                    f"--init-file={self._write_init()}", "--skip-name-resolve", "--innodb-buffer-pool-size=256M",
                    "--max-connections=300", *flush])

    def wait(self):
        wait_until(self.healthy, 60, f"an answer of {self.name}", [self])

    def healthy(self):
        # The port opens only after the init file has run.
        return self.alive() and ports.answers("127.0.0.1", self.port)
