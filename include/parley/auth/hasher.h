/*
 * Threads that run bcrypt (crypt_r, "$2b$") at SCHED_IDLE, max(1, cores − 1) of them, so that a hammered sign-in takes the
 * processor from nobody. Secrets are wiped.
 */
#ifndef PARLEY_AUTH_HASHER_H
#define PARLEY_AUTH_HASHER_H

#include "parley/core/err.h"
#include "parley/core/str.h"

enum { PASSWORD_HASH_BYTES = 61 };

struct hasher;

/* Starts the threads. NULL when they cannot be started. */
struct hasher *hasher_new(void);
/* Waits for what is being hashed. No one may be waiting in hasher_run. NULL is fine. */
void hasher_free(struct hasher *hasher);

/*
 * Runs crypt_r and blocks until it is done. Any thread.
 *   password   1 to PASSWORD_MAX_BYTES bytes without NUL
 *   setting    "$2b$" with its cost and salt, or a whole hash
 *   queue_max  how many may wait before this one is refused, at most HASH_QUEUE_MAX
 * ERR_OK, ERR_BUSY, ERR_INVALID (no such setting).
 */
enum err hasher_run(struct hasher *hasher, struct str password, struct str setting, int queue_max,
                    char ret_hash[PASSWORD_HASH_BYTES]) MUST_CHECK;

#endif
