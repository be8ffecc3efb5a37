/* A configuration loaded from an environment and an env file of the test's own. Included once by a test program. */
#ifndef PARLEY_TEST_CONFIG_FIXTURE_H
#define PARLEY_TEST_CONFIG_FIXTURE_H

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

#endif
