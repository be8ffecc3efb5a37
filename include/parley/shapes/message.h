/* How a message looks in JSON. */
#ifndef PARLEY_SHAPES_MESSAGE_H
#define PARLEY_SHAPES_MESSAGE_H

#include "parley/gate/spec.h"

/* struct message */
extern const struct spec message_spec;

#endif
