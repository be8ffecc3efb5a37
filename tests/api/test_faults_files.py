"""Files when something goes wrong in the middle: killed processes, a store that is away, bodies that are not whole."""
import threading

import httpx
import pytest
from support.deep import Deep
from support.half_sent import half_sent
from support.talk import Talk, is_code, text_file
from support.waiting import until

BIG = b"x" * (3 << 20)


@pytest.fixture
def talk(deep):
    owner, member, _ = deep.people(2)
    return Talk(owner, member, None)


# --- killed ---

def keep_sending(talk, server, stop, sent, files):
    """Messages with files one after the other; what was acknowledged goes into `sent`."""
    with server.client(http2=False) as http:
        while not stop.is_set():
            try:
                answer = http.post(f"{talk.at}/message", headers=talk.member.auth, data={"content": "x"}, files=files)
            except httpx.HTTPError:
                continue
            if answer.status_code == 201:
                sent.append(answer.json()["id"])


@pytest.mark.parametrize("moment", range(4))
def test_killed_server__leaves_no_orphan_and_keeps_what_it_acknowledged(deep, talk, moment):
    stop, sent = threading.Event(), []
    files = [("files", text_file()), ("files", ("a.txt", BIG, "text/plain"))]
    senders = [threading.Thread(target=keep_sending, args=(talk, deep.server, stop, sent, files)) for _ in range(3)]
    for sender in senders:
        sender.start()
    try:
        # The four moments differ in how many messages have gone through. Each is inside a request: its first file is an
        # object, its second is on its way, and there is no row yet.
        until(lambda: len(sent) >= moment * 2)
        until(lambda: len(deep.objects()) > deep.count("attachments"))
        deep.kill()
    finally:
        stop.set()
        for sender in senders:
            sender.join()
    deep.tidy()
    page = talk.owner.ok("GET", f"{talk.at}/messages", params={"page_size": 200})
    assert set(sent) <= {m["id"] for m in page["messages"]}
    assert all(len(m["attachments"]) == 2 for m in page["messages"])
    assert [m["seq"] for m in page["messages"]] == list(range(1, page["total"] + 1))


@pytest.mark.columns("sqlite")
def test_killed_server__leaves_nothing_of_half_a_direct_upload(deep, talk):
    upload = talk.member.ok("POST", f"{talk.path}/uploads", 201, json={"filename": "a.txt", "size": len(BIG)})
    with half_sent(deep.server, "PUT", upload["url"].split("/", 3)[3], BIG):
        until(deep.is_writing)
        deep.kill()
    deep.later("uploads", ["created_us", "expires_us"], 25)
    deep.tidy()
    assert deep.objects() == []


# --- bodies that are not whole ---

def form(content=BIG):
    return (b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n' + content + b"\r\n--x--\r\n")


def form_headers(person):
    return f"Authorization: Bearer {person.token}\r\nContent-Type: multipart/form-data; boundary=x\r\n"


def test_half_a_form__is_no_message(deep, talk):
    with half_sent(deep.server, "POST", f"{talk.at}/message", form(), form_headers(talk.member)):
        pass
    assert talk.sent(text_file())["seq"] == 1
    assert talk.owner.ok("GET", f"{talk.at}/messages")["total"] == 1 and deep.is_clean()


def test_form__cut_before_its_end_is_refused_and_leaves_nothing(deep, talk):
    answer = talk.member.post(f"{talk.at}/message", content=form()[:-20],
                              headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert is_code(answer, 400, "bad_request")
    assert deep.is_clean() and deep.objects() == []


@pytest.mark.columns("sqlite")
def test_half_a_direct_upload__is_nothing(deep, talk):
    upload = talk.member.ok("POST", f"{talk.path}/uploads", 201, json={"filename": "a.txt", "size": len(BIG)})
    with half_sent(deep.server, "PUT", upload["url"].split("/", 3)[3], BIG):
        until(deep.is_writing)
    until(lambda: not deep.is_writing())
    assert all(name.endswith("/key") for name in deep.objects())
    answer = talk.member.post(f"{talk.path}/uploads/{upload['upload_id']}/complete", json={})
    assert is_code(answer, 409, "upload_incomplete")


def test_many_half_sent_forms__do_not_keep_others_waiting(deep, talk):
    halves = [half_sent(deep.server, "POST", f"{talk.at}/message", form(b"x" * 100000), form_headers(talk.member))
              for _ in range(40)]
    for half in halves:
        half.__enter__()
    try:
        assert talk.say("meanwhile")["seq"] == 1
        assert talk.sent(text_file())["seq"] == 2
    finally:
        for half in halves:
            half.__exit__()


# --- the store is away ---

@pytest.fixture
def lonely(make_server, make_backing):
    """A server whose store may be killed."""
    return Deep(make_server(backing=make_backing()))


@pytest.mark.columns("mariadb")
def test_store_away__hurts_files_only_and_heals(lonely):
    owner, member, _ = lonely.people(2)
    talk = Talk(owner, member, None)
    store = lonely.server.backing.minio
    sent = talk.sent(text_file())
    store.kill()

    answer = talk.send(text_file())
    assert is_code(answer, 503, "storage_unavailable") and "retry-after" in answer.headers
    assert is_code(talk.member.post(f"{talk.path}/uploads", json={"filename": "a.txt", "size": 5}), 503, "storage_unavailable")
    assert talk.say("text goes on")["seq"] == 2
    assert talk.owner.ok("GET", f"{talk.at}/messages")["total"] == 2
    assert talk.member.delete(f"{talk.at}/message/{sent['id']}").status_code == 204
    assert "127.0.0.1" not in answer.text

    store.start()
    store.wait()
    lonely.tidy()
    assert lonely.objects() == []
    assert talk.sent(text_file())["seq"] == 3


@pytest.mark.columns("mariadb")
def test_database_away__503_in_bounded_time_and_back_by_itself(lonely):
    owner, member, _ = lonely.people(2)
    talk = Talk(owner, member, None)
    talk.sent(text_file())
    lonely.server.backing.database.kill()
    answer = talk.send(text_file())
    assert answer.status_code == 503 and "retry-after" in answer.headers
    lonely.server.backing.database.start()
    lonely.server.backing.database.wait()
    until(lambda: talk.member.get(f"{talk.at}/messages").status_code == 200)
    talk.say("again")
    lonely.tidy()


def test_restart__while_the_jobs_erase_goes_on_where_it_was(deep, talk):
    for n in range(30):
        talk.sent((f"{n}.txt", b"x", "text/plain"))
    assert talk.owner.delete(talk.path).status_code == 204
    deep.wake()
    deep.kill()
    deep.tidy()
    until(lambda: deep.count("messages") == 0)
    until(lambda: deep.objects() == [])
