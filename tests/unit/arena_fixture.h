/* An arena that the tests of a program share: its group's setup and teardown. */
#ifndef PARLEY_TESTS_ARENA_FIXTURE_H
#define PARLEY_TESTS_ARENA_FIXTURE_H

#include "parley/core/arena.h"
#include "unit.h"

static struct arena *arena;

static inline int arena_setup(void **state)
{
    (void)state;
    arena = arena_new(65536);
    return arena == NULL;
}

static inline int arena_teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

#endif
