#include "parley/domain/people/author_cache.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"

enum { NAME_ROOM_BYTES = 208 };

struct entry {
    int64_t people_version;
    struct uuid uuid;
    int kind;
    bool is_erased; /* no name */
    size_t name_len;
    char name[NAME_ROOM_BYTES];
};

struct keyed_cache *author_cache_new(void)
{
    return keyed_cache_new(AUTHOR_CACHE_ENTRIES, sizeof(struct entry));
}

static struct cache_key key_of(const struct keyed_cache *cache, int64_t user_id)
{
    char bytes[sizeof(user_id)];

    memcpy(bytes, &user_id, sizeof(user_id));
    return keyed_cache_key(cache, (struct str){ bytes, sizeof(bytes) });
}

bool author_recall(struct ctx *ctx, int64_t user_id, struct message_author *ret_author, int64_t *ret_people_version)
{
    struct keyed_cache *cache = ctx->app->author_cache;
    struct entry entry;
    struct str name = { NULL, 0 };

    if (cache == NULL || !keyed_cache_find(cache, key_of(cache, user_id), clock_monotonic_us(), &entry))
        return false;
    if (!entry.is_erased) {
        name = arena_str(ctx->arena, (struct str){ entry.name, entry.name_len });
        if (name.ptr == NULL)
            return false;
    }
    *ret_author = (struct message_author){ .user_id = user_id, .uuid = entry.uuid, .kind = entry.kind, .name = name };
    *ret_people_version = entry.people_version;
    return true;
}

void author_remember(struct ctx *ctx, const struct message_author *author, int64_t people_version)
{
    struct keyed_cache *cache = ctx->app->author_cache;
    struct entry entry;

    if (cache == NULL || author->name.len > NAME_ROOM_BYTES)
        return;
    memset(&entry, 0, sizeof(entry));
    entry.people_version = people_version;
    entry.uuid = author->uuid;
    entry.kind = author->kind;
    entry.is_erased = author->name.ptr == NULL;
    entry.name_len = author->name.len;
    if (!entry.is_erased && entry.name_len > 0)
        memcpy(entry.name, author->name.ptr, entry.name_len);
    keyed_cache_add(cache, key_of(cache, author->user_id), &entry, clock_monotonic_us() + ACCESS_CACHE_S * US_PER_S,
                    keyed_cache_epoch(cache));
}

enum err people_touch(struct ctx *ctx)
{
    return db_exec(ctx, SQL_PEOPLE_TOUCH, DB_NO_ARGS, NULL);
}
