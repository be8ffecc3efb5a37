/* How a file of a message looks in JSON. */
#ifndef PARLEY_SHAPES_ATTACHMENT_H
#define PARLEY_SHAPES_ATTACHMENT_H

#include "parley/gate/spec.h"

/* struct attachment, as it stands in a message */
extern const struct spec attachment_spec;

#endif
