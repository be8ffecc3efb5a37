"""Sign-in: hashes/s of 16 clients through the whole server, against a bare loop of bcrypt on every processor."""
import json
import statistics
import subprocess

from bench import load
from bench.server import EMAIL, PASSWORD, backing, server
from harness.paths import HarnessError

SECONDS, CLIENTS, ROUNDS = 10, 16, 3


def _bare(built):
    done = subprocess.run([str(built / "bench_bcrypt"), str(SECONDS)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise HarnessError(f"the bare loop of bcrypt failed: {done.stderr.strip()}")
    return float(done.stdout)


def _measure(kind, built, stack):
    login = json.dumps({"email": EMAIL, "password": PASSWORD})

    def ours():
        return load.run(f"{stack.base_url}/auth/login", SECONDS, CLIENTS, method="POST", body=login).per_s

    a, b = load.in_turn(ours, lambda: _bare(built), rounds=ROUNDS)
    ratio = load.median_ratio(a, b)
    yield {"what": f"sign-in of {CLIENTS} clients, hashes/s, against bcrypt on all processors ({kind})",
           "value": f"{ratio:.2f}", "ratio": ratio, "goal": ">= 0.9", "reached": ratio >= 0.9,
           "figures": {"parley_per_s": statistics.median(a), "bare_per_s": statistics.median(b)}}


def run(built, folder):
    settings = {"RATE_LIMIT": "off"}
    with server(built / "parley", folder / "sqlite", **settings) as (stack, _):
        yield from _measure("SQLite", built, stack)
    with backing("mariadb", folder) as parts:
        with server(built / "parley", folder / "with-mariadb", parts.env, **settings) as (stack, _):
            yield from _measure("MariaDB", built, stack)
