/* Rows of messages, and what belongs to them and stands elsewhere. Private to the folder. */
#ifndef PARLEY_APP_DOMAIN_MESSAGE_LOAD_H
#define PARLEY_APP_DOMAIN_MESSAGE_LOAD_H

#include "parley/db/db.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/message.h"

/* A row that begins with {message}: without who wrote it, and without its parts. ERR_NO_MEMORY. */
enum err message_read(struct ctx *ctx, const struct db_row *row, const struct chat_ref *chat,
                      struct message *ret_message) MUST_CHECK;

/* Room for the rows that a statement gives at most. */
struct message_rows {
    const struct chat_ref *chat;
    struct message *items; /* in the arena */
    size_t count, room_count;
};
/* ERR_NO_MEMORY. */
enum err message_rows_begin(struct ctx *ctx, const struct chat_ref *chat, int64_t room_count,
                            struct message_rows *ret_rows) MUST_CHECK;
/* message_read for db_each; arg: struct message_rows. ERR_INTERNAL: one row too many. */
enum err message_rows_add(struct ctx *ctx, const struct db_row *row, void *arg) MUST_CHECK;

/*
 * The files, reactions and mentions of messages, and the names of what they reply to. A statement of each kind for every
 * MESSAGE_PARTS_AT_ONCE of them that have some, by their rows; none where none has. `mine` is judged for chat->user_id.
 */
enum err message_parts_load(struct ctx *ctx, const struct chat_ref *chat, struct message *messages,
                            size_t count) MUST_CHECK;

/* The same without those names. chat->workspace_id 0: messages of any chats; user_id 0: nobody reads (events). */
enum err message_parts_read(struct ctx *ctx, const struct chat_ref *chat, struct message *messages,
                            size_t count) MUST_CHECK;

/* A row that begins with {answer}: all of it but the numbers of alternatives. ERR_NO_MEMORY. */
enum err message_answer_read(struct ctx *ctx, const struct db_row *row, struct message_answer *ret_answer) MUST_CHECK;
/* A fault by its stored code, with its sentence; an absent code makes none. ERR_NO_MEMORY. */
enum err message_fault_make(struct ctx *ctx, struct str code, const struct message_fault **ret_fault) MUST_CHECK;

/* A statement that selects {message} alone, and how many rows it gives at most. */
struct messages_query {
    enum sql statement;
    struct db_args args;
    int64_t limit;
};
/* Its messages (struct message), signed and with their parts, in its order. */
enum err messages_load(struct ctx *ctx, const struct chat_ref *chat, const struct messages_query *query,
                       struct list *ret_list) MUST_CHECK;

#endif
