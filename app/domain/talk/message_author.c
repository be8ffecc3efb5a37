#include "message_author.h"

#include "parley/db/db.h"
#include "parley/domain/people/author_cache.h"

void message_sign(struct message *message, const struct message_author *author)
{
    message->sender = author_sender(author, message->is_ai_response, message->sender.name);
    message->sender_id = message->sender.id;
}

enum { AUTHORS_AT_ONCE = 8 };

static enum err authors_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct authors *authors = arg;
    struct message_author *author = &authors->items[authors->count];

    authors->people_version = db_row_int(row, AUTHOR_LIST_PEOPLE_VERSION);
    if (message_author_read(ctx, row, AUTHOR_LIST_AUTHOR, author)) {
        TRY(arena_check(ctx->arena));
        author_remember(ctx, author, authors->people_version);
        authors->count++;
    }
    return ERR_OK;
}

const struct message_author *author_of(const struct authors *authors, int64_t user_id)
{
    for (size_t i = 0; i < authors->count; i++)
        if (authors->items[i].user_id == user_id)
            return &authors->items[i];
    return NULL;
}

/* Each id once; how many. ret_distinct has room for all. */
static size_t distinct_ids(const int64_t *ids, size_t count, int64_t *ret_distinct)
{
    size_t distinct_count = 0;

    for (size_t i = 0; i < count; i++) {
        bool wanted = ids[i] != 0;
        for (size_t j = distinct_count; wanted && j > 0; j--)
            wanted = ret_distinct[j - 1] != ids[i];
        if (wanted)
            ret_distinct[distinct_count++] = ids[i];
    }
    return distinct_count;
}

/* Takes those of whom is known what they are called at that version; the number of ids that are left, in front. */
static size_t authors_recall(struct ctx *ctx, int64_t *ids, size_t count, int64_t people_version,
                             struct authors *authors)
{
    size_t left_count = 0;

    for (size_t i = 0; i < count; i++) {
        int64_t seen = 0;
        if (people_version != 0 && author_recall(ctx, ids[i], &authors->items[authors->count], &seen) &&
            seen == people_version)
            authors->count++;
        else
            ids[left_count++] = ids[i];
    }
    return left_count;
}

static enum err authors_read(struct ctx *ctx, const int64_t *ids, size_t count, struct authors *authors)
{
    struct db_value values[AUTHORS_AT_ONCE];

    for (size_t at = 0; at < count; at += AUTHORS_AT_ONCE) {
        for (size_t i = 0; i < AUTHORS_AT_ONCE; i++)
            values[i] = DB_INT(ids[at + i < count ? at + i : at]);
        TRY(db_each(ctx, SQL_AUTHOR_LIST, (struct db_args){ values, AUTHORS_AT_ONCE }, authors_add, authors));
    }
    return ERR_OK;
}

enum err authors_find(struct ctx *ctx, const int64_t *ids, size_t count, int64_t people_version,
                      struct authors *ret_authors)
{
    struct authors authors = { .items = arena_calloc(ctx->arena, count + 1, sizeof(*authors.items)) };
    int64_t *wanted = arena_calloc(ctx->arena, count + 1, sizeof(*wanted));
    size_t left_count;

    if (wanted == NULL || authors.items == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    left_count = authors_recall(ctx, wanted, distinct_ids(ids, count, wanted), people_version, &authors);
    TRY(authors_read(ctx, wanted, left_count, &authors));
    *ret_authors = authors;
    return ERR_OK;
}

enum err messages_sign(struct ctx *ctx, struct message *messages, size_t count, int64_t people_version)
{
    int64_t *ids = arena_calloc(ctx->arena, count + 1, sizeof(*ids));
    struct authors authors;

    if (ids == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++)
        ids[i] = messages[i].sender_user_id;
    TRY(authors_find(ctx, ids, count, people_version, &authors));
    for (size_t i = 0; i < count; i++)
        message_sign(&messages[i], author_of(&authors, messages[i].sender_user_id));
    return ERR_OK;
}

enum err message_author_find(struct ctx *ctx, int64_t user_id, enum author_source source,
                             struct message_author *ret_author, int64_t *ret_people_version)
{
    struct authors authors = { ret_author, 0, 0 };

    if (source == AUTHOR_REMEMBERED && author_recall(ctx, user_id, ret_author, ret_people_version))
        return ERR_OK;
    TRY(authors_read(ctx, &user_id, 1, &authors));
    *ret_people_version = authors.people_version;
    return ERR_OK;
}
