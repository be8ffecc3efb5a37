"""Each public header compiles alone, so that whoever includes it needs nothing else."""
import concurrent.futures
import os
import re
import subprocess

from common import ROOT, fault, tracked

_FLAGS = ["-std=c17", "-D_GNU_SOURCE", '-DPARLEY_VERSION="0"', "-Wall", "-Wextra", "-Wpedantic", "-Werror",
          "-fsyntax-only", "-x", "c", "-"]


def compile_alone(header, generated):
    name = header.relative_to("include")
    command = ["gcc", "-Iinclude", *([f"-I{generated}"] if generated else []), *_FLAGS]
    # An empty declaration, since a file with none is refused by -Wpedantic.
    source = f'#include "{name}"\n#include "{name}"\nextern int alone_;\n'
    done = subprocess.run(command, cwd=ROOT, input=source, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    first = next((line for line in done.stderr.splitlines() if re.search(r"error", line)), done.stderr.strip())
    return [fault(header, 0, f"does not compile alone: {first}")]


def faults(generated=None):
    headers = [p for p in tracked(".h") if p.parts[0] == "include"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [f for found in pool.map(lambda h: compile_alone(h, generated), headers) for f in found]
