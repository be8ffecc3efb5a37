/* How a member of a workspace looks in JSON. */
#ifndef PARLEY_SHAPES_MEMBER_H
#define PARLEY_SHAPES_MEMBER_H

#include "parley/gate/spec.h"

/* struct member */
extern const struct spec member_spec;
/* enum member_role, NULL-ended; rows that use them have .min = MEMBER_ROLE_GUEST, the first */
extern const char *const member_role_names[];

#endif
