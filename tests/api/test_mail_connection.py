"""How mail reaches its server: what goes in the clear, who signs in, how long is waited, and by how many processes."""
import subprocess
import time

import pytest
from harness.parley import base_environment
from support.mail_server import SENDER, MailServer, RudeServer, make_certificate, tls_context
from support.post import Post, settings_for
from support.waiting import until

USER, PASSWORD = "parley@example.org", "p:ss w%rd"
IN_URL = "parley%40example.org:p%3Ass%20w%25rd"


@pytest.fixture
def make_post(make_server):
    """make_post(mail, SETTING="value", …): a server of its own whose mail goes to `mail`."""
    made = []

    def make(mail, processes=1, **settings):
        made.append(mail)
        return Post(make_server(processes=processes, **settings_for(mail, **settings)), mail)

    yield make
    for mail in made:
        mail.stop()


@pytest.fixture(scope="module")
def certificate(run_folder):
    return make_certificate(run_folder / "mail")


def url(mail, scheme="smtp", access=""):
    return f"{scheme}://{access}{'@' if access else ''}127.0.0.1:{mail.port}"


# ---- TLS and credentials ----

@pytest.mark.one_column("the talk with a mail server")
def test_starttls__comes_before_the_password(make_post, certificate):
    mail = MailServer(tls_context=tls_context(certificate)).sign_in(USER, PASSWORD).start()
    post = make_post(mail, SMTP_URL=url(mail, access=IN_URL), SMTP_CA_FILE=str(certificate[0]))
    email, _ = post.invite()
    (got,) = mail.wait_for(email)
    assert (got.over_tls, got.signed_in) == (True, True)
    assert PASSWORD not in post.server.log()


@pytest.mark.one_column("the talk with a mail server")
def test_settings__by_their_single_names_do_the_same(make_post, certificate):
    mail = MailServer(tls_context=tls_context(certificate)).sign_in(USER, PASSWORD).start()
    post = make_post(mail, SMTP_URL="", SMTP_SERVER="localhost", SMTP_PORT=str(mail.port), SMTP_USER=USER,
                     SMTP_PASSWORD=PASSWORD, SMTP_CA_FILE=str(certificate[0]))
    email, _ = post.invite()
    (got,) = mail.wait_for(email)
    assert (got.over_tls, got.signed_in) == (True, True)


@pytest.mark.one_column("the talk with a mail server")
def test_smtps__speaks_tls_from_the_first_byte(make_post, certificate):
    mail = MailServer(ssl_context=tls_context(certificate), auth_require_tls=False).sign_in(USER, PASSWORD).start()
    post = make_post(mail, SMTP_URL=url(mail, "smtps", IN_URL), SMTP_CA_FILE=str(certificate[0]))
    email, _ = post.invite()
    (got,) = mail.wait_for(email)
    assert got.signed_in


@pytest.mark.one_column("the talk with a mail server")
def test_starttls__that_is_not_offered_ends_the_talk_before_anything_is_told(make_post, certificate):
    mail = MailServer(auth_require_tls=False).sign_in(USER, PASSWORD).start()
    post = make_post(mail, SMTP_URL=url(mail, access=IN_URL), SMTP_CA_FILE=str(certificate[0]))
    email, _ = post.invite()
    assert post.error(email) == "it does not offer STARTTLS"
    assert (mail.passwords, mail.mails) == ([], [])


@pytest.mark.one_column("the talk with a mail server")
def test_certificate__that_is_not_trusted_ends_the_talk(make_post, certificate, run_folder):
    mail = MailServer(tls_context=tls_context(certificate)).sign_in(USER, PASSWORD).start()
    other, _ = make_certificate(run_folder / "other")
    post = make_post(mail, SMTP_URL=url(mail, access=IN_URL), SMTP_CA_FILE=str(other))
    email, _ = post.invite()
    assert post.error(email) == "its certificate is not trusted"
    assert (mail.passwords, mail.mails) == ([], [])


def test_password__that_is_wrong_leaves_the_mail_waiting(make_post):
    mail = MailServer(auth_require_tls=False).sign_in(USER, "another").start()
    post = make_post(mail, SMTP_URL=url(mail, access=IN_URL))
    email, _ = post.invite()
    assert post.error(email) == "it refused the user or the password"
    assert post.deep.count("mails", "due_us IS NOT NULL") == 1
    assert set(mail.passwords) == {PASSWORD}


# ---- time ----

def silent(connection):
    """Hears and never says a word."""
    while connection.recv(4096):
        pass


def test_silent_server__holds_neither_requests_nor_the_end_of_the_process(make_post):
    rude = RudeServer(silent)
    post = make_post(rude)
    email, _ = post.invite()
    until(lambda: post.row(email, "attempts") == ("1",))
    assert post.admin.get("/auth/me").status_code == 200
    began = time.monotonic()
    assert set(post.server.stack.stop().values()) == {0}
    assert time.monotonic() - began < 9


# ---- processes ----

@pytest.mark.columns("mariadb")
def test_processes__send_each_mail_once(make_post):
    mail = MailServer().start()
    post = make_post(mail, processes=2)
    emails = [post.invite()[0] for _ in range(30)]
    post.now()
    until(lambda: post.deep.count("mails", "sent_us IS NOT NULL") == 30)
    assert sorted(m.recipients[0] for m in mail.mails) == sorted(emails)


def test_killed_process__leaves_no_mail_behind(make_post):
    rude = RudeServer(silent)
    post = make_post(rude)
    email, _ = post.invite()
    until(lambda: post.row(email, "attempts") == ("1",))
    for parley in post.server.stack.parleys:
        parley.kill()
    rude.stop()
    mail = MailServer(rude.port).start()
    for parley in post.server.stack.parleys:
        parley.start()
    post.server.stack.wait()
    post.deep.rows("DELETE FROM job_leases")
    post.now()
    mail.wait_for(email)
    mail.stop()


# ---- settings that cannot be meant ----

@pytest.mark.one_column("settings, looked at before anything else")
@pytest.mark.parametrize("wrong, said", [
    ({"SMTP_URL": "http://mail.example.org"}, "SMTP_URL must look like"),
    ({"SMTP_URL": "smtp://mail.example.org/path"}, "SMTP_URL must look like"),
    ({"SMTP_URL": "smtp://mail.example.org:0"}, "SMTP_URL must look like"),
    ({"SMTP_URL": "smtp://us%0Aer:x@mail.example.org"}, "SMTP_URL must look like"),
    ({"FROM_EMAIL": "nobody"}, "FROM_EMAIL must look like"),
    ({"FROM_EMAIL": ""}, "set FROM_EMAIL"),
])
def test_start__says_what_is_wrong_with_the_settings_of_mail(server, tmp_path, wrong, said):
    settings = {"VAR_DIR": str(tmp_path), "KEYS_DIR": str(tmp_path / "keys"), "SMTP_URL": "smtp://mail.example.org",
                "FROM_EMAIL": SENDER, **wrong}
    done = subprocess.run([str(server.binary), "serve"], cwd=tmp_path, env={**base_environment(), **settings}, text=True,
                          capture_output=True, check=False, timeout=60)
    assert done.returncode != 0
    assert said in done.stderr and "us%0Aer" not in done.stderr


# ---- ways of signing in ----

def sign_in_server(offered, works):
    """An SMTP server that offers ways of signing in, of which only some can be used; which were tried; what it got."""
    asked, got = [], []

    def talk(connection):
        lines = connection.makefile("rb")

        def say(text):
            connection.sendall(text.encode() + b"\r\n")

        def sign_in(way, has_first_words):
            asked.append(way)
            if way not in works:
                return say("504 5.5.4 not here")
            prompts = {"LOGIN": ["VXNlcm5hbWU6", "UGFzc3dvcmQ6"], "PLAIN": [""]}[way]
            for prompt in prompts[has_first_words:]:
                say(f"334 {prompt}")
                lines.readline()
            return say("235 welcome")

        say("220 ready")
        for raw in lines:
            words = raw.decode().strip().split(" ")
            if words[0].upper() == "EHLO":
                say("250-here")
                say(f"250 AUTH {offered}")
            elif words[0].upper() == "AUTH":
                sign_in(words[1].upper(), len(words) > 2)
            elif words[0].upper() == "DATA":
                say("354 go on")
                while lines.readline().strip() != b".":
                    pass
                got.append(True)
                say("250 taken")
            else:
                say("250 fine")
    return RudeServer(talk), asked, got


@pytest.mark.parametrize("offered, works", [("GSSAPI NTLM LOGIN", ["LOGIN"]), ("CRAM-MD5 PLAIN LOGIN", ["PLAIN", "LOGIN"]),
                                            ("PLAIN LOGIN", ["LOGIN"])])
def test_sign_in__is_by_a_way_that_works(make_post, offered, works):
    rude, asked, got = sign_in_server(offered, works)
    post = make_post(rude, SMTP_URL=url(rude, access="noreply%40example.org:secret"))
    post.invite()
    post.now()
    until(lambda: got)
    assert asked[-1] in works
