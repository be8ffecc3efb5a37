"""P4: one message to many open streams, with nchan in the same run; and P5's memory of an open stream."""
import http.client
import json
import os
import statistics
import subprocess
import time

from bench import cpu
from bench.nchan import Nchan
from bench.readers import Readers
from bench.server import own_bytes, server
from harness import ports
from harness.paths import HarnessError

ROUNDS = 9
COUNTS = [int(n) for n in os.environ.get("BENCH_STREAMS", "100,1000,10000").split(",")]
AGAINST_NCHAN = {1000: 1.2, 10000: 1.4}
FLAT, STREAM_BYTES = 1.2, 512
SETTINGS = {"STREAMS_MAX": "60000", "STREAMS_PER_USER": "10000", "STREAMS_PER_ADDRESS": "60000",
            "NGINX_WORKER_CONNECTIONS": "20000", "RATE_LIMIT": "off"}


class Poster:
    """Posts over one connection that is kept, so that no handshake is measured."""

    def __init__(self, port, path, headers, good):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.path, self.headers, self.good = path, headers, good

    def post(self, text):
        """The time at which it began, in ns."""
        began = time.monotonic_ns()
        self.connection.request("POST", self.path, text, self.headers)
        answer = self.connection.getresponse()
        answer.read()
        if answer.status not in self.good:
            raise HarnessError(f"a post was answered with {answer.status}")
        return began


def nginx_bytes(pid):
    done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True)
    return sum(own_bytes(int(worker)) for worker in done.stdout.split())


class Measured:
    """Rounds of one kind of server: medians of the first, the median and the last stream, and the CPU time of each part."""

    def __init__(self, readers, poster, text, count, **parts):
        self.readers, self.poster, self.text, self.count, self.parts = readers, poster, text, count, parts
        self.rounds, self.seconds, self.events, self.wall_s = [], {}, 0, 0.0

    def round(self):
        began = time.monotonic()
        with cpu.used(**self.parts, readers=[self.readers.child.pid]) as used:
            times = self.readers.round(lambda: self.poster.post(self.text))
        self.wall_s += time.monotonic() - began
        self.rounds.append(times)
        self.events += self.count
        for name, seconds in used.seconds.items():
            self.seconds[name] = self.seconds.get(name, 0.0) + seconds

    def medians(self):
        return [statistics.median(column) for column in zip(*self.rounds, strict=True)]

    def cpu_row(self):
        us = {name: s / self.events * 1e6 for name, s in self.seconds.items() if name not in ("others", "load")}  # load: nothing but this program
        return {"us_each": us, "others_share": self.seconds["others"] / (self.wall_s * os.cpu_count()), "of": "an event to a stream"}


def _one_to_many(built, folder, count):
    """(Parley's figures, nchan's, rows of memory): both servers are open, and are told one message after the other in turn."""
    port = ports.free()
    nchan = Nchan(folder / f"nchan{count}")
    with server(built / "parley", folder / f"streams{count}", HTTP_PORT=str(port), **SETTINGS) as (stack, client):
        workspace = client.workspace()
        chat = client.chat(workspace)
        parley, nginx = stack.parleys[0].pid, stack.nginx.pid
        before, nginx_before = own_bytes(parley), nginx_bytes(nginx)
        ours = Readers(built / "bench_streams", folder, port, [f"/workspaces/{workspace}/stream"], count, client.token)
        after, nginx_after = own_bytes(parley), nginx_bytes(nginx)
        memory = {"parley_bytes": (after - before) / count, "nginx_bytes": (nginx_after - nginx_before) / count}
        try:
            nchan.start()
            theirs = Readers(built / "bench_streams", folder, nchan.port, ["/sub/bench"], count, begin=Nchan.begin)
            told = json.dumps({"content": "to all"})
            # An event of ours with its envelope is about so long.
            event = json.dumps({"id": "0" * 36, "content": "to all", "filler": "x" * 600})
            parley_row = Measured(ours, Poster(port, f"/workspaces/{workspace}/chat/{chat}/message", {
                "Content-Type": "application/json", "Authorization": f"Bearer {client.token}"}, (200, 201)), told, count,
                stack=stack)
            nchan_row = Measured(theirs, Poster(nchan.port, "/pub/bench", {"X-EventSource-Event": "message.created"},
                                                (200, 201, 202)), event, count, nchan=[nchan.pid])
            for _ in range(ROUNDS):
                parley_row.round()
                nchan_row.round()
            theirs.close()
        finally:
            nchan.stop()
        ours.close()
    return parley_row, nchan_row, memory


def run(built, folder):
    """P4, and the memory of a stream."""
    folder.mkdir(parents=True, exist_ok=True)
    each = {}
    for count in COUNTS:
        ours, theirs, memory = _one_to_many(built, folder, count)
        first, median, last = ours.medians()
        nchan_last = theirs.medians()[2]
        each[count] = last / count
        ratio, goal = last / nchan_last, AGAINST_NCHAN.get(count)
        yield {"what": f"one message to {count} streams, last, against nchan ({last:.0f} and {nchan_last:.0f} ms)",
               "value": f"{ratio:.2f}", "ratio": ratio, "goal": f"<= {goal}" if goal else "-",
               "reached": ratio <= goal if goal else None, "cpu": ours.cpu_row(),
               "figures": {"first_ms": first, "median_ms": median, "last_ms": last, "nchan_last_ms": nchan_last,
                           "rounds": ours.rounds, "nchan_rounds": theirs.rounds, "nchan_us": theirs.cpu_row()}}
        yield {"what": f"memory of one of {count} idle streams, Parley (nginx {memory['nginx_bytes'] / 1024:.1f} KiB)",
               "value": f"{memory['parley_bytes'] / 1024:.2f} KiB", "ratio": memory["parley_bytes"] / STREAM_BYTES,
               "goal": "<= 0.5 KiB", "reached": memory["parley_bytes"] <= STREAM_BYTES, "figures": memory}
    few, many = min(each), max(each)
    if few != many:
        ratio = each[many] / each[few]
        yield {"what": f"time of a stream where there are {many} against {few}", "value": f"{ratio:.2f}", "ratio": ratio,
               "goal": f"<= {FLAT}", "reached": ratio <= FLAT, "figures": {str(k): v for k, v in each.items()}}
