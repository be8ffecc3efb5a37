"""What goes by itself: objects of what was deleted, uploads that nobody completed, files that no message took."""
import uuid

import pytest
from support.client import anyone
from support.deep import Deep
from support.talk import Talk, text_file
from support.waiting import until


@pytest.fixture
def talk(deep):
    return deep.talk()


def begin(talk, content, **more):
    return talk.member.ok("POST", f"{talk.path}/uploads", 201, json={"filename": "a.txt", "size": len(content), **more})


def put(deep, upload, content):
    answer = anyone("PUT", upload["url"], deep.server.ca, content=content, headers=upload["headers"])
    assert answer.status_code == 200, answer.text


def test_file__is_an_object_and_a_row(deep, talk):
    talk.sent(text_file())
    assert len(deep.objects()) == 1 and deep.is_clean()
    assert deep.count("object_deletions") == 0


def test_deleted_message__takes_its_objects_along_at_once(deep, talk):
    sent = talk.sent(text_file(), text_file(b"two", "two.txt"))
    assert len(deep.objects()) == 2
    assert talk.member.delete(f"{talk.at}/message/{sent['id']}").status_code == 204
    assert deep.objects() == [] and deep.count("object_deletions") == 0


def test_deleted_chat__is_erased_with_its_objects(deep, talk):
    for n in range(3):
        talk.sent((f"{n}.txt", b"x", "text/plain"))
    assert talk.owner.delete(talk.at).status_code == 204
    deep.wake()
    until(lambda: deep.count("chats", "deleted_us IS NOT NULL") == 0 and deep.is_clean())
    assert deep.count("messages") == 0 and deep.objects() == []


def test_deleted_workspace__is_erased_with_all_that_is_in_it(deep, talk):
    other = talk.owner.chat(talk.id, "Other")["id"]
    talk.sent(text_file())
    talk.owner.message(talk.id, other, "x")
    put(deep, begin(talk, b"never completed"), b"never completed")
    before = deep.count("workspaces")
    assert talk.owner.delete(talk.path).status_code == 204
    deep.wake()
    until(lambda: deep.count("workspaces") == before - 1 and deep.is_clean())
    assert deep.count("messages") == deep.count("uploads") == deep.count("attachments") == deep.count("chats") == 0


def test_erased_user__leaves_no_message_and_no_object(deep, talk):
    talk.sent(text_file())
    talk.say("x")
    kept = talk.say("kept", person=talk.owner)
    assert talk.admin.delete(f"/users/{talk.member.id}", params={"messages": "erase"}).status_code == 204
    deep.wake()
    until(lambda: deep.count("messages") == 1 and deep.is_clean())
    page = talk.owner.ok("GET", f"{talk.at}/messages")
    assert [m["id"] for m in page["messages"]] == [kept["id"]] and page["total"] == 1


def test_upload__that_nobody_completed_goes_with_its_bytes(deep, talk):
    for more in ({}, {"sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}):
        put(deep, begin(talk, b"hello", **more), b"hello")
    deep.later("uploads", ["created_us", "expires_us"], 25)
    deep.wake()
    until(lambda: deep.count("uploads") == 0 and deep.is_clean())
    assert deep.objects() == []


def test_upload__in_parts_that_nobody_completed_goes(deep, talk):
    upload = talk.member.ok("POST", f"{talk.path}/uploads", 201, json={"filename": "a.zip", "size": 65 << 20})
    put(deep, {"url": upload["parts"][4]["url"], "headers": {}}, b"x" * (1 << 20))
    deep.later("uploads", ["created_us", "expires_us"], 25)
    deep.wake()
    until(lambda: deep.count("uploads") == 0 and deep.is_clean())


def completed(deep, talk, content, **more):
    upload = begin(talk, content, **more)
    put(deep, upload, content)
    return talk.member.ok("POST", f"{talk.path}/uploads/{upload['upload_id']}/complete", 201, json={})


def test_unbound_file__goes_after_a_day(deep, talk):
    file = completed(deep, talk, b"hello")
    deep.wake()
    assert talk.member.get(f"/attachments/{file['id']}").status_code in (200, 302)
    deep.later("attachments", ["created_us"], 25)
    deep.wake()
    until(lambda: deep.count("attachments") == 0 and deep.is_clean())
    assert talk.member.get(f"/attachments/{file['id']}").status_code == 404


def test_digest__is_computed_after_the_upload(deep, talk):
    file = completed(deep, talk, b"hello")
    sent = talk.member.ok("POST", f"{talk.at}/message", 201, json={"content": "x", "attachment_ids": [file["id"]]})
    tag = talk.owner.get(f"{talk.at}/message/{sent['id']}").headers["etag"]
    deep.wake()

    def digest():
        return talk.owner.ok("GET", f"{talk.at}/message/{sent['id']}")["attachments"][0]["sha256"]

    assert until(digest) == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    answer = talk.owner.get(f"{talk.at}/message/{sent['id']}", headers={"If-None-Match": tag})
    assert answer.status_code == 200 and answer.headers["etag"] != tag


def test_digest__that_was_not_promised_removes_the_file_visibly(deep, talk):
    content = b"PK\x03\x04" + bytes(65 << 20)
    upload = talk.member.ok("POST", f"{talk.path}/uploads", 201,
                            json={"filename": "a.zip", "size": len(content), "sha256": "0" * 64})
    for part in upload["parts"]:
        start = (part["number"] - 1) * upload["part_size"]
        put(deep, {"url": part["url"], "headers": {}}, content[start:start + part["size"]])
    file = talk.member.ok("POST", f"{talk.path}/uploads/{upload['upload_id']}/complete", 201, json={})
    assert file["sha256"] is None
    sent = talk.member.ok("POST", f"{talk.at}/message", 201, json={"content": "x", "attachment_ids": [file["id"]]})
    deep.wake()
    until(lambda: talk.owner.get(f"/attachments/{file['id']}").status_code == 404)
    answer = talk.owner.get(f"{talk.at}/message/{sent['id']}")
    assert answer.json()["attachments"] == [] and answer.headers["etag"].startswith('"v2-')
    assert deep.objects() == []


def test_rows__that_are_too_old_go(deep, talk):
    talk.member.ok("POST", f"{talk.at}/message", 201, json={"content": "x"}, headers={"Idempotency-Key": "k"})
    talk.owner.ok("POST", f"{talk.path}/invite", json={"email": "nobody@example.org", "role": "MEMBER"})
    deep.later("idempotency_keys", ["created_us"], 25)
    deep.later("invitations", ["created_us", "expires_us"], 24 * 100)
    deep.rows("DELETE FROM job_leases")
    deep.wake()
    until(lambda: deep.count("idempotency_keys") == deep.count("invitations") == 0)


@pytest.mark.columns("mariadb")
def test_jobs__of_two_processes_do_everything_once(make_server):
    deep = Deep(make_server(processes=2))
    owner, member, _ = deep.people(2)
    talk = Talk(owner, member, None)
    for n in range(10):
        chat = owner.chat(talk.id, f"C{n}")["id"]
        assert member.post(f"{talk.chat_path(chat)}/message", files={"files": text_file()}).status_code == 201
        assert owner.delete(talk.chat_path(chat)).status_code == 204
    deep.wake()
    until(lambda: deep.count("chats") == 1 and deep.objects() == [] and deep.is_clean())
    assert "job failed" not in deep.server.log()


@pytest.mark.columns("mariadb", "mysql")
def test_jobs__wait_for_the_database_quietly(make_server, make_backing):
    backing = make_backing()
    server = make_server(backing=backing)
    Deep(server).people(0)
    backing.database.kill()
    until(lambda: "jobs wait for the database" in server.log(), 30)
    backing.database.start()
    backing.database.wait()
    until(lambda: "jobs have the database again" in server.log(), 30)
    assert server.log().count("jobs wait for the database") == 1


@pytest.mark.one_column("SQLite's files")
def test_deleted_words__go_from_the_databases_files(deep, talk):
    words = f"Zwielicht{uuid.uuid4().hex}"
    sent = talk.member.ok("POST", f"{talk.at}/message", 201, json={"content": words})

    def found():
        return [path.name for path in deep.server.folder.glob("parley.db*") if words.encode() in path.read_bytes()]

    def tidied():
        deep.server.clock.forward(301)
        deep.wake()
        return found() == []

    assert found()
    assert talk.member.delete(f"{talk.at}/message/{sent['id']}").status_code == 204
    until(tidied)
