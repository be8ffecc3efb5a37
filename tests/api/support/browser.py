"""A browser as the server sees it: it keeps the cookie of its session and says from which page a request comes."""
import re

HEADER = {"X-Parley-Session": "cookie"}
COOKIE = "__Host-parley"


class Browser:
    """Pages of the server's own origin, unless headers say otherwise. The cookie is taken from each answer."""

    def __init__(self, http, cookie=None):
        self.http = http
        self.cookie = cookie  # "name=value", or None
        self.tokens = None

    def headers(self, method="POST"):
        headers = {"Sec-Fetch-Site": "same-origin", **({"Cookie": self.cookie} if self.cookie else {})}
        return {**headers, **HEADER, "Origin": str(self.http.base_url).rstrip("/")} if method != "GET" else headers

    def request(self, method, path, headers=None, **more):
        """headers: instead of those that this browser would send for itself; a value None leaves one out."""
        sent = {**self.headers(method), **(headers or {})}
        answer = self.http.request(method, path, headers={k: v for k, v in sent.items() if v is not None}, **more)
        self.http.cookies.clear()
        self.keep(answer)
        return answer

    def keep(self, answer):
        for line in answer.headers.get_list("set-cookie"):
            value = re.match(COOKIE + "=([^;]*)", line)[1]
            self.cookie = None if "Max-Age=0" in line else f"{COOKIE}={value}"
        if answer.is_success and answer.content and answer.headers["content-type"] == "application/json":
            body = answer.json()
            self.tokens = body.get("tokens") or (body if "access_token" in body else self.tokens)

    def post(self, path, headers=None, **more):
        return self.request("POST", path, headers, **more)

    def get(self, path, headers=None, **more):
        return self.request("GET", path, headers, **more)

    def sign_in(self, person, **fields):
        return self.post("/auth/login", json={"email": person.email, "password": person.password, **fields})

    def refresh(self, headers=None, **more):
        return self.post("/auth/refresh", headers, **{"json": {}, **more})

    @property
    def auth(self):
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}
