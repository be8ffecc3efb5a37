#include "presence_queue.h"

#include <pthread.h>
#include <stdlib.h>

#include "parley/core/limits.h"

/* A ring; calloc's pages are touched only as far as it was ever filled. */
struct presence_queue {
    pthread_mutex_t lock; /* guards what follows */
    size_t first, count;
    int64_t ids[PRESENCE_WAITING_MAX];
};

struct presence_queue *presence_queue_new(void)
{
    struct presence_queue *queue = calloc(1, sizeof(*queue));

    if (queue != NULL)
        (void)pthread_mutex_init(&queue->lock, NULL);
    return queue;
}

void presence_queue_free(struct presence_queue *queue)
{
    if (queue == NULL)
        return;
    (void)pthread_mutex_destroy(&queue->lock);
    free(queue);
}

void presence_queue_add(struct presence_queue *queue, int64_t user_id)
{
    (void)pthread_mutex_lock(&queue->lock);
    if (queue->count == 0)
        queue->first = 0;
    if (queue->count < PRESENCE_WAITING_MAX)
        queue->ids[(queue->first + queue->count++) % PRESENCE_WAITING_MAX] = user_id;
    (void)pthread_mutex_unlock(&queue->lock);
}

static bool has(const int64_t *ids, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id)
            return true;
    return false;
}

size_t presence_queue_take(struct presence_queue *queue, int64_t *ret_ids, size_t max)
{
    size_t taken = 0;

    (void)pthread_mutex_lock(&queue->lock);
    for (; queue->count > 0 && taken < max; queue->count--) {
        int64_t id = queue->ids[queue->first];

        queue->first = (queue->first + 1) % PRESENCE_WAITING_MAX;
        if (!has(ret_ids, taken, id))
            ret_ids[taken++] = id;
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return taken;
}

bool presence_queue_is_empty(struct presence_queue *queue)
{
    bool is_empty;

    (void)pthread_mutex_lock(&queue->lock);
    is_empty = queue->count == 0;
    (void)pthread_mutex_unlock(&queue->lock);
    return is_empty;
}
