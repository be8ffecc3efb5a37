#include "parley/domain/assist/model_access.h"

#include "model_row.h"
#include "parley/domain/record/audit.h"
#include "provider_environment.h"
#include "provider_row.h"

/* ---- for whoever asks ---- */

static enum err usable_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct provider provider = { .kind = (enum provider_kind)db_row_int(row, USABLE_KIND) };
    struct usable_model *model;

    /* What is no longer in the environment cannot be used. */
    if (db_row_int(row, USABLE_WORKSPACE_ID) == PROVIDER_OF_ENVIRONMENT &&
        !provider_environment_fill(ctx->config, &provider))
        return ERR_OK;
    model = list_add(ctx->arena, arg, sizeof(*model));
    if (model == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *model = (struct usable_model){
        .uuid = db_row_uuid(row, USABLE_UUID),
        .provider = arena_str(ctx->arena, db_row_str(row, USABLE_PROVIDER)),
        .model = arena_str(ctx->arena, db_row_str(row, USABLE_MODEL)),
        .name = arena_str(ctx->arena, db_row_str(row, USABLE_NAME)),
        .context_tokens = model_figure_read(row, USABLE_CONTEXT_TOKENS),
        .max_output_tokens = model_figure_read(row, USABLE_MAX_OUTPUT_TOKENS),
        .price = { model_figure_read(row, USABLE_PRICE_IN), model_figure_read(row, USABLE_PRICE_CACHED),
                   model_figure_read(row, USABLE_PRICE_OUT) },
    };
    TRY(arena_check(ctx->arena));
    return model_flags_list(ctx, (unsigned)db_row_int(row, USABLE_FLAGS), &model->flag_names);
}

struct usable {
    int64_t user_id, workspace_id;
    struct list list;
};

static enum err list_both(struct ctx *ctx, void *arg)
{
    struct usable *usable = arg;
    const struct db_value user = DB_INT(usable->user_id), workspace = DB_INT(usable->workspace_id);

    TRY(db_each(ctx, SQL_MODEL_USABLE_SERVER, DB_ARGS(user, workspace, workspace), usable_read, &usable->list));
    if (!ctx->config->workspace_providers)
        return ERR_OK;
    return db_each(ctx, SQL_MODEL_USABLE_WORKSPACES, DB_ARGS(user, workspace, workspace), usable_read, &usable->list);
}

enum err model_list_usable(struct ctx *ctx, int64_t user_id, int64_t workspace_id, struct list *ret_list)
{
    struct usable usable = { .user_id = user_id, .workspace_id = workspace_id };

    TRY(provider_environment_sync(ctx));
    TRY(db_read(ctx, list_both, &usable));
    *ret_list = usable.list;
    return ERR_OK;
}

/* ---- the list of a workspace ---- */

static enum err allowed_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct model_allowance *allowance = arg;
    struct uuid *uuid;

    allowance->is_limited = true;
    if (db_row_is_null(row, WORKSPACE_MODELS_LIST_UUID))
        return ERR_OK; /* the row that says that there is a list, or one of a model that is gone */
    uuid = list_add(ctx->arena, &allowance->models, sizeof(*uuid));
    if (uuid == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *uuid = db_row_uuid(row, WORKSPACE_MODELS_LIST_UUID);
    return ERR_OK;
}

enum err model_allowance_get(struct ctx *ctx, const struct membership *m, struct model_allowance *ret_allowance)
{
    struct model_allowance allowance = { .is_limited = false };

    TRY(db_each(ctx, SQL_WORKSPACE_MODELS_LIST, DB_ARGS(DB_INT(m->workspace_id)), allowed_read, &allowance));
    *ret_allowance = allowance;
    return ERR_OK;
}

struct setting {
    const struct membership *m;
    int64_t user_id;
    const struct model_allowance *wanted;
    struct model_allowance allowance;
};

static enum err allow(struct ctx *ctx, const struct setting *setting, int64_t model_id)
{
    enum err e = db_exec(ctx, SQL_WORKSPACE_MODELS_ADD, DB_ARGS(DB_INT(setting->m->workspace_id), DB_INT(model_id)),
                         NULL);

    return e == ERR_CONFLICT ? failf(ctx, ERR_INVALID, "A model stands in the list twice") : e;
}

static enum err allow_all(struct ctx *ctx, const struct setting *setting)
{
    const struct uuid *uuids = setting->wanted->models.items;

    TRY(allow(ctx, setting, 0));
    for (size_t i = 0; i < setting->wanted->models.count; i++) {
        int64_t id = 0;
        enum err e = db_number(ctx, SQL_MODEL_FALLBACK_FIND, DB_ARGS(DB_UUID(&uuids[i]), DB_INT(PROVIDER_OF_SERVER)),
                               &id);

        if (e == ERR_NOT_FOUND)
            return fail(ctx, ERR_MODEL_NOT_FOUND);
        TRY(e);
        TRY(allow(ctx, setting, id));
    }
    return ERR_OK;
}

static struct str count_text(struct ctx *ctx, const struct model_allowance *allowance)
{
    return allowance->is_limited ? str_from(arena_printf(ctx->arena, "%zu", allowance->models.count)) : STR("null");
}

static enum err set_allowance(struct ctx *ctx, void *arg)
{
    struct setting *setting = arg;
    const struct provider_owner owner = { setting->m, setting->user_id };

    TRY(providers_lock(ctx, &owner));
    TRY(db_exec(ctx, SQL_WORKSPACE_MODELS_CLEAR, DB_ARGS(DB_INT(setting->m->workspace_id)), NULL));
    if (setting->wanted->is_limited)
        TRY(allow_all(ctx, setting));
    TRY(model_allowance_get(ctx, setting->m, &setting->allowance));
    return audit_add(
        ctx, &(struct audit_entry){ .action = AUDIT_MODELS_ALLOWED,
                                    .target_kind = AUDIT_ON_WORKSPACE,
                                    .target = setting->m->workspace,
                                    .details = AUDIT_DETAILS(AUDIT_JSON("models", count_text(ctx, setting->wanted))) });
}

enum err model_allowance_set(struct ctx *ctx, const struct membership *m, int64_t user_id,
                             const struct model_allowance *allowance, struct model_allowance *ret_allowance)
{
    struct setting setting = { .m = m, .user_id = user_id, .wanted = allowance };

    TRY(db_run(ctx, set_allowance, &setting));
    *ret_allowance = setting.allowance;
    return ERR_OK;
}
