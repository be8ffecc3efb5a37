"""P3: posting messages, 32 clients into 100 chats, against a bare client that runs the same transactions; the relay and the
index of words work beside both."""
import json
import statistics
import subprocess
from dataclasses import dataclass

from bench import cpu, load, options, seed
from bench.server import databases, server
from harness.paths import HarnessError
from harness.process import wait_until

SECONDS, CLIENTS, CHATS, ROUNDS, QUIET_S = options.seconds(4), 32, 100, 3, 120
GOALS = {"sqlite": 0.60, "mariadb": 0.85, "mysql": 0.70}
SETTINGS = {"RATE_LIMIT": "off", "WORKERS": str(CLIENTS), "DB_POOL_MAX_SIZE": str(CLIENTS)}
BODY = json.dumps({"content": "A message of the benchmark, with a sentence or two in it."})


@dataclass
class Bare:
    per_s: float
    requests: int


class Side:
    """Posting in one of the two ways: messages/s of each run, and the CPU that it cost."""

    def __init__(self, stack, part, act):
        self.meter, self.act = cpu.Meter(stack, part), act

    def run(self):
        return self.meter.run(self.act).per_s


class Talk:
    """100 chats of a server, and a load of posts into them."""

    def __init__(self, stack, client, folder):
        self.stack, self.client = stack, client
        self.workspace = client.workspace()
        self.rooms = [f"/workspaces/{self.workspace}/chat/{client.chat(self.workspace, f'chat {n}')}" for n in range(CHATS)]
        self.paths = folder / f"posts-{self.workspace}"
        self.paths.write_text("".join(f"{room}/message\n" for room in self.rooms), encoding="ascii")

    def post(self, seconds=SECONDS, delay_ms=0):
        return load.run(self.stack.base_url, seconds, CLIENTS, token=self.client.token, method="POST",
                        paths_file=self.paths, body=BODY, delay_ms=delay_ms)


def _bare(built, where, what):
    done = subprocess.run([str(built / "bench_transactions"), *where, str(CLIENTS), str(SECONDS), what],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise HarnessError(done.stderr.strip())
    per_s, count = done.stdout.split()
    return Bare(float(per_s), int(count))


def be_quiet(rows):
    """Until what is done behind a post is done, so that it burdens nobody else's turn."""
    tables = ["index_queue"] + (["outbox"] if rows.part else [])
    wait_until(lambda: all(rows.run(f"SELECT COUNT(*) FROM {table}") == ["0"] for table in tables), QUIET_S,
               "the index of what was posted")


def _measure(kind, built, folder, stack, client, part):
    column = part.name if part else "sqlite"
    rows = seed.Rows(stack, part)
    where = ["mysql", str(part.port), rows.name, "parley", part.password] if part else ["sqlite", str(rows.path)]
    ours = Side(stack, part, Talk(stack, client, folder).post)
    bare = Side(stack, part, lambda: _bare(built, where, "message"))

    def in_turn(side):
        be_quiet(rows)
        return side.run()

    a, b = load.in_turn(lambda: in_turn(ours), lambda: in_turn(bare), rounds=ROUNDS)
    be_quiet(rows)
    inserts = _bare(built, where, "insert").per_s
    ratio, goal = load.median_ratio(a, b), GOALS[column]
    yield {"what": f"posting, messages/s, against a bare client's transactions ({kind})", "value": f"{ratio:.2f}",
           "ratio": ratio, "goal": f">= {goal:.2f}", "reached": ratio >= goal, "cpu": ours.meter.row(),
           "figures": {"parley_per_s": statistics.median(a), "bare_per_s": statistics.median(b),
                       "bare_us": bare.meter.row()["us_each"]}}
    ratio = statistics.median(a) / inserts
    yield {"what": f"posting, messages/s, against one bare INSERT each ({kind})", "value": f"{ratio:.2f}",
           "ratio": ratio, "goal": "-", "figures": {"inserts_per_s": inserts}}


def run(built, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for kind, env, part in databases(folder, "sqlite", "mariadb", "mysql"):
        at = folder / f"with-{kind.split()[0].lower()}"
        with server(built / "parley", at, env, **SETTINGS) as (stack, client):
            yield from _measure(kind, built, folder, stack, client, part)
