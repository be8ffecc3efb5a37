/*
 * What the client learns about a failed request (RFC 9457). The first who knows writes it; later writers change
 * nothing, so the most precise detail wins. Lives in the request arena. One thread.
 */
#ifndef PARLEY_CORE_PROBLEM_H
#define PARLEY_CORE_PROBLEM_H

#include <stddef.h>
#include <stdint.h>

#include "parley/core/arena.h"
#include "parley/core/err.h"

/* One fault of a body, query or header. loc: e.g. "body" and "email"; type: e.g. "value_error.email". */
struct fault {
    const char *where; /* "body", "query", "path", "header", static */
    const char *field; /* dotted path inside it; static or in the arena */
    const char *type;  /* static */
    const char *message;
};

enum { PROBLEM_FAULTS_MAX = 32 };

struct problem {
    enum err err; /* ERR_OK until the first fail */
    const char *detail;
    int retry_after_s; /* 0: none */
    size_t fault_count;
    struct fault faults[PROBLEM_FAULTS_MAX];
};

/*
 * Writes err and the detail (printf) unless something stands there already, and returns the given err, so that
 * `return problem_fail(ctx->problem, ctx->arena, ERR_CHAT_NOT_FOUND, NULL)` reads well. NULL format: the sentence of
 * errors.def. Never put what the client sent into the detail.
 */
enum err problem_fail(struct problem *p, struct arena *a, enum err e, const char *format, ...) PRINTF_LIKE(4, 5);
/* Adds one fault; the 33rd and later are counted but not kept. Returns ERR_INVALID. */
enum err problem_add(struct problem *p, struct fault fault);

#endif
