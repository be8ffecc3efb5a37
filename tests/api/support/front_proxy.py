"""Another nginx in front of the server's own, as the proxies that operators have there; and the server's own as it is set up
behind such a one."""
import os
from pathlib import Path

from harness import ports
from harness.nginx import Nginx
from harness.paths import program
from harness.process import Part, wait_until

CONFIGURATION = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 128; }}
http {{
    access_log off;
    client_max_body_size 100m;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port}{tls};
        proxy_http_version 1.1;
        proxy_ssl_verify off;
        proxy_bind 127.0.0.2;
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        {server}
        {location}
    }}
}}
"""

# What such a proxy calls from, so that the server can tell it from a client.
ADDRESS = "127.0.0.2"


class FrontProxy(Part):
    """Listens on loopback with TLS and passes everything on to `target`. `server`: further lines; `location`: in place of
    the one that passes all on."""

    def __init__(self, folder, target, certificate, server="", location=None, tls=True):
        super().__init__("front", folder)
        self.port = ports.free()
        self.ca = str(certificate)
        self.base_url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        key = Path(certificate).with_name("key.pem")
        lines = f"ssl_certificate {certificate}; ssl_certificate_key {key}; {server}" if tls else server
        location = location or f"location / {{ proxy_pass {target}; }}"
        # As root, the workers stay root: the folder is nobody else's to read.
        user = "user root;" if os.geteuid() == 0 else ""
        self.text = CONFIGURATION.format(user=user, folder=folder, port=self.port, tls=" ssl" if tls else "", server=lines,
                                         location=location.replace("TARGET", target))

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "nginx.conf").write_text(self.text, encoding="ascii")
        self.spawn([program("nginx", "nginx-light"), "-e", self.folder / "error.log", "-c", self.folder / "nginx.conf"])
        wait_until(lambda: ports.answers("127.0.0.1", self.port), 10, "an answer of the proxy", [self])


class Inner(Nginx):
    """The server's own nginx with other settings, before the processes of a server that runs: what it is told to listen on
    for all the world it has on loopback."""

    def __init__(self, folder, server, **settings):
        own = {"VAR_DIR": str(folder), "OBJECTS_DIR": str(server.folder / "objects"), "HTTPS_PORT": str(ports.free()),
               "TLS_CERT": ""}
        super().__init__(folder, {**server.settings, **own, **settings}, [p.socket for p in server.stack.parleys])

    def render(self):
        path = super().render()
        text = Path(path).read_text(encoding="utf-8")
        text = text.replace("listen 0.0.0.0:", "listen 127.0.0.1:").replace("listen [::]:", "listen [::1]:")
        Path(path).write_text(text, encoding="utf-8")
        return path
