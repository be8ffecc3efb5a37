"""A client for tests that send thousands of requests one after the other: one kept connection, a tenth of httpx's work."""
import http.client
import json
import socket
import ssl
from urllib.parse import quote, urlencode, urlsplit


class Answer:
    """Of httpx's answer what such tests look at."""

    def __init__(self, status_code, headers, content):
        self.status_code, self.headers, self.content = status_code, headers, content

    @property
    def is_success(self):
        return 200 <= self.status_code < 300

    @property
    def text(self):
        return self.content.decode()

    def json(self):
        return json.loads(self.content)


class LeanClient:
    """Every answer is held against the contract, as those of new_client (client.py). Of a stream only the head is read."""

    def __init__(self, server):
        address = urlsplit(server.base_url)
        self.contract = server.contract
        self.connection = http.client.HTTPSConnection(address.hostname, address.port, timeout=30,
                                                      context=ssl.create_default_context(cafile=server.ca))

    def request(self, method, path, headers=None, params=None, content=None, **more):
        headers = dict(headers or {})
        if "json" in more:
            content = json.dumps(more.pop("json"))
            headers.setdefault("Content-Type", "application/json")
        assert not more, f"LeanClient does not know {sorted(more)}"
        path = "".join(c if c.isascii() else quote(c) for c in path)
        target = f"{path}?{urlencode(params)}" if params else path
        if self.connection.sock is None:
            self.connection.connect()
            self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection.request(method, target, content, headers)
        answer = self.connection.getresponse()
        kind = answer.headers.get("content-type", "").split(";")[0]
        is_stream = kind == "text/event-stream"
        body = b"" if is_stream else answer.read()
        if is_stream:
            self.close()
        self.contract.check(method, path.split("?")[0], answer.status, answer.headers,
                            body if kind in ("application/json", "application/problem+json") else b"")
        return Answer(answer.status, answer.headers, body)

    def close(self):
        self.connection.close()
