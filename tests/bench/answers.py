"""What answers cost on MariaDB and MySQL 9, against bare clients of the same database server."""
import statistics
import subprocess
from dataclasses import dataclass

from bench import cpu, load, options, seed
from bench.bare import behind_nginx
from bench.server import databases, server
from harness.paths import HarnessError

SECONDS, CLIENTS, WORKERS, MESSAGES, PAGE = options.seconds(3), 16, 16, 1000, 50
SETTINGS = {"RATE_LIMIT": "off", "WORKERS": str(WORKERS), "DB_POOL_MAX_SIZE": str(WORKERS)}
PAGE_GOAL, ANSWER_GOAL = 1.3, 0.8


@dataclass
class BarePages:
    requests: int


def _bare_pages(built, database):
    done = subprocess.run([built / "bench_select", "page", str(database.port), "parley", "parley", database.password,
                           str(CLIENTS), str(SECONDS)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise HarnessError(f"the bare client failed: {done.stderr.strip()}")
    return BarePages(int(done.stdout.split()[1]))


def _database_us(stack, database, act):
    meter = cpu.Meter(stack, database)
    meter.run(act)
    return meter.row()["us_each"]["database"]


def page(built, folder):
    """The database's CPU for a page of 50, against that of a bare client that reads the same rows of messages alone."""
    for kind, env, database in databases(folder, "mariadb", "mysql"):
        with server(built / "parley", folder / f"with-{database.name}", env, **SETTINGS) as (stack, client):
            workspace = client.workspace()
            chat = client.chat(workspace)
            seed.Rows(stack, database).messages(MESSAGES, chat)
            url = f"{stack.base_url}/workspaces/{workspace}/chat/{chat}/messages?limit={PAGE}"
            meter = cpu.Meter(stack, database)

            def ours(url=url, client=client, stack=stack, database=database, meter=meter):
                return _database_us(stack, database, lambda: meter.run(lambda: load.run(url, SECONDS, CLIENTS,
                                                                                        token=client.token)))

            a, b = load.in_turn(ours, lambda database=database: _database_us(None, database,
                                                                             lambda: _bare_pages(built, database)), rounds=3)
        ratio = load.median_ratio(a, b)
        yield {"what": f"page of {PAGE}, CPU of the database, against a bare client's SELECT ({kind})",
               "value": f"{ratio:.2f}", "ratio": ratio, "goal": f"<= {PAGE_GOAL}", "reached": ratio <= PAGE_GOAL,
               "cpu": meter.row(), "figures": {"parley_us": statistics.median(a), "bare_us": statistics.median(b)}}


def _against_select(built, folder, what, path_of):
    """Requests/s against a bare FastCGI program that runs one prepared SELECT by primary key."""
    for kind, env, database in databases(folder, "mariadb", "mysql"):
        with server(built / "parley", folder / f"with-{database.name}", env, **SETTINGS) as (stack, client):
            url = stack.base_url + path_of(client)
            meter = cpu.Meter(stack, database)

            def command(socket, database=database):
                return [built / "bench_select", "fcgi", str(database.port), "parley", "parley", database.password,
                        str(WORKERS), socket]

            with behind_nginx(folder / database.name, stack, command) as bare:
                a, b = load.in_turn(
                    lambda url=url, client=client, meter=meter: meter.run(
                        lambda: load.run(url, SECONDS, CLIENTS, token=client.token)).per_s,
                    lambda bare=bare: load.run(f"{bare}/auth/me", SECONDS, CLIENTS).per_s, rounds=3)
        ratio = load.median_ratio(a, b)
        yield {"what": f"{what}, requests/s, against one bare SELECT by key ({kind})", "value": f"{ratio:.2f}",
               "ratio": ratio, "goal": f">= {ANSWER_GOAL}", "reached": ratio >= ANSWER_GOAL, "cpu": meter.row(),
               "figures": {"parley_per_s": statistics.median(a), "bare_per_s": statistics.median(b)}}


def _with_message(client):
    workspace = client.workspace()
    chat = client.chat(workspace)
    client.call("POST", f"/workspaces/{workspace}/chat/{chat}/message", {"content": "The first message of a chat."})
    return workspace, chat


def me(built, folder):
    yield from _against_select(built, folder, "who am I", lambda client: "/auth/me")


def chats(built, folder):
    yield from _against_select(built, folder, "list of chats",
                               lambda client: f"/workspaces/{_with_message(client)[0]}/chats/history")


def chat(built, folder):
    yield from _against_select(built, folder, "one chat, of one message",
                               lambda client: "/workspaces/{}/chat/{}".format(*_with_message(client)))
