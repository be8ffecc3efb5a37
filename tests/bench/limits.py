"""What the limits of rate cost `GET /auth/me`, and an API key against a token."""
import statistics

from bench import load, options
from bench.server import server
from harness.redis import Redis

# Many short rounds, over several starts: what is looked for is smaller than the difference between two minutes, or between
# two processes of the same program.
SECONDS, CLIENTS, STARTS, ROUNDS = options.seconds(2), 64, 6, 3


def _row(what, goal, tops, bottoms, names):
    ratio = load.median_ratio(tops, bottoms)
    return {"what": what, "value": f"{ratio:.2f}", "ratio": ratio, "goal": f">= {goal:.2f}", "reached": ratio >= goal,
            "figures": dict(zip(names, (statistics.median(tops), statistics.median(bottoms))))}


def _me(stack, token):
    return lambda: load.run(f"{stack.base_url}/auth/me", SECONDS, CLIENTS, token=token).per_s


def _on_against_off(where, built, folder, env):
    tops, bottoms = [], []
    for start in range(STARTS):
        with server(built / "parley", folder / f"on-{start}", env, RATE_LIMIT="on") as (on, on_client):
            with server(built / "parley", folder / f"off-{start}", env, RATE_LIMIT="off") as (off, off_client):
                rates = load.in_turn(_me(on, on_client.token), _me(off, off_client.token), ROUNDS)
        tops += rates[0]
        bottoms += rates[1]
    return _row(f"rate limiter: GET /auth/me with limits on against off, {where}", 0.97, tops, bottoms,
                ("on_per_s", "off_per_s"))


def _key_against_token(built, folder):
    with server(built / "parley", folder / "keys") as (stack, client):
        key = client.call("POST", "/api/v1/api-keys/", {"name": "bench", "scopes": "read"})["key"]
        rates = load.in_turn(_me(stack, key), _me(stack, client.token), STARTS * ROUNDS)
    return _row("GET /auth/me by API key against by access token", 0.95, *rates, ("key_per_s", "token_per_s"))


def run(built, folder):
    yield _on_against_off("in the process", built, folder / "alone", {})
    redis = Redis(folder / "redis")
    try:
        redis.start()
        redis.wait()
        yield _on_against_off("through Redis", built, folder / "shared", redis.env)
    finally:
        redis.stop()
    yield _key_against_token(built, folder)
