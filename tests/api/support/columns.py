"""Which columns a test runs on.

A test that reaches for no server runs once. Any other runs on sqlite and on mariadb, unless a mark says otherwise:

  @pytest.mark.one_column("reason")     on sqlite alone: what it looks at is decided before the request comes to a row, an
                                        object or the bus (the shape of a body, a header, a signature)
  @pytest.mark.mysql                    on mysql too: statements, transactions and locks, where MySQL is not MariaDB
  @pytest.mark.columns("sqlite", …)     of these, on those alone that are named; also as a mark of one parameter

Of one_column and mysql the nearer one counts: a test's own wins over its file's (pytestmark).
"""

BOTH = ("sqlite", "mariadb")


def of(definition):
    """The columns of a test function."""
    wanted = BOTH
    for mark in definition.iter_markers():  # from the nearest to the farthest
        if mark.name in ("one_column", "mysql"):
            assert mark.name == "mysql" or mark.args, f"{definition.nodeid}: one_column wants a reason"
            wanted = ("sqlite",) if mark.name == "one_column" else (*BOTH, "mysql")
            break
    named = definition.get_closest_marker("columns")
    found = [column for column in wanted if not named or column in named.args]
    assert found, f"{definition.nodeid}: its marks leave it no column"
    return found


def spread(metafunc):
    """Makes one test for each column that the run asks for and the test has."""
    if "column" not in metafunc.fixturenames:
        return
    asked = metafunc.config.getoption("--column")
    found = [column for column in of(metafunc.definition) if column in asked]
    if found:
        metafunc.parametrize("column", found, indirect=True, scope="session")


def is_spread(item):
    """Whether it has a column, and each mark on one of its parameters names that, too."""
    column = getattr(item, "callspec", NO_CALL).params.get("column")
    return column is not None and all(column in mark.args for mark in item.iter_markers("columns"))


def deselect(config, items):
    """Drops the tests for which there is no column."""
    dropped = [i for i in items if "column" in i.fixturenames and not is_spread(i)]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in set(dropped)]


class NO_CALL:
    """What a test without parameters has in place of a callspec."""
    params = {}
