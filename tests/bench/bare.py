"""Bare FastCGI programs behind the same nginx configuration as a server that is measured."""
from contextlib import contextmanager

from harness import ports
from harness.nginx import Nginx
from harness.process import Part, wait_until


class Bare(Part):
    """A program on a socket of its own; `command` is made of the socket's path."""

    def __init__(self, folder, command):
        super().__init__("bare", folder)
        self.socket = self.folder / "bare.sock"
        self.command = command(self.socket)

    def start(self):
        self.spawn(self.command)
        wait_until(self.socket.exists, 5, "the bare program", [self])


@contextmanager
def behind_nginx(folder, stack, command):
    """Yields the address of the program, served as `stack` is."""
    bare = Bare(folder / "bare", command)
    front = Nginx(folder / "bare-nginx", {**stack.settings, "HTTPS_PORT": str(ports.free())}, [bare.socket])
    try:
        bare.start()
        front.start()
        front.wait()
        yield f"https://127.0.0.1:{front.port}"
    finally:
        front.stop()
        bare.stop()
