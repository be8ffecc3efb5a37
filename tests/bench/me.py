"""P1: `GET /auth/me` against a bare FastCGI program behind the same nginx configuration."""
import statistics

from bench import load
from bench.server import server
from harness.nginx import Nginx
from harness.process import Part, wait_until

SECONDS, CLIENTS, WORKERS = 4, 64, 16


class Bare(Part):
    """The bare program on a socket of its own."""

    def __init__(self, folder, built):
        super().__init__("bare", folder)
        self.program = built / "bench_bare"
        self.socket = self.folder / "bare.sock"

    def start(self):
        self.spawn([self.program, self.socket, WORKERS])
        wait_until(self.socket.exists, 5, "the bare program", [self])


def run(built, folder):
    with server(built / "parley", folder / "parley", WORKERS=str(WORKERS)) as (stack, client):
        bare = Bare(folder / "bare", built)
        front = Nginx(folder / "bare-nginx", {**stack.settings, "HTTPS_PORT": str(int(stack.settings["HTTPS_PORT"]) + 1)},
                      [bare.socket])
        try:
            bare.start()
            front.start()
            front.wait()
            ours = f"{stack.base_url}/auth/me"
            theirs = f"https://127.0.0.1:{front.port}/auth/me"
            a, b = load.in_turn(lambda: load.run(ours, SECONDS, CLIENTS, token=client.token).per_s,
                                lambda: load.run(theirs, SECONDS, CLIENTS, token=client.token).per_s)
        finally:
            front.stop()
            bare.stop()
    ratio = load.median_ratio(a, b)
    yield {"what": "GET /auth/me, requests/s, against a bare FastCGI program", "value": f"{ratio:.2f}", "ratio": ratio,
           "goal": ">= 0.85", "reached": ratio >= 0.85,
           "figures": {"parley_per_s": statistics.median(a), "bare_per_s": statistics.median(b)}}
