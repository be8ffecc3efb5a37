#include "parley/domain/record/principal.h"

bool principal_may_enter(const struct principal *principal, const struct uuid *workspace)
{
    return principal->credential == CREDENTIAL_SESSION || uuid_eq(workspace, &principal->key_workspace);
}
