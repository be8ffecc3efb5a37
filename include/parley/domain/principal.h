/* Who is asking: filled in by the gate from the credential, ≤ CACHE_MAX_MS old. */
#ifndef PARLEY_DOMAIN_PRINCIPAL_H
#define PARLEY_DOMAIN_PRINCIPAL_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ids.h"
#include "parley/core/limits.h"

enum user_role { USER_ROLE_USER, USER_ROLE_ADMIN };
enum user_kind { USER_KIND_PERSON, USER_KIND_BOT, USER_KIND_CONTACT, USER_KIND_ANONYMOUS };

struct principal {
    int64_t user_id;  /* integer key */
    struct uuid user; /* public id */
    enum user_role role;
    enum user_kind kind;
    int64_t session_id;  /* sign-in session's integer key */
    struct uuid session; /* its public id */
    bool twofa_enabled;
    char email[EMAIL_MAX_BYTES + 1]; /* "" when there is none */
};

#endif
