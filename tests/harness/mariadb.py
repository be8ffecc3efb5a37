"""A private MariaDB of the system's packages (mariadb-server-core has no service of its own)."""
import getpass
import os
import shutil
import subprocess
from pathlib import Path

from .paths import program
from .process import run
from .sqlserver import SqlServer


def _user_option():
    return ["--user=root"] if os.getuid() == 0 else []


class MariaDB(SqlServer):
    def __init__(self, folder, durable=True):
        super().__init__("mariadb", folder, durable)

    def make_data(self):
        shutil.rmtree(self.data, ignore_errors=True)
        # Nobody can sign in as root over TCP: only this system account, and only through the socket.
        run([program("mariadb-install-db", "mariadb-server-core"), "--no-defaults", f"--datadir={self.data}",
             f"--auth-root-socket-user={getpass.getuser()}", "--auth-root-authentication-method=socket",
             "--skip-test-db", f"--tmpdir={self.folder}/tmp", *_user_option()],
            self.folder / "install.log", "making MariaDB's data folder")

    def program_file(self):
        return Path(program("mariadbd", "mariadb-server-core"))

    def server_command(self):
        return [self.program_file(), "--no-defaults", *_user_option(), "--skip-log-bin"]

    def query(self, sql, database="parley"):
        """Runs SQL as the server's administrator; returns the lines of the answer, columns split by tabs."""
        client = program("mariadb", "mariadb-client-core")
        done = subprocess.run([client, "--no-defaults", f"--socket={self.socket}", f"--user={getpass.getuser()}", "-N",
                               "-B", "-e", sql, database], check=True, capture_output=True, text=True)
        return done.stdout.splitlines()
