"""Scripts parse and are executable."""
import ast
import os
import subprocess

from common import ROOT, fault, text_of, tracked


def _interpreter(path):
    first = text_of(path).split("\n", 1)[0]
    if not first.startswith("#!"):
        return None
    return "bash" if "bash" in first else "sh" if first.endswith("sh") else None


def faults():
    found = []
    for path in tracked():
        if path.suffix == ".py":
            try:
                ast.parse(text_of(path), str(path))
            except SyntaxError as e:
                found.append(fault(path, e.lineno, e.msg))
            continue
        if path.suffix not in ("", ".sh"):
            continue
        shell = _interpreter(path)
        if shell is None:
            continue
        if not os.access(ROOT / path, os.X_OK):
            found.append(fault(path, 0, "is a script and not executable"))
        done = subprocess.run([shell, "-n", str(path)], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            found.append(fault(path, 0, done.stderr.strip()))
    return found
