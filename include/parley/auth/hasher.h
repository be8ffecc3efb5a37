/*
 * Threads that run bcrypt (crypt_r, "$2b$") at SCHED_IDLE, one for each processor, so that a hammered sign-in takes the
 * processors from nobody; while somebody else wants one they sleep for a moment now and then (a timer's SIGRTMIN, in these
 * threads only). One further thread works at normal priority for those who would starve behind other programs: as long as
 * a hash was begun half a second ago and had a processor for less than half of that, it makes the one that was begun first,
 * and then those that wait; of one processor it takes a half at most, and a quarter while the process answers requests. It
 * begins anew what another thread has worked on, since a thread cannot leave SCHED_IDLE without CAP_SYS_NICE or
 * RLIMIT_NICE, which hardly any server has.
 *
 * Requests wait in a queue of HASH_QUEUE_MAX that is fair between the networks of clients. Nothing is hashed for a client
 * that has closed its connection. Secrets are wiped.
 */
#ifndef PARLEY_AUTH_HASHER_H
#define PARLEY_AUTH_HASHER_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/err.h"
#include "parley/core/str.h"

enum { PASSWORD_HASH_BYTES = 61 };

struct hasher;

/* What a server does about those who wait for a hash; each may be NULL. */
struct hasher_hooks {
    /* Called by a thread before it waits and after, so that its place can be lent to another; what the first gives… */
    void *(*blocking_begin)(void);
    void (*blocking_end)(void);
    /* …is whom this is asked about before blocking_end, on any thread: does nobody want the hash any more? Must not block. */
    bool (*is_gone)(void *waiter);
};

/* Starts the threads. NULL when they cannot be started. hooks may be NULL. */
struct hasher *hasher_new(const struct hasher_hooks *hooks);
/*
 * The process is to end: whoever waits in the queue is refused (ERR_BUSY), and so is who comes later; hashes under way are
 * finished. Any thread.
 */
void hasher_stop(struct hasher *hasher);
/* Waits for what is being hashed. No one may be waiting in hasher_run. NULL is fine. */
void hasher_free(struct hasher *hasher);

struct hasher_stats {
    int64_t waiting_count, waiting_max; /* in the queue at the moment, and at most */
    int64_t thread_count;
    int64_t done_count;                /* hashes that were made, since the start, as all below */
    int64_t refused_count, gone_count; /* ERR_BUSY; clients that left before */
    int64_t wait_us;                   /* from the call to its end, all together */
};
/* Any thread. */
void hasher_stats(struct hasher *hasher, struct hasher_stats *ret_stats);

/*
 * Runs crypt_r and blocks until it is done. Any thread.
 *   password   1 to PASSWORD_MAX_BYTES bytes without NUL
 *   setting    "$2b$" with its cost and salt, or a whole hash
 *   client     the address for which it is done; what is no address (on the command line) is one client
 * ERR_OK, ERR_BUSY (HASH_QUEUE_MAX are waiting and this client has no claim to a place, or loses it; or hasher_stop),
 * ERR_CLIENT_GONE (hooks.is_gone), ERR_INVALID (no such setting).
 */
enum err hasher_run(struct hasher *hasher, struct str password, struct str setting, struct str client,
                    char ret_hash[PASSWORD_HASH_BYTES]) MUST_CHECK;

#endif
