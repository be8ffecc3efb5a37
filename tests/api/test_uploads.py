"""Direct uploads: the bytes go straight to the store, and become an attachment once they have been checked."""
import hashlib
import uuid

import pytest
from support.client import anyone
from support.races import at_once, made_once, statuses
from support.talk import Talk, faults, is_code

MIB = 1 << 20


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


def begin(talk, content, name="notes.txt", person=None, **more):
    body = {"filename": name, "size": len(content), "content_type": "text/plain", **more}
    return (person or talk.member).ok("POST", f"{talk.path}/uploads", 201, json=body)


def put(talk, url, content, headers=None):
    """A PUT as any HTTP client does it, to the store or to this server in its place; without a credential."""
    return anyone("PUT", url, talk.member.http.ca, content=content, headers=headers)


def put_ok(talk, upload, content):
    answer = put(talk, upload["url"], content, upload["headers"])
    assert answer.status_code == 200, answer.text
    return answer


def complete(talk, upload, person=None, **body):
    return (person or talk.member).post(f"{talk.path}/uploads/{upload['upload_id']}/complete", json=body)


def completed(talk, content=b"what a file holds", **more):
    upload = begin(talk, content, **more)
    put_ok(talk, upload, content)
    answer = complete(talk, upload)
    assert answer.status_code == 201, answer.text
    return answer.json()


def sum_of(content):
    return hashlib.sha256(content).hexdigest()


# --- one PUT ---

def test_upload__begins_with_an_address_for_one_put(talk):
    answer = talk.member.post(f"{talk.path}/uploads", json={"filename": "a.txt", "size": 5})
    upload = answer.json()
    assert answer.headers["location"] == f"{talk.path}/uploads/{upload['upload_id']}"
    assert upload["method"] == "PUT" and upload["url"].startswith("http") and isinstance(upload["headers"], dict)
    assert upload["parts"] == []
    assert upload["uploaded"] is False


@pytest.mark.parametrize("promised", [True, False])
def test_upload__becomes_an_attachment(talk, promised):
    content = b"what a file holds"
    file = completed(talk, content, **({"sha256": sum_of(content)} if promised else {}))
    assert (file["filename"], file["content_type"], file["size"]) == ("notes.txt", "text/plain", len(content))
    assert file["sha256"] in (None, sum_of(content))


def test_upload__attachment_has_the_uploads_id(talk):
    upload = begin(talk, b"hello")
    put_ok(talk, upload, b"hello")
    answer = complete(talk, upload)
    assert answer.json()["id"] == upload["upload_id"]
    assert answer.headers["location"] == f"/attachments/{upload['upload_id']}"


def test_upload__other_bytes_than_promised_are_refused_by_the_store(talk):
    upload = begin(talk, b"hello", sha256=sum_of(b"hello"))
    assert put(talk, upload["url"], b"jello", upload["headers"]).status_code in (400, 422)
    assert is_code(complete(talk, upload), 409, "upload_incomplete")


def test_upload__another_length_is_refused_by_the_store(talk):
    upload = begin(talk, b"hello", sha256=sum_of(b"hello"))
    assert put(talk, upload["url"], b"hello!", upload["headers"]).status_code == 403
    assert put(talk, upload["url"], b"hell", upload["headers"]).status_code == 403


def test_upload__without_a_promise_another_length_is_refused_too(talk):
    upload = begin(talk, b"hello")
    assert put(talk, upload["url"], b"hello!", upload["headers"]).status_code == 403


def test_upload__address_changed_in_one_letter_is_refused(talk):
    upload = begin(talk, b"hello")
    turned = upload["url"][:-1] + ("0" if upload["url"][-1] != "0" else "1")
    assert put(talk, turned, b"hello", upload["headers"]).status_code == 403


@pytest.mark.parametrize("promised", [True, False])
def test_upload__bytes_cannot_be_exchanged_after_they_were_checked(talk, promised):
    more = {"sha256": sum_of(b"hello")} if promised else {}
    upload = begin(talk, b"hello", **more)
    put_ok(talk, upload, b"hello")
    assert complete(talk, upload).status_code == 201
    assert put(talk, upload["url"], b"<html", upload["headers"]).status_code >= 400


def test_upload__true_type_is_checked_and_the_upload_is_gone(talk):
    content = b"<!DOCTYPE html><script>alert(1)</script>"
    upload = begin(talk, content, name="a.png")
    put_ok(talk, upload, content)
    assert is_code(complete(talk, upload), 415, "file_content_differs")
    assert is_code(complete(talk, upload), 404, "upload_not_found")
    assert is_code(talk.member.get(f"{talk.path}/uploads/{upload['upload_id']}"), 404, "upload_not_found")


def test_upload__completed_before_the_bytes_came_may_be_completed_later(talk):
    upload = begin(talk, b"hello")
    assert is_code(complete(talk, upload), 409, "upload_incomplete")
    put_ok(talk, upload, b"hello")
    assert talk.member.ok("GET", f"{talk.path}/uploads/{upload['upload_id']}")["uploaded"] is True
    assert complete(talk, upload).status_code == 201


@pytest.mark.mysql
def test_upload__of_50_completions_at_once_exactly_one_wins(talk):
    upload = begin(talk, b"hello")
    put_ok(talk, upload, b"hello")
    answers = at_once(50, lambda i: complete(talk, upload))
    counted = statuses(answers)
    assert counted.pop(201) == 1 and set(counted) <= {404, 409}, counted


# --- parts ---

def parts_of(upload, content):
    for part in upload["parts"]:
        start = (part["number"] - 1) * upload["part_size"]
        yield part, content[start:start + part["size"]]


def test_parts__are_put_listed_and_joined(talk):
    content = bytes(range(256)) * (65 * MIB // 256)
    content = b"PK\x03\x04" + content[4:]
    upload = begin(talk, content, "big.zip")
    assert "url" not in upload and upload["part_size"] == 16 * MIB
    assert [p["size"] for p in upload["parts"]] == [16 * MIB] * 4 + [MIB]
    etags = []
    for part, piece in list(parts_of(upload, content))[1:]:
        answer = put(talk, part["url"], piece)
        assert answer.status_code == 200, answer.text
        etags.append({"number": part["number"], "etag": answer.headers["etag"]})
    assert is_code(complete(talk, upload), 409, "upload_incomplete")

    resumed = talk.member.ok("GET", f"{talk.path}/uploads/{upload['upload_id']}")
    assert [p["uploaded"] for p in resumed["parts"]] == [False, True, True, True, True]
    assert [p["url"] is None for p in resumed["parts"]] == [False, True, True, True, True]
    answer = put(talk, resumed["parts"][0]["url"], content[:16 * MIB])
    etags.insert(0, {"number": 1, "etag": answer.headers["etag"]})

    wrong = [{**etags[0], "etag": '"0123456789abcdef0123456789abcdef"'}]
    assert is_code(complete(talk, upload, parts=wrong), 409, "upload_incomplete")
    answer = complete(talk, upload, parts=etags)
    assert answer.status_code == 201, answer.text
    assert answer.json()["size"] == len(content)


def test_parts__of_another_length_are_refused_by_the_store(talk):
    upload = talk.member.ok("POST", f"{talk.path}/uploads", 201, json={"filename": "big.zip", "size": 65 * MIB})
    assert put(talk, upload["parts"][4]["url"], b"x" * (MIB - 1)).status_code == 403


def test_parts__are_so_large_that_there_are_never_more_than_10000(talk, server):
    limit = 5 << 30
    upload = talk.member.ok("POST", f"{talk.path}/uploads", 201, json={"filename": "big.zip", "size": limit})
    assert len(upload["parts"]) == 320
    assert sum(p["size"] for p in upload["parts"]) == limit
    assert talk.member.delete(f"{talk.path}/uploads/{upload['upload_id']}").status_code == 204


@pytest.mark.parametrize("name, kind", [("empty.txt", "text/plain"), ("a.json", "application/json"),
                                        ("New document.docx", "wordprocessingml.document")])
def test_upload__of_an_empty_file_is_one(talk, name, kind):
    file = completed(talk, b"", name=name)
    assert (file["size"], file["filename"]) == (0, name) and file["content_type"].endswith(kind)


@pytest.mark.parametrize("content, kind", [("grüße\n".encode() * 9000, "text/plain; charset=utf-8"),
                                           (b"a" * 70000 + b"\xff", "text/plain")])
def test_upload__of_text_is_shown_in_its_charset(talk, content, kind):
    file = completed(talk, content)
    url = talk.member.ok("GET", f"/attachments/{file['id']}/url")["url"]
    assert anyone("GET", url, talk.member.http.ca).headers["content-type"] == kind


@pytest.mark.parametrize("sector", [1, 40])
def test_upload__of_an_office_file_under_a_password_is_taken(talk, sector):
    content = bytearray(512 * (sector + 9))
    content[:8], content[30], content[48] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 9, sector
    for number, name in enumerate(["EncryptedPackage", "EncryptionInfo"]):
        at = 512 * (sector + 1) + 128 * number
        content[at:at + 2 * len(name)] = name.encode("utf-16-le")
    assert completed(talk, bytes(content), name="secret.xlsx")["content_type"].endswith("spreadsheetml.sheet")


def test_upload__of_another_compound_file_under_an_office_name_is_refused(talk):
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(8000)
    upload = begin(talk, content, name="a.docx")
    put_ok(talk, upload, content)
    assert is_code(complete(talk, upload), 415, "file_content_differs")


# --- refusals ---

@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("body, field", [
    ({}, "filename"), ({"filename": "a.txt"}, "size"),
    ({"filename": "a.txt", "size": -1}, "size"), ({"filename": "a.txt", "size": "1"}, "size"),
    ({"filename": "a.txt", "size": 1.5}, "size"), ({"filename": "", "size": 1}, "filename"),
    ({"filename": "a.txt", "size": 1, "sha256": "x" * 64}, "sha256"),
    ({"filename": "a.txt", "size": 1, "sha256": "00"}, "sha256"), ({"filename": "a.txt", "size": 1, "key": "x"}, "key")])
def test_upload__with_a_bad_body_is_refused(talk, body, field):
    answer = talk.member.post(f"{talk.path}/uploads", json=body)
    assert ("body", field) in faults(answer)


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("name, status, code", [
    ("a.exe", 415, "file_type_not_allowed"), ("a", 415, "file_type_not_allowed"), ("a/b.txt", 422, "file_name"),
    ("..", 422, "file_name"), ("a\n.txt", 422, "file_name")])
def test_upload__of_a_bad_name_is_refused(talk, name, status, code):
    answer = talk.member.post(f"{talk.path}/uploads", json={"filename": name, "size": 1})
    assert is_code(answer, status, code)


@pytest.mark.one_column("the shape of a body")
def test_upload__over_the_limit_is_413(talk):
    answer = talk.member.post(f"{talk.path}/uploads", json={"filename": "a.zip", "size": (5 << 30) + 1})
    assert is_code(answer, 413, "too_large")


def test_upload__is_not_for_guests_and_strangers(talk, make_user):
    body = {"filename": "a.txt", "size": 1}
    assert is_code(talk.guest.post(f"{talk.path}/uploads", json=body), 403, "forbidden")
    assert is_code(make_user().post(f"{talk.path}/uploads", json=body), 404, "workspace_not_found")


@pytest.mark.parametrize("method, suffix", [("GET", ""), ("POST", "/complete"), ("DELETE", "")])
def test_upload__is_its_uploaders_alone(talk, method, suffix):
    upload = begin(talk, b"hello")
    for other in (upload["upload_id"], str(uuid.uuid4())):
        answer = talk.owner.request(method, f"{talk.path}/uploads/{other}{suffix}")
        assert is_code(answer, 404, "upload_not_found")
    elsewhere = talk.member.workspace()["id"]
    answer = talk.member.request(method, f"/workspaces/{elsewhere}/uploads/{upload['upload_id']}{suffix}")
    assert is_code(answer, 404, "upload_not_found")


@pytest.mark.mysql
def test_upload__100_pending_and_no_more(talk, make_user):
    person = make_user()
    talk.owner.add_member(talk.id, person)
    for _ in range(100):
        person.ok("POST", f"{talk.path}/uploads", 201, json={"filename": "a.txt", "size": 1})
    answer = person.post(f"{talk.path}/uploads", json={"filename": "a.txt", "size": 1})
    assert is_code(answer, 409, "limit_reached")


@pytest.mark.mysql
def test_upload__with_an_idempotency_key_is_begun_once(talk):
    def post():
        answer = talk.member.post(f"{talk.path}/uploads", json={"filename": "a.txt", "size": 5},
                                  headers={"Idempotency-Key": "u-1"})
        if answer.status_code == 201:
            answer.json = lambda found={**answer.json(), "id": answer.json()["upload_id"]}: found
        return answer

    upload = made_once(post)
    put_ok(talk, talk.member.ok("GET", f"{talk.path}/uploads/{upload}"), b"hello")
    assert complete(talk, {"upload_id": upload}).status_code == 201


# --- giving up ---

def test_cancel__ends_it_and_takes_the_bytes(talk):
    upload = begin(talk, b"hello", sha256=sum_of(b"hello"))
    put_ok(talk, upload, b"hello")
    assert talk.member.delete(f"{talk.path}/uploads/{upload['upload_id']}").status_code == 204
    assert is_code(complete(talk, upload), 404, "upload_not_found")
    assert talk.member.delete(f"{talk.path}/uploads/{upload['upload_id']}").status_code == 404


# --- into a message ---

def test_attach__binds_ones_own_upload(talk):
    file = completed(talk)
    sent = talk.member.ok("POST", f"{talk.at}/message", 201, json={"content": "x", "attachment_ids": [file["id"]]})
    assert [a["id"] for a in sent["attachments"]] == [file["id"]]
    shown = talk.guest.ok("GET", f"{talk.at}/message/{sent['id']}")
    # A job reads the bytes for their SHA-256 meanwhile.
    shown["attachments"][0]["sha256"] = sent["attachments"][0]["sha256"]
    assert shown == sent


def test_attach__needs_no_text(talk):
    file = completed(talk)
    talk.member.ok("POST", f"{talk.at}/message", 201, json={"attachment_ids": [file["id"]]})


@pytest.mark.mysql
def test_attach__of_many_messages_at_once_exactly_one_gets_it(talk):
    file = completed(talk)
    answers = at_once(20, lambda i: talk.member.post(f"{talk.at}/message",
                                                     json={"content": f"m{i}", "attachment_ids": [file["id"]]}))
    assert statuses(answers) == {201: 1, 404: 19}
    page = talk.owner.ok("GET", f"{talk.at}/messages")
    assert page["total"] == 1 and page["messages"][0]["seq"] == 1


@pytest.mark.parametrize("which", ["somebody else's", "unknown", "another workspace's", "bound already"])
def test_attach__of_anything_else_is_404_and_no_message(talk, which):
    file = completed(talk)
    person, path, ids = talk.member, talk.at, [file["id"]]
    if which == "somebody else's":
        person = talk.owner
    elif which == "unknown":
        ids = [file["id"], str(uuid.uuid4())]
    elif which == "another workspace's":
        elsewhere = talk.member.workspace()["id"]
        path = f"/workspaces/{elsewhere}/chat/{talk.member.chat(elsewhere)['id']}"
    else:
        talk.member.ok("POST", f"{talk.at}/message", 201, json={"content": "", "attachment_ids": ids})
    answer = person.post(f"{path}/message", json={"content": "x", "attachment_ids": ids})
    assert is_code(answer, 404, "attachment_not_found")
    contents = [m["content"] for m in person.ok("GET", f"{path}/messages")["messages"]]
    assert "x" not in contents


def test_attach__named_twice_is_refused(talk):
    file = completed(talk)
    answer = talk.member.post(f"{talk.at}/message", json={"content": "x", "attachment_ids": [file["id"]] * 2})
    assert faults(answer) == [("body", "attachment_ids")]


def test_unbound__is_read_by_its_uploader_alone(talk):
    file = completed(talk)
    assert talk.member.get(f"/attachments/{file['id']}").status_code in (200, 302)
    assert is_code(talk.owner.get(f"/attachments/{file['id']}"), 404, "attachment_not_found")
    assert talk.member.ok("GET", f"{talk.path}/attachments") == []


@pytest.mark.mysql
@pytest.mark.parametrize("setting", ["WORKSPACE_QUOTA", "USER_QUOTA"])
def test_quota__of_bytes_is_kept_by_forms_and_uploads(make_server, setting):
    server = make_server(**{setting: "4096"})
    admin = server.setup()
    other, workspace = server.person(admin), admin.workspace()["id"]
    admin.add_member(workspace, other)
    chat = f"/workspaces/{workspace}/chat/{admin.chat(workspace)['id']}/message"
    def form(person, size):
        return person.post(chat, data={"content": "x"}, files={"files": ("a.txt", b"x" * size, "text/plain")})
    def direct(person, size):
        return person.post(f"/workspaces/{workspace}/uploads", json={"filename": "a.txt", "size": size})
    first = form(admin, 3000)
    assert first.status_code == 201
    for refused in (form(admin, 1097), direct(admin, 1097)):
        assert refused.status_code == 413 and refused.json()["code"] == "quota_exceeded"
        assert "1096" in refused.json()["detail"]
    assert direct(admin, 1096).status_code == 201
    assert form(admin, 1).status_code == 413
    assert form(other, 1).status_code == (413 if setting == "WORKSPACE_QUOTA" else 201)
    assert admin.delete(f"{chat}/{first.json()['id']}").status_code == 204
    assert form(admin, 3000).status_code == 201, "what is deleted makes room"


@pytest.mark.mysql
@pytest.mark.parametrize("setting", ["WORKSPACE_QUOTA", "USER_QUOTA"])
@pytest.mark.parametrize("how", ["form", "direct"])
def test_quota__lets_no_more_in_of_many_at_once(make_server, setting, how):
    server = make_server(**{setting: "4096"})
    admin = server.setup()
    workspace = admin.workspace()["id"]
    people = [admin, server.person(admin)]
    admin.add_member(workspace, people[1])
    chat = f"/workspaces/{workspace}/chat/{admin.chat(workspace)['id']}/message"

    def send(i):
        person = people[i % 2 if setting == "WORKSPACE_QUOTA" else 0]
        if how == "form":
            return person.post(chat, data={"content": "x"}, files={"files": ("a.txt", b"x" * 1500, "text/plain")})
        return person.post(f"/workspaces/{workspace}/uploads", json={"filename": "a.txt", "size": 1500})

    assert statuses(at_once(8, send)) == {201: 2, 413: 6}  # as many as there are places for uploads


def test_quota__that_is_full_still_answers_what_was_made_before(make_server):
    server = make_server(USER_QUOTA="4096")
    admin = server.setup()
    path, body = f"/workspaces/{admin.workspace()['id']}/uploads", {"filename": "a.txt", "size": 4096}
    first, again = (admin.post(path, json=body, headers={"Idempotency-Key": "one"}) for _ in range(2))
    assert first.status_code == 201 and again.json()["upload_id"] == first.json()["upload_id"]


# --- pictures ---

def test_upload__keeps_the_size_of_a_picture(talk):
    attachment = completed(talk, width=640, height=480)
    assert (attachment["width"], attachment["height"]) == (640, 480)
    sent = talk.member.message(talk.id, talk.chat, "x", attachment_ids=[attachment["id"]])
    assert (sent["attachments"][0]["width"], sent["attachments"][0]["height"]) == (640, 480)
    seen = talk.owner.ok("GET", f"{talk.at}/message/{sent['id']}")["attachments"][0]
    assert (seen["width"], seen["height"]) == (640, 480)
    plain = completed(talk, width=None)
    assert (plain["width"], plain["height"]) == (None, None)


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("width", [0, -1, 1000001, "640", 1.5])
def test_upload__with_a_bad_size_of_a_picture_is_refused(talk, width):
    body = {"filename": "a.txt", "size": 5, "width": width}
    assert faults(talk.member.post(f"{talk.path}/uploads", json=body)) == [("body", "width")]
