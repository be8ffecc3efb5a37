#include "model_row.h"

#include "parley/ai/ask.h"
#include "parley/core/limits.h"
#include "provider_row.h"

const char *const model_flag_names[] = {
    "system", "images", "tools", "usage_in_stream", "max_completion_tokens", NULL
};
_Static_assert(AI_MAX_COMPLETION_TOKENS == 1U << (COUNT_OF(model_flag_names) - 2), "each flag has a name");

enum err model_flags_list(struct ctx *ctx, unsigned flags, struct list *ret_names)
{
    struct list names = { NULL, 0 };

    for (size_t i = 0; model_flag_names[i] != NULL; i++) {
        struct str *name;

        if ((flags & 1U << i) == 0)
            continue;
        name = list_add(ctx->arena, &names, sizeof(*name));
        if (name == NULL)
            return fail(ctx, ERR_NO_MEMORY);
        *name = str_from(model_flag_names[i]);
    }
    *ret_names = names;
    return ERR_OK;
}

bool model_flags_read(const struct list *names, unsigned *ret_flags)
{
    const struct str *items = names->items;
    unsigned flags = 0;

    for (size_t n = 0; n < names->count; n++) {
        size_t i = 0;

        while (model_flag_names[i] != NULL && !str_eq_c(items[n], model_flag_names[i]))
            i++;
        if (model_flag_names[i] == NULL)
            return false;
        flags |= 1U << i;
    }
    *ret_flags = flags;
    return true;
}

struct db_value model_figure(int64_t number)
{
    return number == INT64_MIN ? DB_NULL : DB_INT(number);
}

int64_t model_figure_read(const struct db_row *row, int column)
{
    return db_row_is_null(row, column) ? INT64_MIN : db_row_int(row, column);
}

enum err model_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct model *model = list_add(ctx->arena, arg, sizeof(*model));

    if (model == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *model = (struct model){
        .id = db_row_int(row, MODEL_ROW_ID),
        .uuid = db_row_uuid(row, MODEL_ROW_UUID),
        .provider_id = db_row_int(row, MODEL_ROW_PROVIDER_ID),
        .model = arena_str(ctx->arena, db_row_str(row, MODEL_ROW_MODEL)),
        .name = arena_str(ctx->arena, db_row_str(row, MODEL_ROW_NAME)),
        .context_tokens = model_figure_read(row, MODEL_ROW_CONTEXT_TOKENS),
        .max_output_tokens = model_figure_read(row, MODEL_ROW_MAX_OUTPUT_TOKENS),
        .flags = (unsigned)db_row_int(row, MODEL_ROW_FLAGS),
        .price = { model_figure_read(row, MODEL_ROW_PRICE_IN), model_figure_read(row, MODEL_ROW_PRICE_CACHED),
                   model_figure_read(row, MODEL_ROW_PRICE_OUT) },
        .bytes_per_token_milli = db_row_int(row, MODEL_ROW_BYTES_PER_TOKEN_MILLI),
        .fallback_id = db_row_int(row, MODEL_ROW_FALLBACK_ID),
        .fallback = db_row_uuid(row, MODEL_ROW_FALLBACK_UUID),
        .is_manual = db_row_int(row, MODEL_ROW_IS_MANUAL) != 0,
        .enabled = db_row_int(row, MODEL_ROW_ENABLED) != 0,
        .seen_us = db_row_int(row, MODEL_ROW_SEEN_US),
        .version = db_row_int(row, MODEL_ROW_VERSION),
        .created_us = db_row_int(row, MODEL_ROW_CREATED_US),
        .updated_us = db_row_int(row, MODEL_ROW_UPDATED_US),
    };
    TRY(arena_check(ctx->arena));
    return model_flags_list(ctx, model->flags, &model->flag_names);
}

struct model model_new(const struct provider *provider, struct str model)
{
    return (struct model){ .uuid = uuid_new(),
                           .provider_id = provider->id,
                           .model = model,
                           .name = model,
                           .context_tokens = INT64_MIN,
                           .max_output_tokens = INT64_MIN,
                           .flags = provider_ops_of(provider->kind)->flags,
                           .price = { INT64_MIN, INT64_MIN, INT64_MIN },
                           .is_manual = true,
                           .enabled = true,
                           .version = 1 };
}

static enum err room_left(struct ctx *ctx, int64_t provider_id, int64_t *ret_count)
{
    int64_t count = 0;

    TRY(db_number(ctx, SQL_MODEL_COUNT, DB_ARGS(DB_INT(provider_id)), &count));
    *ret_count = MODELS_PER_PROVIDER_MAX - count;
    return ERR_OK;
}

enum err model_row_insert(struct ctx *ctx, struct model *model)
{
    const struct model *m = model;
    int64_t room;
    enum err e;

    TRY(room_left(ctx, m->provider_id, &room));
    if (room <= 0)
        return failf(ctx, ERR_LIMIT, "A provider has at most %d models", MODELS_PER_PROVIDER_MAX);
    model->created_us = model->updated_us = ctx->now_us;
    e = db_insert(ctx, SQL_MODEL_INSERT,
                  DB_ARGS(DB_UUID(&m->uuid), DB_INT(m->provider_id), DB_TEXT(m->model), DB_TEXT(m->name),
                          model_figure(m->context_tokens), model_figure(m->max_output_tokens), DB_INT(m->flags),
                          model_figure(m->price.in_micros), model_figure(m->price.cached_micros),
                          model_figure(m->price.out_micros), DB_INT_OR_NULL(m->fallback_id), DB_INT(m->is_manual),
                          DB_INT(m->enabled), DB_INT(m->created_us), DB_INT(m->updated_us)),
                  &model->id);
    return e == ERR_CONFLICT ? fail(ctx, ERR_NAME_TAKEN) : e;
}

enum err model_is_missing(struct ctx *ctx, int64_t provider_id, struct str model, bool *ret_is_missing)
{
    struct list list = { NULL, 0 };
    const struct model *models;
    bool is_missing = true;

    TRY(db_each(ctx, SQL_MODEL_LIST, DB_ARGS(DB_INT(provider_id)), model_read, &list));
    models = list.items;
    for (size_t i = 0; i < list.count; i++)
        is_missing = is_missing && !str_eq(models[i].model, model);
    *ret_is_missing = is_missing;
    return ERR_OK;
}

enum err model_add_known(struct ctx *ctx, const struct provider *provider, struct str model)
{
    struct model added = model_new(provider, model);

    return model_row_insert(ctx, &added);
}

enum err models_see(struct ctx *ctx, const struct provider *provider, const struct list *models)
{
    const struct ai_probe_model *seen = models->items;
    int64_t room;

    for (size_t i = 0; i < models->count && i < MODELS_PER_PROVIDER_MAX; i++) {
        struct uuid uuid = uuid_new();

        TRY(db_exec(ctx, SQL_MODEL_SEE,
                    DB_ARGS(DB_UUID(&uuid), DB_INT(provider->id), DB_TEXT(seen[i].model), DB_TEXT(seen[i].name),
                            DB_INT_OR_NULL(seen[i].context_tokens), DB_INT_OR_NULL(seen[i].max_output_tokens),
                            DB_INT(provider_ops_of(provider->kind)->flags), DB_INT(ctx->now_us), DB_INT(ctx->now_us),
                            DB_INT(ctx->now_us)),
                    NULL));
    }
    TRY(room_left(ctx, provider->id, &room));
    return room >= 0 ? ERR_OK
                     : db_exec(ctx, SQL_MODELS_FORGET_UNSEEN, DB_ARGS(DB_INT(provider->id), DB_INT(ctx->now_us)), NULL);
}
