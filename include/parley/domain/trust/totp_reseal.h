/* Seals again, under the newest sealing key, what older ones have sealed (auth/seal.h). For `parley key`. */
#ifndef PARLEY_DOMAIN_TOTP_RESEAL_H
#define PARLEY_DOMAIN_TOTP_RESEAL_H

#include <stdint.h>

#include "parley/core/ctx.h"

struct totp_reseal {
    int64_t after_id;    /* where the next page begins; 0 at the start */
    int64_t done_count;  /* sealed again */
    int64_t stuck_count; /* cannot be opened with the keys of this host, and stay as they are */
};

/*
 * Does one page of secrets and moves *state on. *ret_count: how many rows it looked at; 0: there are no more. A secret
 * that is replaced at the same moment stays as it was put. Errors: what db_each and db_exec return.
 */
enum err totp_reseal_page(struct ctx *ctx, struct totp_reseal *state, int64_t *ret_count) MUST_CHECK;

#endif
