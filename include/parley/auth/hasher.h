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

/*
 * Starts the threads. NULL when they cannot be started.
 *   wait_begin, wait_end  called by a thread before it waits for its hash and after, so that its place can be lent to
 *                         another meanwhile; both may be NULL
 */
struct hasher *hasher_new(void (*wait_begin)(void), void (*wait_end)(void));
/*
 * The process is to end: whoever waits in the queue is refused (ERR_BUSY), and so is who comes later; hashes under way are
 * finished. Any thread.
 */
void hasher_stop(struct hasher *hasher);
/* Waits for what is being hashed. No one may be waiting in hasher_run. NULL is fine. */
void hasher_free(struct hasher *hasher);

/*
 * Runs crypt_r and blocks until it is done. Any thread.
 *   password   1 to PASSWORD_MAX_BYTES bytes without NUL
 *   setting    "$2b$" with its cost and salt, or a whole hash
 * ERR_OK, ERR_BUSY (HASH_QUEUE_MAX are waiting, or hasher_stop), ERR_INVALID (no such setting).
 */
enum err hasher_run(struct hasher *hasher, struct str password, struct str setting,
                    char ret_hash[PASSWORD_HASH_BYTES]) MUST_CHECK;

#endif
