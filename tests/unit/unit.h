/* What every unit test includes first. */
#ifndef PARLEY_TESTS_UNIT_H
#define PARLEY_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* parley/core/ctx.h has its own fail; tests use fail_msg. */
#undef fail
#undef fail_msg
#define fail_msg(...) \
    do { \
        print_error(__VA_ARGS__); \
        _fail(__FILE__, __LINE__); \
    } while (0)

#include "parley/core/str.h"

#define assert_ok(expr) assert_int_equal((expr), ERR_OK)
#define assert_err(expr, wanted) assert_int_equal((expr), (wanted))

/* A view holds exactly this text. */
#define assert_str(s, text) \
    do { \
        struct str got_ = (s); \
        assert_int_equal(got_.len, strlen(text)); \
        assert_memory_equal(got_.ptr, (text), got_.len); \
    } while (0)

#endif
