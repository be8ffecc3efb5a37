/* What other resources of the API show of chats. */
#ifndef PARLEY_API_CHATS_H
#define PARLEY_API_CHATS_H

#include "parley/gate/spec.h"

/* struct chat, without its messages. */
extern const struct spec chat_spec;

#endif
