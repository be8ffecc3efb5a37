/* How whoever wrote a message looks in JSON. */
#ifndef PARLEY_SHAPES_SENDER_H
#define PARLEY_SHAPES_SENDER_H

#include "parley/gate/spec.h"

/* struct sender */
extern const struct spec sender_spec;

#endif
