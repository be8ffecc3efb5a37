"""The test program whose handlers hand connections over (programs/handover_server.c), behind the real nginx with TLS."""
import subprocess

from harness import ports, sanitizers
from harness.nginx import Nginx
from harness.parley import base_environment
from harness.process import Part, wait_until


class Program(Part):
    def __init__(self, folder, binary, workers):
        super().__init__("program", folder)
        self.command = [binary, self.folder / "s.sock", str(workers)]

    def start(self):
        options = sanitizers.options(self.folder / "sanitizer")
        self.spawn(self.command, env={**base_environment(), **options})


class Handover:
    def __init__(self, folder, binary, workers=2):
        self.program = Program(folder, binary, workers)
        self.start_of_output = 0
        settings = {"VAR_DIR": str(folder), "HTTPS_HOST": "127.0.0.1", "HTTPS_PORT": str(ports.free()),
                    "NGINX_WORKER_CONNECTIONS": "4096"}
        self.nginx = Nginx(folder / "nginx", settings, [folder / "s.sock"])
        self.base_url = f"https://127.0.0.1:{settings['HTTPS_PORT']}"

    @property
    def ca(self):
        return self.nginx.cert

    def start(self):
        self.program.start()
        self.wait_said("ready")
        self.nginx.start()
        self.nginx.wait()
        return self

    def stop(self):
        """Ends both; the program's exit status, and what the sanitizers said."""
        self.nginx.stop()
        status = self.program.stop()
        return status, sanitizers.reports(self.program.folder)

    def output(self):
        """What the program has said, and its log, since forget()."""
        return self.program.log.read_text()[self.start_of_output:] if self.program.log.exists() else ""

    def forget(self):
        self.start_of_output = len(self.output()) + self.start_of_output

    def said(self, word):
        """How often a line of the program's is this word."""
        return self.output().splitlines().count(word)

    def wait_nobody(self):
        """Until every connection that was taken has ended."""
        wait_until(lambda: self.said("taken") == self.said("gone") + self.said("ended"), 20, "the end of all connections",
                   [self.program])

    def wait_said(self, word, times=1):
        wait_until(lambda: self.said(word) >= times, 20, f"{word!r} {times} times", [self.program])

    def lines(self, route):
        """The lines of its access log of routes that begin so."""
        return [line for line in self.output().splitlines() if f" route={route}" in line]

    def curl(self, version, path, *options):
        """curl as a running process, with the answer as it comes on its standard output."""
        command = ["curl", "--no-progress-meter", "-N", "--max-time", "60", "--cacert", self.ca, version, *options, self.base_url + path]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def fetch(self, version, path, *options):
        """(exit status of curl, body)"""
        child = self.curl(version, path, *options)
        body, _ = child.communicate(timeout=60)
        return child.returncode, body

    def do(self, what):
        status, body = self.fetch("--http2", f"/do/{what}", "-X", "POST", "-w", "%{http_code}")
        assert (status, body) == (0, "204"), body
