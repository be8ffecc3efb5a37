#include "message_author.h"

#include "parley/db/db.h"

void message_sign(struct message *message, const struct message_author *author)
{
    message->sender = author_sender(author, message->is_ai_response, message->sender.name);
    message->sender_id = message->sender.id;
}

enum { AUTHORS_AT_ONCE = 8 };

/* The authors of a page, each once. */
struct authors {
    struct message_author *items;
    size_t count;
};

static enum err authors_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct authors *authors = arg;

    if (message_author_read(ctx, row, 0, &authors->items[authors->count]))
        authors->count++;
    return arena_check(ctx->arena);
}

static struct message_author *author_of(const struct authors *authors, int64_t user_id)
{
    for (size_t i = 0; i < authors->count; i++)
        if (authors->items[i].user_id == user_id)
            return &authors->items[i];
    return NULL;
}

/* The users who wrote the messages; their number. ret_ids has room for as many as there are messages. */
static size_t author_ids(const struct message *messages, size_t message_count, int64_t *ret_ids)
{
    size_t count = 0;

    for (size_t i = 0; i < message_count; i++) {
        int64_t id = messages[i].sender_user_id;
        bool wanted = id != 0;
        for (size_t j = count; wanted && j > 0; j--)
            wanted = ret_ids[j - 1] != id;
        if (wanted)
            ret_ids[count++] = id;
    }
    return count;
}

static enum err authors_read(struct ctx *ctx, const int64_t *ids, size_t count, struct authors *ret_authors)
{
    struct db_value values[AUTHORS_AT_ONCE];

    for (size_t at = 0; at < count; at += AUTHORS_AT_ONCE) {
        for (size_t i = 0; i < AUTHORS_AT_ONCE; i++)
            values[i] = DB_INT(ids[at + i < count ? at + i : at]);
        TRY(db_each(ctx, SQL_AUTHOR_LIST, (struct db_args){ values, AUTHORS_AT_ONCE }, authors_add, ret_authors));
    }
    return ERR_OK;
}

enum err messages_sign(struct ctx *ctx, struct message *messages, size_t count)
{
    int64_t *ids = arena_calloc(ctx->arena, count + 1, sizeof(*ids));
    struct authors authors = { arena_calloc(ctx->arena, count + 1, sizeof(*authors.items)), 0 };

    if (ids == NULL || authors.items == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    TRY(authors_read(ctx, ids, author_ids(messages, count, ids), &authors));
    for (size_t i = 0; i < count; i++)
        message_sign(&messages[i], author_of(&authors, messages[i].sender_user_id));
    return ERR_OK;
}
