"""npm: packages of a folder with a lock, as the lock has them."""
import hashlib
import os
import shutil
import subprocess

from .paths import BUILD, CACHE, HarnessError, alone
from .process import last_lines

# Nothing that a package brings is run, and a network that is not there is told within seconds.
_OPTIONS = ("--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-retry-mintimeout=2000",
            "--fetch-retry-maxtimeout=4000")


def find():
    """npm's path, or an error that names the Debian package."""
    found = shutil.which("npm")
    if not found:
        raise HarnessError("npm is not installed (Debian packages nodejs and npm)")
    return found


def lock_hash(folder):
    return hashlib.sha256((folder / "package.json").read_bytes() + (folder / "package-lock.json").read_bytes()).hexdigest()


def install(folder, what, omit_dev=False):
    """node_modules of the folder, brought to what its lock says; where they are already, nothing is asked of anybody."""
    modules = folder / "node_modules"
    wanted = f"{lock_hash(folder)} {'dependencies' if omit_dev else 'all'}"
    with alone(BUILD / f"npm-{folder.name}.lock"):
        _install(folder, modules / ".installed", wanted, what, omit_dev)
    return modules


def _install(folder, stamp, wanted, what, omit_dev):
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    BUILD.mkdir(parents=True, exist_ok=True)
    log = BUILD / f"npm-{folder.name}.log"
    with open(log, "wb") as out:
        status = subprocess.run([find(), "ci", *_OPTIONS, *(["--omit=dev"] if omit_dev else [])], cwd=folder, stdout=out,
                                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env={"npm_config_cache": str(CACHE / "npm"), **os.environ, "CI": "true"},
                                check=False).returncode
    if status != 0:
        raise HarnessError(f"npm could not install {what}; is there a network? The end of {log}:\n{last_lines(log, 8)}")
    stamp.write_text(wanted, encoding="utf-8")
