"""This checkout's program beside that of an older commit, in turn, on the same database server: requests/s and CPU of each part.

  BENCH_AGAINST=COMMIT   2ab6013 where nothing is named; it is built in build/against/COMMIT
"""
import os
import statistics
import subprocess
from contextlib import ExitStack

from bench import cpu, load, options, post, seed
from bench.server import KINDS, backing, server
from harness.build import KINDS as BUILDS
from harness.paths import BUILD, ROOT, HarnessError, program
from harness.process import run as run_logged

COMMIT = os.environ.get("BENCH_AGAINST", "2ab6013")
SECONDS, CLIENTS, ROUNDS, MESSAGES = options.seconds(2), 16, 3, 1000
WHAT = ("me", "page", "chats", "chat", "post")


def _build():
    """The older program; another compiler's is no comparison, so it is built here, with the options of ours."""
    folder = BUILD / "against" / COMMIT
    source, built = folder / "source", folder / "build"
    if (built / "parley").exists():
        return built / "parley"
    source.mkdir(parents=True, exist_ok=True)
    archive = subprocess.run([program("git", "git"), "-C", str(ROOT), "archive", COMMIT], capture_output=True, check=False)
    if archive.returncode != 0:
        raise HarnessError(f"there is no commit {COMMIT} here: {archive.stderr.decode().strip()}")
    subprocess.run(["tar", "-x", "-C", str(source)], input=archive.stdout, check=True)
    run_logged([program("cmake", "cmake"), "-S", source, "-B", built, "-G", "Ninja", "-DPython3_EXECUTABLE=/usr/bin/python3",
                *BUILDS["release"]], folder / "build.log", f"configuring {COMMIT}")
    run_logged([program("ninja", "ninja-build"), "-C", built, "parley"], folder / "build.log", f"building {COMMIT}")
    return built / "parley"


class Side:
    """One of the two servers, with a chat of a thousand messages and a hundred others."""

    def __init__(self, stack, client, part, folder):
        self.stack, self.client, self.part = stack, client, part
        self.rows = seed.Rows(stack, part)
        self.talk = post.Talk(stack, client, folder)
        for room in self.talk.rooms[1:]:
            client.call("POST", f"{room}/message", {"content": "The first message of a chat."})
        self.rows.messages(MESSAGES, self.talk.rooms[0].rsplit("/", 1)[1])
        self.paths = {"me": "/auth/me", "page": f"{self.talk.rooms[0]}/messages?limit=50",
                      "chats": f"/workspaces/{self.talk.workspace}/chats/history", "chat": self.talk.rooms[1]}
        self.meters = {what: cpu.Meter(stack, part) for what in WHAT}

    def act(self, what):
        if what == "post":
            return self.talk.post(SECONDS)
        return load.run(self.stack.base_url + self.paths[what], SECONDS, CLIENTS, token=self.client.token)

    def per_s(self, what):
        return self.meters[what].run(lambda: self.act(what)).per_s

    def us(self, what, part):
        return self.meters[what].row()["us_each"].get(part, 0)


def _row(kind, what, new, old):
    new_s, old_s = load.in_turn(lambda: new.per_s(what), lambda: old.per_s(what), ROUNDS)
    ratio = load.median_ratio(new_s, old_s)
    part = "database" if new.part else "server"
    spent = new.us(what, part) / old.us(what, part)
    return {"what": f"{what}, requests/s, against {COMMIT} ({kind}; CPU of the {part} {spent:.2f})", "value": f"{ratio:.2f}",
            "ratio": ratio, "goal": "-", "cpu": new.meters[what].row(),
            "figures": {"new_per_s": statistics.median(new_s), "old_per_s": statistics.median(old_s), "cpu_ratio": spent,
                        "old_us": old.meters[what].row()["us_each"]}}


def run(built, folder):
    older = _build()
    folder.mkdir(parents=True, exist_ok=True)
    for column in options.columns("sqlite", "mariadb", "mysql"):
        with ExitStack() as stack:
            parts = stack.enter_context(backing(column, folder / column))
            sides = [Side(*stack.enter_context(server(binary, folder / f"{column}-{name}", parts.own_env(), **post.SETTINGS)),
                          parts.database, folder)
                     for name, binary in (("new", built / "parley"), ("old", older))]
            for what in WHAT:
                yield _row(KINDS[column], what, *sides)
