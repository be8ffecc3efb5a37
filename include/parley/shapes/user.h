/* How an account looks in JSON to everyone who is entitled to see it. */
#ifndef PARLEY_SHAPES_USER_H
#define PARLEY_SHAPES_USER_H

#include "parley/gate/spec.h"

/* struct user */
extern const struct spec user_spec;
/* enum user_role; NULL-ended */
extern const char *const user_role_names[];

#endif
