"""Mail: what is sent, and what becomes of it while the mail server does not do its part."""
import time

import pytest
from support.client import new_email
from support.mail_server import SENDER, RudeServer
from support.waiting import until


@pytest.fixture
def post(lasting_post):
    """With a mail server that is up and well."""
    lasting_post.mail.stop()
    lasting_post.mail.script = {name: [] for name in lasting_post.mail.script}
    lasting_post.mail.start()
    lasting_post.deep.rows("DELETE FROM mails")
    return lasting_post


# ---- what is sent ----

@pytest.mark.mysql
def test_invitation__is_mailed_with_the_link_of_the_answer(post):
    email, answer = post.invite()
    (mail,) = post.mail.wait_for(email)
    assert (mail.sender, mail.recipients) == ("noreply@example.org", [email])
    assert mail.link() == answer["invite_url"]
    assert '"Guild"' in mail.text and "within 7 days" in mail.text


@pytest.mark.one_column("the talk with a mail server")
def test_mail__has_the_headers_that_it_needs(post):
    email, _ = post.invite()
    (mail,) = post.mail.wait_for(email)
    head = mail.message
    assert (head["From"], head["To"]) == (SENDER, email)
    assert head["Subject"] == "An invitation to Parley"
    assert abs(head["Date"].datetime.timestamp() - time.time()) < 60
    assert head["Message-ID"].endswith("@example.org>")
    assert head["Auto-Submitted"] == "auto-generated"
    assert head.get_content_type() == "text/plain" and head.get_content_charset() == "utf-8"
    assert sorted(head.keys()) == sorted(set(head.keys()))


@pytest.mark.one_column("the talk with a mail server")
def test_name__of_a_workspace_stays_within_its_line(post):
    name = "Grüße 会議室 Bcc: eve@example.org . QUIT " + "x" * 100  # line feeds are refused where it is given
    workspace = post.admin.workspace(name)
    email = new_email("invited")
    post.admin.ok("POST", f"/workspaces/{workspace['id']}/invite", 201, json={"email": email})
    (mail,) = post.mail.wait_for(email)
    assert "Bcc" not in mail.message
    assert "Grüße 会議室 Bcc: eve@example.org . QUIT" in mail.text
    assert all(len(line) <= 78 for line in mail.bytes.split(b"\r\n"))


def test_address__of_another_script_is_reached(post):
    email = f"grüße-{new_email('x')}"
    post.invite(email)
    assert post.mail.wait_for(email)


def test_member__who_is_added_at_once_gets_no_mail(post):
    person = post.server.person(post.admin)
    post.admin.add_member(post.workspace, person)
    assert post.deep.count("mails") == 0


def test_text__goes_once_the_mail_is_sent(post):
    email, _ = post.invite()
    post.mail.wait_for(email)
    until(lambda: post.deep.count("mails", "sent_us IS NOT NULL") == 1)
    assert post.row(email, "body", "subject", "due_us") in {("None", "", "None"), ("NULL", "", "NULL")}


@pytest.mark.mysql
def test_sent_mail__is_forgotten_after_a_week(post):
    email, _ = post.invite()
    until(lambda: post.deep.count("mails", "sent_us IS NOT NULL") == 1)
    post.deep.later("mails", ["created_us"], 8 * 24)
    post.deep.rows("DELETE FROM job_leases")
    post.deep.wake()
    until(lambda: post.deep.count("mails") == 0)


@pytest.mark.mysql
def test_mails__go_with_the_user_whom_they_were_for(post):
    person = post.server.person(post.admin)
    post.mail.stop()
    assert post.server.http.post("/auth/password/forgot", json={"email": person.email}).status_code == 202
    until(lambda: post.deep.count("mails") == 1)
    post.admin.ok("DELETE", f"/users/{person.id}", 204)
    assert (post.deep.count("mails"), post.deep.count("password_resets")) == (0, 0)


# ---- a mail server that does not do its part ----

def test_server__that_is_away_gets_the_mail_when_it_is_back(post):
    post.mail.stop()
    email, _ = post.invite()
    assert post.error(email) == "the connection was refused"
    (line,) = post.log_lines("the mail server is away")[-1:]
    assert "level=warn" in line and email not in post.server.log()
    post.mail.start()
    post.now()
    assert len(post.mail.wait_for(email)) == 1


def test_server__that_is_away_is_tried_for_one_mail_only(post):
    post.mail.stop()
    for _ in range(5):
        post.invite()
    until(lambda: post.deep.count("mails", f"due_us > {int(time.time() * 1e6)}") == 5)
    before = int(post.deep.rows("SELECT SUM(attempts) FROM mails")[0][0])
    post.now()
    until(lambda: post.deep.count("mails", "due_us > 1") == 5)
    assert int(post.deep.rows("SELECT SUM(attempts) FROM mails")[0][0]) == before + 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_connection__that_breaks_in_the_middle_is_tried_again(post, command):
    post.mail.script[command] = ["drop"]
    email, _ = post.invite()
    post.error(email)
    assert post.mail.to(email) == []
    post.now()
    post.mail.wait_for(email)


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_mail__that_is_refused_for_now_is_sent_later_and_holds_no_other_up(post, command):
    post.mail.script[command] = ["451 4.7.1 Greylisted"]
    email, _ = post.invite()
    assert post.error(email) == "it was refused for now"
    other, _ = post.invite()
    post.mail.wait_for(other)
    post.now()
    post.mail.wait_for(email)


def test_mail__is_the_same_one_at_each_try(post):
    post.mail.script["DATA"] = [None, "drop"]
    email, _ = post.invite()
    post.mail.wait_for(email)
    until(lambda: post.deep.count("mails", "sent_us IS NOT NULL") == 1)
    other, _ = post.invite()
    post.error(other)
    ids = post.deep.rows(f"SELECT LOWER(HEX(uuid)) FROM mails WHERE recipient = '{other}'")
    post.now()
    (mail,) = post.mail.wait_for(other)
    assert mail.message["Message-ID"].replace("-", "") == f"<{ids[0][0]}@example.org>"


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_mail__that_is_refused_for_good_is_given_up_loudly(post, command):
    post.mail.script[command] = ["550 5.1.1 No such user <secret@example.org>"]
    email, _ = post.invite()
    until(lambda: post.deep.count("mails", "failed_us IS NOT NULL") == 1)
    assert post.row(email, "last_error", "attempts") == ("it was refused", "1")
    assert post.deep.count("mails", "body IS NULL AND due_us IS NULL") == 1
    (line,) = until(lambda: post.log_lines("mail was given up")[-1:])
    assert "level=error" in line and "status=550" in line
    assert "secret@example.org" not in post.server.log()
    other, _ = post.invite()
    post.mail.wait_for(other)


def test_mail__is_given_up_after_a_night_without_a_mail_server(post):
    post.mail.stop()
    email, _ = post.invite()
    post.error(email)
    post.deep.rows("UPDATE mails SET attempts = 23")
    post.now()
    until(lambda: post.deep.count("mails", "failed_us IS NOT NULL AND attempts = 24 AND body IS NULL") == 1)


def test_mail__is_not_sent_once_its_link_has_expired(post):
    post.mail.script["RCPT"] = ["451 later"]
    email, _ = post.invite()
    post.error(email)
    post.deep.rows("UPDATE mails SET expires_us = 2")
    post.now()
    until(lambda: post.deep.count("mails", "failed_us IS NOT NULL") == 1)
    assert post.error(email) == "it was not sent in time"
    assert post.mail.to(email) == []


@pytest.mark.mysql
def test_pauses__grow(post):
    post.mail.script["RCPT"] = ["451 later"] * 3
    email, _ = post.invite()
    pauses = []
    for attempt in (1, 2, 3):
        until(lambda: post.row(email, "attempts")[0] == str(attempt) and post.deep.count("mails", "last_error <> ''"))
        pauses.append(int(post.row(email, "due_us")[0]) / 1e6 - time.time())
        post.deep.rows("UPDATE mails SET last_error = ''")
        post.now()
    assert [round(p / 10) for p in pauses] == [1, 2, 4]


# ---- nonsense ----

def endless(connection):
    while True:
        connection.sendall(b"220-" + b"x" * 65536)


def in_pieces(text):
    def act(connection):
        connection.sendall(text)
        while connection.recv(4096):
            connection.sendall(text)
    return act


NONSENSE = {
    "a line of a megabyte": in_pieces(b"220 " + b"a" * 1_000_000 + b"\r\n"),
    "a line without an end": endless,
    "NULs": in_pieces(b"220 \0\0\0\r\n" + b"\0" * 4096),
    "binary": in_pieces(bytes(range(256)) * 16 + b"\r\n"),
    "no numbers": in_pieces(b"hello\r\n"),
    "numbers too large": in_pieces(b"99999999999999999999 hello\r\n"),
    "an end at once": lambda connection: connection.close(),
    "another protocol": in_pieces(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "yes to everything": in_pieces(b"250 yes\r\n"),
}


@pytest.mark.one_column("the talk with a mail server")
@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense__of_a_mail_server_hurts_nothing(post, what):
    post.mail.stop()
    rude = RudeServer(NONSENSE[what], post.mail.port)
    try:
        email, _ = post.invite()
        assert post.error(email)
        assert post.server.http.get("/health/ready").status_code == 200
        assert post.deep.count("mails", "due_us IS NOT NULL AND sent_us IS NULL") == 1
    finally:
        rude.stop()
    post.mail.start()
    post.now()
    post.mail.wait_for(email)
