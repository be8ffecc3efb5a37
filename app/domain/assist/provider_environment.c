#include "provider_environment.h"

#include "model_row.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "provider_address.h"
#include "provider_row.h"

/* What of the configuration makes a provider of each kind: one of the two, or an address where the kind has none of its own. */
struct source {
    struct str key, base_url, model;
};

static struct source source_of(const struct config *config, enum provider_kind kind)
{
    const struct source sources[] = {
        [PROVIDER_OPENAI] = { str_from(config->openai_api_key), str_from(config->openai_base_url),
                              str_from(config->openai_model) },
        [PROVIDER_VLLM] = { str_from(config->vllm_api_key), str_from(config->vllm_endpoint),
                            str_from(config->vllm_model) },
        [PROVIDER_GEMINI] = { str_from(config->google_api_key), str_from(config->gemini_base_url),
                              str_from(config->gemini_model) },
        [PROVIDER_ANTHROPIC] = { str_from(config->anthropic_api_key), str_from(config->anthropic_base_url),
                                 str_from(config->anthropic_model) },
    };

    return sources[kind];
}

struct str provider_environment_key(const struct config *config, enum provider_kind kind)
{
    return source_of(config, kind).key;
}

struct str provider_environment_model(const struct config *config, enum provider_kind kind)
{
    return source_of(config, kind).model;
}

bool provider_environment_fill(const struct config *config, struct provider *provider)
{
    struct source source = source_of(config, provider->kind);
    struct str standard = provider_kind_address(provider->kind);

    if (source.base_url.len == 0 && (source.key.len == 0 || standard.len == 0))
        return false;
    provider->base_url = source.base_url.len > 0 ? provider_address_trim(source.base_url) : standard;
    provider->has_key = source.key.len > 0;
    provider->key_last4 = provider_key_end(source.key);
    provider->read_only = true;
    return true;
}

/* ---- rows ---- */

static enum err row_find(struct ctx *ctx, enum provider_kind kind, struct provider *ret_provider)
{
    struct list list = { NULL, 0 };
    const struct provider *rows;

    TRY(db_each(ctx, SQL_PROVIDER_LIST, DB_ARGS(DB_INT(PROVIDER_OF_ENVIRONMENT)), provider_read, &list));
    rows = list.items;
    for (size_t i = 0; i < list.count; i++) {
        if (rows[i].kind == kind) {
            *ret_provider = rows[i];
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

static enum err row_make(struct ctx *ctx, enum provider_kind kind)
{
    const struct provider_settings none = { .fields = 0 };
    struct provider provider;

    provider_defaults(&provider, PROVIDER_OF_ENVIRONMENT, &none);
    provider.kind = kind;
    provider.name = str_from(provider_kind_names[kind]);
    provider.base_url = STR("");
    return provider_row_insert(ctx, &provider);
}

/* What is still missing of a kind. */
struct gap {
    enum provider_kind kind;
    struct str model; /* absent: none is set */
    bool row_missing, model_missing;
};

static enum err gap_look(struct ctx *ctx, struct gap *gap)
{
    struct provider provider;
    enum err e = row_find(ctx, gap->kind, &provider);

    gap->row_missing = e == ERR_NOT_FOUND;
    gap->model_missing = gap->row_missing && gap->model.len > 0;
    if (e != ERR_OK || gap->model.len == 0)
        return gap->row_missing ? ERR_OK : e;
    return model_is_missing(ctx, provider.id, gap->model, &gap->model_missing);
}

/* Looked at again under the lock: another process does the same when it starts. */
static enum err gap_fill(struct ctx *ctx, void *arg)
{
    struct gap *gap = arg;
    struct provider provider;

    TRY(providers_lock(ctx, &(struct provider_owner){ NULL, 0 }));
    TRY(gap_look(ctx, gap));
    if (gap->row_missing)
        TRY(row_make(ctx, gap->kind));
    if (!gap->model_missing)
        return ERR_OK;
    TRY(row_find(ctx, gap->kind, &provider));
    return model_add_known(ctx, &provider, gap->model);
}

enum err provider_environment_sync(struct ctx *ctx)
{
    for (int kind = 0; kind < PROVIDER_KIND_COUNT_; kind++) {
        struct provider provider = { .kind = (enum provider_kind)kind };
        struct gap gap = { .kind = provider.kind, .model = provider_environment_model(ctx->config, provider.kind) };

        if (!provider_environment_fill(ctx->config, &provider))
            continue;
        TRY(gap_look(ctx, &gap));
        if (gap.row_missing || gap.model_missing)
            TRY(db_run(ctx, gap_fill, &gap));
    }
    return ERR_OK;
}
