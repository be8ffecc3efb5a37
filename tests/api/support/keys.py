"""API keys as credentials of the native API."""
from .client import Person

KEYS = "/api/v1/api-keys"


class Key(Person):
    """Who holds a new API key of `owner`, an ADMIN: the verbs send the key. `header` is how."""

    def __init__(self, owner, scopes="read", header="X-API-Key", **fields):
        made = owner.ok("POST", KEYS, 201, json={"name": "Key", "scopes": scopes, **fields})
        super().__init__(owner.http, owner.user, owner.email, None)
        self.key_id, self.text, self.place = made["id"], made["key"], made["workspace_id"]
        self.header = header

    @property
    def auth(self):
        return headers_of(self.header, self.text)


def headers_of(header, text):
    return {header: f"Bearer {text}" if header == "Authorization" else text}
