"""A client of octopus: its header, its paths with a slash behind them, and what its answers look like."""
import re

KEYS = "/api/v1/api-keys/"
MISSING_KEY = [{"type": "missing", "loc": ["header", "Octopus-API-Key"], "msg": "Field required", "input": None}]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}")


class Octopus:
    """Whoever holds a key. `key` is the JSON with which it was made."""

    def __init__(self, http, key):
        self.http = http
        self.id = key.get("id")
        self.text = key.get("key") or key["api_key"]

    def request(self, method, path, **more):
        headers = {"Octopus-API-Key": self.text, **more.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **more)

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, **more):
        return self.request("POST", path, **more)

    def patch(self, path, **more):
        return self.request("PATCH", path, **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, **more)

    def made(self, name="Key", **fields):
        """The JSON of a new key."""
        answer = self.post(KEYS, json={"name": name, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def new(self, name="Key", **fields):
        """Whoever holds a new key."""
        return Octopus(self.http, self.made(name, **fields))

    def key(self, key_id):
        answer = self.get(f"{KEYS}{key_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def keys(self, **query):
        """All keys, page by page: other tests make keys as well."""
        found = []
        while page := self.get(KEYS, params={"limit": 200, "skip": len(found), **query}).json():
            found += page
        return found

    def logs(self, **query):
        answer = self.get(KEYS + "audit-logs/", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


def first_on(server):
    """The first administrator of a server where nobody else makes keys."""
    answer = server.http.post("/bootstrap")
    assert answer.status_code == 200, answer.text
    return Octopus(server.http, answer.json())


def told(answer):
    """(status, detail)"""
    return answer.status_code, answer.json()["detail"]
