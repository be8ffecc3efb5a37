/* Seals providers' keys again, under the newest sealing key (auth/seal.h). For `parley key`. */
#ifndef PARLEY_DOMAIN_PROVIDER_RESEAL_H
#define PARLEY_DOMAIN_PROVIDER_RESEAL_H

#include <stdint.h>

#include "parley/core/ctx.h"

struct provider_reseal {
    int64_t after_id;    /* where the next page begins; 0 at the start */
    int64_t done_count;  /* sealed again */
    int64_t stuck_count; /* cannot be opened with the keys of this host, and stay as they are */
};

/*
 * Does one page of keys and moves *state on. *ret_count: how many rows it looked at; 0: there are no more. A key that is replaced at
 * the same moment stays as it was put. Errors: what db_each and db_exec return.
 */
enum err provider_reseal_page(struct ctx *ctx, struct provider_reseal *state, int64_t *ret_count) MUST_CHECK;

#endif
