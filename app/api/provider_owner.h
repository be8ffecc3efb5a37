/* Whose providers a path means: the server's, or those of its {workspace}. Private to app/api. */
#ifndef PARLEY_APP_API_PROVIDER_OWNER_H
#define PARLEY_APP_API_PROVIDER_OWNER_H

#include "parley/domain/assist/provider.h"
#include "parley/gate/route.h"

/* ERR_PROVIDERS_OFF: a workspace's, on a server where they have none. Borrowed from call. */
enum err provider_owner_of(struct ctx *ctx, const struct call *call, struct provider_owner *ret_owner) MUST_CHECK;

/* Who may: administrators, and owners of a workspace. */
#define FOR_ADMINS .access = ACCESS_ADMIN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN
#define FOR_OWNERS .access = ACCESS_SIGNED_IN, .role = ROLE_OWNER, .scope = SCOPE_NONE

#endif
