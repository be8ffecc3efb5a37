/* What of a chat is one's own, as chats show it. How it is read by itself, and changed: chat_state.h. */
#ifndef PARLEY_DOMAIN_CHAT_OWN_H
#define PARLEY_DOMAIN_CHAT_OWN_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/str.h"

struct db_row;

/* What one is notified of. Stored as these numbers. */
enum chat_notify { CHAT_NOTIFY_MENTIONS, CHAT_NOTIFY_ALL, CHAT_NOTIFY_NONE };

struct chat_own {
    struct uuid chat; /* set by chat_state.h; zero within a struct chat */
    int64_t id;       /* the chat's integer key; likewise */
    int64_t last_seq; /* of the chat; likewise */
    int64_t read_seq; /* 0: nothing read */
    int64_t unread_count, mention_count;
    int notify; /* enum chat_notify */
    bool starred;
    struct str draft; /* absent: none */
};

/*
 * For statements that begin with {chat_own} (sql/queries/chat_states.sql): takes it. Whoever has read everything has nothing
 * more to count; else unread_count is the most that it can be, and mention_count 0, until {chat_since} is taken.
 */
void chat_own_read(struct ctx *ctx, const struct db_row *row, int64_t last_seq, struct chat_own *ret_state);
/* The columns of {chat_since}, from `first` on, for a state with its last_seq and read_seq. */
void chat_since_read(const struct db_row *row, int first, struct chat_own *state);

#endif
