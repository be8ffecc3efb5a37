/*
 * What is written to a connection that the hub has: at once where the peer takes it, else through a queue that exists only
 * while the peer is slow. One thread.
 */
#ifndef PARLEY_APP_LIVE_SEND_QUEUE_H
#define PARLEY_APP_LIVE_SEND_QUEUE_H

#include <stdint.h>

#include "parley/live/event.h"

enum { SEND_QUEUE_MAX = 64, SEND_QUEUE_MAX_BYTES = 256 * 1024 };

struct send_queue {
    uint32_t first, count;
    size_t offset_bytes; /* of the first record, written already */
    size_t waiting_bytes;
    struct live_record *records[SEND_QUEUE_MAX];
};

enum send_result {
    SEND_DONE,   /* nothing waits */
    SEND_WAITS,  /* something waits for the peer */
    SEND_FULL,   /* more than may wait: it was not taken */
    SEND_FAILED, /* the peer is gone, or there is no memory: the connection is to be closed */
};

/*
 * Writes the record behind what waits, or lets it wait; counts what the kernel has taken. *queue: NULL while nothing waits,
 * made and freed here. However long, a record finds room in an empty queue.
 */
enum send_result send_record(int fd, struct send_queue **queue, struct live_record *record, int64_t *sent_bytes);
/* Writes on, when the peer takes more. */
enum send_result send_waiting(int fd, struct send_queue **queue, int64_t *sent_bytes);
/* Drops what waits. */
void send_queue_drop(struct send_queue **queue);

#endif
