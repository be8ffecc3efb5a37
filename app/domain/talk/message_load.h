/* Rows of messages. Private to the folder. */
#ifndef PARLEY_APP_DOMAIN_MESSAGE_LOAD_H
#define PARLEY_APP_DOMAIN_MESSAGE_LOAD_H

#include "parley/db/db.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/message.h"

/* A row that begins with {message}: without who wrote it, and without its parts. ERR_NO_MEMORY. */
enum err message_read(struct ctx *ctx, const struct db_row *row, const struct chat_ref *chat,
                      struct message *ret_message) MUST_CHECK;

#endif
