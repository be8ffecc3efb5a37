#include "message_queue.h"

#include <stdlib.h>
#include <string.h>

#include "parley/core/limits.h"

void message_queue_init(struct message_queue *queue)
{
    *queue = (struct message_queue){ .first = NULL };
    pthread_mutex_init(&queue->lock, NULL);
}

void message_queue_release(struct message_queue *queue)
{
    for (struct message *m = message_queue_take(queue), *next; m != NULL; m = next) {
        next = m->next;
        free(m);
    }
    pthread_mutex_destroy(&queue->lock);
}

static size_t size_of(const struct message *m)
{
    return sizeof(*m) + m->channel.len + m->payload.len;
}

static struct message *message_new(struct str channel, struct str payload)
{
    struct message *m = malloc(sizeof(*m) + channel.len + payload.len);

    if (m == NULL)
        return NULL;
    m->next = NULL;
    m->channel = (struct str){ m->bytes, channel.len };
    m->payload = (struct str){ m->bytes + channel.len, payload.len };
    if (channel.len > 0)
        memcpy(m->bytes, channel.ptr, channel.len);
    if (payload.len > 0)
        memcpy(m->bytes + channel.len, payload.ptr, payload.len);
    return m;
}

/* Locked. */
static void drop_oldest(struct message_queue *queue)
{
    struct message *m = queue->first;

    queue->first = m->next;
    if (queue->first == NULL)
        queue->last = NULL;
    queue->size_bytes -= size_of(m);
    queue->dropped_count++;
    free(m);
}

bool message_queue_add(struct message_queue *queue, struct str channel, struct str payload)
{
    struct message *m = message_new(channel, payload);
    bool was_empty;

    pthread_mutex_lock(&queue->lock);
    was_empty = queue->first == NULL;
    if (m == NULL) {
        queue->dropped_count++;
    } else {
        if (queue->last != NULL)
            queue->last->next = m;
        else
            queue->first = m;
        queue->last = m;
        queue->size_bytes += size_of(m);
    }
    while (queue->first != NULL && queue->size_bytes > BUS_QUEUE_MAX_BYTES)
        drop_oldest(queue);
    pthread_mutex_unlock(&queue->lock);
    return was_empty;
}

struct message *message_queue_take(struct message_queue *queue)
{
    struct message *first;

    pthread_mutex_lock(&queue->lock);
    first = queue->first;
    queue->first = queue->last = NULL;
    queue->size_bytes = 0;
    pthread_mutex_unlock(&queue->lock);
    return first;
}

int64_t message_queue_dropped_count(struct message_queue *queue)
{
    int64_t count;

    pthread_mutex_lock(&queue->lock);
    count = queue->dropped_count;
    pthread_mutex_unlock(&queue->lock);
    return count;
}
