/* What is in the bucket. */
#include "s3_private.h"

#include "parley/core/limits.h"
#include "parley/objects/s3_reply.h"

/* A page of 1,000 keys of at most STORE_KEY_MAX_BYTES, as XML and read. */
#define PAGE_ARENA_BYTES (8 * MIB)

enum { TOKEN_MAX_BYTES_OF_STORE = 4096 };

/* Arenas are reset between pages, so the token is kept beside. */
struct place {
    char token[TOKEN_MAX_BYTES_OF_STORE];
    size_t token_len;
    bool truncated;
};

static enum err page_read(struct s3 *s3, struct arena *a, struct place *place, store_object_fn fn, void *arg)
{
    struct s3_result result;
    struct s3_reply_objects_page page;
    struct s3_call call = { .method = "GET",
                            .query = { { STR("list-type"), STR("2") },
                                       { STR("max-keys"), STR("1000") },
                                       { STR("prefix"), STR(STORE_KEY_PREFIX) },
                                       { STR("continuation-token"), { place->token, place->token_len } } },
                            .query_count = place->token_len > 0 ? 4 : 3,
                            .total_timeout_ms = STORE_CALL_MAX_MS,
                            .repeat = S3_REPEATABLE };
    enum err e = s3_run(s3, a, &call, &result);
    if (e == ERR_NOT_FOUND)
        return store_fail(&s3->base, S3_NO_BUCKET);
    TRY(e);
    e = s3_reply_objects(a, result.body, fn, arg, &page);
    if (e == ERR_INVALID || (e == ERR_OK && page.next_token.len > sizeof(place->token)))
        return store_fail(&s3->base, "The object store's list of objects makes no sense");
    TRY(e);
    place->truncated = page.truncated;
    place->token_len = page.next_token.len;
    memcpy(place->token, page.next_token.ptr, page.next_token.len);
    return ERR_OK;
}

enum err s3_each(struct store *store, store_object_fn fn, void *arg)
{
    struct arena *a = arena_new(PAGE_ARENA_BYTES);
    struct place place = { .token_len = 0 };
    enum err e = a != NULL ? ERR_OK : ERR_NO_MEMORY;
    do {
        if (e == ERR_OK)
            e = page_read((struct s3 *)store, a, &place, fn, arg);
        if (a != NULL)
            arena_reset(a);
    } while (e == ERR_OK && place.truncated);
    arena_free(a);
    return e;
}
