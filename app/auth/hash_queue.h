/*
 * The queue before the hashing threads: at most HASH_QUEUE_MAX requests, served in turn between the networks that they
 * come from, so that one network's hundred sign-ins delay another's by one. Where it is full, whoever has fewer in it gets
 * a place from the network that has most, whose newest request is refused: unlike a fixed share this keeps nobody from
 * using the whole queue while it is free (an office behind one address), and lets nobody fill it alone. The caller locks.
 */
#ifndef PARLEY_APP_AUTH_HASH_QUEUE_H
#define PARLEY_APP_AUTH_HASH_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "parley/auth/hasher.h"
#include "parley/core/cidr.h"
#include "parley/core/limits.h"

/* The arguments of crypt_r. */
struct hash_input {
    char password[PASSWORD_MAX_BYTES + 1];
    char setting[PASSWORD_HASH_BYTES];
};

/* One password on its way; it lies on the stack of the thread that waits for it. */
struct hash_request {
    struct hash_input input;
    char hash[PASSWORD_HASH_BYTES];
    uint8_t network[CIDR_NETWORK_BYTES]; /* of the client; cidr_network */
    uint64_t turn;                       /* the queue's turn in which its network was last served */
    void *waiter;                        /* what hooks.blocking_begin gave */
    bool done;                           /* and with what… */
    enum err outcome;                    /* …ERR_OK: there is a hash */
    pthread_cond_t ready;
};

/* All zero: empty. */
struct hash_queue {
    struct hash_request *requests[HASH_QUEUE_MAX]; /* in the order in which they came */
    int count;
    uint64_t turn; /* how many were taken */
};

/* Adds a request. Returns the one that is refused: NULL, the new one, or another that lost its place to it. */
struct hash_request *hash_queue_add(struct hash_queue *queue, struct hash_request *request) MUST_CHECK;
/* Removes and returns the oldest request of the network that was served longest ago; NULL: the queue is empty. */
struct hash_request *hash_queue_take(struct hash_queue *queue);
/* Removes requests[i]; those behind it move up. */
struct hash_request *hash_queue_remove(struct hash_queue *queue, int i);

#endif
