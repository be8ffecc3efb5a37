/* Those of whom it waits to be told whether they are there, in the order of their coming. Private to the folder; any thread. */
#ifndef PARLEY_APP_DOMAIN_PRESENCE_QUEUE_H
#define PARLEY_APP_DOMAIN_PRESENCE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct presence_queue;

/* NULL without memory. */
struct presence_queue *presence_queue_new(void);
void presence_queue_free(struct presence_queue *queue);
/* Nothing behind PRESENCE_WAITING_MAX. */
void presence_queue_add(struct presence_queue *queue, int64_t user_id);
/* Takes up to max places; each user once, how often it was added. */
size_t presence_queue_take(struct presence_queue *queue, int64_t *ret_ids, size_t max);
bool presence_queue_is_empty(struct presence_queue *queue);

#endif
