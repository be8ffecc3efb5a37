"""Files that come in with a message, how they are fetched, and who may."""
import hashlib
import urllib.parse
import uuid

import pytest
from support.client import anyone
from support.paging import all_pages
from support.races import at_once, made_once, statuses
from support.talk import Talk, faults, is_code, text_file

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")


def locked_office_file(directory_sector):
    """A compound file with 512-byte sectors and the two streams of a document under a password."""
    content = bytearray(512 * (directory_sector + 20))
    content[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    content[30] = 9
    content[48:52] = directory_sector.to_bytes(4, "little")
    at = 512 * (directory_sector + 1)
    for number, name in enumerate(["Root Entry", "EncryptedPackage", "EncryptionInfo"]):
        content[at + 128 * number:at + 128 * number + 2 * len(name)] = name.encode("utf-16-le")
    return bytes(content)


@pytest.fixture
def talk(alice, bob, make_user):
    return Talk(alice, bob, make_user)


def fetch(person, attachment, **headers):
    """What a browser gets: the answer, after a redirect to the store where there is one."""
    answer = person.get(f"/attachments/{attachment['id']}", headers=headers)
    if answer.status_code != 302:
        return answer
    assert answer.headers["cache-control"] == "private, no-store"
    return anyone("GET", answer.headers["location"], headers=headers)


# --- sending ---

def test_file__has_what_was_sent(talk):
    sent = talk.sent(text_file(b"what a file holds"), content="Look")
    file = sent["attachments"][0]
    assert sent["content"] == "Look"
    assert (file["filename"], file["content_type"], file["size"]) == ("notes.txt", "text/plain", 17)
    assert file["sha256"] == hashlib.sha256(b"what a file holds").hexdigest()
    assert file["url"].endswith(f"/attachments/{file['id']}")
    assert talk.owner.ok("GET", f"{talk.at}/message/{sent['id']}") == sent


def test_file__comes_without_text(talk):
    assert talk.sent(text_file())["content"] == ""


def test_file__bytes_come_back(talk):
    file = talk.sent(text_file(b"\x01\x02 some bytes".replace(b"\x01\x02", b"")))["attachments"][0]
    answer = fetch(talk.guest, file)
    assert answer.status_code == 200 and answer.content == b" some bytes"
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["content-disposition"].startswith('inline; filename="notes.txt"')


def test_file__large_one_comes_back(talk):
    content = b"0123456789abcdef" * (8 << 16)
    file = talk.sent(("big.txt", content, "text/plain"))["attachments"][0]
    assert file["size"] == len(content) and file["sha256"] == hashlib.sha256(content).hexdigest()
    assert fetch(talk.owner, file).content == content


def test_file__ranges_work(talk):
    file = talk.sent(text_file(b"0123456789"))["attachments"][0]
    answer = fetch(talk.owner, file, Range="bytes=2-4")
    assert (answer.status_code, answer.content) == (206, b"234")


def test_files__twenty_and_no_more(talk):
    files = [(f"{n}.txt", b"x", "text/plain") for n in range(21)]
    assert [a["filename"] for a in talk.sent(*files[:20])["attachments"]] == [f"{n}.txt" for n in range(20)]
    assert is_code(talk.send(*files), 422, "validation_error")


def test_form__content_alone_is_a_message(talk):
    answer = talk.member.post(f"{talk.at}/message", files={"content": (None, "plain")})
    assert answer.status_code == 201 and answer.json()["content"] == "plain"


def test_form__reply_to_is_taken(talk):
    first = talk.say("question")
    answer = talk.member.post(f"{talk.at}/message", files={"content": (None, "answer"), "reply_to": (None, first["id"])})
    assert answer.status_code == 201 and answer.json()["reply_to"] == first["id"]


def test_form__browsers_empty_choice_is_no_file(talk):
    body = (b'--x\r\nContent-Disposition: form-data; name="content"\r\n\r\nhello\r\n'
            b'--x\r\nContent-Disposition: form-data; name="files"; filename=""\r\n'
            b"Content-Type: application/octet-stream\r\n\r\n\r\n--x--\r\n")
    answer = talk.member.post(f"{talk.at}/message", content=body,
                              headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 201 and answer.json()["attachments"] == []


UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize("parts", [
    {"content": (None, b"\xff\xfe")}, {"content": (None, b"a\x00b")}, {"content": (None, "x" * 100001)},
    {"content": (None, "x"), "reply_to": (None, "no")}, {"content": (None, "x"), "colour": (None, "red")},
    [("content", (None, "x")), ("content", (None, "x"))],
    [("content", (None, "x")), ("reply_to", (None, UNKNOWN)), ("reply_to", (None, UNKNOWN))],
    {"content": (None, "")}, {"picture": ("a.txt", b"x", "text/plain")}, {"content": ("a.txt", b"x", "text/plain")}])
def test_form__with_a_bad_part_is_refused(talk, parts):
    answer = talk.member.post(f"{talk.at}/message", files=parts)
    assert answer.status_code == 422, answer.text
    assert talk.owner.ok("GET", f"{talk.at}/messages")["total"] == 0


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("body, boundary", [
    (b"", "x"), (b"--x\r\n", "x"), (b"no boundary here", "x"), (b'--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n--x--', "x"),
    (b'--x\r\nContent-Disposition: form-data; name="content"\r\n\r\nnever ends', "x")])
def test_form__that_is_none_is_refused(talk, body, boundary):
    answer = talk.member.post(f"{talk.at}/message", content=body,
                              headers={"Content-Type": f"multipart/form-data; boundary={boundary}"})
    assert answer.status_code in (400, 422), answer.text


@pytest.mark.parametrize("name, content", [
    ("a.exe", b"MZ"), ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), ("noextension", b"text"),
    ("a.html", b"<p>")])
def test_file__of_a_type_that_is_not_allowed_is_415(talk, name, content):
    answer = talk.send(("good.txt", b"text", "text/plain"), (name, content, "image/png"))
    assert is_code(answer, 415, "file_type_not_allowed")
    assert answer.json()["detail"].startswith("File 2: ") and "GET /server" in answer.json()["detail"]


@pytest.mark.parametrize("name, content, kind", [
    ("IMG_1.HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"), ("clip.mov", b"\0\0\0\x14ftypqt  \0\0\0\0", "video/quicktime"),
    ("memo.m4a", b"\0\0\0\x1cftypM4A \0\0\0\0", "audio/mp4"), ("memo.opus", b"OggS" + bytes(40), "audio/ogg"),
    ("song.flac", b"fLaC" + bytes(40), "audio/flac"), ("server.log", b"a line\n", "text/plain"),
    ("main.c", b"#include <stdio.h>\n", "text/plain"), ("a.diff", b"--- a\n+++ b\n", "text/plain")])
def test_file__as_phones_and_programs_make_them_is_taken(talk, name, content, kind):
    assert talk.sent((name, content, "application/octet-stream"))["attachments"][0]["content_type"].startswith(kind)


@pytest.mark.parametrize("name, content", [
    ("page.png", b"<!DOCTYPE html><script>alert(1)</script>"), ("a.png", b"%PDF-1.7"), ("a.png", PNG[:8]), ("a.txt", b"MZ\x00\x01binary"),
    ("a.pdf", PNG), ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)), ("a.docx", b"MZ" + bytes(600))])
def test_file__that_is_not_what_its_name_says_is_415(talk, name, content):
    assert is_code(talk.send((name, content, "image/png")), 415, "file_content_differs")


@pytest.mark.parametrize("sector", [0, 1, 9, 300])
@pytest.mark.parametrize("extension, end", [("docx", "wordprocessingml.document"), ("xlsx", "spreadsheetml.sheet"),
                                            ("pptx", "presentationml.presentation")])
def test_file__of_office_under_a_password_is_taken(talk, sector, extension, end):
    content = locked_office_file(sector)
    file = talk.sent((f"secret.{extension}", content, ""))["attachments"][0]
    assert file["content_type"].endswith(end) and file["size"] == len(content)


@pytest.mark.parametrize("name, content, kind", [
    ("notes.txt", b"ID3 tags of the files are wrong", "text/plain"), ("t.csv", b"ID3,name", "text/csv"),
    ("x.txt", b"a PDF begins with %PDF-1.7", "text/plain"), ("conf.txt", b"<?xml version='1.0'?><a/>", "text/plain"),
    ("page.txt", b"<html><body>", "text/plain"), ("man.txt", b"N\x08NAME\x07\x0b\x0c\x1a", "text/plain"),
    ("photo.jpg", PNG, "image/png"), ("photo.jpeg", b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
    ("shot.png", b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"), ("empty.txt", b"", "text/plain"),
    ("a.json", b"", "application/json")])
def test_file__is_labelled_by_what_it_is(talk, name, content, kind):
    file = talk.sent((name, content, "x/y"))["attachments"][0]
    assert (file["filename"], file["content_type"], file["size"]) == (name, kind, len(content))


@pytest.mark.parametrize("content, kind", [
    ("grüße \U0001f600\n".encode() * 20000, "text/plain; charset=utf-8"), ("grüße".encode("latin-1"), "text/plain"),
    ("grüße".encode("utf-16"), "text/plain"), (b"a" * 70000 + b"\xff", "text/plain"),
    (b"a" * 4095 + "ü".encode(), "text/plain; charset=utf-8")])
def test_download__of_text_says_its_charset_where_it_is_utf8(talk, content, kind):
    file = talk.sent(("grüße.txt", content, "text/plain"))["attachments"][0]
    assert file["content_type"] == "text/plain"
    answer = fetch(talk.owner, file)
    assert (answer.headers["content-type"], answer.content) == (kind, content)
    assert answer.headers["content-disposition"].startswith("inline")


@pytest.mark.parametrize("name", ["dir/sub/Report.txt", "C:\\dir\\Report.txt", "/Report.txt"])
def test_file__name_loses_the_path_before_it(talk, name):
    assert talk.sent((name, b"text", "text/plain"))["attachments"][0]["filename"] == "Report.txt"


@pytest.mark.parametrize("name", ["漢" * 120 + ".txt", "\U0001f600" * 251 + ".txt"])
def test_file__long_name_of_any_script_goes_everywhere(talk, name):
    file = talk.sent((name, b"text", "text/plain"))["attachments"][0]
    assert file["filename"] == name
    assert urllib.parse.quote(name) in fetch(talk.owner, file).headers["content-disposition"]
    url = talk.owner.ok("GET", f"/attachments/{file['id']}/url")["url"]
    answer = anyone("GET", url, talk.owner.http.ca)
    assert answer.status_code == 200 and urllib.parse.quote(name) in answer.headers["content-disposition"]


@pytest.mark.one_column("the shape of a body")
@pytest.mark.parametrize("name", ["../..", "..", "a/", "x" * 252 + ".txt"])
def test_file__with_a_bad_name_is_422(talk, name):
    assert is_code(talk.send((name, b"text", "text/plain")), 422, "file_name")


def test_file__name_in_any_script_is_kept(talk):
    name = "Übersicht \u65e5\u672c \"x\" %41;.txt"
    file = talk.sent((name, b"text", "text/plain"))["attachments"][0]
    assert file["filename"] == name
    assert "filename*=UTF-8''%C3%9Cbersicht" in fetch(talk.owner, file).headers["content-disposition"]


def test_file__type_is_told_by_its_bytes(talk):
    file = talk.sent(("a.PNG", PNG, "text/html"))["attachments"][0]
    assert file["content_type"] == "image/png"


@pytest.mark.one_column("the shape of a body")
def test_file__over_the_limit_is_413(talk, server):
    limit = int(server.settings.get("MAX_UPLOAD_SIZE", 10 << 20))
    with server.client(http2=False) as http:
        person = talk.member.sign_in(http)
        halves = [("files", (f"{n}.txt", b"x" * (limit // 2 + 1), "text/plain")) for n in range(2)]
        answer = person.post(f"{talk.at}/message", files=halves)
    assert is_code(answer, 413, "too_large")


def test_file__second_one_refused_takes_the_first_along(talk):
    before = stored_files(talk)
    assert talk.send(text_file(), ("a.exe", b"MZ", "text/plain")).status_code == 415
    assert stored_files(talk) == before


def stored_files(talk):
    return len(all_pages(talk.owner, f"{talk.path}/attachments")[0])


@pytest.mark.mysql
def test_files__same_key_from_many_at_once_is_one_message(talk):
    made_once(lambda: talk.send(text_file(), content="x", **{"Idempotency-Key": "f-1"}))
    page = talk.owner.ok("GET", f"{talk.at}/messages")
    assert page["total"] == 1 and stored_files(talk) == 1


def test_files__same_key_and_other_bytes_are_refused(talk):
    key = {"Idempotency-Key": "f-2"}
    assert talk.send(text_file(b"one"), **key).status_code == 201
    assert is_code(talk.send(text_file(b"two"), **key), 422, "idempotency_key_reused")
    assert is_code(talk.send(text_file(b"one", "other.txt"), **key), 422, "idempotency_key_reused")
    assert talk.send(text_file(b"one"), **key).status_code == 201


def test_files__many_people_at_once(talk):
    answers = at_once(8, lambda i: talk.send((f"{i}.txt", str(i).encode() * 1000, "text/plain")))
    assert statuses(answers) == {201: 8}
    for answer in answers:
        file = answer.json()["attachments"][0]
        assert fetch(talk.owner, file).content == file["filename"][0].encode() * 1000


# --- fetching, and who may ---

def test_download__asks_for_a_credential(talk, http):
    file = talk.sent(text_file())["attachments"][0]
    assert http.get(f"/attachments/{file['id']}").status_code == 401


def test_download__foreign_and_unknown_are_the_same_404(talk, make_user):
    file = talk.sent(text_file())["attachments"][0]
    stranger = make_user()
    bodies = []
    for attachment in (file["id"], str(uuid.uuid4())):
        for suffix in ("", "/url"):
            answer = stranger.get(f"/attachments/{attachment}{suffix}")
            assert is_code(answer, 404, "attachment_not_found")
            bodies.append({k: v for k, v in answer.json().items() if k != "request_id"})
    assert all(body == bodies[0] for body in bodies)


def test_download__ends_with_the_membership(talk):
    file = talk.sent(text_file(), person=talk.owner)["attachments"][0]
    assert fetch(talk.member, file).status_code == 200
    assert talk.owner.delete(f"{talk.path}/users/{talk.member.id}").status_code == 204
    assert is_code(talk.member.get(f"/attachments/{file['id']}"), 404, "attachment_not_found")


def test_download__from_a_chat_by_invitation_is_for_its_members(talk):
    chat = talk.owner.chat(talk.id, "Secret", join="invite")["id"]
    answer = talk.owner.post(f"{talk.chat_path(chat)}/message", files={"files": text_file()})
    file = answer.json()["attachments"][0]
    assert is_code(talk.member.get(f"/attachments/{file['id']}"), 404, "attachment_not_found")
    assert talk.member.ok("GET", f"{talk.path}/attachments") == []
    assert talk.owner.put(f"{talk.chat_path(chat)}/members/{talk.member.id}").is_success
    assert fetch(talk.member, file).status_code == 200
    assert [a["id"] for a in talk.member.ok("GET", f"{talk.path}/attachments")] == [file["id"]]


def test_download__of_an_open_chat_is_for_who_has_joined(talk):
    chat = talk.owner.chat(talk.id, "Open", join="open")["id"]
    file = talk.owner.post(f"{talk.chat_path(chat)}/message", files={"files": text_file()}).json()["attachments"][0]
    assert talk.member.get(f"/attachments/{file['id']}").status_code == 404
    assert talk.member.post(f"{talk.chat_path(chat)}/join").is_success
    assert fetch(talk.member, file).status_code == 200


def test_download__is_gone_with_the_message(talk):
    sent = talk.sent(text_file())
    file = sent["attachments"][0]
    address = talk.owner.ok("GET", f"/attachments/{file['id']}/url")["url"]
    assert talk.member.delete(f"{talk.at}/message/{sent['id']}").status_code == 204
    assert talk.owner.get(f"/attachments/{file['id']}").status_code == 404
    assert get_anywhere(talk, address).status_code == 404
    assert talk.owner.ok("GET", f"{talk.at}/messages")["messages"][0]["attachments"] == []


def test_download__is_not_sent_twice_to_who_has_it(talk):
    path = f"/attachments/{talk.sent(text_file())['attachments'][0]['id']}"
    tag = talk.owner.get(path).headers["etag"]
    for named in (tag, f'"other", W/{tag}', "*"):
        answer = talk.owner.get(path, headers={"If-None-Match": named})
        assert answer.status_code == 304 and answer.content == b"" and answer.headers["etag"] == tag
    assert talk.owner.get(path, headers={"If-None-Match": '"other"'}).status_code in (200, 302)


@pytest.mark.columns("sqlite")
@pytest.mark.parametrize("kind", ["attachment", "url", "api"])
def test_download__of_the_folder_knows_its_own_tag_in_every_condition(talk, kind):
    path = f"/attachments/{talk.sent(text_file(b'0123456789'))['attachments'][0]['id']}"
    path = {"attachment": path, "api": f"/api{path}", "url": talk.owner.ok("GET", f"{path}/url")["url"]}[kind]

    def got(**headers):
        answer = (talk.owner.http if kind == "url" else talk.owner).get(path, headers=headers)
        return answer.status_code, answer.content if answer.is_success else b""

    tag = (talk.owner.http if kind == "url" else talk.owner).get(path).headers["etag"]
    whole, part = (200, b"0123456789"), (206, b"56789")
    assert got(**{"If-Match": tag}) == whole and got(**{"If-Match": f'"other", {tag}'}) == whole
    assert got(**{"If-Match": '"other"'}) == (412, b"")
    assert got(**{"If-Match": tag, "Range": "bytes=5-"}) == part
    assert got(**{"If-Range": tag, "Range": "bytes=5-"}) == part
    assert got(**{"If-Range": '"other"', "Range": "bytes=5-"}) == whole
    assert got(**{"If-None-Match": tag, "Range": "bytes=5-"}) == (304, b"")


def get_anywhere(talk, address, **headers):
    """GET without a credential: from this server or from the store."""
    http = talk.owner.http
    if address.startswith(str(http.base_url)):
        return http.get(address, headers=headers)
    return anyone("GET", address, headers=headers)


def test_url__works_for_whoever_has_it(talk):
    file = talk.sent(text_file(b"0123456789"))["attachments"][0]
    found = talk.guest.ok("GET", f"/attachments/{file['id']}/url", params={"expires_in": 60})
    answer = get_anywhere(talk, found["url"])
    assert answer.status_code == 200 and answer.content == b"0123456789"
    assert answer.headers["content-type"].startswith("text/plain") and "notes.txt" in answer.headers["content-disposition"]
    assert get_anywhere(talk, found["url"], Range="bytes=-3").content == b"789"


def test_url__changed_in_one_letter_is_refused(talk):
    file = talk.sent(text_file())["attachments"][0]
    address = talk.guest.ok("GET", f"/attachments/{file['id']}/url")["url"]
    turned = address[:-1] + ("0" if address[-1] != "0" else "1")
    assert get_anywhere(talk, turned).status_code == 403


@pytest.mark.one_column("the shape of a query")
@pytest.mark.parametrize("seconds", [0, -1, 3601, "x"])
def test_url__for_too_long_or_no_time_is_refused(talk, seconds):
    file = talk.sent(text_file())["attachments"][0]
    answer = talk.guest.get(f"/attachments/{file['id']}/url", params={"expires_in": seconds})
    assert faults(answer) == [("query", "expires_in")]


# --- a workspace's files ---

@pytest.mark.mysql
def test_list__newest_first_and_paged(talk):
    for n in range(5):
        talk.sent((f"{n}.txt", b"x", "text/plain"))
    items, lengths = all_pages(talk.guest, f"{talk.path}/attachments?limit=2")
    assert [a["filename"] for a in items] == ["4.txt", "3.txt", "2.txt", "1.txt", "0.txt"] and lengths == [2, 2, 1]
    assert {a["chat_id"] for a in items} == {talk.chat} and {a["uploader_id"] for a in items} == {talk.member.id}


def test_list__cursor_of_another_place_is_400(talk):
    for n in range(3):
        talk.sent((f"{n}.txt", b"x", "text/plain"))
    link = talk.guest.get(f"{talk.path}/attachments?limit=2").headers["link"]
    cursor = link.split("cursor=")[1].split(">")[0].split("&")[0]
    elsewhere = talk.owner.workspace()["id"]
    assert talk.owner.get(f"/workspaces/{elsewhere}/attachments", params={"cursor": cursor}).status_code == 400
    assert talk.guest.get(f"{talk.path}/attachments", params={"cursor": "x" + cursor}).status_code == 400


# --- pictures ---

def with_dimensions(talk, *dimensions, files=2):
    parts = [("files", (f"{n}.txt", b"x", "text/plain")) for n in range(files)]
    parts[1:1] = [("dimensions", (None, d)) for d in dimensions]  # before, between or behind the files
    return talk.member.request("POST", f"{talk.at}/message", data={"content": "x"}, files=parts)


@pytest.mark.parametrize("dimensions, wanted", [
    (("640x480", "1x2"), [(640, 480), (1, 2)]), (("", "3x4"), [(None, None), (3, 4)]),
    (("5x6",), [(5, 6), (None, None)]), ((), [(None, None), (None, None)])])
def test_files__have_the_sizes_of_their_pictures(talk, dimensions, wanted):
    answer = with_dimensions(talk, *dimensions)
    assert answer.status_code == 201, answer.text
    assert [(a["width"], a["height"]) for a in answer.json()["attachments"]] == wanted
    assert talk.owner.ok("GET", f"{talk.at}/messages")["messages"] == [answer.json()]


@pytest.mark.one_column("the shape of a form")
@pytest.mark.parametrize("dimensions", [
    ("640",), ("x",), ("640x",), ("0x1",), ("-1x1",), ("1x1000001",), ("1x1x1",), ("9" * 40 + "x1",), ("1x1",) * 3])
def test_files__with_bad_sizes_are_refused(talk, dimensions):
    assert faults(with_dimensions(talk, *dimensions)) == [("body", "dimensions")]
    assert talk.owner.ok("GET", f"{talk.at}/messages")["total"] == 0
