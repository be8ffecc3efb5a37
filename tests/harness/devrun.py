"""`./dev run`: a server of this checkout, until Ctrl-C."""
import argparse
import fcntl
import json
import os
import re
import signal
import ssl
import sys
import time
import urllib.request
from pathlib import Path

from . import build, minio, mysql, ports, web
from .nginx import Nginx
from .parley import Parley
from .paths import ROOT, HarnessError, private_folder
from .process import last_lines, wait_for_end, wait_until
from .stack import Backing


def say(text):
    print(text, file=sys.stderr, flush=True)


def read_env_file(path):
    """The lines NAME=value of a .env file; quotes around a value go, an empty value is an unset one."""
    values = {}
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return values
    for line in lines:
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        value = value.strip()
        if not equals or name.startswith("#") or not value:
            continue
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        values[name.strip()] = value
    return values


def settings():
    """The environment over .env, with what ./dev run sets where nobody did."""
    s = {**read_env_file(ROOT / ".env"), **{k: v for k, v in os.environ.items() if v}}
    s["VAR_DIR"] = str(Path(s.get("VAR_DIR", ROOT / "var")).absolute())
    s.setdefault("HTTPS_HOST", "127.0.0.1")
    s.setdefault("HTTPS_PORT", "8443")
    s.setdefault("DIALECTS", "all")
    return s


def port_number(s, name):
    try:
        number = int(s[name])
        if not 0 < number < 65536:
            raise ValueError
    except ValueError:
        raise HarnessError(f"{name} is not a port: {s[name]}") from None
    return number


def check_paths(s):
    """Before the build: nginx is given this path as it is."""
    if re.search(r"[^A-Za-z0-9._/@,%+~-]", s["VAR_DIR"]):
        raise HarnessError(f"VAR_DIR holds a blank or another sign that has no place in it: {s['VAR_DIR']}")


def check_ports(s):
    for name in ("HTTPS_PORT", "HTTP_PORT"):
        if s.get(name) in (None, "", "off"):
            continue
        why = ports.taken(s["HTTPS_HOST"], port_number(s, name))
        if why:
            raise HarnessError(f"port {s[name]} of {s['HTTPS_HOST']} is {why}: end that one, or choose another port, "
                               f"for example {name}={ports.free()} ./dev run")


def lock(var_dir):
    """One ./dev run in a VAR_DIR; held until this process ends."""
    held = open(private_folder(var_dir) / "dev.lock", "a+", encoding="ascii")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.seek(0)
        raise HarnessError(f"a server of {var_dir} is running already (process {held.read().strip()}); "
                           "end it with Ctrl-C there, or choose another VAR_DIR") from None
    held.truncate(0)
    held.write(f"{os.getpid()}\n")
    held.flush()
    return held


def get_json(url, cafile):
    with urllib.request.urlopen(url, context=ssl.create_default_context(cafile=cafile), timeout=10) as answer:
        return json.load(answer)


def print_welcome(s, url, cert, own_cert, var_dir, took_s):
    trust = "" if own_cert else f" --cacert {cert}"
    with_token = ',"setup_token":"…"' if s.get("SETUP_TOKEN") else ""
    print(f"""
Parley runs at {url} (ready in {took_s:.1f} s). Ctrl-C ends it. Its log: {var_dir}/log/parley.log
""")
    try:
        fresh = get_json(url + "/auth/setup", None if own_cert else cert).get("required", False)
    except (OSError, ValueError) as e:
        print(f"""From this machine it cannot be asked by that address ({e}). The lines below work wherever it can be reached
so; set PUBLIC_URL to the name in your certificate.
""")
        fresh = False
    else:
        print("These lines work as they are, in another terminal of this machine:\n")
    print(f"""\

C="curl -sS{trust}" U={url}""")
    if fresh:
        print(f"""# the first administrator (works once){"; the token stands in the log" if with_token else ""}
$C --json '{{"email":"admin@example.org","password":"a long enough secret"{with_token}}}' $U/auth/setup; echo""")
    print("""# sign in
pick() { grep -o "\\"$1\\": *\\"[^\\"]*\\"" | head -n 1 | cut -d '"' -f 4; }
T=$($C --json '{"email":"admin@example.org","password":"a long enough secret"}' $U/auth/login | pick access_token)
A="Authorization: Bearer $T"
# a workspace and a chat
W=$($C -H "$A" --json '{"name":"Home"}' $U/workspaces | pick id)
K=$($C -H "$A" --json '{"title":"Hello"}' $U/workspaces/$W/chat | pick id)
# a message with a file, and the newest page of the chat
echo "what a file holds" > hello.txt
$C -H "$A" -F content='Hello, world' -F files=@hello.txt $U/workspaces/$W/chat/$K/message; echo
$C -H "$A" $U/workspaces/$W/chat/$K/messages; echo
""", flush=True)


class Running:
    """What this command has started, in the order of starting."""

    def __init__(self):
        self.parts = []

    def begin(self, part):
        self.parts.append(part)
        part.start()

    def stop(self):
        for part in reversed(self.parts):
            # In order: nginx takes no more requests, parley finishes its own, then what it keeps things in.
            part.stop()


def start_backing(running, options, var_dir):
    """The private servers of --full; their settings win over those of .env."""
    if not options.full:
        return {}
    column = options.database or "mariadb"
    if column == "mysql" and not mysql.available():
        say("Unpacking MySQL (two minutes, once)")
        mysql.install(var_dir / "mysql-install.log")
    minio.install(var_dir / "minio-build.log", lambda text: say(text[0].upper() + text[1:]))
    backing = Backing(column, var_dir)
    say(f"Starting {', '.join(p.name for p in backing.parts)}")
    for part in backing.parts:
        running.begin(part)
    for part in backing.parts:
        part.wait()
    return backing.env


def start(running, options):
    began = time.monotonic()
    s = settings()
    var_dir = Path(s["VAR_DIR"])
    check_paths(s)
    check_ports(s)
    held = lock(var_dir)
    binary = build.build("release") / "parley"
    pages = None if s.get("WEB_DIR") else web.build_if_possible()
    if pages:
        s["WEB_DIR"] = str(pages)
    s.update(start_backing(running, options, var_dir))
    private_folder(var_dir / "run")
    (var_dir / "log").mkdir(exist_ok=True)

    own_cert = bool(s.get("TLS_CERT"))
    parley = Parley(var_dir / "log", binary, s | {"FCGI_SOCKET": s.get("FCGI_SOCKET", f"{var_dir}/run/parley.sock")},
                    cwd=ROOT)
    nginx_settings = {k: v for k, v in s.items() if k not in ("FCGI_SOCKETS",)}
    if not own_cert:
        nginx_settings.update(TLS_CERT="", TLS_KEY="")
    nginx = Nginx(var_dir / "nginx", nginx_settings, [parley.socket])
    nginx.log = var_dir / "log" / "nginx.log"
    nginx.settings["NGINX_ERROR_LOG"] = str(nginx.log)
    running.begin(parley)
    # Not before there is a socket: nginx would write of each question that it could not pass on.
    wait_until(parley.socket.exists, 60, "the socket of parley", running.parts)
    running.begin(nginx)
    wait_until(lambda: nginx.get_status("/health/ready") == 200, 60, "/health/ready", running.parts)

    host = {"0.0.0.0": "127.0.0.1", "[::]": "localhost", "::": "localhost", "*": "localhost"}.get(s["HTTPS_HOST"],
                                                                                                  s["HTTPS_HOST"])
    url = f"https://{host}:{s['HTTPS_PORT']}"
    if own_cert and s.get("PUBLIC_URL"):  # the certificate is for the name in there
        url = s["PUBLIC_URL"].rstrip("/")
    print_welcome(s, url, nginx.cert, own_cert, var_dir, time.monotonic() - began)
    return held


class Stop(BaseException):
    """Ctrl-C, or a polite request to end."""


def _stop(_number, _frame):
    raise Stop


def reload(running):
    """What SIGHUP asks for: parley takes its settings and keys anew, nginx its certificate."""
    for part in running.parts:
        if isinstance(part, (Parley, Nginx)) and part.alive():
            part.send(signal.SIGHUP)


def serve(running, options):
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    signal.signal(signal.SIGHUP, lambda _number, _frame: reload(running))
    status = 1
    try:
        held = start(running, options)
        dead = wait_for_end(running.parts)
        say(f"\n{dead.name} ended by itself ({dead.exit_text()}). The end of {dead.log}:\n{last_lines(dead.log)}")
        held.close()
    except Stop:
        say("\nEnding what was started")
        status = 0
    except HarnessError as e:
        say(f"dev run: {e}")
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        running.stop()
    return status


def main():
    parser = argparse.ArgumentParser(prog="./dev run", description="Builds and starts a server of this checkout.")
    parser.add_argument("--full", action="store_true", help="with private MariaDB, MinIO and Redis servers")
    parser.add_argument("--database", choices=("mariadb", "mysql"), help="the database of --full (mariadb)")
    options = parser.parse_args()
    options.full = options.full or options.database is not None
    return serve(Running(), options)


if __name__ == "__main__":
    sys.exit(main())
