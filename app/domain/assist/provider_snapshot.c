#include "parley/domain/assist/provider_snapshot.h"

#include <pthread.h>
#include <stdlib.h>

#include "model_row.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "provider_environment.h"
#include "provider_row.h"
#include "snapshot_build.h"

struct provider_snapshots {
    pthread_mutex_t lock; /* guards what follows, and the users of every snapshot */
    struct snapshot *now;
    int64_t looked_us; /* monotonic: when it was last known to be the present one */
};

struct provider_snapshots *provider_snapshots_new(void)
{
    struct provider_snapshots *snapshots = calloc(1, sizeof(*snapshots));

    if (snapshots != NULL)
        (void)pthread_mutex_init(&snapshots->lock, NULL);
    return snapshots;
}

/* Drops a reference; the last one frees the snapshot. */
static void drop(struct provider_snapshots *snapshots, struct snapshot *snapshot)
{
    int users;

    if (snapshot == NULL)
        return;
    (void)pthread_mutex_lock(&snapshots->lock);
    users = --snapshot->users;
    (void)pthread_mutex_unlock(&snapshots->lock);
    if (users == 0)
        snapshot_free(snapshot);
}

void provider_snapshots_free(struct provider_snapshots *snapshots)
{
    if (snapshots == NULL)
        return;
    drop(snapshots, snapshots->now);
    (void)pthread_mutex_destroy(&snapshots->lock);
    free(snapshots);
}

/* ---- which is the present one ---- */

/* The one that is there, with a reference of the caller's; *ret_is_fresh: it need not be looked at. */
static struct snapshot *take(struct provider_snapshots *snapshots, bool *ret_is_fresh)
{
    struct snapshot *snapshot;

    (void)pthread_mutex_lock(&snapshots->lock);
    snapshot = snapshots->now;
    *ret_is_fresh = snapshot != NULL && clock_monotonic_us() - snapshots->looked_us < PROVIDERS_LOOK_MS * US_PER_MS;
    if (snapshot != NULL)
        snapshot->users++;
    (void)pthread_mutex_unlock(&snapshots->lock);
    return snapshot;
}

/* Puts one in the place of what is there, unless that is newer. looked_us: when its version was read. */
static void offer(struct provider_snapshots *snapshots, struct snapshot *snapshot, int64_t looked_us)
{
    struct snapshot *old = NULL;

    (void)pthread_mutex_lock(&snapshots->lock);
    if (looked_us >= snapshots->looked_us) {
        snapshots->looked_us = looked_us;
        if (snapshots->now != snapshot) {
            old = snapshots->now;
            snapshots->now = snapshot;
            snapshot->users++;
        }
    }
    (void)pthread_mutex_unlock(&snapshots->lock);
    drop(snapshots, old);
}

/* *snapshot: the caller's reference, which is exchanged where something has changed. */
static enum err look(struct ctx *ctx, struct provider_snapshots *snapshots, struct snapshot **snapshot)
{
    int64_t looked_us = clock_monotonic_us(), version = 0;
    struct snapshot *newer;

    TRY(db_number(ctx, SQL_PROVIDERS_VERSION, DB_NO_ARGS, &version));
    if (*snapshot == NULL || !snapshot_is_of(*snapshot, ctx, version)) {
        TRY(snapshot_build(ctx, &newer));
        drop(snapshots, *snapshot);
        *snapshot = newer;
    }
    offer(snapshots, *snapshot, looked_us);
    return ERR_OK;
}

enum err provider_snapshot_get(struct ctx *ctx, struct provider_snapshots *snapshots,
                               const struct provider_snapshot **ret_snapshot)
{
    bool is_fresh;
    struct snapshot *snapshot = take(snapshots, &is_fresh);
    enum err e = is_fresh ? ERR_OK : look(ctx, snapshots, &snapshot);

    if (e != ERR_OK) {
        drop(snapshots, snapshot);
        return e;
    }
    *ret_snapshot = &snapshot->shown;
    return ERR_OK;
}

void provider_snapshots_doubt(struct provider_snapshots *snapshots)
{
    (void)pthread_mutex_lock(&snapshots->lock);
    snapshots->looked_us = INT64_MIN / 2;
    (void)pthread_mutex_unlock(&snapshots->lock);
}

void provider_snapshot_put(struct provider_snapshots *snapshots, const struct provider_snapshot *snapshot)
{
    if (snapshot != NULL)
        drop(snapshots, snapshot_of(snapshot));
}

/* ---- looking things up ---- */

const struct snapshot_model *provider_snapshot_model(const struct provider_snapshot *snapshot, int64_t model_id)
{
    size_t begin = 0, end = snapshot->model_count;

    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;

        if (snapshot->models[middle].id == model_id)
            return &snapshot->models[middle];
        if (snapshot->models[middle].id < model_id)
            begin = middle + 1;
        else
            end = middle;
    }
    return NULL;
}

/* The nearer owner wins: the workspace itself (2), the server (1), the environment (0). */
static int nearness(const struct snapshot_provider *provider, int64_t workspace_id)
{
    if (provider->workspace_id == PROVIDER_OF_ENVIRONMENT)
        return 0;
    return provider->workspace_id == PROVIDER_OF_SERVER ? 1 : provider->workspace_id == workspace_id ? 2 : -1;
}

static const struct snapshot_provider *provider_find(const struct provider_snapshot *snapshot, int64_t workspace_id,
                                                     struct str name)
{
    const struct snapshot_provider *found = NULL;
    int nearest = -1;

    for (size_t i = 0; i < snapshot->provider_count; i++) {
        const struct snapshot_provider *provider = &snapshot->providers[i];
        int near = nearness(provider, workspace_id);

        if (near > nearest && str_eq_c(name, provider->ai->name)) {
            found = provider;
            nearest = near;
        }
    }
    return found;
}

/* Of one provider: by its name, or its oldest where that is absent. */
static const struct snapshot_model *model_find(const struct provider_snapshot *snapshot,
                                               const struct snapshot_provider *provider, struct str name)
{
    for (size_t i = 0; i < snapshot->model_count; i++) {
        const struct snapshot_model *model = &snapshot->models[i];

        if (model->provider == provider && (name.len == 0 || str_eq_c(name, model->model)))
            return model;
    }
    return NULL;
}

const struct snapshot_model *provider_snapshot_find(const struct provider_snapshot *snapshot, int64_t workspace_id,
                                                    struct str provider, struct str model)
{
    const struct snapshot_provider *found = provider.len > 0 ? provider_find(snapshot, workspace_id, provider)
                                                             : snapshot->standard;

    if (found == NULL)
        return NULL;
    return model_find(snapshot, found, model.len > 0 ? model : str_from(found->standard_model));
}
