/* The fixture of files with a configuration in its box, as a thread of jobs needs it. */
#ifndef PARLEY_TESTS_JOBS_FIXTURE_H
#define PARLEY_TESTS_JOBS_FIXTURE_H

#include "../domain/files_fixture.h"

#include "parley/domain/record/lease.h"
#include "parley/jobs/jobs.h"

static inline int jobs_setup(void **state)
{
    (void)state;
    char var_dir[96];
    char *environment[] = { var_dir, NULL };
    const struct config_load_opts opts = { .environment = environment, .env_file = "/dev/null" };
    struct config *config;
    struct buf faults;

    files_fixture_init(&f);
    (void)snprintf(var_dir, sizeof(var_dir), "VAR_DIR=%s", f.base.dir);
    buf_init(&faults, 4000);
    if (config_load(&opts, &faults, &config) != ERR_OK)
        fail_msg("%s", faults.ptr);
    buf_release(&faults);
    f.base.app.config = config_box_new(config);
    assert_non_null(f.base.app.config);
    return 0;
}

static inline int jobs_teardown(void **state)
{
    (void)state;
    config_box_free(f.base.app.config);
    files_fixture_release(&f);
    return 0;
}

static inline struct lease lease_of(const char *name, int64_t life_us)
{
    return (struct lease){ .name = name, .holder = uuid_new_random(), .life_us = life_us };
}

#endif
