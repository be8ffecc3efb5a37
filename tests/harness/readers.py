"""Clients of event streams that are Node's or npm's: tests/readers."""
import shutil
import subprocess

from . import npm
from .paths import CACHE, ROOT, program

SOURCE = ROOT / "tests/readers"


def node_modules():
    """npm's EventSource, installed in the cache by the lock."""
    folder = CACHE / f"readers-npm-{npm.lock_hash(SOURCE)[:12]}"
    if not (folder / "package.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SOURCE / name, folder / name)
    return npm.install(folder, "the readers of event streams")


def start(how, url, token, ca, last_id=""):
    """Node reading a stream; each event is a line of JSON on its standard output."""
    environment = {"PATH": "/usr/bin:/bin", "NODE_EXTRA_CA_CERTS": str(ca), "NODE_NO_WARNINGS": "1"}
    if how == "eventsource":
        environment["NODE_MODULES"] = str(node_modules())
    return subprocess.Popen([program("node", "nodejs"), str(SOURCE / "read_stream.mjs"), how, url, token, last_id],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
