"""Builds of the checkout, one folder each under build/."""
import os
import re
import subprocess
import sys
import time

from . import web
from .paths import BUILD, ROOT, HarnessError, program
from .process import last_lines

MANY_STEPS = 50  # fewer are done before anybody wonders

KINDS = {
    "release": ["-DCMAKE_BUILD_TYPE=Release"],
    "asan": ["-DCMAKE_BUILD_TYPE=Debug", "-DSANITIZE=address,undefined", "-DARENA_MALLOC=ON", "-DTEST_CLOCK=ON"],
    "tsan": ["-DCMAKE_BUILD_TYPE=Debug", "-DSANITIZE=thread", "-DTEST_CLOCK=ON"],
    "coverage": ["-DCMAKE_BUILD_TYPE=Debug", "-DCOVERAGE=ON", "-DTEST_CLOCK=ON"],
    "fuzz": ["-DCMAKE_BUILD_TYPE=Debug", "-DFUZZ=ON", "-DCMAKE_C_COMPILER=clang"],
}


class Progress:
    """Ninja's lines, "[done/all] what": over the last one on a terminal, elsewhere a line for each tenth."""

    def __init__(self):
        self.tenth = 0

    def show(self, line):
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K" + line[:110])
            sys.stderr.flush()
            return
        found = re.match(r"\[(\d+)/(\d+)\]", line)
        if found and int(found[2]) >= MANY_STEPS and int(found[1]) * 10 // int(found[2]) > self.tenth:
            self.tenth = int(found[1]) * 10 // int(found[2])
            print(f"  {found[1]} of {found[2]}", file=sys.stderr, flush=True)


def _run(command, log, fresh):
    progress = Progress()
    with open(log, "wb" if fresh else "ab") as out:
        child = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 stdin=subprocess.DEVNULL, env={**os.environ, "NINJA_STATUS": "[%f/%t] "})
        try:
            for raw in child.stdout:
                out.write(raw)
                if raw.startswith(b"["):
                    progress.show(raw.decode("utf-8", "replace").rstrip())
        except BaseException:
            child.terminate()
            child.wait()
            raise
    progress.show("")
    if child.wait() != 0:
        raise HarnessError(f"the build failed; the end of {log}:\n{last_lines(log, 30)}\n"
                           "A build folder of an older compiler or cmake is removed with ./dev clean")


def build(kind, targets=("parley",)):
    """Brings a build up to date and returns its folder. Nothing is configured again where ninja can tell."""
    folder = BUILD / kind
    folder.mkdir(parents=True, exist_ok=True)
    log = BUILD / f"{kind}.log"
    began = time.monotonic()
    options, configured = "\n".join(KINDS[kind]), folder / "options.txt"
    fresh = not (folder / "build.ninja").exists()
    # Ninja does not know of options: a folder that was made with others is configured anew.
    if fresh or not configured.exists() or configured.read_text(encoding="utf-8") != options:
        print(f"Building {kind} (some minutes the first time)", file=sys.stderr, flush=True)
        # Debian's own Python, whatever else stands on the PATH.
        _run([program("cmake", "cmake"), "-S", ROOT, "-B", folder, "-G", "Ninja",
              "-DPython3_EXECUTABLE=/usr/bin/python3", *KINDS[kind]], log, True)
        configured.write_text(options, encoding="utf-8")
    jobs = os.environ.get("JOBS")
    _run([program("ninja", "ninja-build"), "-C", folder, *(["-j", jobs] if jobs else []), *targets], log, not fresh)
    took_s = time.monotonic() - began
    if took_s > 2:
        print(f"Built {kind} in {took_s:.0f} s", file=sys.stderr, flush=True)
    return folder


def main():
    kind = sys.argv[1] if len(sys.argv) > 1 else "release"
    if kind not in KINDS:
        print(f"dev build: there is no build {kind}; there are {', '.join(KINDS)}", file=sys.stderr)
        return 2
    try:
        print(build(kind) / "parley")
        if kind == "release":
            web.build_if_possible()
    except HarnessError as e:
        print(f"dev build: {e}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
