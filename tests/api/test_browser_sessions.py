"""A browser's session: what renews it is in a cookie that no script can read, and only pages of this server's own use it."""
import base64
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.browser import COOKIE, Browser
from support.client import Person, new_email, new_password
from support.factor import code_of, first_step, switch_on
from support.waiting import until

ATTRIBUTES = "; Path=/; Secure; HttpOnly; SameSite=Strict"
OTHER_SITES = ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"},
               {"Origin": "null"}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": None, "Origin": None})


@pytest.fixture
def browser(server):
    with server.client(http2=False) as http:
        yield Browser(http)


@pytest.fixture
def inside(browser, alice):
    """A browser in which alice is signed in."""
    assert browser.sign_in(alice).status_code == 200
    return browser


def set_cookie(answer):
    [line] = answer.headers.get_list("set-cookie")
    return line


def bytes_of(cookie):
    return base64.urlsafe_b64decode(cookie.split("=", 1)[1] + "=")


def as_cookie(bytes_):
    return f"{COOKIE}={base64.urlsafe_b64encode(bytes_).decode().rstrip('=')}"


def with_cookie(browser, cookie):
    return Browser(browser.http, cookie)


def attachment_of(person):
    workspace = person.workspace()
    path = f"/workspaces/{workspace['id']}/chat/{person.chat(workspace)['id']}/message"
    sent = person.ok("POST", path, 201, data={"content": "Look"}, files={"files": ("a.txt", b"picture", "text/plain")})
    return f"/attachments/{sent['attachments'][0]['id']}"


def is_alive(browser):
    return browser.refresh().status_code == 200


# ---- beginning one ----

def test_login__gives_the_cookie_and_no_refresh_token(browser, alice):
    answer = browser.sign_in(alice)
    assert answer.status_code == 200 and re.fullmatch(COOKIE + "=[A-Za-z0-9_-]{43}" + ATTRIBUTES, set_cookie(answer))
    assert set(answer.json()["tokens"]) == {"access_token", "token_type", "expires_in", "storage_key"}
    assert answer.json()["user"]["id"] == alice.id
    assert browser.http.get("/auth/me", headers=browser.auth).json()["id"] == alice.id


def test_login__without_the_header_is_as_ever(browser, alice):
    answer = browser.post("/auth/login", {"X-Parley-Session": None},
                          json={"email": alice.email, "password": alice.password, "stay": True})
    assert "set-cookie" not in answer.headers
    assert set(answer.json()["tokens"]) == {"access_token", "refresh_token", "token_type", "expires_in"}


def test_stay__the_cookie_outlives_the_browser_also_when_it_is_renewed(browser, alice):
    days = 30 * 86400
    for answer in (browser.sign_in(alice, stay=True), browser.refresh()):
        life = int(re.search(ATTRIBUTES + r"; Max-Age=(\d+)$", set_cookie(answer))[1])
        assert days - 60 <= life <= days


def test_second_step__gives_the_cookie(browser, alice):
    _, codes = switch_on(alice)
    first = browser.sign_in(alice, stay=True)
    assert first.json()["requires_2fa"] is True and "set-cookie" not in first.headers
    answer = browser.post("/auth/login/2fa", json={"challenge_token": first.json()["challenge_token"],
                                                   "recovery_code": codes[0], "stay": True})
    assert answer.status_code == 200 and "Max-Age=" in set_cookie(answer) and is_alive(browser)


def test_setup__answers_as_login_does(make_server):
    server = make_server(fresh=True)
    browser = Browser(server.client(http2=False))
    answer = browser.post("/auth/setup", json={"email": new_email(), "password": new_password()})
    assert answer.status_code == 200 and answer.json()["user"]["role"] == "ADMIN"
    assert answer.json()["user"]["last_login"] is not None
    assert browser.http.get("/auth/me", headers=browser.auth).status_code == 200 and is_alive(browser)


def test_register__answers_as_login_does(browser, alice):
    email = new_email("invited")
    link = alice.ok("POST", f"/workspaces/{alice.workspace()['id']}/invite", 201, json={"email": email})["invite_url"]
    body = {"email": email, "password": new_password(), "invite": link.rsplit("=", 1)[1]}
    answer = browser.post("/auth/register", json=body)
    assert answer.status_code == 200 and answer.json()["user"]["email"] == email and is_alive(browser)


def reset_token(admin, person):
    return admin.ok("POST", f"/users/{person.id}/password-reset", 201)["reset_url"].rsplit("=", 1)[1]


def test_reset__answers_as_login_does(browser, admin, alice):
    answer = browser.post("/auth/password/reset", json={"token": reset_token(admin, alice), "new_password": new_password()})
    assert answer.status_code == 200 and answer.json()["user"]["id"] == alice.id and is_alive(browser)


def test_reset__signs_nobody_in_where_a_second_factor_is_on(browser, admin, alice):
    switch_on(alice)
    password = new_password()
    answer = browser.post("/auth/password/reset", json={"token": reset_token(admin, alice), "new_password": password})
    assert answer.status_code == 204 and "set-cookie" not in answer.headers
    first_step(Person(alice.http, alice.user, alice.email, password))


# ---- renewing it ----

def test_refresh__gives_the_next_cookie_and_an_access_token(inside, alice):
    first = inside.cookie
    answer = inside.refresh()
    assert answer.status_code == 200 and inside.cookie != first
    assert set(answer.json()) == {"access_token", "token_type", "expires_in", "storage_key"}
    assert inside.http.get("/auth/me", headers=inside.auth).json()["id"] == alice.id


@pytest.mark.mysql
def test_refresh__of_twenty_at_once_all_get_the_same_successor(server, inside):
    with server.client() as http, ThreadPoolExecutor(20) as pool:
        tabs = [Browser(http, inside.cookie) for _ in range(20)]
        answers = list(pool.map(lambda tab: tab.refresh(), tabs))
    assert {a.status_code for a in answers} == {200}
    assert len({tab.cookie for tab in tabs}) == 1 and len({a.text for a in answers}) == 1
    assert is_alive(tabs[0])


@pytest.mark.mysql
@pytest.mark.parametrize("times", [1, 3])
def test_refresh__by_a_cookie_that_was_replaced_ends_the_session(server, inside, admin, alice, times):
    stolen = with_cookie(inside, inside.cookie)
    for _ in range(times):
        inside.refresh()
    server.clock.forward(11)
    assert (stolen.refresh().status_code, code_of(stolen.refresh())) == (401, "invalid_token")
    assert code_of(inside.refresh()) == "invalid_token"
    rows = admin.ok("GET", "/audit", 200, params={"action": "auth.refresh_reused", "target": alice.id})
    assert len(rows) == 1


def test_refresh__an_invented_cookie_ends_nobodys_session(inside):
    good = bytes_of(inside.cookie)
    for bad in (good[:16] + bytes(16), good[:24] + bytes(8), good[:16] + bytes(8) + good[24:], good[:31], good + b"x"):
        assert code_of(with_cookie(inside, as_cookie(bad)).refresh()) == "invalid_token"
    for text in ("", "x", "A" * 43, "A" * 5000, "A=B", inside.tokens["access_token"]):
        answer = with_cookie(inside, f"{COOKIE}={text}").refresh()
        assert code_of(answer) == "invalid_token", text
    assert is_alive(inside)


def test_refresh__without_a_cookie_is_not_signed_in(browser):
    answer = browser.refresh()
    assert (answer.status_code, code_of(answer)) == (401, "not_authenticated")


def test_refresh__by_cookie_and_token_is_refused(inside, alice):
    answer = inside.refresh(json={"refresh_token": alice.tokens["refresh_token"]})
    assert (answer.status_code, code_of(answer)) == (400, "two_credentials")
    alone = Browser(inside.http).refresh(json={"refresh_token": alice.tokens["refresh_token"]})
    assert (alone.status_code, code_of(alone)) == (400, "two_credentials")


def test_refresh__by_token_is_as_ever_beside_a_cookie(inside, alice):
    """Another page of the same origin, which knows nothing of the cookie that the browser sends along."""
    answer = inside.refresh({"X-Parley-Session": None}, json={"refresh_token": alice.tokens["refresh_token"]})
    assert answer.status_code == 200 and "set-cookie" not in answer.headers and "refresh_token" in answer.json()


@pytest.mark.parametrize("body", [None, {}])
def test_refresh__with_nothing_at_all_says_what_is_missing(http, body):
    answer = http.post("/auth/refresh", json=body) if body is not None else http.post("/auth/refresh")
    assert answer.status_code == 422 and answer.json()["errors"][0]["loc"] == ["body", "refresh_token"]


def test_cookies__of_others_beside_it_change_nothing_and_two_of_it_are_refused(inside):
    mine = inside.cookie
    inside.cookie = f"theme=dark; {mine}; a=b=c; novalue"
    assert is_alive(inside)
    mine = inside.cookie
    answer = with_cookie(inside, f"{mine}; {COOKIE}=A").refresh()
    assert (answer.status_code, code_of(answer)) == (400, "two_credentials")
    assert is_alive(with_cookie(inside, mine))


def test_header__that_asks_for_something_else_is_told(browser, alice):
    answer = browser.post("/auth/login", {"X-Parley-Session": "cookies"},
                          json={"email": alice.email, "password": alice.password})
    assert answer.status_code == 422 and answer.json()["errors"][0]["loc"] == ["header", "X-Parley-Session"]


# ---- where it counts ----

def test_cookie__opens_an_attachment_and_nothing_else(inside, alice):
    path = attachment_of(alice)
    assert inside.get(path).status_code in (200, 302)
    assert inside.get(path, {"Sec-Fetch-Site": "none"}).status_code in (200, 302), "typed into the address bar"
    assert inside.get(path + "/url").status_code == 401
    assert inside.get("/auth/me").status_code == 401
    assert inside.post("/workspaces", json={"name": "W"}).status_code == 401


def test_cookie__that_was_replaced_just_now_still_opens_an_attachment(server, inside, alice):
    path = attachment_of(alice)
    before = with_cookie(inside, inside.cookie)
    inside.refresh()
    assert before.get(path).status_code in (200, 302)
    server.clock.forward(11)
    assert before.get(path).status_code == 401
    assert inside.get(path).status_code in (200, 302) and is_alive(inside), "reading ends no session"


def test_bearer__wins_over_the_cookie(inside, alice, bob):
    path = attachment_of(alice)
    assert inside.get(path, bob.auth).status_code == 404
    assert inside.get(path, {"Authorization": "Bearer nonsense"}).status_code == 401
    assert with_cookie(inside, f"{COOKIE}=A").get(path, alice.auth).status_code in (200, 302)


@pytest.mark.parametrize("site", OTHER_SITES, ids=str)
def test_other_site__cannot_use_the_cookie(inside, site):
    for path in ("/auth/refresh", "/auth/logout"):
        answer = with_cookie(inside, inside.cookie).post(path, site, json={})
        assert (answer.status_code, code_of(answer)) == (403, "cross_site"), path
        assert "set-cookie" not in answer.headers
    assert is_alive(inside)


@pytest.mark.parametrize("site", [s for s in OTHER_SITES if s != {"Sec-Fetch-Site": "none"}], ids=str)
def test_other_site__cannot_read_with_the_cookie(inside, alice, site):
    answer = inside.get(attachment_of(alice), site)
    assert (answer.status_code, code_of(answer)) == (403, "cross_site")


@pytest.mark.parametrize("site", [*OTHER_SITES[:3], {"Sec-Fetch-Site": "none"}], ids=str)
def test_other_site__cannot_plant_the_cookie(browser, alice, site):
    answer = browser.post("/auth/login", site, json={"email": alice.email, "password": alice.password})
    assert (answer.status_code, code_of(answer)) == (403, "cross_site") and "set-cookie" not in answer.headers


def test_header__is_needed_for_what_changes_something(inside):
    for path in ("/auth/refresh", "/auth/logout"):
        answer = inside.post(path, {"X-Parley-Session": None}, json={})
        assert (answer.status_code, code_of(answer)) == (403, "cross_site"), path
    assert is_alive(inside)


def test_allowed_origins__never_cover_the_cookie(make_server):
    server = make_server(ALLOWED_ORIGINS="https://app.example.org")
    admin = server.setup()
    browser = Browser(server.client(http2=False))
    browser.sign_in(admin)
    path = attachment_of(admin)
    app = {"Origin": "https://app.example.org", "Sec-Fetch-Site": "same-site"}
    for refused in (browser.refresh(app), browser.get(path, app), browser.post("/auth/logout", app)):
        assert (refused.status_code, code_of(refused)) == (403, "cross_site")
    assert is_alive(browser)


def test_origin__of_the_public_address_is_ours(make_server):
    server = make_server(PUBLIC_URL="https://chat.example.org/parley")
    admin = server.setup()
    browser = Browser(server.client(http2=False))
    page = {"Origin": "https://chat.example.org", "Sec-Fetch-Site": None}
    assert browser.post("/auth/login", page, json={"email": admin.email, "password": admin.password}).status_code == 200
    assert browser.refresh(page).status_code == 200


# ---- ending it ----

@pytest.mark.mysql
def test_logout__by_the_cookie_ends_the_session_and_clears_the_browser(inside, alice):
    kept = with_cookie(inside, inside.cookie)
    answer = inside.post("/auth/logout")
    assert answer.status_code == 204 and inside.cookie is None
    assert set_cookie(answer) == f"{COOKIE}=" + ATTRIBUTES + "; Max-Age=0"
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert code_of(kept.refresh()) == "invalid_token"
    until(lambda: {inside.http.get("/auth/me", headers=inside.auth).status_code for _ in range(4)} == {401}, timeout_s=5)
    assert alice.get("/auth/me").status_code == 200, "another session of the same person"


def test_logout__by_a_bearer_ends_that_session(inside, alice):
    other = alice.sign_in()
    answer = inside.post("/auth/logout", {**other.auth, "X-Parley-Session": None})
    assert answer.status_code == 204 and not {"set-cookie", "clear-site-data"} & set(answer.headers)
    assert is_alive(inside)


def test_session__ended_elsewhere_is_dead_for_the_cookie(inside, alice):
    path = attachment_of(alice)
    assert alice.delete("/auth/sessions").status_code == 204
    assert inside.get(path).status_code == 401 and code_of(inside.refresh()) == "invalid_token"


# ---- the key of what the browser keeps ----

def storage_key(answer):
    body = answer.json()
    return (body.get("tokens") or body)["storage_key"]


def test_storage_key__is_the_persons_until_the_password_changes(server, inside, alice, bob):
    key = storage_key(inside.refresh())
    assert len(base64.urlsafe_b64decode(key + "=")) == 32
    assert storage_key(Browser(inside.http).sign_in(alice)) == key, "in another browser too"
    assert storage_key(Browser(inside.http).sign_in(bob)) != key
    new = new_password()
    body = {"current_password": alice.password, "new_password": new}
    assert inside.http.post("/auth/password", headers=inside.auth, json=body).status_code == 204
    changed = storage_key(inside.refresh())
    assert changed != key
    alice.password = new
    assert storage_key(Browser(inside.http).sign_in(alice)) == changed


def test_storage_key__is_another_one_after_a_reset(inside, admin, alice):
    key = storage_key(inside.refresh())
    answer = Browser(inside.http).post("/auth/password/reset",
                                       json={"token": reset_token(admin, alice), "new_password": new_password()})
    assert storage_key(answer) not in ("", key)


# ---- what is written down ----

def test_document__says_where_the_cookie_counts(contract):
    schemes = contract.document["components"]["securitySchemes"]
    assert (schemes["cookie"]["in"], schemes["cookie"]["name"]) == ("cookie", COOKIE)
    cookie = {"cookie": []}
    taking = {f"{m} {path}" for m, path, row in contract.routes() if cookie in row["security"]}
    assert taking == {"POST /auth/refresh", "POST /auth/logout", "GET /attachments/{attachment}", "GET /auth/me/export",
                      "GET /workspaces/{workspace}/chat/{chat}/export"}
    asked = {path for _, path, row in contract.routes() for p in row["parameters"] if "BrowserSession" in p.get("$ref", "")}
    assert asked == {"/auth/setup", "/auth/register", "/auth/login", "/auth/login/2fa", "/auth/refresh", "/auth/logout",
                     "/auth/password/reset"}


def test_cookie__stands_in_no_log_and_only_hashed_in_the_database(server, inside):
    value = inside.cookie.split("=", 1)[1]
    inside.refresh()
    assert value not in server.log() and inside.cookie.split("=", 1)[1] not in server.log()
