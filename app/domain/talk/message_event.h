/* What is told of messages. Private to the folder. */
#ifndef PARLEY_APP_DOMAIN_MESSAGE_EVENT_H
#define PARLEY_APP_DOMAIN_MESSAGE_EVENT_H

#include "parley/domain/events/event.h"
#include "parley/domain/talk/chat.h"

/* Last in the transaction, behind the chat's lock, so that what is told of a message is in the order of its changes. */
enum err message_event_add(struct ctx *ctx, enum event_kind kind, const struct chat_ref *chat,
                           const struct uuid *message, struct str detail) MUST_CHECK;

#endif
