"""Clients that others' tools make of the OpenAPI document: they are made, they compile, and two of them do a person's work.

What passed with the same document, tools and programs is skipped, and said so. Without a network the tools cannot be had: that
is said too, and is a failure where CI is set.
"""
import shutil
import subprocess

import pytest
from harness import openapi_tools as tools
from support.needed import needed

pytestmark = pytest.mark.one_column("the document is the same on every column")

PROGRAMS = ("send_file.ts", "send_file.py", "tsconfig.json")


@pytest.fixture(scope="module")
def document(binary, tmp_path_factory):
    path = tmp_path_factory.mktemp("document") / "openapi.json"
    path.write_bytes(tools.document_of(binary))
    return path


@pytest.fixture
def once(request, document):
    """Skips a test whose inputs have passed before; remembers them where it passes."""
    passed = tools.Passed(request.node.originalname, document, tools.versions().encode(),
                          *(tools.SOURCE / name for name in PROGRAMS))
    if passed.before():
        pytest.skip("passed before with this very document, these tools and programs (build/openapi-passed.json)")
    failed = request.session.testsfailed
    yield
    if request.session.testsfailed == failed:
        passed.remember()


@pytest.fixture
def have():
    """have(get): what one of the tools' functions gives; without a network the reason is told."""
    def get(function):
        with needed("what makes clients"):
            return function()
    return get


def python(environment, *arguments):
    done = subprocess.run([environment / "bin/python", "-B", *arguments], capture_output=True, text=True, check=False,
                          env={"PATH": "/usr/bin:/bin"}, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


IMPORT_ALL = """
import importlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
package = importlib.import_module("parley_client")
print(len([importlib.import_module(m.name) for m in pkgutil.walk_packages(package.__path__, "parley_client.")]))
"""


def test_typescript_fetch__is_made_and_compiles(once, have, document, tmp_path):
    have(tools.python_environment), have(tools.node_modules)
    tools.generate("typescript-fetch", document, tmp_path / "client")
    shutil.copy(tools.SOURCE / "tsconfig.json", tmp_path / "client/tsconfig.json")
    tools.node_tool("tsc", "-p", tmp_path / "client")
    text = (tmp_path / "client/apis/MessagesApi.ts").read_text()
    assert "async sendMessage(" in text and "files?: Array<Blob>" in text


def test_python__is_made_and_compiles(once, have, document, tmp_path):
    environment = have(tools.python_environment)
    tools.generate("python", document, tmp_path / "client", "packageName=parley_client")
    assert int(python(environment, "-c", IMPORT_ALL, tmp_path / "client")) > 100


def test_openapi_typescript__compiles_and_sends_a_file(once, have, document, tmp_path, server, alice):
    modules = have(tools.node_modules)
    for name in ("send_file.ts", "tsconfig.json"):
        shutil.copy(tools.SOURCE / name, tmp_path / name)
    (tmp_path / "package.json").write_text('{"type":"module"}')
    (tmp_path / "node_modules").symlink_to(modules)
    tools.node_tool("openapi-typescript", document, "-o", tmp_path / "schema.d.ts")
    tools.node_tool("tsc", "-p", tmp_path)
    done = tools.node_tool("node", tmp_path / "send_file.ts", server.base_url, alice.email, alice.password,
                           env={"NODE_EXTRA_CA_CERTS": str(server.ca)})
    assert done.stdout == "A file comes along: notes.txt, 18 bytes\n", done.stdout + done.stderr


def test_openapi_python_client__compiles_and_sends_a_file(once, have, document, tmp_path, server, alice):
    environment = have(tools.python_environment)
    made = subprocess.run([environment / "bin/openapi-python-client", "generate", "--path", document, "--meta", "none",
                           "--output-path", tmp_path / "parley_client", "--fail-on-warning"], capture_output=True, text=True,
                          check=False, cwd=tmp_path, env={"PATH": f"{environment}/bin:/usr/bin:/bin"})
    assert made.returncode == 0, made.stdout + made.stderr
    assert int(python(environment, "-c", IMPORT_ALL, tmp_path)) > 150
    told = python(environment, tools.SOURCE / "send_file.py", tmp_path, server.base_url, server.ca, alice.email,
                  alice.password)
    assert told == "A file comes along: notes.txt, 18 bytes\n"
