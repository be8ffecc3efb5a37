"""The OpenAPI document that the binary prints, held against every answer that a test sees."""
import json
import re
from pathlib import Path

import jsonschema

METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH")
# What the document says of every answer, or of none.
HEADERS = ("ETag", "Link", "Location", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After",
           "WWW-Authenticate")
ALWAYS_THERE = ("ETag", "Location", "WWW-Authenticate")
# nginx's own, on any address.
NGINX_CODES = {"host_unknown", "headers_too_large", "range_not_satisfiable", "timeout", "too_large", "uri_too_long"}


def closed(node):
    """The same schemas, of which no object may have more than they name. The document is open, so that clients made of it take
    what a later version adds; a server of this version has nothing more to say."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {name: closed(value) for name, value in node.items()}
    if node.get("type") == "object" and isinstance(node.get("properties"), dict):
        found.setdefault("additionalProperties", False)
    return found


class Contract:
    """Finds the route of a request, checks the answer, and remembers (method, route, status)."""

    file = ""  # of the test that runs now, set by conftest.py

    def __init__(self, document):
        self.document = document
        self.seen = set()  # (method, route, status)
        self.files = set()  # (file of tests, method, route)
        schemas = {**document, "components": {**document["components"], "schemas": closed(document["components"]["schemas"])}}
        self._resolver = jsonschema.RefResolver("", schemas)
        self._validators = {}
        self._routes = {}  # by method and number of words
        # A literal word wins over a parameter.
        for path, operations in sorted(document["paths"].items(), key=lambda route: route[0].count("{")):
            pattern = re.compile("^" + re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)) + "/?$")
            for method in operations:
                self._routes.setdefault((method, self._words(path)), []).append((pattern, path, operations[method]))

    def operation(self, method, path):
        """(route, operation) of a request, or (None, None) where the document has none."""
        for candidate in (path, path.removeprefix("/api")):
            for pattern, route, operation in self._routes.get((method.lower(), self._words(candidate)), ()):
                twice = candidate != path and route.startswith("/api/")
                if pattern.match(candidate) and not twice:
                    return route, operation
        return None, None

    @staticmethod
    def _words(path):
        return path.rstrip("/").count("/")

    def routes(self):
        """[(method, route, operation)] of the whole table."""
        return [(m, path, row) for path, operations in self.document["paths"].items()
                for m in METHODS for row in [operations.get(m.lower())] if row]

    def check(self, method, path, status, headers, body):
        """Raises AssertionError where the answer is not what the document promises."""
        content_type = headers.get("content-type", "").split(";")[0]
        route, operation = self.operation("GET" if method == "HEAD" else method, path)
        if operation is None:
            assert status >= 400, f"{method} {path} answered {status} and is not in the OpenAPI document"
            return
        self.seen.add((method, route, status))
        self.files.add((self.file, method, route))
        if method == "HEAD" or operation.get("x-access") == "signed_url" and status < 400:
            # The bytes of a file are its owner's: they may be JSON of any shape.
            return
        self._check_headers(operation, f"{method} {route}", status, headers)
        if status >= 400:
            self._check_error(operation, f"{method} {route}", status, content_type, body)
            return
        answer = self._answer(operation, status)
        assert answer is not None, f"{method} {route} answered {status}, which the OpenAPI document does not have"
        schema = self._schema(answer, "application/json")
        if content_type == "application/json":
            assert schema is not None, f"{method} {route}: a JSON answer ({status}) that the document does not have"
            self._validate(schema, json.loads(body), f"{method} {route} {status}")
        elif schema is not None and status not in (204, 304) and content_type not in answer["content"]:
            raise AssertionError(f"{method} {route} answered {status} as {content_type!r}, not as application/json")

    def _check_headers(self, operation, where, status, headers):
        declared = (self._answer(operation, status) or {}).get("headers", {})
        for name in HEADERS:
            if status >= 400 and status != 429 and name.startswith("RateLimit"):
                continue  # every counted answer has them; the document says so once
            if status == 416 and name == "ETag":
                continue  # nginx's own: it had the file's headers ready when it came to the range
            assert name not in headers or name in declared, f"{where} {status}: the document has no header {name}"
        for name in ALWAYS_THERE:
            assert name not in declared or name in headers, f"{where} {status}: no header {name}, which the document has"

    def _check_error(self, operation, where, status, content_type, body):
        """Most routes answer problems (RFC 9457); those of other systems' dialects say what they have in its place."""
        answer = self._answer(operation, status)
        own = self._schema(answer, "application/json")
        if own is None or content_type == "application/problem+json" and self._schema(answer, content_type):
            self._check_problem(where, status, content_type, body)
            self._check_code(answer, where, status, json.loads(body)["code"])
            return
        # 405: an address that looks like an id's.
        assert status >= 500 or status == 405 or str(status) in operation["responses"], f"{where} {status}: not in the document"
        assert content_type == "application/json", f"{where} answered {status} as {content_type!r}"
        self._validate(own, json.loads(body), f"{where} {status}")

    def _check_problem(self, where, status, content_type, body):
        assert content_type == "application/problem+json", f"{where} answered {status} as {content_type!r}"
        problem = json.loads(body)
        for name, kind in (("type", str), ("title", str), ("status", int), ("code", str), ("detail", str),
                           ("request_id", str)):
            assert isinstance(problem.get(name), kind), f"{where} {status}: no proper {name!r} in {problem}"
        assert problem["status"] == status, f"{where}: status {problem['status']} in an answer of {status}"
        for fault in problem.get("errors", []):
            assert set(fault) == {"loc", "msg", "type"}, f"{where}: an entry of errors is {fault}"

    def _check_code(self, answer, where, status, code):
        """Each code that an operation can answer with is an example of its status."""
        declared = answer["content"]["application/problem+json"]["examples"]
        assert code in declared or code in NGINX_CODES, f"{where} {status}: the document does not have the code {code}"

    def _deref(self, node):
        while isinstance(node, dict) and "$ref" in node:
            node = self._resolver.resolve(node["$ref"])[1]
        return node

    def _answer(self, operation, status):
        answers = operation.get("responses", {})
        return self._deref(answers.get(str(status)) or (answers.get("default") if status >= 400 else None))

    def _schema(self, answer, content_type):
        return answer.get("content", {}).get(content_type, {}).get("schema")

    def _validate(self, schema, value, where):
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            self._validators[key] = jsonschema.Draft202012Validator(schema, resolver=self._resolver)
        faults = [f"{'/'.join(map(str, e.absolute_path)) or '(root)'}: {e.message[:300]}"
                  for e in self._validators[key].iter_errors(value)]
        assert not faults, f"{where} is not what the OpenAPI document says: " + "; ".join(faults)

    def save(self, folder, name):
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps({"seen": sorted(self.seen), "files": sorted(self.files)}),
                                             encoding="utf-8")
