#include "parley/domain/talk/chat_own.h"

#include "parley/db/db.h"

void chat_own_read(struct ctx *ctx, const struct db_row *row, int64_t last_seq, struct chat_own *ret_state)
{
    int64_t read_seq = db_row_int(row, CHAT_OWN_READ_SEQ);

    *ret_state = (struct chat_own){
        .last_seq = last_seq,
        .read_seq = read_seq,
        .unread_count = last_seq > read_seq ? last_seq - read_seq : 0,
        .notify = (int)db_row_int(row, CHAT_OWN_NOTIFY),
        .starred = db_row_int(row, CHAT_OWN_STARRED) != 0,
        .draft = arena_str(ctx->arena, db_row_str(row, CHAT_OWN_DRAFT)),
    };
}

void chat_since_read(const struct db_row *row, int first, struct chat_own *state)
{
    int64_t unread_count = state->last_seq - state->read_seq - db_row_int(row, first + CHAT_SINCE_GAP_COUNT);

    state->unread_count = unread_count > 0 ? unread_count : 0;
    state->mention_count = db_row_int(row, first + CHAT_SINCE_OWN_MENTIONS) +
                           db_row_int(row, first + CHAT_SINCE_ALL_MENTIONS);
}
