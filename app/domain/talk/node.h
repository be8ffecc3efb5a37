/* This process among those that share the database, while it has streams open. Private to the folder; one thread. */
#ifndef PARLEY_APP_DOMAIN_NODE_H
#define PARLEY_APP_DOMAIN_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"

/* All zero: it has said nothing. */
struct node {
    int64_t id;      /* 0: none */
    int64_t beat_us; /* wall clock: it has said so last */
    bool
        may_judge; /* its last two beats were in time: so those that others missed are their fault, not the database's */
};

/*
 * Says that it is there, where that is due. *ret_is_new: under a new id, since others may have taken it to be dead: its rows
 * of before count for nothing.
 */
enum err node_beat(struct ctx *ctx, struct node *node, bool *ret_is_new) MUST_CHECK;
/* It has no streams any more. */
enum err node_leave(struct ctx *ctx, struct node *node) MUST_CHECK;
/* How many others have streams open. */
enum err node_count_others(struct ctx *ctx, const struct node *node, int64_t *ret_count) MUST_CHECK;

#endif
