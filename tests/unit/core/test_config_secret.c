#include "core/config_fixture.h"

static void test_config__secrets_may_stand_in_files(void **state)
{
    char path[] = "/tmp/parley-secret-XXXXXX", named[64];
    struct loaded l;

    (void)state;
    (void)close(mkstemp(path));
    write_file(path, "a secret\r\n");
    (void)snprintf(named, sizeof(named), "MYSQL_PASSWORD_FILE=%s", path);
    load(&l, ENVIRONMENT(named), NULL);
    assert_ok(l.err);
    assert_string_equal(l.config->mysql_password, "a secret");
    assert_string_equal(config_source(l.config, index_of("MYSQL_PASSWORD")), "file");
    unload(&l);
    load(&l, ENVIRONMENT(NULL), named);
    assert_ok(l.err);
    assert_string_equal(l.config->mysql_password, "a secret");
    unload(&l);
    load(&l, ENVIRONMENT(named, "MYSQL_PASSWORD=another"), NULL);
    assert_err(l.err, ERR_INVALID);
    assert_non_null(strstr(l.faults.ptr, "MYSQL_PASSWORD and MYSQL_PASSWORD_FILE are both set"));
    unload(&l);
    (void)unlink(path);
    load(&l, ENVIRONMENT(named), NULL);
    assert_err(l.err, ERR_INVALID);
    assert_non_null(strstr(l.faults.ptr, "cannot be read"));
    unload(&l);
    /* Only secrets may. */
    load(&l, ENVIRONMENT(NULL), "MYSQL_HOST_FILE=/etc/hostname\n");
    assert_ok(l.err);
    assert_string_equal(l.config->mysql_host, "");
    unload(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config__secrets_may_stand_in_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
