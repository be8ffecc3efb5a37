/* curl for the tests of a file: the beginning and end of its group, for cmocka. */
#ifndef PARLEY_TESTS_EGRESS_FIXTURE_H
#define PARLEY_TESTS_EGRESS_FIXTURE_H

#include "parley/egress/egress.h"

static inline int egress_setup(void **state)
{
    (void)state;
    return egress_init() == ERR_OK ? 0 : -1;
}

static inline int egress_teardown(void **state)
{
    (void)state;
    egress_cleanup();
    return 0;
}

#endif
