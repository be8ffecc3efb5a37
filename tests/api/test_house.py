"""The `dev` command and the scripts of nginx/, as someone meets them who types something wrong."""
import os
import re
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
import yaml
from harness.paths import ROOT, HarnessError, socket_path
from harness.process import Part, wait_for_end

pytestmark = pytest.mark.columns("sqlite")


def sh(*command, **environment):
    return subprocess.run([str(c) for c in command], cwd="/", capture_output=True, text=True, check=False,
                          env={"PATH": os.environ["PATH"], **environment})


def test_dev__unknown_command_is_one_line_and_2():
    done = sh(ROOT / "dev", "rnu")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_dev__help_names_every_command():
    text = sh(ROOT / "dev", "help").stdout
    for command in ("run", "test", "check", "lint", "format", "build", "bench", "matrix", "coverage", "fuzz",
                    "clean"):
        assert f"\n  {command} " in text


def test_dev__in_a_path_with_a_blank_says_so_before_it_builds(tmp_path):
    place = tmp_path / "my chat"
    place.mkdir()
    shutil.copy(ROOT / "dev", place / "dev")
    done = sh(place / "dev", "run")
    assert done.returncode == 1 and f"holds a blank or another sign that has no place in it: {place}" in done.stderr
    assert sh(place / "dev", "help").returncode == 0
    done = sh(ROOT / "dev", "run", VAR_DIR="/tmp/my chat")
    assert done.returncode == 1 and "VAR_DIR holds a blank" in done.stderr


@pytest.mark.parametrize("file", ["docker-compose.yml", "docker-compose.sqlite.yml"])
def test_compose__passes_every_setting_on_and_no_secret_to_nginx(file, binary):
    services = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["services"]
    assert services["parley"]["env_file"] == [{"path": ".env", "required": False}]
    known = set(re.findall(r"^#(\w+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.M))
    for name in ("parley", "nginx"):
        assert set(services[name]["environment"]) <= known
    assert not [name for name in services["nginx"]["environment"] if re.search("PASSWORD|SECRET|TOKEN|KEY", name)]
    wanted = r"\$\{(MYSQL_PASSWORD|MYSQL_ROOT_PASSWORD|MINIO_SECRET_KEY|REDIS_PASSWORD)(?!:\?)"
    assert not re.search(wanted, (ROOT / file).read_text(encoding="utf-8"))


def in_bytes(value):
    """A size as a number, anything else as it is: 10M is 10485760."""
    size = re.fullmatch(r"(\d+)([KMG])", value)
    return str(int(size[1]) << {"K": 10, "M": 20, "G": 30}[size[2]]) if size else value


@pytest.mark.parametrize("file", ["docker-compose.yml", "docker-compose.sqlite.yml"])
def test_compose__has_the_defaults_of_the_settings_table(file):
    table = dict(re.findall(r"^#(\w+)=(.*)$", (ROOT / ".env.example").read_text(encoding="utf-8"), re.M))
    text = (ROOT / file).read_text(encoding="utf-8")
    given = {pair for pair in re.findall(r"\$\{(\w+):-([^${}]*)\}", text) if pair[0] != "SETUP_TOKEN"}  # the file says why
    assert {"HTTPS_PORT", "MAX_UPLOAD_SIZE", "NGINX_WORKER_CONNECTIONS", "STREAMS_PER_ADDRESS"} <= {name for name, _ in given}
    assert given == {(name, value) for name, value in given if in_bytes(value) == in_bytes(table[name])}


@pytest.mark.parametrize("name,value", [
    ("HTTPS_PORT", "84 43"), ("HTTPS_PORT", "0"), ("HTTPS_PORT", "65536"), ("HTTPS_HOST", "127.0.0.1;"),
    ("TRUSTED_HOSTS", "a.example.org;return 200"), ("MAX_UPLOAD_SIZE", "ten"), ("VAR_DIR", "/tmp/x y"),
    ("TLS_CERT", "/tmp/{}"), ("PUBLIC_URL", "https://example.org/$x"), ("WEB_DIR", "/tmp/'x"),
])
def test_render__refuses_what_would_end_a_word(tmp_path, name, value):
    done = sh(ROOT / "nginx/render", tmp_path / "conf", **{"VAR_DIR": str(tmp_path), name: value})
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and name in done.stderr


def render(tmp_path, **settings):
    done = sh(ROOT / "nginx/render", tmp_path / "conf", VAR_DIR=str(tmp_path), **settings)
    assert done.returncode == 0, done.stderr
    sh(ROOT / "nginx/self-signed", tmp_path / "tls")
    checked = sh("/usr/sbin/nginx", "-t", "-e", "stderr", "-c", tmp_path / "conf/parley.conf")
    assert checked.returncode == 0, checked.stderr
    return (tmp_path / "conf/parley.conf").read_text()


def test_render__on_loopback_only_own_names(tmp_path):
    conf = render(tmp_path, PUBLIC_URL="https://chat.example.org:8443")
    assert "server_name localhost 127.0.0.1 [::1] chat.example.org;" in conf


def test_render__elsewhere_any_name(tmp_path):
    conf = render(tmp_path, HTTPS_HOST="0.0.0.0", HTTPS_PORT="18443", HTTP_PORT="18080")
    assert "return 421" not in conf and "return 308 https://$host:18443$inner_uri;" in conf


def test_render__names_and_proxies(tmp_path):
    conf = render(tmp_path, TRUSTED_HOSTS="chat.example.org, *.example.com", TRUSTED_PROXIES="10.0.0.0/8, 192.0.2.1",
                  FCGI_SOCKETS=f"{tmp_path}/a.sock,{tmp_path}/b.sock", HTTP_PORT="18080", WEB_DIR=str(tmp_path),
                  STORE_PROXY="http://127.0.0.1:9000")
    assert "server_name chat.example.org *.example.com;" in conf
    assert "set_real_ip_from 10.0.0.0/8;" in conf and "set_real_ip_from 192.0.2.1;" in conf
    assert conf.count("max_fails=1") == 4, "two sockets, for requests and for streams"


def test_render__takes_no_more_connections_than_there_may_be_files(tmp_path):
    done = subprocess.run(["sh", "-c", f"ulimit -n 1000 && exec '{ROOT}/nginx/render' '{tmp_path}/conf'"], text=True, check=True,
                          capture_output=True, env={"PATH": "/usr/bin:/bin", "VAR_DIR": str(tmp_path)})
    conf = (tmp_path / "conf/parley.conf").read_text(encoding="utf-8")
    assert "worker_connections 872;" in conf and "worker_rlimit_nofile 1000;" in conf
    assert "NGINX_WORKER_CONNECTIONS is taken as 872" in done.stderr


def test_parts__are_waited_for_and_no_other_children(tmp_path):
    part = Part("part", tmp_path)
    part.spawn(["sleep", "100"])
    # As a shell leaves one behind by exec: it has ended, and nobody has asked how.
    stray = subprocess.Popen(["true"])
    os.waitid(os.P_PID, stray.pid, os.WEXITED | os.WNOWAIT)
    try:
        with ThreadPoolExecutor(1) as pool:
            ended = pool.submit(wait_for_end, [part])
            assert not wait([ended], 0.3).done
            part.send(signal.SIGTERM)
            assert ended.result(10) is part
    finally:
        part.kill()
        stray.wait()


def test_socket_path__too_long_is_named(tmp_path):
    path = tmp_path / ("x" * 108)
    with pytest.raises(HarnessError, match="107 bytes") as fault:
        socket_path(path)
    assert str(path) in str(fault.value)
    done = sh(ROOT / "nginx/render", tmp_path / "conf", VAR_DIR=str(tmp_path), FCGI_SOCKET=str(path))
    assert done.returncode == 1 and str(path) in done.stderr
