#include "parley/domain/assist/provider_check.h"

#include "model_row.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/secret.h"
#include "provider_address.h"
#include "provider_row.h"

struct checking {
    const struct provider_owner *owner;
    const struct uuid *uuid;
    const struct ai_probe_result *result;
    struct str asked_url;
    struct list models;
    bool is_mended;
};

/* The trailing path that whoever set the address left out. */
static enum err add_v1(struct ctx *ctx, struct checking *checking, struct provider *provider)
{
    if (checking->result->outcome != AI_PROBE_V1_MISSING || provider->read_only ||
        !str_eq(provider->base_url, checking->asked_url))
        return ERR_OK;
    provider->base_url = str_from(arena_printf(ctx->arena, "%.*s/v1", STR_FMT(provider->base_url)));
    TRY(arena_check(ctx->arena));
    TRY(provider_address_check(ctx, provider));
    TRY(provider_row_update(ctx, provider));
    checking->is_mended = true;
    return provider_audit(ctx, AUDIT_PROVIDER_CHANGED, checking->owner, &provider->uuid, STR("base_url"));
}

/* What was found is written down, unless the provider names another host by now. */
static enum err note(struct ctx *ctx, void *arg)
{
    struct checking *checking = arg;
    struct provider provider;

    checking->is_mended = false;
    TRY(providers_lock(ctx, checking->owner));
    TRY(provider_get(ctx, checking->owner, checking->uuid, &provider));
    if (provider_address_same_host(provider.base_url, checking->asked_url)) {
        TRY(add_v1(ctx, checking, &provider));
        TRY(models_see(ctx, &provider, &checking->result->models));
    }
    checking->models = (struct list){ NULL, 0 };
    return db_each(ctx, SQL_MODEL_LIST, DB_ARGS(DB_INT(provider.id)), model_read, &checking->models);
}

static enum err probe(struct ctx *ctx, const struct provider *provider, struct ai_probe_result *ret_result)
{
    struct ai_probe_request request = {
        .ops = provider_ops_of(provider->kind),
        .trust = provider_address_trust(ctx->config, provider),
        .base_url = arena_cstr(ctx->arena, provider->base_url),
    };
    enum err e;

    TRY(provider_key_open(ctx, provider, &request.key));
    TRY(arena_check(ctx->arena));
    e = ai_probe_run(ctx->app->ai_probe, ctx->arena, &request, ret_result);
    secret_wipe((char *)(uintptr_t)request.key.ptr, request.key.len);
    return e == ERR_OK ? ERR_OK : fail(ctx, e);
}

enum err provider_check(struct ctx *ctx, const struct provider_owner *owner, const struct uuid *uuid,
                        struct provider_check *ret_check)
{
    struct ai_probe_result result;
    struct checking checking = { .owner = owner, .uuid = uuid, .result = &result };
    struct provider provider;

    TRY(provider_get(ctx, owner, uuid, &provider));
    checking.asked_url = provider.base_url;
    TRY(probe(ctx, &provider, &result));
    TRY(db_run(ctx, note, &checking));
    *ret_check = (struct provider_check){
        .outcome = result.outcome,
        .status = result.status != 0 ? result.status : INT64_MIN,
        .advice = checking.is_mended
                      ? STR("It answers with /v1 behind the base address, where it was missing. It was added.")
                      : result.advice,
        .duration_ms = result.duration_us / US_PER_MS,
        .models = checking.models,
    };
    return ERR_OK;
}
