"""What really lies in S3, read and signed by somebody else's client, and what happens while S3 is not well."""
import base64
import hashlib
import re
import signal
import socket
import ssl
import subprocess
import threading
import urllib.parse

import boto3
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from harness.paths import ROOT
from harness.process import wait_until
from support.client import anyone
from support.talk import Talk, text_file

pytestmark = pytest.mark.columns("mariadb", "mysql")

MIB = 1 << 20


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


class Bucket:
    """The bucket of a server, seen by boto3."""

    def __init__(self, settings):
        self.settings = settings
        self.name = settings["MINIO_BUCKET_NAME"]
        self.client = boto3.client(
            "s3", endpoint_url=f"http://{settings['MINIO_ENDPOINT'].rpartition('/')[2]}", region_name=settings["MINIO_REGION"],
            aws_access_key_id=settings["MINIO_ACCESS_KEY"], aws_secret_access_key=settings["MINIO_SECRET_KEY"],
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, proxies={}))

    def keys(self, workspace):
        """Keys of the objects of a workspace, oldest first."""
        found = self.client.list_objects_v2(Bucket=self.name, Prefix=f"workspace_{workspace}/").get("Contents", [])
        return [item["Key"] for item in sorted(found, key=lambda item: item["LastModified"])]

    def one(self, workspace):
        """The only object of a workspace: its key and what S3 says of it, body and all."""
        (key,) = self.keys(workspace)
        return key, self.client.get_object(Bucket=self.name, Key=key, ChecksumMode="ENABLED")

    def unfinished(self, key):
        return self.client.list_multipart_uploads(Bucket=self.name, Prefix=key).get("Uploads", [])


@pytest.fixture
def bucket(server):
    return Bucket(server.settings)


def begin(talk, size, name="notes.txt", **more):
    return talk.member.ok("POST", f"{talk.path}/uploads", 201,
                          json={"filename": name, "size": size, "content_type": "text/plain", **more})


def put(url, content, headers=None):
    return anyone("PUT", url, content=content, headers=headers)


def key_of(bucket, url):
    path = urllib.parse.urlsplit(url).path
    assert path.startswith(f"/{bucket.name}/")
    return path[len(bucket.name) + 2:]


# --- objects ---

def test_object__is_byte_for_byte_what_was_sent(talk, bucket):
    talk.sent(text_file(b"some\r\nbytes\xc3\xa9"))
    key, found = bucket.one(talk.id)
    assert found["Body"].read() == b"some\r\nbytes\xc3\xa9"
    assert found["ContentType"] == "text/plain"
    assert re.fullmatch(rf"workspace_{talk.id}/\d{{8}}_[0-9a-f]{{32}}\.txt", key)


def test_object__carries_its_digest(talk, bucket):
    talk.sent(text_file(b"some bytes"))
    _, found = bucket.one(talk.id)
    assert base64.b64decode(found["ChecksumSHA256"]) == hashlib.sha256(b"some bytes").digest()


def test_object__that_is_large_goes_in_parts(talk, bucket):
    content = b"".join(b"%07d\n" % n for n in range(9 * MIB // 8))
    message = talk.sent(text_file(content))
    key, found = bucket.one(talk.id)
    assert found["Body"].read() == content
    assert found["ETag"].endswith('-2"')
    assert message["attachments"][0]["sha256"] == hashlib.sha256(content).hexdigest()
    assert bucket.unfinished(key) == []


def test_object__of_a_refused_file_is_not_there(talk, bucket):
    assert talk.send(text_file(b"fine"), ("bad.png", b"<html>", "image/png")).status_code == 415
    assert bucket.keys(talk.id) == []


def test_object__goes_with_its_message(talk, bucket):
    message = talk.sent(text_file())
    assert len(bucket.keys(talk.id)) == 1
    assert talk.member.delete(f"{talk.at}/message/{message['id']}").status_code == 204
    assert bucket.keys(talk.id) == []


def test_parts__of_a_cancelled_upload_are_gone(talk, bucket):
    upload = begin(talk, 65 * MIB, name="film.mp4")
    key = key_of(bucket, upload["parts"][0]["url"])
    assert put(upload["parts"][0]["url"], bytes(upload["part_size"])).status_code == 200
    assert len(bucket.unfinished(key)) == 1
    assert talk.member.delete(f"{talk.path}/uploads/{upload['upload_id']}").status_code == 204
    assert bucket.unfinished(key) == []


# --- signatures ---

def signature_by_botocore(settings, method, url, headers):
    """What botocore signs for the request that one of our addresses stands for."""
    parts = urllib.parse.urlsplit(url)
    query = urllib.parse.parse_qs(parts.query, keep_blank_values=True)
    signed = "&".join(p for p in parts.query.split("&") if not p.startswith("X-Amz-Signature="))
    auth = S3SigV4QueryAuth(Credentials(settings["MINIO_ACCESS_KEY"], settings["MINIO_SECRET_KEY"]), "s3",
                            settings["MINIO_REGION"])
    request = AWSRequest(method=method, url=parts._replace(query=signed).geturl(), headers={"host": parts.netloc, **headers})
    request.context["timestamp"] = query["X-Amz-Date"][0]
    request.context["signing"] = {}
    text = auth.string_to_sign(request, auth.canonical_request(request))
    assert query["X-Amz-SignedHeaders"][0] == ";".join(sorted({"host", *(h.lower() for h in headers)}))
    return auth.signature(text, request), query["X-Amz-Signature"][0]


def test_signature__of_a_put_is_what_botocore_makes_of_it(talk, server):
    upload = begin(talk, 5, sha256=hashlib.sha256(b"hello").hexdigest())
    theirs, ours = signature_by_botocore(server.settings, "PUT", upload["url"], {**upload["headers"], "content-length": "5"})
    assert ours == theirs
    assert "x-amz-checksum-sha256" in {name.lower() for name in upload["headers"]}


def test_signature__of_a_part_is_what_botocore_makes_of_it(talk, server):
    upload = begin(talk, 65 * MIB, name="film.mp4")
    last = upload["parts"][-1]
    length = 65 * MIB - (len(upload["parts"]) - 1) * upload["part_size"]
    theirs, ours = signature_by_botocore(server.settings, "PUT", last["url"], {"content-length": str(length)})
    assert ours == theirs


def test_signature__of_a_download_is_what_botocore_makes_of_it(talk, server):
    message = talk.sent(text_file(name="été & more;=+%.txt"))
    found = talk.member.ok("GET", f"/attachments/{message['attachments'][0]['id']}/url", 200)
    theirs, ours = signature_by_botocore(server.settings, "GET", found["url"], {})
    assert ours == theirs


def test_download__says_what_it_is_and_how_it_is_called(talk):
    message = talk.sent(text_file(b"hello", name="été.txt"))
    answer = talk.member.get(f"/attachments/{message['attachments'][0]['id']}")
    assert answer.status_code == 302
    found = anyone("GET", answer.headers["location"])
    assert found.content == b"hello"
    assert found.headers["content-type"].startswith("text/plain")
    assert "filename*=UTF-8''%C3%A9t%C3%A9.txt" in found.headers["content-disposition"]
    assert "no-store" in found.headers["cache-control"]


def test_download__address_is_worth_nothing_when_changed(talk):
    message = talk.sent(text_file())
    url = talk.member.get(f"/attachments/{message['attachments'][0]['id']}").headers["location"]
    for old, new in (("X-Amz-Expires=60", "X-Amz-Expires=6000"), ("text%2Fplain", "text%2Fhtml"), ("attachment", "inline")):
        changed = url.replace(old, new)
        if changed != url:
            assert anyone("GET", changed).status_code == 403
    assert anyone("GET", url.partition("?")[0]).status_code == 403


# --- under another name, and over TLS ---

def test_public_endpoint__is_what_clients_are_sent_to(make_server):
    server = make_server(MINIO_PUBLIC_ENDPOINT="")
    port = server.settings["MINIO_ENDPOINT"].rpartition(":")[2]
    server.close()
    server = make_server(MINIO_PUBLIC_ENDPOINT=f"localhost:{port}")
    alice = server.setup()
    talk = Talk(alice, server.person(alice), None)
    upload = begin(talk, 5)
    assert upload["url"].startswith(f"http://localhost:{port}/")
    assert put(upload["url"], b"hello", upload["headers"]).status_code == 200
    attachment = talk.member.ok("POST", f"{talk.path}/uploads/{upload['upload_id']}/complete", 201, json={})
    url = talk.member.get(f"/attachments/{attachment['id']}").headers["location"]
    assert url.startswith(f"http://localhost:{port}/")
    assert anyone("GET", url).content == b"hello"


class TlsFront:
    """Speaks TLS before a port that does not."""

    def __init__(self, folder, port):
        subprocess.run(["sh", str(ROOT / "nginx" / "self-signed"), str(folder)], check=True)
        self.ca = folder / "cert.pem"
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.ca, folder / "key.pem")
        self.behind = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain):
        try:
            front = self.context.wrap_socket(plain, server_side=True)
        except (ssl.SSLError, OSError):
            plain.close()
            return
        back = socket.create_connection(("127.0.0.1", self.behind))
        pump = threading.Thread(target=self._pump, args=(back, front), daemon=True)
        pump.start()
        self._pump(front, back)
        pump.join()
        front.close()
        back.close()

    @staticmethod
    def _pump(source, sink):
        try:
            while chunk := source.recv(65536):
                sink.sendall(chunk)
            sink.shutdown(socket.SHUT_WR)
        except (ssl.SSLError, OSError):
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self):
        self.listener.close()


@pytest.fixture
def front(backing, tmp_path):
    front = TlsFront(tmp_path, backing.minio.port)
    yield front
    front.close()


def test_tls__with_its_own_authority(make_server, front):
    server = make_server(MINIO_ENDPOINT=f"https://127.0.0.1:{front.port}", MINIO_CA_FILE=str(front.ca))
    alice = server.setup()
    talk = Talk(alice, server.person(alice), None)
    content = bytes(7 * MIB).replace(b"\0", b"x")
    message = talk.sent(text_file(content))
    url = talk.member.get(f"/attachments/{message['attachments'][0]['id']}").headers["location"]
    assert url.startswith(f"https://127.0.0.1:{front.port}/")
    assert anyone("GET", url, front.ca).content == content


def restart(server, **settings):
    """Ends parley and starts it with other settings; it need not become ready."""
    parley = server.stack.parleys[0]
    parley.send(signal.SIGTERM)
    assert parley.stop() == 0
    parley.env.update(settings)
    parley.start()
    wait_until(lambda: server.http.get("/health/live").status_code == 200, 20, "life", server.stack.parts)


def test_tls__of_an_unknown_authority_is_not_spoken_to(make_server, front):
    server = make_server()
    alice = server.setup()
    talk = Talk(alice, server.person(alice), None)
    restart(server, MINIO_ENDPOINT=f"https://127.0.0.1:{front.port}")
    assert talk.send(text_file()).status_code == 503
    assert "certificate is not trusted" in server.log()


# --- S3 away ---

def test_away__only_files_are_hurt(make_server, make_backing):
    backing = make_backing()
    server = make_server(backing=backing)
    alice = server.setup()
    talk = Talk(alice, server.person(alice), None)
    backing.minio.stop()
    assert talk.say("still here")["content"] == "still here"
    answer = talk.send(text_file())
    assert answer.status_code == 503 and int(answer.headers["retry-after"]) >= 1
    assert "127.0.0.1" not in answer.text
    assert talk.say("and here")["content"] == "and here"
    backing.minio.start()
    backing.minio.wait()
    talk.sent(text_file())


def test_away__at_the_start_is_no_reason_not_to_start(make_server, make_backing):
    backing = make_backing()
    server = make_server(backing=backing)
    alice = server.setup()
    talk = Talk(alice, server.person(alice), None)
    backing.minio.stop()
    restart(server, MINIO_BUCKET_NAME="made-later")
    assert talk.say("still here")["content"] == "still here"
    assert talk.send(text_file()).status_code == 503
    backing.minio.start()
    backing.minio.wait()
    talk.sent(text_file(b"now"))
    _, found = Bucket({**server.settings, "MINIO_BUCKET_NAME": "made-later"}).one(talk.id)
    assert found["Body"].read() == b"now"


# --- the store behind the server's own name ---

@pytest.fixture
def behind(make_server):
    """A server with a store behind its name that answers 200, and what the store has heard."""
    heard = []

    def answer():
        while True:
            try:
                connection = listener.accept()[0]
            except OSError:
                return
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65536)
            heard.append(head.decode().lower())
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            connection.close()
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=answer, daemon=True).start()
    yield make_server(STORE_PROXY=f"http://127.0.0.1:{listener.getsockname()[1]}"), heard
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def asked_behind(server, method, query="?X-Amz-Signature=x", **headers):
    return anyone(method, f"{server.base_url}/{server.settings['MINIO_BUCKET_NAME']}/key{query}", server.ca, headers=headers)


def test_store_proxy__hears_nothing_of_the_clients_credentials(behind):
    server, heard = behind
    got = asked_behind(server, "GET", **{"Authorization": "Bearer secret-a", "Cookie": "__Host-parley=secret-b",
                                         "X-API-Key": "secret-c", "Octopus-API-Key": "secret-d", "Range": "bytes=0-1"})
    assert got.status_code == 200 and len(heard) == 1
    assert "secret-" not in heard[0] and "range: bytes=0-1" in heard[0]
    assert f"host: {server.base_url.removeprefix('https://')}" in heard[0]


def test_store_proxy__passes_on_what_a_browser_asks_before_it_sends(behind):
    server, heard = behind
    question = {"Origin": "https://app.example.org", "Access-Control-Request-Method": "PUT",
                "Access-Control-Request-Headers": "x-amz-checksum-sha256"}
    assert asked_behind(server, "OPTIONS", **question).status_code == 200
    assert all(f"{name}: {value}".lower() in heard[0] for name, value in question.items())


@pytest.mark.parametrize("method, query", [("POST", "?X-Amz-Signature=x"), ("DELETE", "?X-Amz-Signature=x"), ("GET", ""),
                                           ("OPTIONS", "?x=X-Amz-Signature")])
def test_store_proxy__passes_on_nothing_that_is_not_signed(behind, method, query):
    server, heard = behind
    assert asked_behind(server, method, query).status_code in (404, 405) and heard == []
