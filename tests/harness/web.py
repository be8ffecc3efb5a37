"""build/web: what nginx serves besides Parley, made of web/ by its build.mjs where npm is at hand."""
import hashlib
import shutil
import subprocess
import sys

from . import npm
from .paths import BUILD, ROOT, HarnessError, alone

SOURCE = ROOT / "web"
TARGET = BUILD / "web"
_STAMP = BUILD / "web.hash"


def _sources():
    return sorted(p for p in SOURCE.rglob("*") if p.is_file() and "node_modules" not in p.relative_to(SOURCE).parts)


def _hash():
    total = hashlib.sha256()
    for path in _sources():
        content = path.read_bytes()
        total.update(f"{path.relative_to(SOURCE)} {len(content)}\n".encode())
        total.update(content)
    return total.hexdigest()


def build():
    """Brings build/web up to date and returns it; nothing is done where web/ is as it was."""
    with alone(BUILD / "web.lock"):
        _build(_hash())
    return TARGET


def _build(wanted):
    if (TARGET / "docs/index.html").exists() and _STAMP.exists() and _STAMP.read_text(encoding="utf-8") == wanted:
        return
    npm.install(SOURCE, "what the web pages are made of", omit_dev=True)
    node = shutil.which("node") or shutil.which("nodejs")
    if not node:
        raise HarnessError("node is not installed (Debian package nodejs)")
    done = subprocess.run([node, str(SOURCE / "build.mjs"), str(TARGET)], cwd=SOURCE, capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise HarnessError(f"web/build.mjs failed:\n{done.stderr.strip()}")
    _STAMP.write_text(wanted, encoding="utf-8")


def build_if_possible():
    """The same for a server that works without: where it cannot be, the reason is told, and None is returned."""
    try:
        return build()
    except HarnessError as e:
        print(f"dev: without the page at /docs on which operations are tried out (Parley's own stands there): {e}",
              file=sys.stderr, flush=True)
        return None
