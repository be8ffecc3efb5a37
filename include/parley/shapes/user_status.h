/* How what people say of themselves at present looks in JSON. */
#ifndef PARLEY_SHAPES_USER_STATUS_H
#define PARLEY_SHAPES_USER_STATUS_H

#include "parley/gate/spec.h"

/* struct user_status */
extern const struct spec user_status_spec;

#endif
