"""The server about itself."""
import re
import subprocess

import pytest


def test_root__sends_a_browser_to_the_web_app(http):
    answer = http.get("/", headers={"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}, follow_redirects=False)
    assert answer.status_code in (302, 303) and answer.headers["location"].endswith("/app/")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "", "text/plain"])
def test_root__tells_programs_what_it_is(http, accept):
    answer = http.get("/", headers={"Accept": accept})
    assert answer.status_code == 200 and set(answer.json()) == {"message", "version", "docs"}
    assert answer.json()["docs"] == "/docs"


@pytest.mark.parametrize("path", ["/health", "/health/", "/api/health", "/health/live"])
def test_health__answers_anyone(http, path):
    answer = http.get(path)
    assert answer.status_code == 200 and answer.json()["status"] == "healthy"
    assert set(answer.json()) == {"status", "timestamp", "service", "version"}


def test_jwks__holds_public_keys_only_and_may_be_kept(http):
    answer = http.get("/.well-known/jwks.json")
    assert answer.headers["cache-control"].startswith("public")
    for key in answer.json()["keys"]:
        assert key["kty"] == "RSA" and key["alg"] == "RS256" and key["use"] == "sig"
        assert not set(key) & {"d", "p", "q", "dp", "dq", "qi"}


def test_openapi__is_what_the_binary_prints(http, contract):
    answer = http.get("/openapi.json")
    assert answer.json() == contract.document
    assert answer.json()["openapi"].startswith("3.1")


def test_server__says_what_it_allows_by_its_settings(make_server):
    server = make_server(APP_NAME="Lighthouse", REGISTRATION="closed", MAX_UPLOAD_SIZE="3M", MAX_DIRECT_UPLOAD_SIZE="7M",
                         ALLOWED_FILE_TYPES=".TXT, pdf", INVITE_ADDS_AT_ONCE="off", SMTP_URL="smtp://127.0.0.1:9",
                         FROM_EMAIL="parley@example.org")
    told = server.http.get("/server").json()
    assert (told["name"], told["registration"], told["file_types"]) == ("Lighthouse", "closed", ["txt", "pdf"])
    assert told["limits"] == {"upload_bytes": 3 << 20, "direct_upload_bytes": 7 << 20, "files_per_message": 20,
                              "content_chars": 100000}
    assert told["mail"] is True and "invite_adds_at_once" not in told["features"]
    assert told["public_url"] == server.base_url and told["password"] == {"min_bytes": 8, "max_bytes": 72}


def test_server__says_whether_it_still_needs_an_administrator(make_server):
    server = make_server()
    told = server.http.get("/server").json()
    assert (told["setup_required"], told["mail"], told["languages"]) == (True, False, ["en"])
    assert "invite_adds_at_once" in told["features"] and told["version"] == server.http.get("/health").json()["version"]
    server.setup()
    assert server.http.get("/server").json()["setup_required"] is False


@pytest.mark.one_column("what the linker writes into the program")
def test_server__names_the_build_that_runs(http, binary):
    notes = subprocess.run(["readelf", "-n", str(binary)], check=True, capture_output=True, text=True).stdout
    assert http.get("/server").json()["build"] == re.search(r"Build ID: ([0-9a-f]+)", notes)[1]


def test_query__of_a_parameter_that_is_not_known_is_told(admin):
    workspace = admin.workspace()["id"]
    for path, name in (("/auth/me", "fields"), ("/workspaces", "page"), (f"/workspaces/{workspace}/chats/history", "page"),
                       ("/health", "verbose"), (f"/workspaces/{workspace}/users", "qq")):
        answer = admin.get(path, params={name: "1"})
        assert answer.status_code == 422 and answer.json()["errors"][0]["loc"] == ["query", name], path
    assert admin.delete(f"/workspaces/{workspace}", params={"force": "1"}).status_code == 422
    assert admin.get(f"/workspaces/{workspace}").status_code == 200


def test_query__of_a_parameter_that_is_not_known_is_passed_over_in_dialects_and_on_pages(http, admin):
    assert admin.get("/api/v1/api-keys/", params={"verbose": "1"}).status_code == 200
    for path in ("/", "/docs/errors", "/app"):
        assert http.get(path, params={"utm_source": "mail"}).status_code == 200, path


def test_query__every_row_of_the_document_says_what_it_takes(contract):
    """Those of a native route are all that it knows."""
    for method, path, row in contract.routes():
        names = [p["name"] for p in row["parameters"] if p.get("in") == "query"]
        assert len(names) == len(set(names)), (method, path)
        assert ("cursor" in names) or "paged" not in row["x-flags"] or path.startswith("/api/v1/"), (method, path)
