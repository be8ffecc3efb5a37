"""A request by FastCGI straight to a process, past nginx and its buffers: what is not read here is not taken from it."""
import socket
import struct

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6


def record(kind, content=b""):
    return struct.pack("!BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def pair(name, value):
    name, value = name.encode(), value.encode()
    return struct.pack("!II", len(name) | 0x80000000, len(value) | 0x80000000) + name + value


class Request:
    """A GET that is under way; `head` is its answer's, once it was read."""

    def __init__(self, path_of_socket, path, headers=None):
        route, _, query = path.partition("?")
        params = {"REQUEST_METHOD": "GET", "REQUEST_URI": path, "DOCUMENT_URI": route, "QUERY_STRING": query,
                  "REMOTE_ADDR": "127.0.0.1", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "localhost", "HTTPS": "on",
                  **{"HTTP_" + name.upper().replace("-", "_"): value for name, value in (headers or {}).items()}}
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(str(path_of_socket))
        self.socket.sendall(record(BEGIN, b"\0\1\0\0\0\0\0\0")
                            + record(PARAMS, b"".join(pair(n, v) for n, v in params.items())) + record(PARAMS)
                            + record(STDIN))
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer and self.more():
            pass
        self.head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")

    def _exactly(self, count):
        found = b""
        while len(found) < count:
            more = self.socket.recv(count - len(found))
            if not more:
                return None
            found += more
        return found

    def more(self):
        """One record more; False behind the last one. self.ended: how: "complete", "aborted" or "closed"."""
        header = self._exactly(8)
        if header is None:
            self.ended = "closed"
            return False
        _, kind, _, length, padding, _ = struct.unpack("!BBHHBB", header)
        content = self._exactly(length + padding)[:length]
        if kind == STDOUT:
            self.buffer += content
        if kind == END:
            self.ended = "complete" if content[:5] == b"\0\0\0\0\0" else "aborted"
        return kind != END

    @property
    def status(self):
        return int(self.head.split(b"Status: ")[1][:3])

    def rest(self):
        """(all of the body, how it ended)."""
        while self.more():
            pass
        self.close()
        return self.buffer, self.ended

    def close(self):
        self.socket.close()
