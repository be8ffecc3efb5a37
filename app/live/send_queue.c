#include "send_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

/* How many bytes the kernel took; -1: the peer is gone. */
static ssize_t put(int fd, const unsigned char *bytes, size_t len)
{
    ssize_t sent;

    do {
        sent = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
    return sent;
}

static enum send_result enqueue(struct send_queue **queue, struct live_record *record, size_t offset_bytes)
{
    struct send_queue *q = *queue;

    if (q == NULL) {
        q = calloc(1, sizeof(*q));
        if (q == NULL)
            return SEND_FAILED;
        q->offset_bytes = offset_bytes;
        *queue = q;
    } else if (q->count == SEND_QUEUE_MAX || q->waiting_bytes + record->len > SEND_QUEUE_MAX_BYTES) {
        return SEND_FULL;
    }
    q->records[(q->first + q->count++) % SEND_QUEUE_MAX] = live_record_keep(record);
    q->waiting_bytes += record->len - offset_bytes;
    return SEND_WAITS;
}

enum send_result send_record(int fd, struct send_queue **queue, struct live_record *record, int64_t *sent_bytes)
{
    ssize_t sent;

    if (*queue != NULL)
        return enqueue(queue, record, 0);
    sent = put(fd, record->bytes, record->len);
    if (sent < 0)
        return SEND_FAILED;
    *sent_bytes += sent;
    return (size_t)sent == record->len ? SEND_DONE : enqueue(queue, record, (size_t)sent);
}

static void drop_first(struct send_queue *q)
{
    live_record_drop(q->records[q->first]);
    q->first = (q->first + 1) % SEND_QUEUE_MAX;
    q->count--;
    q->offset_bytes = 0;
}

enum send_result send_waiting(int fd, struct send_queue **queue, int64_t *sent_bytes)
{
    struct send_queue *q = *queue;

    while (q != NULL && q->count > 0) {
        const struct live_record *record = q->records[q->first];
        ssize_t sent = put(fd, record->bytes + q->offset_bytes, record->len - q->offset_bytes);

        if (sent < 0)
            return SEND_FAILED;
        *sent_bytes += sent;
        q->offset_bytes += (size_t)sent;
        q->waiting_bytes -= (size_t)sent;
        if (q->offset_bytes < record->len)
            return SEND_WAITS;
        drop_first(q);
    }
    send_queue_drop(queue);
    return SEND_DONE;
}

void send_queue_drop(struct send_queue **queue)
{
    struct send_queue *q = *queue;

    if (q == NULL)
        return;
    while (q->count > 0)
        drop_first(q);
    free(q);
    *queue = NULL;
}
