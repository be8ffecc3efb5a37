"""Readiness part by part: each part is taken away and brought back, at the start and while the server runs."""
import os
import re
import subprocess
import time

import pytest
from harness.process import wait_until
from support.deep import Deep
from support.mail_server import SENDER, MailServer, RudeServer
from support.waiting import until

ALL_WELL = {"database": "ok", "store": "ok", "bus": "ok", "disk": "ok", "mail": "off", "inference": "off"}


def ready(server):
    """(HTTP status, status, parts); while nothing runs behind nginx there are no parts."""
    answer = server.http.get("/health/ready")
    return answer.status_code, answer.json()["status"], answer.json().get("parts")


def becomes(server, status, **parts):
    """Waits until the answer is so, all other parts as they are when all is well."""
    code = 503 if status == "unhealthy" else 200
    well = ALL_WELL | ({"bus": "off"} if server.column == "sqlite" else {})
    until(lambda: ready(server) == (code, status, well | parts), timeout_s=30)


def restarted(server):
    """The server's process, ended and started again, without waiting for what it says."""
    parley = server.stack.parleys[0]
    parley.kill()
    parley.start()
    return parley


def test_ready__is_healthy_where_every_part_is(http, column):
    body = http.get("/health/ready").json()
    assert body["status"] == "healthy" and set(body) == {"status", "parts", "timestamp", "service", "version"}
    assert body["parts"] == ALL_WELL | ({"bus": "off"} if column == "sqlite" else {})


# ---- the database ----

@pytest.mark.mysql
@pytest.mark.columns("mariadb", "mysql")
def test_database__that_is_away_makes_it_unhealthy_until_it_is_back(make_server, make_backing):
    backing = make_backing()
    server = make_server(backing=backing)
    becomes(server, "healthy")
    backing.database.kill()
    becomes(server, "unhealthy", database="down")
    answer = server.http.get("/health/ready")
    assert answer.headers["content-type"] == "application/json" and int(answer.headers["retry-after"]) >= 1
    assert server.http.get("/health/live").status_code == 200
    done = server.command("status")
    assert done.returncode == 1 and "unhealthy  database down  store ok" in done.stdout
    backing.database.start()
    backing.database.wait()
    becomes(server, "healthy")


# ---- the store ----

@pytest.mark.columns("mariadb")
def test_store__that_is_away_is_waited_for_at_the_start_and_later(make_server, make_backing):
    backing = make_backing()
    server = make_server(backing=backing)
    backing.minio.kill()
    becomes(server, "degraded", store="down")
    parley = restarted(server)
    wait_until(lambda: server.http.get("/health/live").status_code == 200, 30, "life", server.stack.parts)
    becomes(server, "degraded", store="down")
    backing.minio.start()
    backing.minio.wait()
    becomes(server, "healthy")
    assert parley.alive()


@pytest.mark.columns("sqlite")
def test_store__that_is_a_folder_and_cannot_be_written_is_down(make_server):
    server = make_server()
    inner = server.folder / "objects/.tmp"
    inner.rename(moved := server.folder / "moved")
    becomes(server, "degraded", store="down")
    moved.rename(inner)
    becomes(server, "healthy")


@pytest.mark.columns("mariadb")
def test_store__that_has_a_fault_of_its_own_at_the_start_is_no_reason_to_stop(make_server):
    server = make_server()
    ill = RudeServer(lambda c: (c.recv(65536), c.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n"), c.close()))
    parley = server.stack.parleys[0]
    parley.env["MINIO_ENDPOINT"] = f"127.0.0.1:{ill.port}"
    restarted(server)
    becomes(server, "degraded", store="down")
    assert parley.alive()


# ---- Redis ----

@pytest.mark.columns("mariadb")
def test_redis__that_is_away_is_waited_for_at_the_start_and_later(make_server, make_backing):
    backing = make_backing()
    server = make_server(backing=backing)
    becomes(server, "healthy")
    backing.redis.kill()
    becomes(server, "degraded", bus="down")
    restarted(server)
    wait_until(lambda: server.http.get("/health/live").status_code == 200, 30, "life", server.stack.parts)
    becomes(server, "degraded", bus="down")
    backing.redis.start()
    backing.redis.wait()
    becomes(server, "healthy")


@pytest.mark.columns("sqlite")
@pytest.mark.parametrize("reply", [b"-LOADING Redis is loading the dataset in memory\r\n",
                                   b"-ERR max number of clients reached\r\n"])
def test_redis__that_is_not_ready_yet_is_no_reason_to_stop(make_server, reply):
    busy = RudeServer(lambda c: [c.sendall(reply) for _ in iter(lambda: c.recv(4096), b"")])
    server = make_server(REDIS_URL=f"redis://127.0.0.1:{busy.port}/0")
    becomes(server, "degraded", bus="down")


# ---- mail ----

@pytest.mark.columns("sqlite")
def test_mail_server__that_is_away_is_waited_for_at_the_start_and_later(make_server):
    mail = MailServer()
    server = make_server(SMTP_URL=f"smtp://127.0.0.1:{mail.port}", FROM_EMAIL=SENDER)
    deep = Deep(server)
    becomes(server, "degraded", mail="down")
    assert server.log().count("the mail server is away or refuses us") == 1
    mail.start()
    deep.wake()
    becomes(server, "healthy", mail="ok")
    until(lambda: server.log().count("the mail server is there") == 1)
    mail.stop()
    deep.wake()
    becomes(server, "degraded", mail="down")


@pytest.mark.columns("sqlite")
def test_mail_server__that_refuses_the_password_is_down(make_server):
    mail = MailServer(auth_require_tls=False).sign_in("parley", "right").start()
    server = make_server(SMTP_URL=f"smtp://parley:wrong@127.0.0.1:{mail.port}", FROM_EMAIL=SENDER)
    becomes(server, "degraded", mail="down")
    looks_again(server, mail)
    looks_again(server, mail)
    assert server.log().count("the mail server is away or refuses us") == 1
    mail.stop()


def looks_again(server, mail):
    """Makes the server look at what it watches, and waits until it has: it comes to the mail server last."""
    before = len(mail.passwords)
    Deep(server).wake()
    until(lambda: len(mail.passwords) > before)


@pytest.mark.columns("sqlite")
def test_mail_server__that_hangs_holds_up_neither_start_nor_stop(make_server):
    silent = RudeServer(lambda c: c.recv(4096))
    server = make_server(SMTP_URL=f"smtp://127.0.0.1:{silent.port}", FROM_EMAIL=SENDER)
    becomes(server, "healthy", mail="ok")
    until(lambda: silent.connections)
    began = time.monotonic()
    assert server.stack.parleys[0].stop() == 0
    assert time.monotonic() - began < 6, "the mail server is given 10 s to greet"


# ---- the disk ----

@pytest.mark.columns("sqlite")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small file system")
@pytest.mark.parametrize("floor, low", [("0", "100m"), ("600M", "500m")], ids=["without DISK_FREE_MIN", "with it"])
def test_disk__is_told_by_the_room_that_is_left(make_server, tmp_path, floor, low):
    def resize(size):
        subprocess.run(["mount", "-o", f"remount,size={size}", str(tmp_path)], check=True)

    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g", "parley-test", str(tmp_path)], check=True)
    try:
        server = make_server(DATABASE_URL=f"sqlite:///{tmp_path}/parley.db", OBJECTS_DIR=f"{tmp_path}/objects",
                             DISK_FREE_MIN=floor)
        becomes(server, "healthy")
        resize(low)
        becomes(server, "degraded", disk="degraded")
        resize("8m")
        becomes(server, "degraded", disk="down")
        assert server.http.get("/auth/setup").status_code == 200
        resize("1g")
        becomes(server, "healthy")
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


# ---- the certificate ----

def certificate(folder, days):
    cert, key = folder / f"{days}.pem", folder / f"{days}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    str(days), "-subj", "/CN=localhost", "-keyout", str(key), "-out", str(cert)], check=True,
                   capture_output=True)
    return {"TLS_CERT": str(cert), "TLS_KEY": str(key)}


@pytest.mark.columns("sqlite")
def test_certificate__that_expires_soon_is_told_once_a_day(make_server, tmp_path):
    mail = MailServer(auth_require_tls=False).sign_in("parley", "right").start()
    server = make_server(SMTP_URL=f"smtp://parley:right@127.0.0.1:{mail.port}", FROM_EMAIL=SENDER)
    parley = server.stack.parleys[0]
    parley.env.update(certificate(tmp_path, 9))
    restarted(server)
    line = "the certificate expires soon"
    until(lambda: server.log().count(line) == 1)
    assert re.search(r" days=[89]\b", next(row for row in server.log().splitlines() if line in row))
    for hours, told in ((23, 1), (2, 2), (1, 2)):
        server.clock.forward(hours * 3600)
        looks_again(server, mail)
        assert server.log().count(line) == told
    server.clock.forward(8 * 86400)
    looks_again(server, mail)
    assert "the certificate has expired" in server.log()
    mail.stop()


@pytest.mark.columns("sqlite")
def test_certificate__that_is_good_or_not_here_is_not_told(make_server, tmp_path):
    server = make_server()
    parley = server.stack.parleys[0]
    good = certificate(tmp_path, 60)
    for settings, told in ((good, 0), (good | {"TLS_CERT": str(tmp_path / "none.pem")}, 1)):
        parley.env.update(settings)
        restarted(server)
        until(lambda: server.http.get("/health/live").status_code == 200)
        until(lambda n=told: server.log().count("when the certificate expires is not known") == n)
    assert "expires soon" not in server.log()
