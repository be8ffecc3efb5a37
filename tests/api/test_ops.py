"""ops/: the alert rules and the dashboard speak of series that the server has, and each alert is seen to come and to stay quiet."""
import json
import re
import subprocess

import pytest
import yaml
from harness.paths import ROOT, program
from support.prometheus import Scrape, scrape

OPS = ROOT / "ops"
SERIES = re.compile(r"\b((?:parley|process)_[a-z_]+)\b")
# What Prometheus knows itself, and what only a server with a mail server has.
MAIL = {"parley_mail_down", "parley_mails_total"}

pytestmark = pytest.mark.columns("sqlite")


def promtool(*arguments):
    done = subprocess.run([program("promtool", "prometheus"), *arguments], cwd=OPS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def rules():
    return [rule for group in yaml.safe_load((OPS / "alerts.yml").read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]


def expressions():
    """[(where, expression)] of the dashboard."""
    panels = json.loads((OPS / "dashboard.json").read_text(encoding="utf-8"))["panels"]
    return [(panel["title"], target["expr"]) for panel in panels for target in panel.get("targets", [])]


@pytest.fixture(scope="module")
def known(lasting_post):
    server = lasting_post.server
    server.http.get("/no/such/path")
    found = scrape(server, lasting_post.admin)
    assert MAIL <= found.names()
    return found.names()


def unknown(where, expression, known):
    return [f"{where}: {name}" for name in SERIES.findall(expression) if name not in known]


def test_rules__are_what_prometheus_reads():
    promtool("check", "rules", "alerts.yml")


def test_rules__come_and_stay_quiet():
    promtool("test", "rules", "alerts_test.yml")


def test_rules__are_all_tested_both_ways():
    tests = yaml.safe_load((OPS / "alerts_test.yml").read_text(encoding="utf-8"))["tests"]
    names = sorted(rule["alert"] for rule in rules())
    assert sorted(case["alertname"] for case in tests[0]["alert_rule_test"]) == names
    fired = [re.search(r'alertname="(\w+)"', s["labels"])[1] for s in tests[1]["promql_expr_test"][0]["exp_samples"]]
    assert sorted(fired) == names


def test_rules__speak_of_series_that_exist(known):
    faults = [f for rule in rules() for f in unknown(rule["alert"], rule["expr"], known)]
    assert not faults, faults


def test_rules__are_each_explained_in_a_line():
    readme = (OPS / "README.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \| \S.*\|$", readme, re.M)
    assert told == [rule["alert"] for rule in rules()]


def test_dashboard__speaks_of_series_that_exist(known):
    faults = [f for where, expression in expressions() for f in unknown(where, expression, known)]
    assert expressions() and not faults, faults


def test_dashboard__shows_every_series(known, lasting_post):
    shown = {name for _, expression in expressions() for name in SERIES.findall(expression)}
    families = {f for f in scrape(lasting_post.server, lasting_post.admin).types}
    assert not {f for f in families if not any(name == f or name in Scrape.parts(f) for name in shown)}


def test_dashboard__has_expressions_that_prometheus_reads(tmp_path):
    """As rules, since promtool checks those."""
    made = [{"record": f"a:{i}", "expr": e.replace("$__rate_interval", "5m").replace("$instance", ".*")}
            for i, (_, e) in enumerate(expressions())]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": made}]}), encoding="utf-8")
    promtool("check", "rules", str(path))
