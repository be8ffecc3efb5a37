#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "parley/core/config.h"

/* What a test gives, and what it gets. */
struct loaded {
    struct buf faults;
    struct config *config;
    enum err err;
};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    (void)fclose(file);
}

/* environment: NAME=value, NULL-ended; file: the text of an env file, or NULL for none. */
static void load(struct loaded *l, const char *const *environment, const char *file)
{
    char path[64] = "/dev/null";
    struct config_load_opts opts = { .environment = (char *const *)(uintptr_t)environment, .env_file = path };

    if (file != NULL) {
        (void)snprintf(path, sizeof(path), "/tmp/parley-env-XXXXXX");
        (void)close(mkstemp(path));
        write_file(path, file);
    }
    l->config = NULL;
    buf_init(&l->faults, 65536);
    l->err = config_load(&opts, &l->faults, &l->config);
    if (file != NULL)
        (void)unlink(path);
}

static void unload(struct loaded *l)
{
    config_free(l->config);
    buf_release(&l->faults);
}

#define ENVIRONMENT(...) \
    (const char *const[]) \
    { \
        __VA_ARGS__, NULL \
    }

static size_t index_of(const char *name)
{
    for (size_t i = 0; i < config_row_count(); i++) {
        if (strcmp(config_row_at(i)->name, name) == 0)
            return i;
    }
    fail_msg("no setting %s", name);
    return 0;
}

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
