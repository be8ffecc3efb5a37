"""Three nodes, and a process of parley on each, behind one nginx that asks them in turn."""
from types import SimpleNamespace

import pytest
from harness.galera import Cluster
from harness.galerarun import RUN
from harness.paths import BUILD, PRISTINE
from harness.stack import Stack
from harness.testrun import TEST_SETTINGS

BINARY = BUILD / "asan" / "parley"


@pytest.fixture(scope="session")
def cluster():
    made = Cluster(RUN / "cluster", pristine=PRISTINE)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def make_stack(cluster):
    """make_stack(SETTING="value", …) -> a Stack over a database of its own that has nothing in it yet."""
    made = []

    def make(**settings):
        name = f"parley_{len(list(RUN.glob('s*')))}"
        folder = RUN / f"s{name}"
        cluster.nodes[0].query(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        stack = Stack(folder, BINARY, {"DATABASE_URL": cluster.nodes[0].url(name)},
                      {**TEST_SETTINGS, "ACCESS_TOKEN_EXPIRE_MINUTES": "1440", **settings}, len(cluster.nodes))
        for parley, node in zip(stack.parleys, cluster.nodes, strict=True):
            parley.env["DATABASE_URL"] = node.url(name)
        stack.database = name
        made.append(stack)
        stack.start()
        return stack

    yield make
    for stack in made:
        exits = stack.stop()
        assert set(exits.values()) == {0}, f"{exits}\n{stack.logs()}"


@pytest.fixture
def backing(cluster):
    """As harness.stack.Backing: the first node, and neither MinIO nor Redis."""
    return SimpleNamespace(column="mariadb", database=cluster.nodes[0], minio=None, redis=None)
