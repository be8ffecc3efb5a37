/* Who wrote messages: read once for a page, not once for each row. Private to the folder. */
#ifndef PARLEY_APP_DOMAIN_MESSAGE_AUTHOR_H
#define PARLEY_APP_DOMAIN_MESSAGE_AUTHOR_H

#include "parley/domain/talk/message.h"

/* Until it is signed a message's sender.name is its own sender_name. author: NULL: it has none, or no more. */
void message_sign(struct message *message, const struct message_author *author);
/* One statement for every 8 who wrote some of them. ERR_NO_MEMORY and the database's errors. */
enum err messages_sign(struct ctx *ctx, struct message *messages, size_t count) MUST_CHECK;

#endif
