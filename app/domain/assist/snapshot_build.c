#include "snapshot_build.h"

#include <stdlib.h>

#include "model_row.h"
#include "parley/core/limits.h"
#include "parley/core/secret.h"
#include "provider_address.h"
#include "provider_environment.h"
#include "provider_row.h"

/* Providers and models of all workspaces of a large server. */
#define SNAPSHOT_ARENA_BYTES (64 * MIB)

/* ---- what the engine gets ---- */

/* One block with what it points to, but for the key. */
struct owned_provider {
    struct ai_provider ai;
    char *key;
    size_t key_len;
    char texts[]; /* name, address */
};

static void owned_release(struct ai_provider *ai)
{
    struct owned_provider *owned = (struct owned_provider *)(void *)ai;

    secret_free(owned->key, owned->key_len);
    free(owned);
}

static char *text_put(char **at, struct str text)
{
    char *begin = *at;

    memcpy(begin, text.ptr, text.len);
    begin[text.len] = '\0';
    *at += text.len + 1;
    return begin;
}

/* NULL: no memory. */
static struct ai_provider *owned_new(const struct config *config, const struct provider *p, struct str key)
{
    struct owned_provider *owned = malloc(sizeof(*owned) + p->name.len + p->base_url.len + 2);
    char *locked = secret_copy(key), *at;

    if (owned == NULL || locked == NULL) {
        free(owned);
        secret_free(locked, key.len);
        return NULL;
    }
    owned->key = locked;
    owned->key_len = key.len;
    at = owned->texts;
    owned->ai = (struct ai_provider){ .id = p->id,
                                      .version = p->version,
                                      .name = text_put(&at, p->name),
                                      .ops = provider_ops_of(p->kind),
                                      .base_url = text_put(&at, p->base_url),
                                      .key = locked,
                                      .trust = provider_address_trust(config, p),
                                      .http1 = p->http1,
                                      .max_parallel = (int)p->max_parallel,
                                      .connect_s = (int)p->connect_s,
                                      .first_token_s = (int)p->first_token_s,
                                      .idle_s = (int)p->idle_s,
                                      .total_s = (int)p->total_s,
                                      .user_count = 1,
                                      .release = owned_release };
    return &owned->ai;
}

/* ---- reading ---- */

struct building {
    struct snapshot *snapshot;
    struct list rows; /* struct provider, in the request arena */
    struct list models;
};

static enum err rows_read(struct ctx *ctx, void *arg)
{
    struct building *building = arg;

    building->rows = building->models = (struct list){ NULL, 0 };
    TRY(db_number(ctx, SQL_PROVIDERS_VERSION, DB_NO_ARGS, &building->snapshot->version));
    TRY(db_each(ctx, SQL_PROVIDER_ALL, DB_NO_ARGS, provider_read, &building->rows));
    return db_each(ctx, SQL_MODEL_ALL, DB_NO_ARGS, model_read, &building->models);
}

/* Is it to be in the snapshot? Then what the configuration says of it is in it. */
static bool provider_counts(const struct config *config, struct provider *provider)
{
    if (provider->workspace_id == PROVIDER_OF_ENVIRONMENT)
        return provider_environment_fill(config, provider);
    return provider->workspace_id == PROVIDER_OF_SERVER || config->workspace_providers;
}

/* A key that this host cannot open leaves its provider out: the page of the provider says so. */
static enum err provider_add(struct ctx *ctx, struct snapshot *snapshot, struct provider *row,
                             struct snapshot_provider *ret_provider)
{
    bool is_environment = row->workspace_id == PROVIDER_OF_ENVIRONMENT;
    struct str key, standard_model = { NULL, 0 };
    enum err e = provider_key_open(ctx, row, &key);

    if (e != ERR_OK)
        return e;
    if (is_environment)
        standard_model = provider_environment_model(snapshot->config, row->kind);
    *ret_provider = (struct snapshot_provider){
        .workspace_id = row->workspace_id,
        .remote_images = row->remote_images && !row->is_inner,
        .ai = owned_new(snapshot->config, row, key),
        .standard_model = arena_cstr(snapshot->arena, standard_model),
    };
    secret_wipe((char *)(uintptr_t)key.ptr, key.len);
    return ret_provider->ai == NULL ? ERR_NO_MEMORY : arena_check(snapshot->arena);
}

static enum err providers_add(struct ctx *ctx, struct building *building)
{
    struct snapshot *snapshot = building->snapshot;
    struct provider *rows = building->rows.items;
    struct snapshot_provider *providers = arena_calloc(snapshot->arena, building->rows.count + 1, sizeof(*providers));

    if (providers == NULL)
        return ERR_NO_MEMORY;
    snapshot->shown.providers = providers;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < building->rows.count; i++) {
            size_t at = snapshot->shown.provider_count;
            enum err e;

            if ((rows[i].workspace_id == PROVIDER_OF_ENVIRONMENT) != (pass == 0) ||
                !provider_counts(snapshot->config, &rows[i]))
                continue;
            e = provider_add(ctx, snapshot, &rows[i], &providers[at]);
            if (e == ERR_OK)
                snapshot->shown.provider_count++;
            else if (e != ERR_UNAVAILABLE)
                return e;
        }
    }
    *ctx->problem = (struct problem){ .err = ERR_OK };
    return ERR_OK;
}

static const struct snapshot_provider *provider_of(const struct provider_snapshot *shown, int64_t id)
{
    for (size_t i = 0; i < shown->provider_count; i++) {
        if (shown->providers[i].ai->id == id)
            return &shown->providers[i];
    }
    return NULL;
}

static int model_compare(const void *a, const void *b)
{
    const struct snapshot_model *one = a, *other = b;

    return (one->id > other->id) - (one->id < other->id);
}

static enum err models_add(struct building *building)
{
    struct snapshot *snapshot = building->snapshot;
    const struct model *rows = building->models.items;
    struct snapshot_model *models = arena_calloc(snapshot->arena, building->models.count + 1, sizeof(*models));
    size_t count = 0;
    const struct snapshot_provider *provider = NULL;

    if (models == NULL)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < building->models.count; i++) {
        const struct model *row = &rows[i];

        /* They come by their providers. */
        if (i == 0 || rows[i - 1].provider_id != row->provider_id)
            provider = provider_of(&snapshot->shown, row->provider_id);
        if (provider == NULL)
            continue;
        models[count++] = (struct snapshot_model){ .id = row->id,
                                                   .uuid = row->uuid,
                                                   .provider = provider,
                                                   .model = arena_cstr(snapshot->arena, row->model),
                                                   .name = arena_cstr(snapshot->arena, row->name),
                                                   .context_tokens = row->context_tokens,
                                                   .max_output_tokens = row->max_output_tokens,
                                                   .flags = row->flags,
                                                   .price = row->price,
                                                   .bytes_per_token_milli = row->bytes_per_token_milli,
                                                   .fallback_id = row->fallback_id };
    }
    qsort(models, count, sizeof(*models), model_compare);
    snapshot->shown.models = models;
    snapshot->shown.model_count = count;
    return arena_check(snapshot->arena);
}

/* Of the server, or of the environment: by its name, or the first. */
static void standard_choose(struct snapshot *snapshot)
{
    struct str name = str_from(snapshot->config->default_inference_provider);
    struct provider_snapshot *shown = &snapshot->shown;

    for (size_t i = 0; i < shown->provider_count && shown->standard == NULL; i++) {
        const struct snapshot_provider *provider = &shown->providers[i];

        if (provider->workspace_id <= PROVIDER_OF_SERVER && (name.len == 0 || str_eq_c(name, provider->ai->name)))
            shown->standard = provider;
    }
}

/* ---- the whole ---- */

struct snapshot *snapshot_of(const struct provider_snapshot *shown)
{
    return (struct snapshot *)(uintptr_t)shown; /* its first member */
}

bool snapshot_is_of(const struct snapshot *snapshot, const struct ctx *ctx, int64_t version)
{
    return snapshot->version == version && snapshot->config == ctx->config;
}

void snapshot_free(struct snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    for (size_t i = 0; i < snapshot->shown.provider_count; i++)
        ai_provider_drop(snapshot->shown.providers[i].ai);
    if (snapshot->config != NULL)
        config_put(snapshot->box, snapshot->config);
    arena_free(snapshot->arena);
    free(snapshot);
}

static enum err fill(struct ctx *ctx, struct building *building)
{
    TRY(provider_environment_sync(ctx));
    TRY(db_read(ctx, rows_read, building));
    TRY(providers_add(ctx, building));
    TRY(models_add(building));
    standard_choose(building->snapshot);
    return ERR_OK;
}

enum err snapshot_build(struct ctx *ctx, struct snapshot **ret_snapshot)
{
    struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
    struct building building = { .snapshot = snapshot };
    enum err e;

    if (snapshot == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    snapshot->users = 1;
    snapshot->box = ctx->app->config;
    snapshot->config = config_get(snapshot->box);
    snapshot->arena = arena_new(SNAPSHOT_ARENA_BYTES);
    e = snapshot->arena == NULL ? ERR_NO_MEMORY : fill(ctx, &building);
    if (e != ERR_OK) {
        snapshot_free(snapshot);
        return fail(ctx, e);
    }
    *ret_snapshot = snapshot;
    return ERR_OK;
}
