"""/health/detailed, /database, /db, /storage, /inference: each asks its part, and tells no names and no secrets."""
import pytest
from support.mail_server import RudeServer
from support.waiting import until


def get(server, path, person=None):
    return server.http.get(path, headers=(person or server.admin).auth)


def test_detailed__is_healthy_where_every_part_is(server):
    answer = get(server, "/health/detailed")
    body = answer.json()
    assert answer.status_code == 200 and body["status"] in ("healthy", "degraded")
    assert {name: check["status"] for name, check in body["checks"].items()} == dict.fromkeys(
        ("database", "storage", "bus", "disk", "mail", "inference"), "healthy")
    assert body["checks"]["inference"]["details"] == "None is set"
    system = body["system"]
    for name in ("cpu_percent", "memory_percent", "disk_percent"):
        assert 0 <= system[name] <= 100, name
    for name in ("memory", "disk"):
        assert 0 < system[f"{name}_used_gb"] < system[f"{name}_total_gb"], name


@pytest.mark.parametrize("path", ["/health/database", "/health/db"])
def test_database__is_asked_and_counted(server, path):
    before = get(server, path).json()
    server.person(server.admin)
    answer = get(server, path)
    body = answer.json()
    assert answer.status_code == 200 and body["status"] == "healthy" and 0 <= body["response_time_ms"] < 2000
    assert body["stats"]["users"] > before["stats"]["users"] and body["stats"]["workspaces"] > before["stats"]["workspaces"]
    assert body["stats"]["chats"] >= 0 and "error" not in body


def test_storage__is_asked_and_counted(server, team):
    before = get(server, "/health/storage").json()
    chat = team["owner"].ok("POST", f"{team['path']}/chat", 201, json={"title": "Files"})["id"]
    files = {"files": ("a.txt", b"text", "text/plain")}
    server.http.post(f"{team['path']}/chat/{chat}/message", headers=team["owner"].auth, data={"content": "x"}, files=files)
    body = get(server, "/health/storage").json()
    assert body["status"] == "healthy" and body["files_count"] > before["files_count"]
    assert (body["bucket"] is None) == (server.column == "sqlite")


@pytest.mark.one_column("no provider is set on any")
def test_inference__without_a_provider_is_an_empty_list(server):
    answer = get(server, "/health/inference")
    body = answer.json()
    assert answer.status_code == 200 and body["status"] == "healthy"
    assert (body["providers"], body["total_providers"]) == ([], 0)


# ---- a part that is away ----

def becomes(server, path, person, status):
    until(lambda: get(server, path, person).status_code == status, timeout_s=30)
    return get(server, path, person)


@pytest.mark.columns("sqlite")
def test_storage__that_is_down_is_503_without_a_path(make_server):
    server = make_server()
    admin = server.setup()
    (server.folder / "objects/.tmp").rename(server.folder / "moved")
    answer = becomes(server, "/health/storage", admin, 503)
    body = answer.json()
    assert body["status"] == "unhealthy" and body["error"] == "The object store does not answer"
    assert str(server.folder) not in answer.text and int(answer.headers["retry-after"]) >= 1
    detailed = get(server, "/health/detailed", admin)
    assert detailed.status_code == 200 and detailed.json()["status"] == "degraded"
    assert detailed.json()["checks"]["storage"]["status"] == "unhealthy"
    (server.folder / "moved").rename(server.folder / "objects/.tmp")
    assert becomes(server, "/health/storage", admin, 200).json()["status"] == "healthy"


@pytest.mark.columns("mariadb")
def test_storage__that_hangs_is_503_within_its_time_and_without_a_host(make_server, make_backing):
    server = make_server(backing=make_backing())
    admin = server.setup()
    silent = RudeServer(lambda c: c.recv(1))
    parley = server.stack.parleys[0]
    parley.kill()
    parley.env["MINIO_ENDPOINT"] = f"127.0.0.1:{silent.port}"
    parley.start()
    server.stack.wait()  # until it is Parley that answers, and not nginx for it
    answer = becomes(server, "/health/storage", admin, 503)
    assert answer.json()["response_time_ms"] < 2500
    assert str(silent.port) not in answer.text and "127.0.0.1" not in answer.text


@pytest.mark.mysql
@pytest.mark.columns("mariadb")
def test_database__that_is_away_is_503_for_whoever_is_still_known(make_server, make_backing):
    """Who asks is known for a second after the database is gone; then nobody can be."""
    backing = make_backing()
    server = make_server(backing=backing)
    admin = server.setup()
    assert get(server, "/health/database", admin).status_code == 200
    backing.database.kill()
    answer = becomes(server, "/health/database", admin, 503)
    assert str(backing.database.port) not in answer.text and "127.0.0.1" not in answer.text
    backing.database.start()
    backing.database.wait()
    becomes(server, "/health/database", admin, 200)
