"""nginx with the configuration that is shipped, in a folder of its own."""
import os
import socket
import ssl
import subprocess

from .paths import ROOT, HarnessError, program
from .process import Part, wait_until


def _context():
    # Whoever signed it: a certificate of the operator's own may be for another name. (create_default_context would read
    # what the system trusts, which takes longer than the question.)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Nginx(Part):
    """`settings` are those of nginx/README.md; `sockets` where parley listens."""

    def __init__(self, folder, settings, sockets):
        super().__init__("nginx", folder)
        self.host = settings.get("HTTPS_HOST") or "127.0.0.1"
        self.port = int(settings.get("HTTPS_PORT") or 8443)
        self.settings = {**settings, "FCGI_SOCKETS": ",".join(str(s) for s in sockets),
                         "NGINX_TMP_DIR": str(self.folder / "tmp")}
        self.settings.setdefault("NGINX_ERROR_LOG", str(self.log))
        # As root, the workers stay root: sockets and objects of a private server are nobody else's to read.
        self.settings.setdefault("NGINX_USER", "root")
        self.cert = self.settings.get("TLS_CERT") or str(self.folder / "tls/cert.pem")

    def make_certificate(self):
        """A self-signed certificate where none is named."""
        if self.settings.get("TLS_CERT"):
            return
        self._shell([ROOT / "nginx/self-signed", self.folder / "tls", self.host])
        self.settings.update(TLS_CERT=self.cert, TLS_KEY=str(self.folder / "tls/key.pem"))

    def _shell(self, command, env=None):
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, env=env, check=False)
        if done.returncode != 0:
            raise HarnessError(done.stderr.strip())
        return done.stdout.strip()

    def render(self):
        env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), **self.settings}
        return self._shell([ROOT / "nginx/render", self.folder / "conf"], env)

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.make_certificate()
        self.spawn([program("nginx", "nginx-light"), "-e", self.log, "-c", self.render(), "-g", "daemon off;"])

    def wait(self):
        wait_until(self.healthy, 10, "an answer of nginx", [self])

    def healthy(self):
        return self.alive() and self.get_status("/") != 0

    def get_status(self, path, timeout_s=5):
        """The status of one GET over TLS; 0 where nothing answers."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "*": "127.0.0.1"}.get(self.host.strip("[]"), self.host.strip("[]"))
        name = f"[{host}]" if ":" in host else host
        try:
            with socket.create_connection((host, self.port), timeout_s) as s, _context().wrap_socket(s) as tls:
                tls.settimeout(timeout_s)
                tls.sendall(f"GET {path} HTTP/1.1\r\nHost: {name}:{self.port}\r\nConnection: close\r\n\r\n".encode())
                line = tls.recv(64)
        except OSError:
            return 0
        return int(line.split()[1]) if line.startswith(b"HTTP/1.1 ") else 0
