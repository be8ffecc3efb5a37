#include "parley/domain/assist/model.h"

#include "model_row.h"
#include "parley/core/limits.h"
#include "provider_row.h"

/* ---- reading ---- */

enum err model_list(struct ctx *ctx, const struct provider_owner *owner, const struct uuid *provider,
                    struct list *ret_list)
{
    struct list list = { NULL, 0 };
    struct provider found;

    TRY(provider_get(ctx, owner, provider, &found));
    TRY(db_each(ctx, SQL_MODEL_LIST, DB_ARGS(DB_INT(found.id)), model_read, &list));
    *ret_list = list;
    return ERR_OK;
}

static enum err find(struct ctx *ctx, int64_t provider_id, const struct uuid *model, struct model *ret_model)
{
    struct list list = { NULL, 0 };

    TRY(db_each(ctx, SQL_MODEL_GET, DB_ARGS(DB_UUID(model), DB_INT(provider_id)), model_read, &list));
    if (list.count == 0)
        return fail(ctx, ERR_MODEL_NOT_FOUND);
    *ret_model = *(struct model *)list.items;
    return ERR_OK;
}

enum err model_get(struct ctx *ctx, const struct provider_owner *owner, const struct uuid *provider,
                   const struct uuid *model, struct model *ret_model)
{
    struct provider found;

    TRY(provider_get(ctx, owner, provider, &found));
    return find(ctx, found.id, model, ret_model);
}

/* ---- changing ---- */

struct change {
    const struct provider_owner *owner;
    const struct uuid *provider;
    const struct model_settings *settings;
    const struct uuid *uuid; /* NULL: a new one */
    struct str name;         /* of a new one: as the provider calls it */
    int64_t if_version;
    struct model model;
};

static enum err fallback_apply(struct ctx *ctx, const struct change *change, struct model *model)
{
    static const struct uuid none;
    int64_t id = 0;
    enum err e;

    model->fallback = change->settings->fallback;
    model->fallback_id = 0;
    if (uuid_eq(&model->fallback, &none))
        return ERR_OK;
    if (uuid_eq(&model->fallback, &model->uuid))
        return problem_add(
            ctx->problem, (struct fault){ "body", "fallback_id", "value_error", "A model cannot fall back to itself" });
    e = db_number(ctx, SQL_MODEL_FALLBACK_FIND,
                  DB_ARGS(DB_UUID(&model->fallback), DB_INT(provider_owner_id(change->owner))), &id);
    if (e == ERR_NOT_FOUND)
        return failf(ctx, ERR_MODEL_NOT_FOUND, "The model to fall back to is not found");
    model->fallback_id = id;
    return e;
}

static enum err apply(struct ctx *ctx, const struct change *change, struct model *model)
{
    const struct model_settings *s = change->settings;

    if (s->fields & MODEL_NAME)
        model->name = s->name;
    if (s->fields & MODEL_CONTEXT_TOKENS)
        model->context_tokens = s->context_tokens;
    if (s->fields & MODEL_MAX_OUTPUT_TOKENS)
        model->max_output_tokens = s->max_output_tokens;
    if (s->fields & MODEL_FLAGS)
        model->flags = s->flags;
    if (s->fields & MODEL_PRICE)
        model->price = s->price;
    if (s->fields & MODEL_ENABLED)
        model->enabled = s->enabled;
    TRY(model_flags_list(ctx, model->flags, &model->flag_names));
    return s->fields & MODEL_FALLBACK ? fallback_apply(ctx, change, model) : ERR_OK;
}

static enum err audit(struct ctx *ctx, enum audit_action action, const struct change *change)
{
    const struct provider_owner *owner = change->owner;
    struct audit_detail details[2] = { AUDIT_UUID("model", &change->model.uuid) };
    size_t count = 1;

    if (owner->m != NULL)
        details[count++] = AUDIT_UUID("workspace", &owner->m->workspace);
    return audit_add(ctx, &(struct audit_entry){ .action = action,
                                                 .target_kind = AUDIT_ON_PROVIDER,
                                                 .target = *change->provider,
                                                 .details = { details, count } });
}

static enum err create(struct ctx *ctx, void *arg)
{
    struct change *change = arg;
    struct provider provider;

    TRY(providers_lock(ctx, change->owner));
    TRY(provider_get(ctx, change->owner, change->provider, &provider));
    change->model = model_new(&provider, change->name);
    TRY(apply(ctx, change, &change->model));
    TRY(model_row_insert(ctx, &change->model));
    return audit(ctx, AUDIT_MODEL_CREATED, change);
}

enum err model_create(struct ctx *ctx, const struct provider_owner *owner, const struct uuid *provider,
                      struct str model, const struct model_settings *settings, struct model *ret_model)
{
    struct change change = { .owner = owner, .provider = provider, .settings = settings, .name = model };

    TRY(db_run(ctx, create, &change));
    *ret_model = change.model;
    return ERR_OK;
}

/* The row, under the lock. */
static enum err target_get(struct ctx *ctx, struct change *change)
{
    struct provider provider;

    TRY(providers_lock(ctx, change->owner));
    TRY(provider_get(ctx, change->owner, change->provider, &provider));
    TRY(find(ctx, provider.id, change->uuid, &change->model));
    return change->if_version != 0 && change->if_version != change->model.version ? fail(ctx, ERR_PRECONDITION)
                                                                                  : ERR_OK;
}

static enum err update(struct ctx *ctx, void *arg)
{
    struct change *change = arg;
    struct model *m = &change->model;

    TRY(target_get(ctx, change));
    TRY(apply(ctx, change, m));
    m->updated_us = ctx->now_us;
    m->version++;
    TRY(db_exec(ctx, SQL_MODEL_UPDATE,
                DB_ARGS(DB_TEXT(m->name), model_figure(m->context_tokens), model_figure(m->max_output_tokens),
                        DB_INT(m->flags), model_figure(m->price.in_micros), model_figure(m->price.cached_micros),
                        model_figure(m->price.out_micros), DB_INT_OR_NULL(m->fallback_id), DB_INT(m->enabled),
                        DB_INT(m->updated_us), DB_INT(m->id), DB_INT(m->provider_id)),
                NULL));
    return audit(ctx, AUDIT_MODEL_CHANGED, change);
}

enum err model_update(struct ctx *ctx, const struct provider_owner *owner, const struct uuid *provider,
                      const struct uuid *model, int64_t if_version, const struct model_settings *settings,
                      struct model *ret_model)
{
    struct change change = {
        .owner = owner, .provider = provider, .settings = settings, .uuid = model, .if_version = if_version
    };

    TRY(db_run(ctx, update, &change));
    *ret_model = change.model;
    return ERR_OK;
}

static enum err delete_one(struct ctx *ctx, void *arg)
{
    struct change *change = arg;

    TRY(target_get(ctx, change));
    TRY(db_exec(ctx, SQL_MODEL_DELETE, DB_ARGS(DB_INT(change->model.id), DB_INT(change->model.provider_id)), NULL));
    return audit(ctx, AUDIT_MODEL_DELETED, change);
}

enum err model_delete(struct ctx *ctx, const struct provider_owner *owner, const struct uuid *provider,
                      const struct uuid *model, int64_t if_version)
{
    return db_run(ctx, delete_one,
                  &(struct change){ .owner = owner, .provider = provider, .uuid = model, .if_version = if_version });
}
