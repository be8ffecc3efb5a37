/* Reading the audit log. */
#ifndef PARLEY_DOMAIN_AUDIT_LIST_H
#define PARLEY_DOMAIN_AUDIT_LIST_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/core/str.h"

/* A row as it is shown. Texts in the request arena. */
struct audit_row {
    int64_t id; /* integer key: order of writing */
    struct uuid uuid;
    int64_t at_us;
    struct str action;
    struct uuid actor;         /* all zero: nobody was signed in, or the server itself */
    struct uuid actor_key;     /* the API key that was used; all zero: none */
    int64_t actor_key_id;      /* its integer key; 0: none */
    struct str actor_name, ip; /* absent: never known, or erased */
    struct str target_kind;    /* absent: none */
    struct uuid target;
    int64_t target_key_id;
    struct str request_id; /* absent: not done by a request */
    struct str details;    /* a JSON object */
    struct str hash;       /* lower-case hex; absent: not sealed yet */
};

struct audit_list_opts {
    struct uuid actor;           /* a user; all zero: any */
    struct uuid target;          /* all zero: any */
    struct str action;           /* a name of the table; absent: any */
    int64_t after_us, before_us; /* exclusive; 0: no bound */
    int64_t next_us, next_id;    /* the last row of the page before; 0: the first page */
    int64_t limit;
};
/* Rows newest first. At most opts->limit. Elements: struct audit_row. */
enum err audit_list(struct ctx *ctx, const struct audit_list_opts *opts, struct list *ret_list) MUST_CHECK;

struct audit_key_list_opts {
    int64_t key_id;    /* rows about this API key; 0: about any */
    struct str action; /* absent: any */
    int64_t skip_count, limit;
};
/* Rows about API keys, newest first; for the dialect that pages by numbers. Elements: struct audit_row. */
enum err audit_list_of_keys(struct ctx *ctx, const struct audit_key_list_opts *opts, struct list *ret_list) MUST_CHECK;

#endif
