"""P1: `GET /auth/me` against a bare FastCGI program behind the same nginx configuration."""
import statistics

from bench import cpu, load, options
from bench.bare import behind_nginx
from bench.server import databases, server

SECONDS, CLIENTS, WORKERS = options.seconds(4), 64, 16


def _measure(kind, built, folder, env, database):
    with server(built / "parley", folder / f"with-{kind.split()[0].lower()}", env, WORKERS=str(WORKERS)) as (stack, client):
        meter = cpu.Meter(stack, database)
        with behind_nginx(folder / kind.split()[0].lower(), stack, lambda socket: [built / "bench_bare", socket, WORKERS]) as bare:
            a, b = load.in_turn(lambda: meter.run(lambda: load.run(f"{stack.base_url}/auth/me", SECONDS, CLIENTS,
                                                                   token=client.token)).per_s,
                                lambda: load.run(f"{bare}/auth/me", SECONDS, CLIENTS, token=client.token).per_s)
    ratio = load.median_ratio(a, b)
    goal = {"goal": ">= 0.85", "reached": ratio >= 0.85} if kind == "SQLite" else {"goal": "-"}
    yield {"what": f"GET /auth/me, requests/s, against a bare FastCGI program ({kind})", "value": f"{ratio:.2f}",
           "ratio": ratio, **goal, "cpu": meter.row(),
           "figures": {"parley_per_s": statistics.median(a), "bare_per_s": statistics.median(b)}}


def run(built, folder):
    for kind, env, database in databases(folder, "sqlite", "mariadb", "mysql"):
        yield from _measure(kind, built, folder, env, database)
