/* How a workspace looks in JSON. */
#ifndef PARLEY_SHAPES_WORKSPACE_H
#define PARLEY_SHAPES_WORKSPACE_H

#include "parley/gate/spec.h"

/* struct workspace, without its members */
extern const struct spec workspace_spec;

#endif
