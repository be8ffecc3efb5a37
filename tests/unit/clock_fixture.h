/* The clock of a build for tests, ahead by what stands in a file (app/core/clock.c). */
#ifndef PARLEY_TESTS_CLOCK_FIXTURE_H
#define PARLEY_TESTS_CLOCK_FIXTURE_H

#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "parley/core/clock.h"

#ifdef TEST_CLOCK
static int clock_file = -1;

/* Before the first test of a program, since PARLEY_TEST_CLOCK is looked at once. */
static inline int clock_setup(void **state)
{
    char path[] = "/tmp/parley-clock-XXXXXX";

    (void)state;
    clock_file = mkstemp(path);
    if (clock_file < 0 || ftruncate(clock_file, sizeof(int64_t)) != 0 || setenv("PARLEY_TEST_CLOCK", path, 1) != 0)
        return -1;
    (void)clock_now_us();
    return unlink(path);
}

static inline void clock_set_ahead(int64_t us)
{
    assert_int_equal(pwrite(clock_file, &us, sizeof(us), 0), sizeof(us));
}
#else
static inline int clock_setup(void **state)
{
    (void)state;
    return 0;
}
#endif

#endif
