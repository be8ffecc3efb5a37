"""Load by wrk, and the figures that come of it."""
import json
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench import options
from harness.paths import HarnessError, program

SCRIPT = Path(__file__).with_name("load.lua")


@dataclass
class Figures:
    requests: int
    seconds: float
    p50_us: int
    p95_us: int
    p99_us: int
    bad: int

    @property
    def per_s(self):
        return self.requests / self.seconds


def command(url, seconds, clients, token=None, method="GET", paths_file="", body="", delay_ms=0):
    """The command line of one bounded run. delay_ms: how long each client waits between an answer and its next request."""
    headers = ["-H", f"Authorization: Bearer {token}"] if token else []
    tail = [method, str(paths_file), body, f"{delay_ms:.3f}"]
    return [program("wrk", "wrk"), "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "20s", *headers, "-s",
            str(SCRIPT), url, "--", *tail]


def read(output):
    lines = [line for line in output.splitlines() if line.startswith("FIGURES ")]
    if not lines:
        raise HarnessError(f"wrk gave no figures:\n{output}")
    return Figures(**json.loads(lines[0][len("FIGURES "):]))


def run(url, seconds, clients, strict=True, **more):
    """One run; an answer other than 2xx or a lost connection ends the benchmark, since it would measure nothing."""
    done = subprocess.run(command(url, seconds, clients, **more), capture_output=True, text=True, check=False)
    figures = read(done.stdout + done.stderr)
    if figures.bad and strict:
        raise HarnessError(f"{figures.bad} of {figures.requests} requests to {url} failed")
    return figures


def start(url, seconds, clients, **more):
    """The same in the background."""
    return subprocess.Popen(command(url, seconds, clients, **more), stdout=subprocess.PIPE, text=True)


def in_turn(a, b, rounds=5):
    """Runs a() and b() in turn, A B A B …, and gives each one's results, the first pair left out as a warm-up."""
    pairs = [(a(), b()) for _ in range(rounds + 1)][1:]
    return [p[0] for p in pairs], [p[1] for p in pairs]


def median_ratio(tops, bottoms):
    return statistics.median(t / b for t, b in zip(tops, bottoms))
