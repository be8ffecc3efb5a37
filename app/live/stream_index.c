#include "stream_index.h"

#include <stdlib.h>

enum { SLOTS_FIRST = 64 };

enum err stream_index_init(struct stream_index *index)
{
    *index = (struct stream_index){ .slot_count = SLOTS_FIRST };
    index->slots = calloc(index->slot_count, sizeof(*index->slots));
    return index->slots != NULL ? ERR_OK : ERR_NO_MEMORY;
}

void stream_index_release(struct stream_index *index)
{
    for (size_t i = 0; index->slots != NULL && i < index->slot_count; i++)
        while (index->slots[i] != NULL) {
            struct stream_group *group = index->slots[i];

            index->slots[i] = group->next;
            free(group);
        }
    free(index->slots);
    *index = (struct stream_index){ .slots = NULL };
}

/* Keys count up; nobody outside chooses them. */
static struct stream_group **slot_of(struct stream_group **slots, size_t slot_count, int64_t key)
{
    return &slots[((uint64_t)key * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (slot_count - 1)];
}

/* Where the group hangs, or would hang: *place is NULL then. */
static struct stream_group **place_of(const struct stream_index *index, int64_t key)
{
    struct stream_group **place = slot_of(index->slots, index->slot_count, key);

    while (*place != NULL && (*place)->key != key)
        place = &(*place)->next;
    return place;
}

/* Without memory it stays as it is, and is slower. */
static void grow(struct stream_index *index)
{
    size_t slot_count = 2 * index->slot_count;
    struct stream_group **slots = calloc(slot_count, sizeof(*slots));

    if (slots == NULL)
        return;
    for (size_t i = 0; i < index->slot_count; i++)
        while (index->slots[i] != NULL) {
            struct stream_group *group = index->slots[i];
            struct stream_group **slot = slot_of(slots, slot_count, group->key);

            index->slots[i] = group->next;
            group->next = *slot;
            *slot = group;
        }
    free(index->slots);
    index->slots = slots;
    index->slot_count = slot_count;
}

enum err stream_index_add(struct stream_index *index, int64_t key, struct link *link)
{
    struct stream_group **place = place_of(index, key);
    struct stream_group *group = *place;

    if (group == NULL) {
        group = calloc(1, sizeof(*group));
        if (group == NULL)
            return ERR_NO_MEMORY;
        group->key = key;
        link_init(&group->members);
        *place = group;
        if (++index->group_count > index->slot_count)
            grow(index);
    }
    link_add(&group->members, link);
    return ERR_OK;
}

void stream_index_remove(struct stream_index *index, int64_t key, struct link *link)
{
    struct stream_group **place;
    struct stream_group *group;

    if (link->next == NULL)
        return;
    link_remove(link);
    place = place_of(index, key);
    group = *place;
    if (group == NULL || !link_is_empty(&group->members))
        return;
    *place = group->next;
    index->group_count--;
    free(group);
}

struct link *stream_index_find(const struct stream_index *index, int64_t key)
{
    struct stream_group *group = *place_of(index, key);

    return group != NULL ? &group->members : NULL;
}

void stream_index_each(const struct stream_index *index, void (*fn)(struct stream_group *group, void *arg), void *arg)
{
    for (size_t i = 0; i < index->slot_count; i++)
        for (struct stream_group *group = index->slots[i]; group != NULL; group = group->next)
            fn(group, arg);
}
