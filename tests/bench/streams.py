"""P4: one message to many open streams. P5: what an open stream costs in memory."""
import os
import statistics
import subprocess
import time

from bench.server import own_bytes, server
from harness import ports

ROUNDS = 9
COUNTS = [int(n) for n in os.environ.get("BENCH_STREAMS", "1000,10000").split(",")]


class Readers:
    """So many open streams (streams.c)."""

    def __init__(self, program, port, path, token, count):
        self.child = subprocess.Popen([program, str(port), path, token, str(count)], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
        assert self.child.stdout.readline() == "open\n"

    def round(self, post):
        """Milliseconds from before the post to the first, the median and the last."""
        self.child.stdin.write("\n")
        self.child.stdin.flush()
        assert self.child.stdout.readline() == "armed\n"
        began = time.monotonic_ns()
        post()
        return [(int(ns) - began) / 1e6 for ns in self.child.stdout.readline().split()]

    def close(self):
        self.child.stdin.close()
        self.child.wait(30)


def nginx_bytes(pid):
    done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True)
    return sum(own_bytes(int(worker)) for worker in done.stdout.split())


def run(built, folder):
    for count in COUNTS:
        port = ports.free()
        settings = {"STREAMS_MAX": "100000", "STREAMS_PER_USER": "100000", "STREAMS_PER_ADDRESS": "100000",
                    "NGINX_WORKER_CONNECTIONS": "20000", "HTTP_PORT": str(port)}
        with server(built / "parley", folder / f"streams{count}", **settings) as (stack, client):
            yield from measure(built, stack, client, port, count)


def measure(built, stack, client, port, count):
    workspace = client.workspace()
    chat = client.chat(workspace)
    parley, nginx = stack.parleys[0].pid, stack.nginx.pid
    before, nginx_before = own_bytes(parley), nginx_bytes(nginx)
    readers = Readers(built / "bench_streams", port, f"/workspaces/{workspace}/stream", client.token, count)
    after, nginx_after = own_bytes(parley), nginx_bytes(nginx)
    path = f"/workspaces/{workspace}/chat/{chat}/message"
    rounds = [readers.round(lambda: client.call("POST", path, {"content": "to all"})) for _ in range(ROUNDS)]
    readers.close()
    first, median, last = (statistics.median(column) for column in zip(*rounds, strict=True))
    figures = {"first_ms": first, "median_ms": median, "last_ms": last, "rounds": rounds}
    yield {"what": f"one message to {count} streams, last (first {first:.1f}, median {median:.1f})",
           "value": f"{last:.0f} ms", "ratio": last, "goal": "-", "reached": None, "figures": figures}
    each = (after - before) / count
    yield {"what": f"memory of one of {count} idle streams, Parley (nginx {(nginx_after - nginx_before) / count / 1024:.1f} KiB)",
           "value": f"{each / 1024:.2f} KiB", "ratio": each / 512, "goal": "<= 0.5 KiB", "reached": each <= 512,
           "figures": {"parley_bytes": each, "nginx_bytes": (nginx_after - nginx_before) / count}}
