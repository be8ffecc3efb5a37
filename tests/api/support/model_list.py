"""Somebody who serves a list of models, and nothing else, as a provider does that is looked at."""
import http.server
import json
import threading


class ModelList:
    """answers: path -> (status, body); asked: (path, headers) of each request. All else is 404."""

    def __init__(self, *models, key=None, path="/v1/models"):
        self.asked, self.key = [], key
        self.answers = {path: (200, {"object": "list", "data": list(models)})}
        stand_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # noqa: N802 (the library's name)
                stand_in.answer(self)

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.http.server_address[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self.base = f"{self.origin}/v1"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def serve(self, *models, path="/v1/models", **more):
        self.answers[path] = (200, {"object": "list", "data": list(models), **more})

    def answer(self, handler):
        self.asked.append((handler.path, dict(handler.headers)))
        status, body = self.answers.get(handler.path, (404, {"detail": "Not Found"}))
        if self.key and handler.headers.get("Authorization") != f"Bearer {self.key}":
            status, body = 401, {"error": {"message": f"Incorrect API key provided: {self.key}", "code": "invalid_api_key"}}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def close(self):
        self.http.shutdown()
        self.http.server_close()
