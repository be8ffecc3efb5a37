"""A wire with a tap: passes bytes on to a server, and keeps what was asked."""
import re
import socket
import threading

_HEAD = re.compile(rb"(GET|HEAD|PUT|POST|DELETE) (/\S*) HTTP/1\.1\r\n((?:[^\r\n]+\r\n)*)\r\n")


class Tap:
    """Listens on loopback at `port`, in front of `target` ("host:port")."""

    def __init__(self, target):
        host, _, port = target.rpartition(":")
        self.target = (host, int(port))
        self.asked = []  # of each connection, all that the client has sent
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            kept = bytearray()
            self.asked.append(kept)
            server = socket.create_connection(self.target)
            threading.Thread(target=self._pass, args=(client, server, kept), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, None), daemon=True).start()

    @staticmethod
    def _pass(source, drain, kept):
        try:
            while data := source.recv(1 << 16):
                if kept is not None:
                    kept += data
                drain.sendall(data)
            drain.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def forget(self):
        """What was asked so far, while nothing is under way."""
        for kept in self.asked:
            kept.clear()

    def requests(self):
        """[(method, path, {header: value})] of all that was asked, a connection after the other; names in lower case."""
        return [(method.decode(), path.decode(), dict(self._header(line) for line in head.split(b"\r\n") if line))
                for kept in self.asked for method, path, head in _HEAD.findall(bytes(kept))]

    @staticmethod
    def _header(line):
        name, _, value = line.decode().partition(":")
        return name.lower(), value.strip()

    def close(self):
        self.listener.close()
