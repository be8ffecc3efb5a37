/* For tests: the reply is a problem, and nothing but a problem. */
#ifndef PARLEY_TESTS_GATE_PROBLEM_H
#define PARLEY_TESTS_GATE_PROBLEM_H

#include "unit.h"

#include "gate_fixture.h"

static inline void assert_problem(const struct gate_fixture *f, int status, const char *code)
{
    char wanted[100];

    assert_int_equal(f->reply.status, status);
    assert_string_equal(f->reply.content_type, "application/problem+json");
    snprintf(wanted, sizeof(wanted), "\"code\":\"%s\"", code);
    if (strstr(f->reply.body.ptr, wanted) == NULL)
        print_message("%s\n", f->reply.body.ptr);
    assert_non_null(strstr(f->reply.body.ptr, wanted));
}

#endif
