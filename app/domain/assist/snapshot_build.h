/* Makes snapshots of providers out of rows and configuration. Private to domain/assist. */
#ifndef PARLEY_APP_DOMAIN_SNAPSHOT_BUILD_H
#define PARLEY_APP_DOMAIN_SNAPSHOT_BUILD_H

#include "parley/domain/assist/provider_snapshot.h"

struct snapshot {
    struct provider_snapshot shown;
    struct arena *arena; /* of everything in it but the struct itself and the providers that the engine gets */
    int users;
    int64_t version;             /* of providers_version */
    const struct config *config; /* held, so that another one has another address */
    struct config_box *box;
};

/* The whole of it. */
struct snapshot *snapshot_of(const struct provider_snapshot *shown);

/* With one user. Reads its version before the rows. Errors of the database, ERR_NO_MEMORY. */
enum err snapshot_build(struct ctx *ctx, struct snapshot **ret_snapshot) MUST_CHECK;
/* Is it of this version, and of the present configuration? */
bool snapshot_is_of(const struct snapshot *snapshot, const struct ctx *ctx, int64_t version);
/* NULL is fine. */
void snapshot_free(struct snapshot *snapshot);

#endif
