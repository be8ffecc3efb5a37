/* Who is asking: filled in by the gate from the credential, ≤ CACHE_MAX_MS old. */
#ifndef PARLEY_DOMAIN_PRINCIPAL_H
#define PARLEY_DOMAIN_PRINCIPAL_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ids.h"
#include "parley/core/limits.h"

enum user_role { USER_ROLE_USER, USER_ROLE_ADMIN };
enum user_kind { USER_KIND_PERSON, USER_KIND_BOT, USER_KIND_CONTACT, USER_KIND_ANONYMOUS };

/* What kind of credential the request brought. */
enum credential { CREDENTIAL_SESSION, CREDENTIAL_API_KEY };
/*
 * What a key may do, as bits; admin implies the others. metrics: read the server's own figures, and nothing of anybody's; it
 * counts as long as the key's owner is an ADMIN. A session may do all that its user may.
 */
enum key_scope { KEY_SCOPE_READ = 1, KEY_SCOPE_WRITE = 2, KEY_SCOPE_ADMIN = 4, KEY_SCOPE_METRICS = 8 };

struct principal {
    int64_t user_id;     /* integer key */
    struct uuid user;    /* public id */
    enum user_role role; /* USER too for an ADMIN's key without the scope admin */
    enum user_kind kind;
    enum credential credential;
    int64_t session_id;        /* sign-in session's integer key; 0 for a key */
    struct uuid session;       /* its public id */
    int64_t key_id;            /* API key's integer key; 0 for a session */
    struct uuid key;           /* its public id */
    unsigned key_scopes;       /* enum key_scope */
    struct uuid key_workspace; /* the one workspace in which the key acts */
    int64_t key_workspace_id;  /* its integer key; 0 for a session */
    bool twofa_enabled;
    char email[EMAIL_MAX_BYTES + 1]; /* "" when there is none */
};

/* May it act in this workspace, as far as the credential goes? A key only in its own. */
bool principal_may_enter(const struct principal *principal, const struct uuid *workspace);

#endif
