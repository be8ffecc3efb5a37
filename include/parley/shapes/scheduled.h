/* How a message that waits for its time looks in JSON. */
#ifndef PARLEY_SHAPES_SCHEDULED_H
#define PARLEY_SHAPES_SCHEDULED_H

#include "parley/gate/spec.h"

/* struct scheduled */
extern const struct spec scheduled_spec;

#endif
