#include "chat_members.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096, ENTRY_BYTES = 128, ROOM_FIRST = 8 };

struct entry {
    int64_t chat_id, workspace_id;
    int64_t *ids;
    size_t count, room_count;
    struct entry *in_bucket;     /* the next of its bucket */
    struct entry *newer, *older; /* in the order of the last look */
};

struct chat_members {
    size_t bytes, bytes_max;
    struct entry *newest, *oldest;
    struct entry *buckets[BUCKETS];
};

struct chat_members *chat_members_new(size_t bytes_max)
{
    struct chat_members *members = calloc(1, sizeof(*members));

    if (members != NULL)
        members->bytes_max = bytes_max;
    return members;
}

static struct entry **bucket_of(struct chat_members *members, int64_t chat_id)
{
    return &members->buckets[(uint64_t)chat_id % BUCKETS];
}

static struct entry *find(struct chat_members *members, int64_t chat_id)
{
    struct entry *entry = *bucket_of(members, chat_id);

    while (entry != NULL && entry->chat_id != chat_id)
        entry = entry->in_bucket;
    return entry;
}

/* ---- the order of the last look ---- */

static void unlink_entry(struct chat_members *members, struct entry *entry)
{
    *(entry->newer != NULL ? &entry->newer->older : &members->newest) = entry->older;
    *(entry->older != NULL ? &entry->older->newer : &members->oldest) = entry->newer;
}

static void link_newest(struct chat_members *members, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = members->newest;
    *(members->newest != NULL ? &members->newest->newer : &members->oldest) = entry;
    members->newest = entry;
}

/* ---- entries ---- */

static size_t entry_bytes(size_t room_count)
{
    return ENTRY_BYTES + room_count * sizeof(int64_t);
}

static void drop(struct chat_members *members, struct entry *entry)
{
    struct entry **place = bucket_of(members, entry->chat_id);

    while (*place != entry)
        place = &(*place)->in_bucket;
    *place = entry->in_bucket;
    unlink_entry(members, entry);
    members->bytes -= entry_bytes(entry->room_count);
    free(entry->ids);
    free(entry);
}

static void shrink(struct chat_members *members)
{
    while (members->bytes > members->bytes_max && members->oldest != members->newest)
        drop(members, members->oldest);
}

void chat_members_clear(struct chat_members *members)
{
    while (members->oldest != NULL)
        drop(members, members->oldest);
}

void chat_members_free(struct chat_members *members)
{
    if (members == NULL)
        return;
    chat_members_clear(members);
    free(members);
}

void chat_members_drop(struct chat_members *members, int64_t chat_id)
{
    struct entry *entry = find(members, chat_id);

    if (entry != NULL)
        drop(members, entry);
}

enum err chat_members_find(struct chat_members *members, int64_t workspace_id, int64_t chat_id,
                           struct chat_member_list *ret_list)
{
    struct entry *entry = find(members, chat_id);

    if (entry == NULL || entry->workspace_id != workspace_id)
        return ERR_NOT_FOUND;
    unlink_entry(members, entry);
    link_newest(members, entry);
    *ret_list = (struct chat_member_list){ entry->ids, entry->count };
    return ERR_OK;
}

static struct entry *entry_new(int64_t chat_id, const int64_t *ids, size_t count)
{
    struct entry *entry = calloc(1, sizeof(*entry));
    size_t room_count = count < ROOM_FIRST ? ROOM_FIRST : count;

    if (entry == NULL)
        return NULL;
    entry->ids = malloc(room_count * sizeof(*ids));
    if (entry->ids == NULL) {
        free(entry);
        return NULL;
    }
    if (count > 0)
        memcpy(entry->ids, ids, count * sizeof(*ids));
    entry->chat_id = chat_id;
    entry->count = count;
    entry->room_count = room_count;
    return entry;
}

enum err chat_members_put(struct chat_members *members, int64_t workspace_id, int64_t chat_id, const int64_t *ids,
                          size_t count)
{
    struct entry *entry = entry_new(chat_id, ids, count);

    if (entry == NULL)
        return ERR_NO_MEMORY;
    chat_members_drop(members, chat_id);
    entry->workspace_id = workspace_id;
    entry->in_bucket = *bucket_of(members, chat_id);
    *bucket_of(members, chat_id) = entry;
    link_newest(members, entry);
    members->bytes += entry_bytes(entry->room_count);
    shrink(members);
    return ERR_OK;
}

/* ---- who comes and goes ---- */

/* The place of the first id that is not below user_id. */
static size_t place_of(const struct entry *entry, int64_t user_id)
{
    size_t low = 0, high = entry->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (entry->ids[middle] < user_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has(const struct entry *entry, size_t place, int64_t user_id)
{
    return place < entry->count && entry->ids[place] == user_id;
}

static bool grow(struct chat_members *members, struct entry *entry)
{
    size_t room_count = entry->room_count + entry->room_count / 2;
    int64_t *ids = realloc(entry->ids, room_count * sizeof(*ids));

    if (ids == NULL)
        return false;
    members->bytes += entry_bytes(room_count) - entry_bytes(entry->room_count);
    entry->ids = ids;
    entry->room_count = room_count;
    return true;
}

void chat_members_add(struct chat_members *members, int64_t chat_id, int64_t user_id)
{
    struct entry *entry = find(members, chat_id);
    size_t place = entry == NULL ? 0 : place_of(entry, user_id);

    if (entry == NULL || has(entry, place, user_id))
        return;
    if (entry->count == entry->room_count && !grow(members, entry)) {
        drop(members, entry);
        return;
    }
    memmove(entry->ids + place + 1, entry->ids + place, (entry->count - place) * sizeof(*entry->ids));
    entry->ids[place] = user_id;
    entry->count++;
}

static void entry_remove(struct entry *entry, int64_t user_id)
{
    size_t place = place_of(entry, user_id);

    if (!has(entry, place, user_id))
        return;
    entry->count--;
    memmove(entry->ids + place, entry->ids + place + 1, (entry->count - place) * sizeof(*entry->ids));
}

void chat_members_remove(struct chat_members *members, int64_t chat_id, int64_t user_id)
{
    struct entry *entry = find(members, chat_id);

    if (entry != NULL)
        entry_remove(entry, user_id);
}

void chat_members_remove_everywhere(struct chat_members *members, int64_t workspace_id, int64_t user_id)
{
    for (struct entry *entry = members->newest; entry != NULL; entry = entry->older)
        if (entry->workspace_id == workspace_id)
            entry_remove(entry, user_id);
}
