/* How often the calling thread says that it waits (core/blocking.h). */
#ifndef PARLEY_TESTS_WAITS_H
#define PARLEY_TESTS_WAITS_H

#include "unit.h"

#include "parley/core/blocking.h"

struct waits {
    struct blocking_hooks hooks;
    int begun_count, ended_count;
};

static inline void waits_begun(void *arg)
{
    ((struct waits *)arg)->begun_count++;
}

static inline void waits_ended(void *arg)
{
    ((struct waits *)arg)->ended_count++;
}

/* From here on waits are counted… */
static inline void waits_watch(struct waits *waits)
{
    *waits = (struct waits){ .hooks = { waits_begun, waits_ended, waits } };
    blocking_hooks_set(&waits->hooks);
}

/* …until here. Gives how many there were; each has ended. */
static inline int waits_count(struct waits *waits)
{
    blocking_hooks_set(NULL);
    assert_int_equal(waits->begun_count, waits->ended_count);
    return waits->begun_count;
}

#endif
