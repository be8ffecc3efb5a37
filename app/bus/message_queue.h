/* Messages that wait to be published: bounded, so that a Redis that hangs costs no memory. Private to app/bus. */
#ifndef PARLEY_APP_BUS_MESSAGE_QUEUE_H
#define PARLEY_APP_BUS_MESSAGE_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "parley/core/str.h"

struct message {
    struct message *next;
    struct str channel, payload; /* in bytes */
    char bytes[];
};

struct message_queue {
    pthread_mutex_t lock; /* guards what follows */
    struct message *first, *last;
    size_t size_bytes;
    int64_t dropped_count;
};

void message_queue_init(struct message_queue *queue);
void message_queue_release(struct message_queue *queue);
/*
 * Puts a copy at the end; the oldest ones go, and are counted, as long as there would be more than BUS_QUEUE_MAX_BYTES
 * (so does one that is larger, or for which there is no memory). Returns whether the queue was empty: then whoever takes
 * out is to be woken. Any thread; waits for nobody but for others that put one in.
 */
bool message_queue_add(struct message_queue *queue, struct str channel, struct str payload);
/* All that there are, oldest first; the caller frees each. NULL: none. */
struct message *message_queue_take(struct message_queue *queue);
int64_t message_queue_dropped_count(struct message_queue *queue);

#endif
