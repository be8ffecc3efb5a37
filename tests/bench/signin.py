"""Sign-in: hashes/s of 16 clients through the whole server, against a bare loop of bcrypt on every processor; and how long
one takes while other programs keep every processor busy."""
import http.client
import json
import os
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass

from bench import cpu, load, options
from bench.server import EMAIL, PASSWORD, databases, server
from harness.paths import HarnessError

SECONDS, CLIENTS, ROUNDS, FULL_S = options.seconds(6), 16, 2, 1
BUSY_MAX_S, BUSY_TURNS, BUSY_LIMIT_S = 60, 5, 3


def _bare(built):
    done = subprocess.run([str(built / "bench_bcrypt"), str(SECONDS)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise HarnessError(f"the bare loop of bcrypt failed: {done.stderr.strip()}")
    return float(done.stdout)


@dataclass
class Logins:
    requests: int
    per_s: float


def _sign_ins(stack, client):
    """Clients that sign in over and over. The rate is that of whole hashes while all of them wait, as the bare loop's is: what
    is begun in the last moment and what the first ones had to wait for would be a tenth of so few."""
    login, ended = json.dumps({"email": EMAIL, "password": PASSWORD}), []
    full = time.monotonic() + FULL_S
    end = full + SECONDS

    def work():
        connection = http.client.HTTPSConnection("127.0.0.1", int(stack.settings["HTTPS_PORT"]), context=client.context,
                                                 timeout=60)
        while time.monotonic() < end:
            connection.request("POST", "/auth/login", login, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            ended.append((time.monotonic(), answer.status))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if any(status != 200 for _, status in ended):
        raise HarnessError(f"sign-ins were answered with {sorted({status for _, status in ended})}")
    times = [at for at, _ in sorted(ended) if full <= at <= end]
    first = os.cpu_count() - 1  # as many end together
    return Logins(len(ended), (len(times) - 1 - first) / (times[-1] - times[first]))


def _measure(kind, built, stack, client, database):
    meter = cpu.Meter(stack, database)
    a, b = load.in_turn(lambda: meter.run(lambda: _sign_ins(stack, client)).per_s, lambda: _bare(built), rounds=ROUNDS)
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
            yield from _measure(kind, built, stack, client, database)
            yield from _beside_busy(kind, client)
