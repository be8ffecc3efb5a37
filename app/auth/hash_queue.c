#include "hash_queue.h"

static bool is_same_network(const struct hash_request *a, const struct hash_request *b)
{
    return memcmp(a->network, b->network, sizeof(a->network)) == 0;
}

static int count_of_network(const struct hash_queue *queue, const struct hash_request *request)
{
    int count = 0;

    for (int i = 0; i < queue->count; i++)
        count += is_same_network(queue->requests[i], request);
    return count;
}

/* The index of the newest request of the network that has the most requests. The queue is not empty. */
static int newest_of_longest(const struct hash_queue *queue, int *ret_count)
{
    int found = 0;

    *ret_count = 0;
    for (int i = 0; i < queue->count; i++) {
        int count = count_of_network(queue, queue->requests[i]);
        if (count < *ret_count)
            continue;
        *ret_count = count;
        found = i;
    }
    return found;
}

struct hash_request *hash_queue_remove(struct hash_queue *queue, int i)
{
    struct hash_request *request = queue->requests[i];

    queue->count--;
    memmove(&queue->requests[i], &queue->requests[i + 1], (size_t)(queue->count - i) * sizeof(queue->requests[0]));
    return request;
}

struct hash_request *hash_queue_add(struct hash_queue *queue, struct hash_request *request)
{
    struct hash_request *loser = NULL;
    int most_count;

    /* A network that has nothing queued counts as served just now, or it would overtake those that already wait. */
    request->turn = queue->turn;
    for (int i = 0; i < queue->count; i++)
        if (is_same_network(queue->requests[i], request))
            request->turn = queue->requests[i]->turn;
    if (queue->count == HASH_QUEUE_MAX) {
        int newest = newest_of_longest(queue, &most_count);
        /* Fewer by at least two: with a difference of one the two networks would only swap, and a request be lost for nothing. */
        if (most_count <= count_of_network(queue, request) + 1)
            return request;
        loser = hash_queue_remove(queue, newest);
    }
    queue->requests[queue->count++] = request;
    return loser;
}

struct hash_request *hash_queue_take(struct hash_queue *queue)
{
    struct hash_request *request;
    int first = 0;

    if (queue->count == 0)
        return NULL;
    for (int i = 1; i < queue->count; i++)
        if (queue->requests[i]->turn < queue->requests[first]->turn)
            first = i;
    request = hash_queue_remove(queue, first);
    queue->turn++;
    for (int i = 0; i < queue->count; i++)
        if (is_same_network(queue->requests[i], request))
            queue->requests[i]->turn = queue->turn;
    return request;
}
