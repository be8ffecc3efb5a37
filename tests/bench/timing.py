"""Whether signing in tells an unknown address from a wrong password by the time that it takes: Welch's t-test."""
import http.client
import json
import random
import ssl
import statistics
import time

from bench.server import EMAIL, server
from harness.paths import HarnessError

SAMPLES, WARM_UP, LIMIT = 2000, 100, 4.5
# Low, so that the hash hides as little as it can, and thousands of samples are had in a minute.
ROUNDS = "4"
# Above this share of all samples stands what the machine did meanwhile; both kinds are cut at the same time.
KEPT = 0.95


def _refused_us(connection, address, turn):
    body = json.dumps({"email": address, "password": f"wrong password {turn:06}"})
    began = time.perf_counter_ns()
    connection.request("POST", "/auth/login", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    took_us = (time.perf_counter_ns() - began) / 1000
    if answer.status != 401:
        raise HarnessError(f"a wrong sign-in was answered with {answer.status}")
    return took_us


def _samples(connection):
    """Microseconds for the known and for an unknown address, in random order within each pair. Both are of one length."""
    known, unknown = [], []
    for turn in range(SAMPLES + WARM_UP):
        pair = [(known, EMAIL), (unknown, f"{turn % 100000:05}@example.org")]
        random.shuffle(pair)
        for times, address in pair:
            times.append(_refused_us(connection, address, turn))
    return known[WARM_UP:], unknown[WARM_UP:]


def _welch_t(a, b):
    spread = statistics.variance(a) / len(a) + statistics.variance(b) / len(b)
    return (statistics.fmean(a) - statistics.fmean(b)) / spread**0.5


def run(built, folder):
    assert len(EMAIL) == len("00000@example.org")
    with server(built / "parley", folder / "parley", BCRYPT_ROUNDS=ROUNDS, RATE_LIMIT="off") as (stack, client):
        connection = http.client.HTTPSConnection("127.0.0.1", int(stack.settings["HTTPS_PORT"]), context=client.context)
        known, unknown = _samples(connection)
        connection.close()
    most = sorted(known + unknown)[int(KEPT * 2 * SAMPLES)]
    known, unknown = ([t for t in times if t <= most] for times in (known, unknown))
    t = abs(_welch_t(known, unknown))
    yield {"what": f"sign-in, unknown address against wrong password, {SAMPLES} each: t", "value": f"{t:.2f}", "ratio": t,
           "goal": f"< {LIMIT}", "reached": t < LIMIT,
           "figures": {"known_us": statistics.fmean(known), "unknown_us": statistics.fmean(unknown)}}
