"""Sign-in: hashes/s of 16 clients through the whole server, against a bare loop of bcrypt on every processor; and how long
one takes while other programs keep every processor busy."""
import json
import os
import statistics
import subprocess
import time

from bench import cpu, load, options
from bench.server import EMAIL, PASSWORD, databases, server
from harness.paths import HarnessError

SECONDS, CLIENTS, ROUNDS = options.seconds(6), 16, 3
BUSY_MAX_S, BUSY_TURNS, BUSY_LIMIT_S = 60, 5, 3


def _bare(built):
    done = subprocess.run([str(built / "bench_bcrypt"), str(SECONDS)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise HarnessError(f"the bare loop of bcrypt failed: {done.stderr.strip()}")
    return float(done.stdout)


def _measure(kind, built, stack, database):
    login = json.dumps({"email": EMAIL, "password": PASSWORD})
    meter = cpu.Meter(stack, database)

    def ours():
        return meter.run(lambda: load.run(f"{stack.base_url}/auth/login", SECONDS, CLIENTS, method="POST",
                                          body=login)).per_s

    a, b = load.in_turn(ours, lambda: _bare(built), rounds=ROUNDS)
    ratio = load.median_ratio(a, b)
    yield {"what": f"sign-in of {CLIENTS} clients, hashes/s, against bcrypt on all processors ({kind})",
           "value": f"{ratio:.2f}", "ratio": ratio, "goal": ">= 0.9", "reached": ratio >= 0.9, "cpu": meter.row(),
           "figures": {"parley_per_s": statistics.median(a), "bare_per_s": statistics.median(b)}}


def _beside_busy(kind, client):
    busy = [subprocess.Popen(["timeout", str(BUSY_MAX_S), "sh", "-c", "while :; do :; done"])
            for _ in range(os.cpu_count())]
    took_s = []
    try:
        for _ in range(BUSY_TURNS):
            began = time.monotonic()
            client.sign_in()
            took_s.append(time.monotonic() - began)
    finally:
        for program in busy:
            program.terminate()
            program.wait()
    yield {"what": f"slowest of {BUSY_TURNS} sign-ins beside a busy program on each processor, s ({kind})",
           "value": f"{max(took_s):.2f}", "ratio": max(took_s), "goal": f"<= {BUSY_LIMIT_S}",
           "reached": max(took_s) <= BUSY_LIMIT_S, "figures": {"seconds": took_s}}


def run(built, folder):
    settings = {"RATE_LIMIT": "off"}
    for kind, env, database in databases(folder, "sqlite", "mariadb", "mysql"):
        with server(built / "parley", folder / f"with-{kind.split()[0].lower()}", env, **settings) as (stack, client):
            yield from _measure(kind, built, stack, database)
            yield from _beside_busy(kind, client)
