#include "parley/core/problem.h"

#include <assert.h>
#include <stdarg.h>

enum { DETAIL_MAX = 300 };

enum err problem_fail(struct problem *p, struct arena *a, enum err e, const char *format, ...)
{
    char detail[DETAIL_MAX];
    va_list args;
    const char *copy;
    assert(e != ERR_OK);
    if (p->err != ERR_OK)
        return e;
    p->err = e;
    p->detail = err_info(e)->sentence;
    if (!format)
        return e;
    va_start(args, format);
    vsnprintf(detail, sizeof(detail), format, args);
    va_end(args);
    copy = arena_cstr(a, str_from(detail));
    if (copy)
        p->detail = copy;
    return e;
}

enum err problem_add(struct problem *p, struct fault fault)
{
    if (p->err == ERR_OK) {
        p->err = ERR_INVALID;
        p->detail = err_info(ERR_INVALID)->sentence;
    }
    if (p->fault_count < PROBLEM_FAULTS_MAX)
        p->faults[p->fault_count] = fault;
    p->fault_count++;
    return ERR_INVALID;
}
