/* The dialect of octopus, whose paths are /bootstrap and /api/v1/…: what its files share. */
#ifndef PARLEY_APP_COMPAT_OCTOPUS_H
#define PARLEY_APP_COMPAT_OCTOPUS_H

#include "parley/gate/dialect.h"

/* Errors are {"detail": …}. Its clients look at statuses and texts. */
extern const struct dialect octopus;

/* Rows for a route's own errors: what is told to a key without the scope, and to a person who is no administrator. */
#define OCTOPUS_ADMIN_TO(deed) \
    { ERR_SCOPE, 403, "Admin scope required to " deed }, \
    { \
        ERR_FORBIDDEN, 403, "Admin scope required to " deed \
    }
#define OCTOPUS_ERRORS_END \
    { \
        ERR_OK, 0, NULL \
    }

#endif
