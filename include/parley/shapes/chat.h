/* How a chat and what may be set of it look in JSON. */
#ifndef PARLEY_SHAPES_CHAT_H
#define PARLEY_SHAPES_CHAT_H

#include "parley/gate/spec.h"

/* struct chat, without its messages */
extern const struct spec chat_spec;
/* struct chat_origin */
extern const struct spec chat_origin_spec;
/* enum chat_notify, enum chat_kind, enum chat_join, enum chat_assistant; NULL-ended */
extern const char *const chat_notify_names[];
extern const char *const chat_kind_names[];
extern const char *const chat_join_names[];
extern const char *const chat_assistant_names[];

#endif
