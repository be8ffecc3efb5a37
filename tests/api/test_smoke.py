"""The main job, in one go: set up, sign in, make a workspace and a chat, send a message with a file, read it back."""
import pytest
from support.client import anyone

pytestmark = pytest.mark.mysql


def test_health__is_ready(http):
    assert http.get("/health/ready").status_code == 200
    assert http.get("/health/live").status_code == 200


def test_http1__works_as_well(server):
    with server.client(http2=False) as http:
        answer = http.get("/health")
    assert answer.http_version == "HTTP/1.1" and answer.status_code == 200


def test_main_job__message_with_a_file_comes_back(admin, server):
    workspace = admin.workspace("Home")
    chat = admin.chat(workspace, "Hello")
    path = f"/workspaces/{workspace['id']}/chat/{chat['id']}"
    sent = admin.request("POST", path + "/message", data={"content": "Look at this"},
                         files={"files": ("notes.txt", b"what a file holds", "text/plain")})
    assert sent.status_code == 201, sent.text

    page = admin.ok("GET", path + "/messages")
    assert [m["content"] for m in page["messages"]] == ["Look at this"]
    attachment = page["messages"][0]["attachments"][0]
    assert (attachment["filename"], attachment["size"]) == ("notes.txt", 17)

    where = admin.get(f"/attachments/{attachment['id']}")
    if where.status_code == 302:
        where = anyone("GET", where.headers["location"])
    assert where.status_code == 200 and where.content == b"what a file holds"


def test_unknown_path__is_a_problem(http):
    answer = http.get("/no/such/thing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found" and answer.headers["x-request-id"] == answer.json()["request_id"]
