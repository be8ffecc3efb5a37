/* An arena for the tests of a file: the beginning and end of their group, for cmocka. */
#ifndef PARLEY_TESTS_ARENA_FIXTURE_H
#define PARLEY_TESTS_ARENA_FIXTURE_H

#include "parley/core/arena.h"
#include "parley/core/limits.h"

static struct arena *a;

static inline int arena_setup(void **state)
{
    (void)state;
    a = arena_new(1 * MIB);
    return a != NULL ? 0 : -1;
}

static inline int arena_teardown(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

#endif
