/*
 * Passing a message on: another one in a chat of the same workspace, with its text behind the forwarder's own, further rows over
 * its files' objects, and where all that comes from. What is nothing but passed on itself goes on as what it was in the first
 * place. Nobody whom the text names is told of it. Private to the folder.
 */
#ifndef PARLEY_APP_DOMAIN_FORWARD_H
#define PARLEY_APP_DOMAIN_FORWARD_H

#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/message.h"

/* A message that is passed on. */
struct forwarding {
    struct message source;
    int64_t text_at; /* where its text begins in the new one */
};

/* What the forwarder wrote themselves, without the empty line behind it. Borrowed from content. */
struct str forward_own_words(struct str content, int64_t text_at);

/*
 * In the transaction of message_post, under the new chat's lock: the message, for whoever may read it, held to the commit. Puts
 * its text behind message->content, and says how many files there will be. ERR_MESSAGE_NOT_FOUND, ERR_CONFLICT (it is being
 * written), ERR_INVALID (too long with it, or nothing to be seen).
 */
enum err forward_read(struct ctx *ctx, const struct message_location *location, const struct uuid *source,
                      struct forwarding *ret_forwarding, struct message *message) MUST_CHECK;
/*
 * Behind the new message's row: files and where it comes from, which *message shows then. ERR_QUOTA; ERR_INVALID: its files have
 * gone meanwhile, and nothing is to be seen.
 */
enum err forward_write(struct ctx *ctx, const struct chat_ref *chat, const struct forwarding *forwarding,
                       struct message *message) MUST_CHECK;

#endif
