/*
 * Errors. Every function that can fail returns one of these; the table is errors.def. The first who knows what is
 * wrong writes the detail into the request's struct problem; nobody overwrites it.
 */
#ifndef PARLEY_CORE_ERR_H
#define PARLEY_CORE_ERR_H

#include "parley/core/attrs.h"

enum err {
#define ERROR(id, status, code, sentence) ERR_##id,
#include "parley/core/errors.def"
#undef ERROR
    ERR_COUNT_
};

/* What the table says of an error. Static storage. */
struct err_info {
    int http_status;
    const char *code;     /* public, snake_case, stable */
    const char *sentence; /* English, shown as "detail" where nothing better is known */
};

const struct err_info *err_info(enum err e);

/* Returns the error of `expr` upward, if it is one. */
#define TRY(expr) \
    do { \
        enum err try_err_ = (expr); \
        if (try_err_ != ERR_OK) \
            return try_err_; \
    } while (0)

#endif
