"""nginx's module nchan (Debian's libnginx-mod-nchan): what streams of ours are held against."""
import http.client
from pathlib import Path

from harness import ports
from harness.paths import HarnessError, program
from harness.process import Part, wait_until

MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
_CONF = """\
load_module {module};
worker_processes auto;
worker_rlimit_nofile 65536;
pid {folder}/nginx.pid;
events {{ worker_connections 20000; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    nchan_shared_memory_size 256M;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location ~ ^/sub/(\\w+)$ {{ nchan_subscriber eventsource; nchan_channel_id $1; }}
        location ~ ^/pub/(\\w+)$ {{ nchan_publisher; nchan_channel_id $1; }}
    }}
}}
"""


class Nchan(Part):
    begin = ": hi"  # what a new subscriber is sent

    def __init__(self, folder):
        super().__init__("nchan", folder)
        self.port = ports.free()

    def start(self):
        if not MODULE.exists():
            raise HarnessError(f"there is no {MODULE} (Debian package libnginx-mod-nchan)")
        self.folder.mkdir(parents=True, exist_ok=True)
        conf = self.folder / "nginx.conf"
        conf.write_text(_CONF.format(module=MODULE, folder=self.folder, port=self.port), encoding="ascii")
        self.spawn([program("nginx", "nginx-light"), "-e", self.log, "-c", conf, "-g", "daemon off;"])
        wait_until(self.answers, 10, "an answer of nchan", [self])

    def answers(self):
        try:
            self.post("none", "")
        except OSError:
            return False
        return True

    def post(self, channel, text):
        """One event, of the kind that ours is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", f"/pub/{channel}", text, {"X-EventSource-Event": "message.created"})
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
        if answer.status not in (200, 201, 202):
            raise HarnessError(f"nchan answered a post with {answer.status}")
