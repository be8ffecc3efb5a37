"""`parley doctor` and `parley mail test` against the parts of a server: each is really connected to, with its credentials."""
import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from harness import ports
from harness.parley import base_environment
from support.front_proxy import Inner
from support.mail_server import SENDER, MailServer

USER, PASSWORD = "parley@example.org", "p:ss w%rd"
IN_URL = "parley%40example.org:p%3Ass%20w%25rd"


@pytest.fixture(scope="module")
def patient(maker, backing):
    server = maker.make(backing)
    yield server
    server.close()


def command(server, *words, **settings):
    return subprocess.run([str(server.binary), *words], cwd=server.folder, capture_output=True, text=True, check=False,
                          env={**base_environment(), **server.settings, **settings}, timeout=60)


def findings(server, part, **settings):
    """What the doctor says of one part."""
    done = command(server, "doctor", "--json", **settings)
    assert done.stderr == "", done.stderr
    told = json.loads(done.stdout)
    assert told["healthy"] == (told["findings"] == []) == (done.returncode == 0)
    return [row["finding"] for row in told["findings"] if row["part"] == part]


def only(server, part, text, **settings):
    before = findings(server, part)  # the tests' databases are set for speed
    (found,) = [line for line in findings(server, part, **settings) if line not in before]
    assert text in found


@pytest.mark.columns("mariadb", "mysql")
def test_database__that_refuses_the_password_is_found(patient):
    user, _, rest = patient.settings["DATABASE_URL"].partition("@")
    only(patient, "database", "check MYSQL_USER and MYSQL_PASSWORD", DATABASE_URL=f"{user}wrong@{rest}")


@pytest.mark.columns("mariadb")
@pytest.mark.parametrize("name, value, text", [
    ("MINIO_SECRET_KEY", "a wrong one", "refuses the access key"), ("MINIO_ACCESS_KEY", "nobody", "refuses the access key"),
    ("MINIO_BUCKET_NAME", "a-bucket-that-is-not-there", "bucket"), ("MINIO_ENDPOINT", "127.0.0.1:1", "cannot be reached")])
def test_store__that_cannot_be_used_is_found(patient, name, value, text):
    only(patient, "store", text, **{name: value})


# ---- the bucket's rule for pages ----

class Bucket(BaseHTTPRequestHandler):
    """Answers the questions of browsers by `allows`: {origin: (methods, headers)}."""

    def do_OPTIONS(self):  # noqa: N802
        self.server.asked.append((self.path, self.headers["Access-Control-Request-Method"]))
        origin = self.headers["Origin"]
        found = self.server.allows.get(origin) or self.server.allows.get("*")
        self.send_response(200 if found else 403)
        if found:
            self.send_header("Access-Control-Allow-Origin", origin if origin in self.server.allows else "*")
            self.send_header("Access-Control-Allow-Methods", found[0])
            self.send_header("Access-Control-Allow-Headers", found[1])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def bucket():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    server.allows, server.asked = {}, []
    server.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


ENOUGH = ("GET, HEAD, PUT", "Content-Type, X-Amz-Checksum-Sha256")
PAGE, OTHER = "https://chat.example.org", "https://app.example.org"


def origins_refused(server, bucket, **settings):
    """The origins whose pages cannot use the bucket, by the doctor."""
    usual = {"MINIO_PUBLIC_ENDPOINT": bucket.address, "PUBLIC_URL": f"{PAGE}/chat", "ALLOWED_ORIGINS": ""}
    told = findings(server, "store", **{**usual, **settings})
    assert all("AllowedMethods GET, HEAD, PUT" in line and "mc admin config" in line for line in told)
    return [line.partition("pages of ")[2].partition(" ")[0] for line in told if "CORS rule" in line]


@pytest.mark.columns("mariadb")
@pytest.mark.parametrize("allows, refused", [
    ({}, [PAGE]), ({PAGE: ENOUGH}, []), ({"*": ENOUGH}, []), ({"*": ("*", "*")}, []), ({OTHER: ENOUGH}, [PAGE]),
    ({PAGE: ("GET, HEAD", ENOUGH[1])}, [PAGE]), ({PAGE: ("PUT", ENOUGH[1])}, [PAGE]),
    ({PAGE: (ENOUGH[0], "content-type")}, [PAGE])])
def test_bucket__that_does_not_let_pages_in_is_found(patient, bucket, allows, refused):
    bucket.allows = allows
    assert origins_refused(patient, bucket) == refused
    assert bucket.asked and all(path.startswith(f"/{patient.settings['MINIO_BUCKET_NAME']}/") for path, _ in bucket.asked)


@pytest.mark.columns("mariadb")
def test_bucket__is_asked_for_each_origin_that_is_another(patient, bucket):
    assert origins_refused(patient, bucket, ALLOWED_ORIGINS=f"{OTHER}, {PAGE}") == [PAGE, OTHER]
    assert origins_refused(patient, bucket, PUBLIC_URL=bucket.address) == []  # behind STORE_PROXY, say
    bucket.allows = {PAGE: ENOUGH}
    assert origins_refused(patient, bucket, ALLOWED_ORIGINS=OTHER) == [OTHER]


@pytest.mark.columns("mariadb")
def test_bucket__that_is_reached_under_another_name_here_is_asked_there(patient, bucket):
    settings = {"MINIO_PUBLIC_ENDPOINT": "127.0.0.1:1", "PUBLIC_URL": PAGE, "ALLOWED_ORIGINS": ""}
    told = findings(patient, "store", **settings, MINIO_ENDPOINT=bucket.address)
    assert any("CORS rule" in line for line in told)
    assert findings(patient, "store", **settings) == []  # MinIO itself lets everybody in unless it is told otherwise


@pytest.mark.columns("mariadb")
def test_bucket__behind_the_servers_own_name_is_asked_through_it(patient, bucket, tmp_path):
    port = ports.free()
    front = Inner(tmp_path, patient, STORE_PROXY=bucket.address, HTTP_PORT=str(port))
    front.start()
    try:
        front.wait()
        own = f"http://127.0.0.1:{port}"
        settings = {"MINIO_PUBLIC_ENDPOINT": own, "PUBLIC_URL": own, "ALLOWED_ORIGINS": OTHER}
        assert origins_refused(patient, bucket, **settings) == [OTHER]
        bucket.allows = {OTHER: ENOUGH}
        assert origins_refused(patient, bucket, **settings) == []
        assert {method for _, method in bucket.asked} == {"GET", "PUT"}
    finally:
        front.stop()


@pytest.mark.columns("sqlite")
def test_folder__that_cannot_be_written_is_found(patient):
    only(patient, "store", "cannot be used", OBJECTS_DIR="/proc/self")


@pytest.mark.columns("mariadb")
def test_redis__that_refuses_or_is_away_is_found(patient):
    url = patient.settings["REDIS_URL"]
    only(patient, "redis", "REDIS_PASSWORD", REDIS_URL=url.replace("redis://:", "redis://:wrong"))
    only(patient, "redis", "refused", REDIS_URL="redis://127.0.0.1:1/0")


@pytest.mark.columns("sqlite")
def test_root__is_found_where_it_runs_the_server(patient, tmp_path):
    tmp_path.chmod(0o750)
    if os.geteuid() == 0:
        os.chown(tmp_path, 65534, 65534)
    assert not any("root" in line for line in findings(patient, "files", VAR_DIR=str(tmp_path)))
    assert any("/usr belongs to root" in line for line in findings(patient, "files", VAR_DIR="/usr"))


# ---- mail ----

@pytest.fixture
def mail():
    server = MailServer(auth_require_tls=False)
    yield server
    server.stop()


def mail_settings(mail, access=""):
    """Over loopback the password may go without TLS."""
    return {"SMTP_URL": f"smtp://{access}127.0.0.1:{mail.port}", "FROM_EMAIL": SENDER}


@pytest.mark.columns("sqlite")
def test_mail_server__is_signed_in_to_and_sent_nothing(patient, mail):
    mail.sign_in(USER, PASSWORD).start()
    assert findings(patient, "mail", **mail_settings(mail, IN_URL + "@")) == []
    assert (mail.passwords, mail.mails) == ([PASSWORD], [])


@pytest.mark.columns("sqlite")
def test_mail_server__that_refuses_or_is_away_is_found(patient, mail):
    mail.sign_in(USER, PASSWORD).start()
    only(patient, "mail", "refused the user or the password", **mail_settings(mail, "parley%40example.org:wrong@"))
    mail.stop()
    only(patient, "mail", "refused", **mail_settings(mail))


@pytest.mark.columns("sqlite")
def test_mail_test__sends_one_and_prints_what_the_server_says(patient, mail):
    mail.sign_in(USER, PASSWORD).start()
    done = command(patient, "mail", "test", "admin@example.org", **mail_settings(mail, IN_URL + "@"))
    assert (done.returncode, done.stderr) == (0, "")
    (got,) = mail.mails
    assert (got.recipients, got.signed_in, got.message["Subject"]) == (["admin@example.org"], True, "A test")
    assert "  235 " in done.stdout and f"127.0.0.1:{mail.port} has taken it" in done.stdout
    assert PASSWORD not in done.stdout


@pytest.mark.columns("sqlite")
@pytest.mark.parametrize("step, reply", [("RCPT", "550 5.1.1 No such user here"), ("DATA", "451 Come back later")])
def test_mail_test__says_what_was_refused_and_why(patient, mail, step, reply):
    mail.script[step].append(reply)
    mail.start()
    done = command(patient, "mail", "test", "nobody@example.org", **mail_settings(mail))
    assert done.returncode == 1 and f"  {reply}\n" in done.stdout
    assert done.stderr.startswith("parley mail: 127.0.0.1:") and f"(it answered {reply[:3]})" in done.stderr


@pytest.mark.columns("sqlite")
@pytest.mark.parametrize("words, settings, code, text", [
    (("admin@example.org",), {}, 1, "no mail server is set"), (("nobody",), {}, 2, "not an e-mail address"),
    ((), {}, 2, "test wants ADDRESS"),
    (("admin@example.org",), {"SMTP_URL": "smtp://127.0.0.1:1", "FROM_EMAIL": SENDER}, 1, "the connection was refused")])
def test_mail_test__that_cannot_be_sent_is_one_line(patient, words, settings, code, text):
    done = command(patient, "mail", "test", *words, **settings)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1) and text in done.stderr
