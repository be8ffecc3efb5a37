"""MySQL 9 of Debian's `sid` suite, unpacked into the cache: Debian 12 itself has MariaDB only."""
import os
import shutil
import subprocess

from .paths import CACHE, HarnessError, program
from .process import run
from .sqlserver import SqlServer

_DIR = CACHE / "mysql-sid"
_LIBRARIES = "usr/lib/x86_64-linux-gnu"
_LOADER = "lib64/ld-linux-x86-64.so.2"


def available():
    return (_DIR / "usr/sbin/mysqld").exists() and (CACHE / "mysql-sid.complete").exists()


def install(log):
    """Unpacks it with debootstrap, which needs root. Half a result is thrown away."""
    if available():
        return
    if (_DIR / "usr/sbin/mysqld").exists() and (_DIR / _LOADER).exists() and not (_DIR / "debootstrap").exists():
        (CACHE / "mysql-sid.complete").touch()
        return
    if os.uname().machine != "x86_64":
        raise HarnessError("MySQL is unpacked for x86-64 only; use MariaDB on this machine")
    sudo = [] if os.getuid() == 0 else [program("sudo", "sudo")]
    if _DIR.exists():
        subprocess.run([*sudo, "rm", "-rf", "--one-file-system", str(_DIR)], check=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    run([*sudo, program("debootstrap", "debootstrap"), "--variant=minbase", "--include=mysql-server-core", "sid", _DIR],
        log, "unpacking Debian sid's mysql-server-core with debootstrap")
    (CACHE / "mysql-sid.complete").touch()


class MySQL(SqlServer):
    def __init__(self, folder, durable=True):
        super().__init__("mysql", folder, durable)

    def program_file(self):
        return _DIR / "usr/sbin/mysqld"

    def _mysqld(self):
        return [_DIR / _LOADER, "--library-path", _DIR / _LIBRARIES, self.program_file(), "--no-defaults",
                f"--basedir={_DIR}/usr", f"--lc-messages-dir={_DIR}/usr/share/mysql", "--secure-file-priv=NULL",
                "--mysqlx=OFF", *(["--user=root"] if os.getuid() == 0 else [])]

    def make_data(self):
        install(self.folder / "install.log")
        shutil.rmtree(self.data, ignore_errors=True)
        run([*self._mysqld(), "--initialize-insecure", f"--datadir={self.data}", f"--tmpdir={self.folder}/tmp"],
            self.folder / "install.log", "making MySQL's data folder")

    def init_sql(self):
        # root is made without a password and has one from the first start on.
        return super().init_sql() + f"ALTER USER 'root'@'localhost' IDENTIFIED BY '{self.password}';\n"

    def server_command(self):
        return [*self._mysqld(), "--disable-log-bin"]

    def query(self, sql, database="parley"):
        """Runs SQL as the server's administrator; returns the lines of the answer, columns split by tabs."""
        client = program("mariadb", "mariadb-client-core")
        done = subprocess.run([client, "--no-defaults", "--protocol=TCP", "--host=127.0.0.1", f"--port={self.port}",
                               "--user=parley", "-N", "-B", "-e", sql, database], check=True, capture_output=True,
                              text=True, env={**os.environ, "MYSQL_PWD": self.password})
        return done.stdout.splitlines()
