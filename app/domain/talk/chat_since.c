#include "chat_since.h"

#include "parley/db/db.h"

enum { CHATS_AT_ONCE = 8 };

struct counting {
    struct chat *chats;
    size_t count;
};

/* What is read anew replaces what was read a moment before, so that the numbers belong together. */
static enum err counts_take(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct counting *counting = arg;
    int64_t id = db_row_int(row, CHAT_SINCE_LIST_ID);

    (void)ctx;
    for (size_t i = 0; i < counting->count; i++) {
        struct chat_own *state = &counting->chats[i].state;

        if (counting->chats[i].id != id)
            continue;
        state->last_seq = db_row_int(row, CHAT_SINCE_LIST_LAST_SEQ);
        state->read_seq = db_row_int(row, CHAT_SINCE_LIST_READ_SEQ);
        chat_since_read(row, CHAT_SINCE_LIST_CHAT_SINCE, state);
    }
    return ERR_OK;
}

static enum err counts_read(struct ctx *ctx, const struct membership *m, int64_t user_id, const int64_t *ids,
                            size_t id_count, struct counting *counting)
{
    struct db_value values[CHATS_AT_ONCE + 2] = { DB_INT(user_id) };

    for (size_t i = 0; i < CHATS_AT_ONCE; i++)
        values[1 + i] = DB_INT(ids[i < id_count ? i : 0]);
    values[CHATS_AT_ONCE + 1] = DB_INT(m->workspace_id);
    return db_each(ctx, SQL_CHAT_SINCE_LIST, (struct db_args){ values, CHATS_AT_ONCE + 2 }, counts_take, counting);
}

enum err chats_count(struct ctx *ctx, const struct membership *m, int64_t user_id, struct chat *chats, size_t count)
{
    struct counting counting = { chats, count };
    int64_t ids[CHATS_AT_ONCE];
    size_t id_count = 0;

    for (size_t i = 0; i < count; i++) {
        if (chats[i].joined && chats[i].state.unread_count > 0)
            ids[id_count++] = chats[i].id;
        if (id_count == CHATS_AT_ONCE || (id_count > 0 && i + 1 == count)) {
            TRY(counts_read(ctx, m, user_id, ids, id_count, &counting));
            id_count = 0;
        }
    }
    return ERR_OK;
}
