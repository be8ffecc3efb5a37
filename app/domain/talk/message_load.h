/* Rows of messages, and what belongs to them and stands elsewhere. Private to the folder. */
#ifndef PARLEY_APP_DOMAIN_MESSAGE_LOAD_H
#define PARLEY_APP_DOMAIN_MESSAGE_LOAD_H

#include "parley/db/db.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/message.h"

/* A row that begins with {message}: without who wrote it, and without its parts. ERR_NO_MEMORY. */
enum err message_read(struct ctx *ctx, const struct db_row *row, const struct chat_ref *chat,
                      struct message *ret_message) MUST_CHECK;

/*
 * The files, reactions and mentions of messages, and the names of what they reply to. A statement of each kind for every
 * MESSAGE_PARTS_AT_ONCE of them that have some, by their rows; none where none has. `mine` is judged for chat->user_id.
 */
enum err message_parts_load(struct ctx *ctx, const struct chat_ref *chat, struct message *messages,
                            size_t count) MUST_CHECK;

/* The same without those names. chat->workspace_id 0: messages of any chats, for the events; user_id 0: nobody reads. */
enum err message_parts_read(struct ctx *ctx, const struct chat_ref *chat, struct message *messages,
                            size_t count) MUST_CHECK;

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
