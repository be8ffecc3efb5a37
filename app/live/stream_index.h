/* Streams by a number: a user's, a workspace's, a chat's. Rings of links in a table that grows with them. One thread. */
#ifndef PARLEY_APP_LIVE_STREAM_INDEX_H
#define PARLEY_APP_LIVE_STREAM_INDEX_H

#include <stdint.h>

#include "link.h"
#include "parley/core/err.h"

/* The streams of one number; there is none without any. */
struct stream_group {
    struct link members;
    int64_t key;
    struct stream_group *next; /* in its slot */
};

struct stream_index {
    struct stream_group **slots;
    size_t slot_count; /* a power of two */
    size_t group_count;
};

enum err stream_index_init(struct stream_index *index) MUST_CHECK;
void stream_index_release(struct stream_index *index);
/* ERR_NO_MEMORY: it is in no ring. */
enum err stream_index_add(struct stream_index *index, int64_t key, struct link *link) MUST_CHECK;
/* Out of the ring of `key`. A link that is in none is passed over. */
void stream_index_remove(struct stream_index *index, int64_t key, struct link *link);
/* The ring of a number, or NULL. Good until something is removed. */
struct link *stream_index_find(const struct stream_index *index, int64_t key);
/* Calls fn for every ring. Nothing may be removed meanwhile. */
void stream_index_each(const struct stream_index *index, void (*fn)(struct stream_group *group, void *arg), void *arg);

#endif
