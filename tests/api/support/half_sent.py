"""A request that stops in the middle."""
import socket
import ssl


class half_sent:  # used like a function
    """A request over HTTP/1.1 of which only half of the body is sent; the connection ends with the block."""

    def __init__(self, server, method, path, body, headers="", length=None):
        self.server, self.body = server, body
        self.head = (f"{method} /{path.lstrip('/')} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}"
                     f"Content-Length: {len(body) if length is None else length}\r\n\r\n").encode()

    def __enter__(self):
        context = ssl.create_default_context(cafile=self.server.ca)
        host, port = self.server.base_url.removeprefix("https://").split(":")
        self.socket = context.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host)
        self.socket.sendall(self.head + self.body[:len(self.body) // 2])
        return self

    def finish(self):
        """Sends the other half; the answer as it comes over the wire."""
        self.socket.sendall(self.body[len(self.body) // 2:])
        return b"".join(iter(lambda: self.socket.recv(65536), b""))

    def __exit__(self, *_):
        self.socket.close()
