"""GET /metrics: what Prometheus is told, that it is true, and who may read it."""
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.paths import program
from support.keys import KEYS, Key
from support.prometheus import Scrape, scrape
from support.waiting import until


def promtool(*arguments, stdin=None):
    return subprocess.run([program("promtool", "prometheus"), *map(str, arguments)], input=stdin, capture_output=True, text=True,
                          check=False)


# ---- the text ----

def test_metrics__are_what_prometheus_reads(server, alice):
    server.http.get("/health")
    done = promtool("check", "metrics", stdin=scrape(server).text)
    assert done.returncode == 0, done.stdout + done.stderr


def test_metrics__no_series_stands_twice_and_each_family_stands_together(server, alice):
    alice.ok("GET", "/workspaces", 200)
    assert len(scrape(server).samples) > 100


def test_metrics__have_every_part(server):
    found = scrape(server)
    for name in ("parley_build_info", "process_cpu_seconds_total", "parley_http_requests_total", "parley_workers",
                 "parley_http_request_duration_seconds", "parley_http_arena_max_bytes", "parley_uploads",
                 "parley_db_connections", "parley_hash_queue_length", "parley_job_runs_total", "parley_bus_up",
                 "parley_store_operations_total"):
        assert name in found.types, name
    assert found.labels("parley_job_runs_total", "lane") == {"mail", "push", "data", "bulk", "words"}
    kind = "local" if server.column == "sqlite" else "redis"
    assert found.labels("parley_bus_up", "kind") == {kind} and found.value("parley_bus_up") == 1
    assert found.labels("parley_store_operations_total", "kind") == {"folder" if server.column == "sqlite" else "s3"}


def test_metrics__process_figures_are_of_a_living_process(server):
    found = scrape(server)
    assert 0 < found.value("process_open_fds") < found.value("process_max_fds")
    assert found.value("process_resident_memory_bytes") > 1e6 and found.value("process_cpu_seconds_total") > 0
    assert found.value("process_threads") >= found.value("parley_workers")
    assert 1.6e9 < found.value("process_start_time_seconds") < 1e10


# ---- the counters move, by as much as was done ----

ROUTE = {"method": "GET", "route": "/workspaces", "class": "2xx"}


@pytest.mark.one_column("counted before any database is asked")
def test_requests__are_counted_by_route_and_class(server, alice):
    before = scrape(server)
    for _ in range(5):
        alice.ok("GET", "/workspaces", 200)
    server.http.get("/workspaces")
    server.http.get("/no/such/path")
    after = scrape(server)

    def grown(name, **labels):
        return after.value(name, **labels) - before.value(name, **labels)

    assert grown("parley_http_requests_total", **ROUTE) == 5
    assert grown("parley_http_requests_total", **ROUTE | {"class": "4xx"}) == 1
    assert grown("parley_http_requests_total", method="-", route="-") == 1
    assert grown("parley_http_request_duration_seconds_count", **ROUTE) == 5
    assert grown("parley_http_request_duration_seconds_bucket", **ROUTE, le="+Inf") == 5
    assert 0 < grown("parley_http_request_duration_seconds_sum", **ROUTE) < 60
    assert grown("parley_http_errors_total", code="not_authenticated") == 1
    assert grown("parley_http_errors_total", code="not_found") == 1
    assert grown("parley_http_database_statements_total") >= 5


@pytest.mark.one_column("a sum over threads")
def test_requests__are_summed_over_all_workers(server, alice):
    """Eight at once are answered by several threads, of which each counts for itself."""
    before = scrape(server).value("parley_http_requests_total", **ROUTE)
    with server.client() as http, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: http.get("/workspaces", headers=alice.auth).status_code, range(64)))
    assert answers == [200] * 64
    assert scrape(server).value("parley_http_requests_total", **ROUTE) - before == 64


@pytest.mark.one_column("figures of a histogram")
def test_histogram__buckets_only_grow_and_end_with_all(server):
    found = scrape(server)
    series = {}
    for (name, pairs), value in found.samples.items():
        if name == "parley_http_request_duration_seconds_bucket":
            labels = dict(pairs)
            bound = float("inf") if labels["le"] == "+Inf" else float(labels["le"])
            series.setdefault((labels["method"], labels["route"], labels["class"]), []).append((bound, value))
    assert series
    for (method, route, kind), buckets in series.items():
        counts = [value for _, value in sorted(buckets)]
        assert counts == sorted(counts), route
        assert counts[-1] == found.value("parley_http_requests_total", method=method, route=route, **{"class": kind})


@pytest.mark.one_column("two processes have figures of their own, and nginx asks either")
def test_parts__are_counted_as_they_work(server, alice, team):
    before = scrape(server)
    server.person(server.admin)
    path = f"{team['path']}/chat"
    chat = team["owner"].ok("POST", path, 201, json={"title": "Files"})["id"]
    files = {"files": ("a.txt", b"text", "text/plain")}
    answer = server.http.post(f"{path}/{chat}/message", headers=team["owner"].auth, data={"content": "x"}, files=files)
    assert answer.status_code == 201, answer.text
    after = scrape(server)
    for name, labels in (("parley_hash_requests_total", {"outcome": "done"}), ("parley_db_checkouts_total", {"pool": "read"}),
                         ("parley_store_operations_total", {"operation": "put"}), ("parley_hash_wait_seconds_total", {}),
                         ("parley_store_operation_seconds_total", {"operation": "put"})):
        assert after.value(name, **labels) > before.value(name, **labels), name
    assert after.value("parley_store_failures_total") == before.value("parley_store_failures_total")
    assert 0 < after.value("parley_http_arena_max_bytes") < after.value("parley_http_arena_limit_bytes")
    until(lambda: scrape(server).value("parley_job_last_success_timestamp_seconds", name="send_mail") > 1.6e9)


@pytest.mark.columns("sqlite")
def test_mail__has_figures_where_a_mail_server_is_set(lasting_post, server):
    assert "parley_mail_down" not in scrape(server).types
    assert "parley_mails_total" in scrape(lasting_post.server, lasting_post.admin).types


# ---- the labels are bounded ----

@pytest.mark.one_column("what clients send is no label, whatever the database")
def test_labels__come_out_of_tables_and_never_out_of_a_request(server, alice):
    for i in range(20):
        server.http.get(f"/made-up-{i}/{i}", headers={"User-Agent": f"evil-{i}"})
        server.http.request("BREW", f"/workspaces/{i}")
        alice.request("GET", f"/workspaces/{'0' * 8}-0000-4000-8000-{i:012}")
    found = scrape(server)
    routes = {(m, path) for m, path, _ in server.contract.routes()} | {("-", "-")}
    # A row's path says what its pieces are: {emoji:word}.
    seen = {(dict(p)["method"], re.sub(r":\w+}", "}", dict(p)["route"])) for n, p in found.samples
            if n == "parley_http_requests_total"}
    assert seen <= routes
    assert found.labels("parley_http_requests_total", "class") <= {"1xx", "2xx", "3xx", "4xx", "5xx"}
    codes = set(re.findall(r'<tr id="([a-z_0-9]+)">', server.http.get("/docs/errors").text)) | {"client_gone"}
    assert found.labels("parley_http_errors_total", "code") <= codes
    assert "made-up" not in found.text and "evil" not in found.text and "BREW" not in found.text


# ---- who may ----

def test_key__with_the_scope_metrics_reads_figures_and_nothing_else(server):
    owner = server.person(server.admin, role="ADMIN")
    headers = Key(owner, "metrics").auth
    for path in ("/metrics", "/health/detailed", "/health/database", "/health/db", "/health/storage", "/health/inference"):
        assert server.http.get(path, headers=headers).status_code == 200, path
    for path in ("/auth/me", "/workspaces", "/users", "/audit", KEYS):
        assert server.http.get(path, headers=headers).status_code == 403, path
    Scrape(server.http.get("/metrics", headers=headers).text)


def test_key__with_another_scope_reads_none(server):
    owner = server.person(server.admin, role="ADMIN")
    for scopes, status in (("read", 403), ("read,write", 403), ("admin", 200), ("metrics,read", 200)):
        assert server.http.get("/metrics", headers=Key(owner, scopes).auth).status_code == status, scopes


def test_key__counts_only_as_long_as_its_owner_is_an_administrator(server):
    owner = server.person(server.admin, role="ADMIN")
    headers = Key(owner, "metrics").auth
    assert server.http.get("/metrics", headers=headers).status_code == 200
    server.admin.ok("PUT", f"/users/{owner.id}", 200, json={"role": "USER"})
    until(lambda: server.http.get("/metrics", headers=headers).status_code == 403)


def test_key__with_the_scope_metrics_is_for_an_administrator_to_give(server, alice):
    answer = alice.request("POST", KEYS, json={"name": "Figures", "scopes": "metrics"})
    assert answer.status_code == 403


@pytest.mark.one_column("how scopes are written")
def test_scopes__are_told_in_the_order_of_the_alphabet(server):
    owner = server.person(server.admin, role="ADMIN")
    for given, kept in (("write,metrics", "metrics,write"), ("admin,metrics,read,write", "admin,metrics,read,write"),
                        ("read,admin,metrics", "admin,metrics,read")):
        assert owner.ok("POST", KEYS, 201, json={"name": "Key", "scopes": given})["scopes"] == kept
