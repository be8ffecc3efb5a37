"""A push service of the tests (RFC 8030), and the browsers that it serves: they read what they are sent (RFC 8291)."""
import base64
import http.server
import json
import struct
import threading
import uuid

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .waiting import until

_POINT = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint


def _b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _hkdf(salt, key, info, length):
    return HKDF(hashes.SHA256(), length, salt, info).derive(key)


class Browser:
    """One that has subscribed at `endpoint`."""

    def __init__(self, endpoint):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.point = self.key.public_key().public_bytes(*_POINT)
        self.secret = uuid.uuid4().bytes
        self.endpoint = endpoint

    @property
    def subscription(self):
        return {"endpoint": self.endpoint, "p256dh": _b64(self.point), "auth": _b64(self.secret)}

    def read(self, body):
        """What a message says; an error where it was not for this browser."""
        salt, size, length = struct.unpack_from("!16sIB", body)
        sender, sealed = body[21:21 + length], body[21 + length:]
        assert length == 65 and len(sealed) <= size
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        key = _hkdf(self.secret, shared, b"WebPush: info\0" + self.point + sender, 32)
        opened = AESGCM(_hkdf(salt, key, b"Content-Encoding: aes128gcm\0", 16)).decrypt(
            _hkdf(salt, key, b"Content-Encoding: nonce\0", 12), sealed, None)
        assert opened.endswith(b"\2")
        return json.loads(opened[:-1])


class PushService:
    """Takes what is pushed to the browsers that it has made: `told` as (browser, what it read, headers)."""

    def __init__(self):
        self.browsers, self.told, self.statuses = {}, [], {}
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # noqa: N802 (the library's name)
                service.take(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.http.server_address[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def browser(self):
        browser = Browser(f"{self.origin}/{uuid.uuid4().hex}")
        self.browsers[browser.endpoint] = browser
        return browser

    def answer_next(self, browser, *statuses):
        """What the next messages to a browser are answered."""
        self.statuses[browser.endpoint] = list(statuses)

    def take(self, handler, body):
        endpoint = self.origin + handler.path
        status = (self.statuses.get(endpoint) or [201]).pop(0) if self.statuses.get(endpoint) else 201
        browser = self.browsers[endpoint]
        self.told.append((browser, browser.read(body), dict(handler.headers)))
        handler.send_response(status)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def to(self, browser):
        return [said for told, said, _ in self.told if told is browser]

    def wait_for(self, browser, count=1):
        until(lambda: len(self.to(browser)) >= count)
        return self.to(browser)

    def claims(self, headers, key):
        """What the sender has proved with the key that browsers subscribed with."""
        kind, rest = headers["Authorization"].split(" ", 1)
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        assert kind == "vapid" and parts["k"] == key
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(key))
        return jwt.decode(parts["t"], public, algorithms=["ES256"], audience=self.origin, options={"verify_exp": False})

    def close(self):
        self.http.shutdown()
        self.http.server_close()
