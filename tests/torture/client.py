"""HTTP without mercy: one connection, no retries; what is not answered is told as Cut."""
import http.client
import json
import ssl
import urllib.parse

TIMEOUT_S = 10


class Cut(Exception):
    """No answer came: whether the request was done, nobody knows."""


class Client:
    def __init__(self, base_url, ca):
        self.address = urllib.parse.urlsplit(base_url)
        self.context = ssl.create_default_context(cafile=ca)
        self.token = None
        self.connection = None

    def connect(self, timeout_s=TIMEOUT_S):
        return http.client.HTTPSConnection(self.address.hostname, self.address.port, timeout=timeout_s, context=self.context)

    def headers(self, more=None):
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {**bearer, **(more or {})}

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def ask(self, method, path, body=None, **headers):
        """(status, JSON or None)."""
        self.connection = self.connection or self.connect()
        text = None if body is None else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = {"Content-Type": "application/json"} if text is not None else {}
        try:
            self.connection.request(method, path, body=text, headers=self.headers({**kind, **named}))
            answer = self.connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as fault:
            self.close()
            raise Cut(str(fault)) from None
        is_json = (answer.headers.get("Content-Type") or "").split(";")[0].endswith("json")
        return answer.status, json.loads(content) if content and is_json else None

    def ok(self, method, path, body=None):
        """The JSON of an answer that must be a success, while nothing is broken."""
        status, answer = self.ask(method, path, body)
        if status >= 300:
            raise AssertionError(f"{method} {path}: {status} {answer}")
        return answer

    def sign_in(self, email, password):
        """The user who it speaks for from now on."""
        answer = self.ok("POST", "/auth/login", {"email": email, "password": password})
        self.token = answer["tokens"]["access_token"]
        return answer["user"]
