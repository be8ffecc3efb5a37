"""One process of `parley serve`."""
import os
import re
import signal
import subprocess

from .paths import HarnessError, socket_path
from .process import Part

# What a process of ours takes over from the environment; everything else it is told.
_KEPT = ("PATH", "LANG", "HOME", "TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "GCOV_PREFIX",
         "GCOV_PREFIX_STRIP")


def base_environment():
    return {k: os.environ[k] for k in _KEPT if k in os.environ}


class Parley(Part):
    """`number` tells several processes of one folder apart. `cwd` is where it looks for `.env`."""

    stop_timeout_s = 15

    def __init__(self, folder, binary, env, number=1, cwd=None):
        name = "parley" if number == 1 else f"parley{number}"
        super().__init__(name, folder)
        self.binary = binary
        self.socket = socket_path(env.get("FCGI_SOCKET") or self.folder / "run" / f"{name}.sock")
        self.env = {**env, "FCGI_SOCKET": str(self.socket)}
        self.cwd = cwd
        self.log_start = 0  # where the lines of this start begin

    def start(self):
        self.socket.parent.mkdir(parents=True, exist_ok=True)
        self.log_start = self.log.stat().st_size if self.log.exists() else 0
        self.spawn([self.binary, "serve"], env={**base_environment(), **self.env}, cwd=self.cwd)

    def has_its_database(self):
        """As its log says; one that logs less is believed."""
        if self.env.get("LOG_LEVEL") in ("warn", "error") or "LOG_FILE" in self.env:
            return True
        with open(self.log, "rb") as log:
            log.seek(self.log_start)
            text = log.read().decode(errors="replace")
        is_there = re.search(r'msg"?[=:]"?ready', text)
        return bool(is_there) and text.count("requests get 503 until it is there") <= text.count("the database is there")

    def reload(self):
        self.send(signal.SIGHUP)

    def command(self, *arguments, stdin="", check=True):
        """Runs `parley ARGUMENTS…` with this process's settings; gives its exit status, output and errors."""
        done = subprocess.run([str(self.binary), *arguments], env={**base_environment(), **self.env}, check=False,
                              cwd=self.cwd or self.folder, input=stdin, capture_output=True, text=True, timeout=60)
        if check and done.returncode != 0:
            raise HarnessError(f"parley {' '.join(arguments)}: exit {done.returncode}\n{done.stderr}")
        return done
