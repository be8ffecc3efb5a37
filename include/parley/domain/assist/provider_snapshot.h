/*
 * All providers and models that may be asked, as the engine takes them (parley/ai/provider.h): keys unsealed, in locked memory. A snapshot
 * never changes; it is replaced whole, at most PROVIDERS_LOOK_MS after a row or the configuration has. Whoever has borrowed one keeps
 * it; what of it an answer needs is held by ai_provider_hold.
 */
#ifndef PARLEY_DOMAIN_PROVIDER_SNAPSHOT_H
#define PARLEY_DOMAIN_PROVIDER_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "parley/ai/provider.h"
#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/domain/assist/model.h"

/* A provider that is enabled and whose key can be opened. */
struct snapshot_provider {
    int64_t workspace_id; /* whose, or PROVIDER_OF_… */
    bool remote_images;   /* it may be told of pictures by their address; never where it is inner */
    struct ai_provider *ai;
    const char *standard_model; /* what the environment names for it; "": nothing */
};

/* A model of one of them that is enabled. */
struct snapshot_model {
    int64_t id; /* integer key */
    struct uuid uuid;
    const struct snapshot_provider *provider;
    const char *model, *name;                  /* as the provider calls it; as people see it */
    int64_t context_tokens, max_output_tokens; /* INT64_MIN: not known */
    unsigned flags;                            /* enum ai_flag */
    struct model_price price;
    int64_t bytes_per_token_milli; /* when the snapshot was made */
    int64_t fallback_id;           /* integer key; 0: none. It may be one that is not here */
};

struct provider_snapshot {
    const struct snapshot_provider *providers; /* those of the environment first, then by age */
    size_t provider_count;
    const struct snapshot_model *models; /* by their ids */
    size_t model_count;
    const struct snapshot_provider *standard; /* who answers where none is chosen; NULL: nobody */
};

/* The snapshots of a process. NULL: no memory. Free it when nobody borrows from it any more. */
struct provider_snapshots;
struct provider_snapshots *provider_snapshots_new(void);
void provider_snapshots_free(struct provider_snapshots *snapshots);

/*
 * Borrows the present one until provider_snapshot_put. Once in PROVIDERS_LOOK_MS it costs a statement, and where something has
 * changed those that read it all. Any thread, no transaction open; errors of the database, ERR_NO_MEMORY.
 */
enum err provider_snapshot_get(struct ctx *ctx, struct provider_snapshots *snapshots,
                               const struct provider_snapshot **ret_snapshot) MUST_CHECK;
/* Something is missing that should be there: the next one to be borrowed is the present one whatever its age. Any thread. */
void provider_snapshots_doubt(struct provider_snapshots *snapshots);
void provider_snapshot_put(struct provider_snapshots *snapshots, const struct provider_snapshot *snapshot);

/* A model by its integer key; NULL: it is not here (any more). */
const struct snapshot_model *provider_snapshot_model(const struct provider_snapshot *snapshot, int64_t model_id);

/*
 * Which model a chat of a workspace means by two names, each absent where none is chosen: the provider is the workspace's own of that
 * name, else the server's, else the environment's; the model is that of it, or the one that the environment names for it, or its
 * oldest. NULL: there is none. Whether the workspace may use it is asked elsewhere (model_access.h).
 */
const struct snapshot_model *provider_snapshot_find(const struct provider_snapshot *snapshot, int64_t workspace_id,
                                                    struct str provider, struct str model);

#endif
