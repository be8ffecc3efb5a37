"""Pages for people: the documents of the API as Parley prints them and as nginx serves them, and what stands at /app/ where there
is no web app."""
import base64
import hashlib
import json
import re
import shutil
import ssl
from collections import Counter

import httpx
import pytest
from harness import web
from support.needed import needed

pytestmark = pytest.mark.one_column("pages without rows or objects")

PAGES = ("/docs", "/docs/", "/docs/errors", "/app", "/app/")


@pytest.fixture(scope="module")
def pages_folder():
    """build/web, made by npm's packages."""
    with needed("build/web"):
        return web.build()


def plain(server):
    """A client that knows nothing of the document: nginx has files in the place of what stands there."""
    return httpx.Client(base_url=server.base_url, verify=ssl.create_default_context(cafile=server.ca), trust_env=False)


# ---- build/web ----

@pytest.fixture
def fresh_source(tmp_path, monkeypatch):
    """web/ as a new checkout has it, to be built in a folder of its own."""
    shutil.copytree(web.SOURCE, tmp_path / "web", ignore=shutil.ignore_patterns("node_modules"))
    monkeypatch.setattr(web, "SOURCE", tmp_path / "web")
    monkeypatch.setattr(web, "TARGET", tmp_path / "built")
    monkeypatch.setattr(web, "_STAMP", tmp_path / "built.hash")


def test_build__goes_on_without_npm_and_says_so(fresh_source, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert web.build_if_possible() is None
    told = capsys.readouterr().err
    assert "/docs" in told and "npm is not installed (Debian packages nodejs and npm)" in told


@pytest.mark.skipif(not shutil.which("npm"), reason="there is no npm to be without a network")
def test_build__goes_on_without_a_network_and_says_so(fresh_source, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    assert web.build_if_possible() is None
    assert "is there a network?" in capsys.readouterr().err


# ---- pages ----

@pytest.mark.parametrize("path", PAGES)
def test_page__is_html_whose_policy_allows_its_own_style_alone(http, path):
    answer = http.get(path)
    assert answer.status_code == 200 and answer.headers["content-type"] == "text/html; charset=utf-8"
    style = re.search(r"<style>(.*)</style>", answer.text)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert policy == (f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
                      "frame-ancestors 'none'")
    assert not re.search(r"<script|style=|\son\w+=", answer.text)


def test_root__leads_a_browser_to_a_page_that_says_where_one_is(http):
    answer = http.get("/", headers={"Accept": "text/html"}, follow_redirects=True)
    assert answer.status_code == 200 and "a private chat server" in answer.text and 'href="/docs"' in answer.text


def test_errors__are_all_codes_of_the_document_with_their_statuses(http, contract):
    text = http.get("/docs/errors").text
    rows = {code: int(status) for status, code in re.findall(r"<td>(\d+)</td><td><code>(\w+)</code></td>", text)}
    schemas, examples = contract.document["components"]["schemas"], contract.document["components"]["examples"]
    assert set(rows) == set(schemas["ErrorCode"]["enum"])
    assert {code: row["value"]["status"] for code, row in examples.items()}.items() <= rows.items()


def test_page__escapes_the_name_of_the_server_and_keeps_its_path(make_server):
    server = make_server(APP_NAME="<b>&Co", PUBLIC_URL="https://localhost/chat")
    text = server.http.get("/docs").text
    assert "&lt;b&gt;&amp;Co" in text and "<b>" not in text
    assert 'href="/chat/openapi.json"' in text and 'href="/chat/docs/errors"' in text
    assert server.http.get("/openapi.json").json()["servers"][0]["url"] == "/chat"


def test_docs__are_swagger_ui_where_it_was_built(make_server, pages_folder):
    http = plain(make_server(WEB_DIR=str(pages_folder)))
    assert http.get("/docs").headers["location"] == "/docs/"
    page = http.get("/docs/")
    assert page.status_code == 200 and "swagger-ui-bundle.js" in page.text
    for name in re.findall(r'(?:src|href)="([\w.-]+)"', page.text):
        part = http.get(f"/docs/{name}")
        assert part.status_code == 200, name
        assert part.headers["x-content-type-options"] == "nosniff" and len(part.headers.get_list("x-request-id")) == 1
    assert "error codes</h1>" in http.get("/docs/errors").text
    # The folder has no app of its own: Parley's page stands there.
    assert "a private chat server" in http.get("/app/").text


def test_docs__have_a_policy_that_loosens_styles_alone(make_server, pages_folder, tmp_path):
    (tmp_path / "web").mkdir()
    (tmp_path / "web/index.html").write_text("<!doctype html><title>app</title>")
    (tmp_path / "web/docs").symlink_to(pages_folder / "docs")
    http = plain(make_server(WEB_DIR=str(tmp_path / "web")))

    def policy(path):
        found = http.get(path).headers.get_list("content-security-policy")
        assert len(found) == 1, path
        return dict(part.strip().split(" ", 1) for part in found[0].split(";"))

    docs, app = policy("/docs/"), policy("/app/")
    assert docs.pop("style-src") == "'self' 'unsafe-inline'" and app.pop("style-src") == "'self'"
    assert docs.items() <= app.items(), "something else differs"
    assert http.get("/app/").text.endswith("<title>app</title>")
    assert http.get("/app/docs/index.html").status_code == 404, "under the looser policy alone"


# ---- in a browser ----

def group(page, name):
    """A group of operations, open."""
    found = page.locator(f'.opblock-tag-section:has(> [data-tag="{name}"])')
    if "is-open" not in found.get_attribute("class"):
        found.locator(".opblock-tag").click()
    found.locator(".opblock").first.wait_for()
    return found


def operation(page, name):
    """An operation of Swagger UI, opened: "Sign-in-getMe"."""
    group(page, name.rsplit("-", 1)[0])
    found = page.locator(f"#operations-{name}")
    found.locator(".opblock-summary-control").click()
    return found


def execute(found):
    """(status, body) of trying it out."""
    found.locator("button.execute").click()
    answer = found.locator(".live-responses-table .response").first
    return int(answer.locator(".response-col_status").inner_text().split()[0]), answer.locator(".highlight-code").first.inner_text()


def test_docs__try_operations_out_in_a_browser(shared_server, pages_folder, look, contract):
    server = shared_server(WEB_DIR=str(pages_folder))
    person = server.person(server.admin)
    page = look(server)
    page.goto("/docs/")
    page.locator(".opblock-tag").first.wait_for()
    tags = Counter(tag for _, _, operation in contract.routes() for tag in operation["tags"])
    for tag, count in tags.items():
        shown = group(page, tag)
        assert shown.locator(".opblock").count() == count, tag
        shown.locator(".opblock-tag").click()
    sign_in = operation(page, "Sign-in-signIn")
    sign_in.locator("textarea").fill(json.dumps({"email": person.email, "password": person.password}))
    assert execute(sign_in)[0] == 200
    status, body = execute(operation(page, "Sign-in-getMe"))
    assert status == 200 and person.email in body


def test_docs__take_a_token_by_hand(shared_server, pages_folder, look):
    server = shared_server(WEB_DIR=str(pages_folder))
    person = server.person(server.admin)
    page = look(server, width=390, scheme="dark")
    page.goto("/docs/")
    page.locator("button.authorize").first.click()
    bearer = page.locator(".auth-container", has_text="Bearer").first
    bearer.locator("input").fill(person.auth["Authorization"].split()[1])
    bearer.locator("button.authorize").click()
    page.locator("button.btn-done").first.click()
    assert execute(operation(page, "Sign-in-getMe"))[0] == 200


@pytest.mark.parametrize("scheme, darkest, brightest", [("light", 200, 255), ("dark", 0, 60)])
def test_pages__are_light_or_dark_and_fit_a_telephone(shared_server, pages_folder, look, scheme, darkest, brightest):
    page = look(shared_server(WEB_DIR=str(pages_folder)), width=320, scheme=scheme)
    for path in ("/docs/", "/docs/errors", "/app/"):
        page.goto(path)
        page.locator("h1, h2").first.wait_for()
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert all(darkest <= int(part) <= brightest for part in re.findall(r"\d+", colour)[:3]), (path, colour)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
