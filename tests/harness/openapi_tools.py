"""What checks the OpenAPI document and makes clients of it: packages of npm and PyPI, for tests alone.

They are installed in the cache by the locks of tests/openapi. Some need a newer Node than Debian's, so npm's package of Node
comes along with them.
"""
import hashlib
import json
import os
import shutil
import subprocess

from . import npm, pip
from .paths import BUILD, CACHE, ROOT, HarnessError
from .process import run

SOURCE = ROOT / "tests" / "openapi"
_LOCKS = ("package.json", "package-lock.json", "requirements.txt")
# Nothing that these tools would tell their makers.
_QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "DO_NOT_TRACK": "1", "CI": "true"}


def document_of(binary):
    """The document of a binary without settings, as bytes."""
    return subprocess.run([str(binary), "openapi"], cwd="/", env={"PATH": "/usr/bin:/bin"}, capture_output=True,
                          check=True).stdout


def fingerprint(*parts):
    """Of texts, and of files: the same for the same inputs."""
    total = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if hasattr(part, "read_bytes") else part
        total.update(f"{len(content)} ".encode())
        total.update(content)
    return total.hexdigest()


def versions():
    """Of all tools, as they are locked."""
    return fingerprint(*(SOURCE / name for name in _LOCKS))


class Passed:
    """What has passed before: build/openapi-passed.json, {name: fingerprint of all that went in}."""

    path = BUILD / "openapi-passed.json"

    def __init__(self, name, *inputs):
        self.name, self.key = name, fingerprint(*inputs)

    def _all(self):
        try:
            return json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}

    def before(self):
        return self._all().get(self.name) == self.key

    def remember(self):
        BUILD.mkdir(parents=True, exist_ok=True)
        # Workers of pytest write at the same time: each brings what it knows in the place of the file, whole.
        fresh = self.path.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps({**self._all(), self.name: self.key}), encoding="utf-8")
        fresh.replace(self.path)


# ---- npm's ----

def node_modules():
    """npm's tools, installed; their programs are in .bin."""
    folder = CACHE / f"openapi-npm-{npm.lock_hash(SOURCE)[:12]}"
    if not (folder / "package.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SOURCE / name, folder / name)
    return npm.install(folder, "the tools for the OpenAPI document")


def node_environment():
    """In which `node` is the pinned one and npm's tools are found."""
    found = node_modules() / ".bin"
    if not (found / "node").exists():
        raise HarnessError("npm has no Node for this kind of processor (tests/openapi/package.json)")
    return {**os.environ, **_QUIET, "PATH": f"{found}:{os.environ.get('PATH', '/usr/bin:/bin')}"}


def node_tool(*command, cwd=None, check=True, env=None):
    """Runs one of npm's tools; a failure is an error with its words."""
    done = subprocess.run([str(c) for c in command], cwd=cwd, env={**node_environment(), **(env or {})}, text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, check=False)
    if check and done.returncode != 0:
        raise HarnessError(f"{command[0]} failed ({done.returncode}):\n{(done.stdout + done.stderr)[-4000:]}")
    return done


# ---- PyPI's ----

def python_environment():
    """The folder of a virtual environment with PyPI's tools."""
    return pip.environment(SOURCE / "requirements.txt", "openapi-pip", "what makes clients")


def generator_jar():
    """openapi-generator: the package carries it whole; only Java is needed besides."""
    found = list(python_environment().glob("lib/python3*/site-packages/openapi_generator_cli/openapi-generator.jar"))
    if not found:
        raise HarnessError("PyPI's openapi-generator-cli has no openapi-generator.jar any more")
    return found[0]


def generate(generator, document, target, *properties):
    """A client by openapi-generator ("typescript-fetch", "python")."""
    java = shutil.which("java")
    if not java:
        raise HarnessError("java is not installed (Debian package default-jre-headless)")
    run([java, "-jar", generator_jar(), "generate", "-g", generator, "-i", document, "-o", target,
         *(f"--additional-properties={p}" for p in properties)], target.with_suffix(".log"), f"openapi-generator {generator}")
