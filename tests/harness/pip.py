"""PyPI's packages for tests, in virtual environments in the cache: one for each file of requirements."""
import hashlib

from .paths import BUILD, CACHE, alone
from .process import run


def environment(requirements, name, what):
    """The folder of a virtual environment that has them, in the cache under that name. `what` for the error's words."""
    folder = CACHE / f"{name}-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]}"
    stamp = folder / ".installed"
    with alone(CACHE / f"{folder.name}.lock"):
        if not stamp.exists():
            log = BUILD / f"{name}.log"
            run(["/usr/bin/python3", "-m", "venv", "--clear", folder], log, "making a virtual environment (python3-venv)")
            run([folder / "bin/pip", "install", "--quiet", "--no-deps", "--retries", "1", "--cache-dir", CACHE / "pip", "-r", requirements], log,
                f"installing {what} from PyPI (is there a network?)")
            stamp.write_text("", encoding="utf-8")
    return folder
