/*
 * Passwords: rules, and bcrypt ($2b$, crypt_r) on threads of its own at SCHED_IDLE, max(1, cores − 1) of them, behind a queue of
 * HASH_QUEUE_MAX. Secrets are wiped.
 */
#ifndef PARLEY_AUTH_PASSWORD_H
#define PARLEY_AUTH_PASSWORD_H

#include "parley/core/ctx.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

enum { PASSWORD_HASH_BYTES = 61 };

/* Starts the threads. NULL when they cannot be started. */
struct hasher *hasher_new(void);
void hasher_free(struct hasher *hasher);

/* 8 to 72 bytes, no NUL, not the address itself (nor its local part), not one of the commonest. ERR_PASSWORD_RULES with a detail. */
enum err password_check_rules(struct ctx *ctx, struct str password, struct str email) MUST_CHECK;
/* Hashes with the configured cost; blocks until a hashing thread is done. ERR_BUSY (queue full; Retry-After set). No database lease may be held. */
enum err password_hash(struct ctx *ctx, struct str password, char ret_hash[PASSWORD_HASH_BYTES]) MUST_CHECK;
/*
 * Compares with a stored hash; an absent hash (unknown user, no password set) costs the same time and never fits.
 * ERR_OK, ERR_LOGIN (does not fit), ERR_BUSY. *ret_rehash: the stored cost is lower than the configured one.
 */
enum err password_verify(struct ctx *ctx, struct str password, struct str hash, bool *ret_rehash) MUST_CHECK;

#endif
