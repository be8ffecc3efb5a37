"""A private Redis without anything on disk: what it carries may be lost at any time."""
import secrets
import socket

from . import ports
from .paths import private_folder, program
from .process import Part, wait_until


class Redis(Part):
    stop_timeout_s = 5

    def __init__(self, folder):
        super().__init__("redis", folder)
        self.port = 0
        self.password = secrets.token_hex(16)

    def access(self):
        return {"port": self.port, "password": self.password}

    @property
    def env(self):
        return {"REDIS_URL": f"redis://:{self.password}@127.0.0.1:{self.port}/0"}

    def start(self):
        private_folder(self.folder)
        # A restart keeps the port: whoever is connected shall find it again.
        self.port = self.port or ports.free()
        conf = self.folder / "redis.conf"
        conf.write_text(f'bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\nsave ""\nappendonly no\n'
                        f"dir {self.folder}\ndaemonize no\nmaxmemory 64mb\n", encoding="ascii")
        conf.chmod(0o600)
        self.spawn([program("redis-server", "redis-server"), conf])

    def wait(self):
        wait_until(self.healthy, 10, "an answer of Redis", [self])

    def ask(self, command):
        """The answer to a command that has one line."""
        with socket.create_connection(("127.0.0.1", self.port), 1) as s, s.makefile("rb") as lines:
            s.sendall(f"AUTH {self.password}\r\n{command}\r\n".encode())
            return [lines.readline().strip().decode() for _ in range(2)][-1]

    def healthy(self):
        try:
            return self.ask("PING") == "+PONG"
        except OSError:
            return False
