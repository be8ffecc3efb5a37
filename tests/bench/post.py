"""P3: posting messages, 32 clients into 100 chats, against a bare client that runs the same transactions."""
import json
import statistics
import subprocess

from bench import cpu, load
from bench.server import databases, server
from harness.paths import HarnessError

SECONDS, CLIENTS, CHATS = 4, 32, 100
GOALS = {"sqlite": 0.60, "mariadb": 0.85, "mysql": 0.70}
BODY = json.dumps({"content": "A message of the benchmark, with a sentence or two in it."})


def _bare(built, where, what):
    done = subprocess.run([str(built / "bench_transactions"), *where, str(CLIENTS), str(SECONDS), what],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise HarnessError(done.stderr.strip())
    return float(done.stdout)


def _measure(kind, built, folder, stack, client, where, goal, database=None):
    workspace = client.workspace()
    paths = folder / "paths"
    paths.write_text("".join(f"/workspaces/{workspace}/chat/{client.chat(workspace, f'chat {n}')}/message\n"
                             for n in range(CHATS)), encoding="ascii")

    meter = cpu.Meter(stack, database)

    def ours():
        return meter.run(lambda: load.run(stack.base_url, SECONDS, CLIENTS, token=client.token, method="POST",
                                          paths_file=paths, body=BODY)).per_s

    a, b = load.in_turn(ours, lambda: _bare(built, where, "message"), rounds=3)
    inserts = _bare(built, where, "insert")
    ratio = load.median_ratio(a, b)
    yield {"what": f"posting, messages/s, against a bare client's transactions ({kind})", "value": f"{ratio:.2f}",
           "ratio": ratio, "goal": f">= {goal:.2f}", "reached": ratio >= goal, "cpu": meter.row(),
           "figures": {"parley_per_s": statistics.median(a), "bare_per_s": statistics.median(b)}}
    ratio = statistics.median(a) / inserts
    yield {"what": f"posting, messages/s, against one bare INSERT each ({kind})", "value": f"{ratio:.2f}",
           "ratio": ratio, "goal": "-", "figures": {"inserts_per_s": inserts}}


def run(built, folder):
    settings = {"RATE_LIMIT": "off", "WORKERS": str(CLIENTS), "DB_POOL_MAX_SIZE": str(CLIENTS)}
    with server(built / "parley", folder / "sqlite", **settings) as (stack, client):
        yield from _measure("SQLite", built, folder, stack, client, ["sqlite", str(folder / "sqlite/parley.db")],
                            GOALS["sqlite"])
    for kind, env, sql in databases(folder, "mariadb", "mysql"):
        with server(built / "parley", folder / f"with-{sql.name}", env, **settings) as (stack, client):
            where = ["mysql", str(sql.port), "parley", "parley", sql.password]
            yield from _measure(kind, built, folder, stack, client, where, GOALS[sql.name], sql)
