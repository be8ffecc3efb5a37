/* What other resources of the API show of workspaces and their members. */
#ifndef PARLEY_API_WORKSPACES_H
#define PARLEY_API_WORKSPACES_H

#include "parley/gate/spec.h"

/* struct workspace, without its members. */
extern const struct spec workspace_spec;
/* struct member. */
extern const struct spec member_spec;
/* The roles' names; rows that use them have .min = MEMBER_ROLE_GUEST, the first. */
extern const char *const member_role_names[];

#endif
