"""Where things are: the checkout, its cache, programs of the system."""
import contextlib
import fcntl
import json
import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("PARLEY_CACHE") or ROOT / ".cache").absolute()
BUILD = ROOT / "build"
# What later runs of ./dev test find: data folders of databases that nothing has used; the byte code of the tests; what the
# last runs have taught: seconds by unit of API tests, routes by file of tests.
PRISTINE = BUILD / "pristine"
BYTE_CODE = BUILD / "pycache"
TEST_TIMES = BUILD / "test-times.json"
TEST_ROUTES = BUILD / "test-routes.json"

# The path of a unix socket lies in the kernel's sun_path: 108 bytes with the closing NUL.
SOCKET_PATH_BYTES = 107


class HarnessError(Exception):
    """Something a person can do something about; its text says what."""


def program(name, package):
    """The path of a program, or an error that names the Debian package it comes in."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin")
    if not found:
        raise HarnessError(f"{name} is not installed (Debian package {package})")
    return found


@contextlib.contextmanager
def alone(path):
    """Held by one process at a time, so that two do not make the same thing at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def socket_path(path):
    """The path itself where the kernel takes it, otherwise an error that names it."""
    if len(os.fsencode(str(path))) > SOCKET_PATH_BYTES:
        raise HarnessError(f"the path of a unix socket may have {SOCKET_PATH_BYTES} bytes, this one has more: {path}\n"
                           "Set VAR_DIR to a folder with a shorter name, or move the checkout")
    return Path(path)


def private_folder(path):
    """Makes a folder that only its owner can enter."""
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def read_json(path):
    """What stands in a file of an earlier run; {} where there is none, or half of one."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def write_json(path, value):
    path.write_text(json.dumps(value, indent=0, sort_keys=True), encoding="utf-8")
