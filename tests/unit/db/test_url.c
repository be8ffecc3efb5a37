#include "parley/db/url.h"

#include "arena_fixture.h"
#include "unit.h"

static struct db_url parsed(const char *text)
{
    struct db_url url;
    const char *reason = "";
    if (db_url_parse(arena, str_from(text), &url, &reason) != ERR_OK)
        fail_msg("%s: %s", text, reason);
    return url;
}

static void refused(const char *text, const char *wanted)
{
    struct db_url url;
    const char *reason = NULL;
    assert_err(db_url_parse(arena, str_from(text), &url, &reason), ERR_INVALID);
    if (strstr(reason, wanted) == NULL)
        fail_msg("%s: %s", text, reason);
}

static void test_url__takes_sqlite(void **state)
{
    (void)state;
    assert_int_equal(parsed("sqlite:///./x.db").kind, DB_URL_SQLITE);
    assert_string_equal(parsed("sqlite:///./x.db").path, "./x.db");
    assert_string_equal(parsed("sqlite:////abs/x.db").path, "/abs/x.db");
    assert_string_equal(parsed("sqlite+aiosqlite:///data/my%20chat.db").path, "data/my chat.db");
    refused("sqlite://", "sqlite:///file");
    refused("sqlite:///", "sqlite:///file");
    refused("sqlite:///:memory:", "in memory");
    refused("sqlite:///%3Amemory:", "in memory");
    refused("sqlite://u@h/x.db", "sqlite:///file");
    refused("sqlite:///x.db?mode=ro", "no options");
    refused("sqlite:///x%0.db", "percent-encoding");
    refused("sqlite:///x%00.db", "percent-encoding");
    refused("sqlite:///x%4", "percent-encoding");
}

static void test_url__takes_mysql(void **state)
{
    (void)state;
    struct db_url url = parsed("mysql+pymysql://me%40here:p%3Aa%2Fss@db.example.org:3307/parley?charset=utf8mb4");
    assert_int_equal(url.kind, DB_URL_MYSQL);
    assert_string_equal(url.user, "me@here");
    assert_string_equal(url.password, "p:a/ss");
    assert_string_equal(url.host, "db.example.org");
    assert_int_equal(url.port, 3307);
    assert_string_equal(url.database, "parley");
    assert_int_equal(url.tls, DB_TLS_OFF);
    url = parsed("mariadb://u:p@ss@[::1]:3308/x");
    assert_string_equal(url.host, "::1");
    assert_string_equal(url.password, "p@ss");
    assert_int_equal(url.port, 3308);
    url = parsed("mysql://[::1]/x");
    assert_int_equal(url.port, 3306);
    assert_string_equal(url.user, "");
    assert_string_equal(parsed("mysql:///x").host, "localhost");
}

static void test_url__takes_sockets_and_tls(void **state)
{
    (void)state;
    assert_string_equal(parsed("mysql://u@localhost/x?unix_socket=/run/db.sock").socket, "/run/db.sock");
    assert_string_equal(parsed("mysql://u@%2Frun%2Fdb.sock/x").socket, "/run/db.sock");
    assert_int_equal(parsed("mysql://u@h/x?ssl=true").tls, DB_TLS_ANY);
    assert_int_equal(parsed("mysql://u@h/x?ssl=0").tls, DB_TLS_OFF);
    struct db_url url = parsed("mysql://u@h/x?ssl=true&ssl_ca=/etc/ca.pem");
    assert_int_equal(url.tls, DB_TLS_CHECKED);
    assert_string_equal(url.ssl_ca, "/etc/ca.pem");
    refused("mysql://u@h/x?ssl=perhaps", "ssl is true or false");
    refused("mysql://u@h/x?pool=3", "unix_socket, ssl");
}

static void test_url__refuses_the_rest_in_one_sentence(void **state)
{
    (void)state;
    refused("postgresql://u:p@h/x", "PostgreSQL is not supported; use mysql://");
    refused("postgres+asyncpg://u:p@h/x", "PostgreSQL is not supported");
    refused("mysql://u:p@h", "does not name a database");
    refused("mysql://u:p@h/", "does not name a database");
    refused("mysql://u:p@h:0/x", "the port");
    refused("mysql://u:p@h:99999/x", "the port");
    refused("oracle://u@h/x", "must look like");
    refused("x.db", "must look like");
    refused("", "must look like");
}

static struct config settings(void)
{
    return (struct config){ .database_url = "",
                            .mysql_host = "",
                            .mysql_port = 3306,
                            .mysql_database = "parley",
                            .mysql_user = "parley",
                            .mysql_password = "p",
                            .mysql_ssl_ca = "",
                            .var_dir = "/var/x" };
}

static void test_url__comes_from_the_settings(void **state)
{
    (void)state;
    struct db_url url;
    const char *reason = NULL;
    struct config config = settings();
    assert_ok(db_url_from_config(arena, &config, &url, &reason));
    assert_string_equal(url.path, "/var/x/parley.db");
    config.mysql_host = "/run/db.sock";
    assert_ok(db_url_from_config(arena, &config, &url, &reason));
    assert_string_equal(url.socket, "/run/db.sock");
    config.mysql_host = "db";
    config.mysql_ssl_ca = "/ca.pem";
    assert_ok(db_url_from_config(arena, &config, &url, &reason));
    assert_string_equal(url.host, "db");
    assert_string_equal(url.socket, "");
    assert_int_equal(url.tls, DB_TLS_CHECKED);
    config.database_url = "sqlite:///x.db";
    assert_ok(db_url_from_config(arena, &config, &url, &reason));
    assert_int_equal(url.kind, DB_URL_SQLITE);
    config.database_url = "postgresql://h/x";
    assert_err(db_url_from_config(arena, &config, &url, &reason), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_url__takes_sqlite),
        cmocka_unit_test(test_url__takes_mysql),
        cmocka_unit_test(test_url__takes_sockets_and_tls),
        cmocka_unit_test(test_url__refuses_the_rest_in_one_sentence),
        cmocka_unit_test(test_url__comes_from_the_settings),
    };
    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
