"""The short torture: so many seconds, and each fault once, on each leg (tests/torture); the long one is `./dev torture live`."""
import random

import pytest
from torture.plan import LEGS, SHORT_SECONDS
from torture.run import Torture


def torture(leg, make_server, make_backing):
    """On servers of its own, since it kills them. With the seed of a failure it does the same things again."""
    backing = make_backing()
    server = make_server(processes=leg.processes, backing=backing, **leg.settings)
    found = Torture(leg, server.stack, backing, seed=random.SystemRandom().randrange(10 ** 9))
    is_good = found.run(SHORT_SECONDS)
    print(found.report())
    assert is_good, found.report()
    assert set(server.stack.stop().values()) == {0}


@pytest.mark.columns("sqlite")
def test_torture__every_change_is_told_once_by_one_process_on_sqlite(make_server, make_backing):
    torture(LEGS["sqlite"], make_server, make_backing)


@pytest.mark.columns("mariadb")
@pytest.mark.parametrize("name", ["mariadb", "mariadb-alone"])
def test_torture__every_change_is_told_once_by_two_processes_on_mariadb(make_server, make_backing, name):
    torture(LEGS[name], make_server, make_backing)


@pytest.mark.mysql
@pytest.mark.columns("mysql")
def test_torture__every_change_is_told_once_by_two_processes_on_mysql(make_server, make_backing):
    torture(LEGS["mysql"], make_server, make_backing)
