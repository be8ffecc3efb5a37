"""P6: reads while 50 clients hammer the sign-in, against reads alone."""
import json
import statistics
import time

from bench import cpu, load, options
from bench.server import EMAIL, PASSWORD, databases, server

SECONDS, READERS, HAMMERS, ROUNDS = options.seconds(5), 8, 50, 3
HANDSHAKES_S = 1  # the hammer's 50 TLS handshakes cost nginx a moment that has nothing to do with sign-in


def _measure(kind, built, folder, env, database):
    with server(built / "parley", folder / f"with-{kind.split()[0].lower()}", env, RATE_LIMIT="off") as (stack, client):
        meter = cpu.Meter(stack, database)
        reads = f"{stack.base_url}/auth/me"
        # Wrong ones, as an attacker's: right ones would end the reader's session, the oldest of too many.
        login = json.dumps({"email": EMAIL, "password": "wrong " + PASSWORD})

        def alone():
            return load.run(reads, SECONDS, READERS, token=client.token).p99_us

        def hammered():
            hammer = load.start(f"{stack.base_url}/auth/login", SECONDS + 2 * HANDSHAKES_S, HAMMERS, method="POST", body=login)
            try:
                time.sleep(HANDSHAKES_S)
                return meter.run(lambda: load.run(reads, SECONDS, READERS, token=client.token)).p99_us
            finally:
                hammer.wait()

        with_hammer, without = load.in_turn(hammered, alone, ROUNDS)
    ratio = load.median_ratio(with_hammer, without)
    yield {"what": f"p99 of reads beside 50 clients that sign in, against reads alone ({kind})", "value": f"{ratio:.2f}",
           "ratio": ratio, "goal": "<= 3", "reached": ratio <= 3, "cpu": meter.row(),
           "figures": {"hammered_p99_us": statistics.median(with_hammer), "alone_p99_us": statistics.median(without)}}


def run(built, folder):
    for kind, env, database in databases(folder, "sqlite", "mariadb", "mysql"):
        yield from _measure(kind, built, folder, env, database)
