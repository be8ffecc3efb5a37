/* How a sign-in session looks in JSON to its owner and to administrators. */
#ifndef PARLEY_SHAPES_SESSION_H
#define PARLEY_SHAPES_SESSION_H

#include "parley/gate/spec.h"

/* struct session */
extern const struct spec session_spec;

#endif
