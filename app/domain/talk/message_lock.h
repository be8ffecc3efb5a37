/* A message that is changed otherwise than by its author. Private to the folder. */
#ifndef PARLEY_APP_DOMAIN_MESSAGE_LOCK_H
#define PARLEY_APP_DOMAIN_MESSAGE_LOCK_H

#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/message.h"

struct locked_message {
    struct chat_ref chat;
    int64_t id; /* integer key */
};
/*
 * Inside db_run: takes the chat's lock, as posting does, for a caller with that right, and finds a living message.
 * ERR_MESSAGE_NOT_FOUND, what chat_require returns.
 */
enum err message_lock(struct ctx *ctx, const struct message_location *location, enum chat_right right,
                      const struct uuid *message, struct locked_message *ret_locked) MUST_CHECK;

#endif
