/*
 * Addresses that were stored before each mailbox had one form (email.h): brought into it once, at start, before anybody
 * is answered. SQL can neither normalise nor know domains; letters of ASCII were in the right form already.
 */
#ifndef PARLEY_DOMAIN_EMAIL_KEYS_H
#define PARLEY_DOMAIN_EMAIL_KEYS_H

#include <stdbool.h>

#include "parley/core/ctx.h"

enum { EMAIL_KEYS_STUCK_MAX = 16 };

/* How far it is. All zero: at the beginning. */
struct email_keys {
    bool is_done;
    size_t table;
    int64_t after_id;
    /*
     * Users whose mailbox another account has too: that one keeps the address, these keep their spelling and cannot be
     * signed in to until one of the two is gone. As many ids as there is room for.
     */
    size_t stuck_count;
    int64_t stuck[EMAIL_KEYS_STUCK_MAX];
};

/*
 * One page of rows, a transaction. Call it with a fresh arena until state->is_done; the database then knows it, and the
 * next start is done at once. May be broken off and begun again at any point, and by several processes at once.
 * ERR_OK, or errors of the database.
 */
enum err email_keys_page(struct ctx *ctx, struct email_keys *state) MUST_CHECK;

#endif
