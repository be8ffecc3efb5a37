/* Reading the audit log. */
#ifndef PARLEY_DOMAIN_AUDIT_LIST_H
#define PARLEY_DOMAIN_AUDIT_LIST_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/core/str.h"
#include "parley/domain/record/audit_chain.h"

struct audit_list_opts {
    struct uuid actor;           /* a user; all zero: any */
    struct uuid target;          /* all zero: any */
    struct str action;           /* a name of the table; absent: any */
    int64_t after_us, before_us; /* exclusive; 0: no bound */
    int64_t next_us, next_id;    /* the last row of the page before; 0: the first page */
    int64_t limit;
};
/* Rows newest first. At most opts->limit. Elements: struct audit_link. */
enum err audit_list(struct ctx *ctx, const struct audit_list_opts *opts, struct list *ret_list) MUST_CHECK;

struct audit_key_list_opts {
    int64_t key_id;    /* rows about this API key; 0: about any */
    struct str action; /* absent: any */
    int64_t skip_count, limit;
};
/* Rows about API keys, newest first; for the dialect that pages by numbers. Elements: struct audit_link. */
enum err audit_list_of_keys(struct ctx *ctx, const struct audit_key_list_opts *opts, struct list *ret_list) MUST_CHECK;

#endif
