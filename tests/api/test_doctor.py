"""`parley doctor`: one line for each weakness, and silence where there is none."""
import json
import os
import sqlite3
import subprocess
from contextlib import closing
from datetime import datetime, timedelta, timezone

import boto3
import pytest
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from harness.parley import base_environment


def findings(server, by=(), **settings):
    """(exit code, lines) of the doctor with the server's settings and some others; by: a command that starts it."""
    done = subprocess.run([*by, str(server.binary), "doctor"], cwd=server.folder, capture_output=True, text=True, check=False,
                          env={**base_environment(), **server.settings, **HEALTHY, **settings}, timeout=60)
    assert done.stderr == "", done.stderr
    return done.returncode, done.stdout.splitlines()


# What the tests' servers have for speed, and a production server has not.
HEALTHY = {"BCRYPT_ROUNDS": "12", "LOG_LEVEL": "info", "RATE_LIMIT": "on"}


@pytest.fixture(scope="module")
def patient(maker, backing):
    server = maker.make(backing)
    if os.geteuid() == 0:  # as if a user of its own ran it
        os.chown(server.folder, 65534, 65534)
    yield server
    server.close()


def only(server, part, **settings):
    """The one finding that these settings bring over the healthy ones."""
    before = findings(server)[1]
    code, lines = findings(server, **settings)
    new = [line for line in lines if line not in before]
    assert code == 1 and len(new) == 1 and part in new[0], lines


@pytest.mark.columns("sqlite")
def test_healthy_server__has_no_findings(patient):
    os.chmod(patient.folder, 0o750)
    assert findings(patient) == (0, ["nothing is amiss"])


@pytest.mark.parametrize("name, value, part", [
    ("REGISTRATION", "open", "REGISTRATION=open"), ("BCRYPT_ROUNDS", "9", "BCRYPT_ROUNDS"), ("LOG_LEVEL", "debug", "LOG_LEVEL"),
    ("RATE_LIMIT", "off", "RATE_LIMIT=off"), ("TRUSTED_PROXIES", "10.0.0.1, 0.0.0.0/0", "TRUSTED_PROXIES"),
    ("TRUSTED_PROXIES", "::/0", "TRUSTED_PROXIES"),
    ("TLS_CERT", "/nonexistent.pem", "TLS_CERT")])
def test_weak_setting__is_found(patient, name, value, part):
    more = {"TLS_KEY": value} if name == "TLS_CERT" else {}
    only(patient, part, **{name: value}, **more)


@pytest.mark.columns("sqlite")
@pytest.mark.parametrize("connections, sockets, remedy", [
    ("64", "", "set NGINX_WORKER_CONNECTIONS=120, or STREAMS_MAX=53"), ("119", "", "=120, or STREAMS_MAX=99"),
    ("64", "a.sock, b.sock", "set NGINX_WORKER_CONNECTIONS=240, or STREAMS_MAX=26")])
def test_nginx__with_too_few_connections_for_the_streams_is_found(patient, connections, sockets, remedy):
    chosen = {"STREAMS_MAX": "100", "NGINX_WORKERS": "2", "FCGI_SOCKETS": sockets}
    only(patient, remedy, **chosen, NGINX_WORKER_CONNECTIONS=connections)
    assert findings(patient, **chosen, NGINX_WORKER_CONNECTIONS="240") == findings(patient)


@pytest.mark.columns("sqlite")
def test_nginx__that_may_open_too_few_files_for_the_streams_is_found(patient):
    chosen = {"STREAMS_MAX": "1000", "NGINX_WORKERS": "1", "FCGI_SOCKETS": "a.sock,b.sock"}
    command = ["prlimit", "--nofile=700:700"]
    new = set(findings(patient, command, **chosen)[1]) - set(findings(patient, command)[1])
    assert [line.rpartition("; ")[2] for line in new] == ["set LimitNOFILE (ulimit -Hn)=1030, or STREAMS_MAX=119"]


def test_open_setup__is_found_where_others_reach_the_server(patient):
    outside = {"HTTPS_HOST": "0.0.0.0"}
    assert any("SETUP_TOKEN" in line for line in findings(patient, **outside)[1])
    for safe in ({**outside, "SETUP_TOKEN": "a long enough one"}, {}):
        assert not any("SETUP_TOKEN" in line for line in findings(patient, **safe)[1])
    assert any("TRUSTED_HOSTS" in line for line in findings(patient, **outside)[1])
    assert any("self-signed" in line for line in findings(patient, **outside)[1])


def certificate(folder, first_day=-1, last_day=90, bits=2048, name="own"):
    """Settings of a self-signed certificate that is good from one day (counted from now) to another."""
    key, now = rsa.generate_private_key(65537, bits), datetime.now(timezone.utc)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "chat.example.org")])
    made = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(),
                                   now + timedelta(first_day), now + timedelta(last_day)).sign(key, hashes.SHA256())
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()))
    os.chmod(paths[1], 0o600)
    return {"TLS_CERT": str(paths[0]), "TLS_KEY": str(paths[1])}


def test_certificate__that_is_good_is_no_finding(patient, tmp_path):
    assert findings(patient, **certificate(tmp_path))[1] == findings(patient)[1]


@pytest.mark.parametrize("how, part", [({"last_day": 13}, "expires within 14 days"), ({"last_day": -0.5}, "has expired"),
                                       ({"first_day": 1}, "not valid yet"), ({"bits": 1024}, "weak")])
def test_certificate__that_is_not_is_found(patient, tmp_path, how, part):
    only(patient, part, **certificate(tmp_path, **how))


def test_certificate__with_another_key_or_an_open_one_is_found(patient, tmp_path):
    one, other = certificate(tmp_path), certificate(tmp_path, name="other")
    only(patient, "does not belong", **{**one, "TLS_KEY": other["TLS_KEY"]})
    os.chmod(one["TLS_KEY"], 0o644)
    only(patient, "chmod o-rwx", **one)


def test_keys__that_others_can_read_are_found(patient):
    private = patient.folder / "keys" / "private.pem"
    os.chmod(private, 0o644)
    try:
        assert any(str(private) in line for line in findings(patient)[1])
    finally:
        os.chmod(private, 0o600)


def test_keys__of_another_server_are_found_and_stay_unknown(patient, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    subprocess.run([str(patient.binary), "migrate", "up"], cwd=tmp_path, check=True, capture_output=True,
                   env={**base_environment(), "DATABASE_URL": f"sqlite:///{elsewhere}.db", "VAR_DIR": str(elsewhere)})
    assert any("there are no keys" in line for line in findings(patient, KEYS_DIR=str(elsewhere / "keys"))[1])
    assert not (elsewhere / "keys").exists()
    subprocess.run([str(patient.binary), "key", "adopt"], cwd=tmp_path, check=True, capture_output=True,
                   env={**base_environment(), "KEYS_DIR": str(elsewhere / "keys"), "VAR_DIR": str(elsewhere),
                        "DATABASE_URL": f"sqlite:///{elsewhere}.db"})
    assert (elsewhere / "keys" / "private.pem").exists()
    for _ in range(2):
        assert any("belongs to a server with other" in line for line in findings(patient, KEYS_DIR=str(elsewhere / "keys"))[1])


@pytest.mark.columns("mariadb", "mysql")
def test_database__that_may_lose_transactions_is_found(patient):
    database = patient.backing.database
    before = database.query("SELECT @@GLOBAL.innodb_flush_log_at_trx_commit")[0]
    try:
        for value, found in ((2, True), (1, False)):
            database.query(f"SET GLOBAL innodb_flush_log_at_trx_commit = {value}")
            assert any(f"innodb_flush_log_at_trx_commit={value}" in line for line in findings(patient)[1]) == found
    finally:
        database.query(f"SET GLOBAL innodb_flush_log_at_trx_commit = {before}")


def new_user(patient, *grants):
    """DATABASE_URL of a new user of the database server with these rights, and none else."""
    database, name = patient.backing.database, "u" + os.urandom(4).hex()
    database.query(f"CREATE USER '{name}'@'%' IDENTIFIED BY '{name}'")
    for grant in grants:
        database.query(f"GRANT {grant} TO '{name}'@'%'")
    url = patient.settings["DATABASE_URL"]
    return f"mysql://{name}:{name}@{url.rpartition('@')[2]}"


@pytest.mark.columns("mariadb", "mysql")
@pytest.mark.parametrize("grant, part", [("ALL PRIVILEGES ON *.*", "(SUPER and "), ("FILE ON *.*", "(FILE and 0 more)"),
                                         ("SUPER ON *.*", "(SUPER and 0 more)"), ("SELECT ON *.*", "(SELECT and 0 more)")])
def test_database__whose_user_may_do_more_than_it_needs_is_found(patient, grant, part):
    own = patient.settings["DATABASE_URL"].rpartition("/")[2]
    only(patient, part, DATABASE_URL=new_user(patient, grant, f"ALL PRIVILEGES ON {own}.*"))


@pytest.mark.columns("mariadb", "mysql")
def test_database__whose_user_has_the_named_rights_is_enough_for_a_server(patient):
    database, name = patient.backing.database, "parley_" + os.urandom(6).hex()
    database.query(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    advice = next(line for line in findings(patient, DATABASE_URL=new_user(patient, "ALL PRIVILEGES ON *.*"))[1]
                  if "SUPER" in line)
    rights = advice.rpartition(": ")[2].partition(" on its own")[0].replace(" and ", ", ")
    url = new_user(patient, f"{rights} ON {name}.*").rpartition("/")[0] + f"/{name}"
    environment = {**base_environment(), **patient.settings, "DATABASE_URL": url}
    for words in (("migrate", "up"), ("migrate", "down", "0"), ("migrate", "up")):
        done = subprocess.run([str(patient.binary), *words], cwd=patient.folder, capture_output=True, text=True, check=False,
                              env=environment, timeout=60)
        assert done.returncode == 0, done.stderr
    assert not any("rights" in line for line in findings(patient, DATABASE_URL=url)[1])


@pytest.mark.columns("sqlite")
def test_database__that_is_damaged_is_found(patient, tmp_path):
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(patient.folder / "parley.db")) as database:
        database.execute(f"VACUUM INTO '{copy}'")
        page_bytes = database.execute("PRAGMA page_size").fetchone()[0]
    os.chmod(copy, 0o600)
    assert findings(patient, DATABASE_URL=f"sqlite:///{copy}")[1] == findings(patient)[1]
    with closing(sqlite3.connect(copy)) as database:
        page = database.execute("SELECT rootpage FROM sqlite_schema WHERE tbl_name = 'messages' AND type = 'index'").fetchone()[0]
    with open(copy, "r+b") as file:
        file.seek((page - 1) * page_bytes)
        file.write(b"\xff" * page_bytes)
    only(patient, "is damaged", DATABASE_URL=f"sqlite:///{copy}")


def test_database__that_is_away_is_found(patient):
    code, lines = findings(patient, DATABASE_URL="mysql://nobody:x@127.0.0.1:1/none")
    assert code == 1 and len(lines) >= 1 and "x@" not in "".join(lines)


@pytest.mark.columns("mariadb", "mysql")
def test_bucket__that_strangers_can_list_is_found(patient):
    assert not any("bucket" in line for line in findings(patient)[1])
    own = patient.settings
    bucket = own["MINIO_BUCKET_NAME"]
    s3 = boto3.client("s3", endpoint_url=f"http://{own['MINIO_ENDPOINT'].rpartition('/')[2]}", region_name="us-east-1",
                      aws_access_key_id=own["MINIO_ACCESS_KEY"], aws_secret_access_key=own["MINIO_SECRET_KEY"],
                      config=Config(s3={"addressing_style": "path"}, proxies={}))
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": ["s3:ListBucket"], "Resource": [f"arn:aws:s3:::{bucket}"]}]}))
    try:
        assert any("anybody can list it" in line for line in findings(patient)[1])
    finally:
        s3.delete_bucket_policy(Bucket=bucket)
    only(patient, "cannot be reached", MINIO_ENDPOINT="127.0.0.1:1")
