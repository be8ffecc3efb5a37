/* How a message looks in JSON. */
#ifndef PARLEY_SHAPES_MESSAGE_H
#define PARLEY_SHAPES_MESSAGE_H

#include "parley/gate/spec.h"

/* struct reaction */
extern const struct spec reaction_spec;
/* enum message_status, NULL-ended */
extern const char *const message_status_names[];
/* struct message_fault, struct message_usage */
extern const struct spec message_fault_spec;
extern const struct spec message_usage_spec;
/* struct message, but for its reactions and whether one has saved it: the same for every reader */
extern const struct spec message_shared_spec;
/* struct message */
extern const struct spec message_spec;

#endif
