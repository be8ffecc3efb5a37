#include "parley/domain/assist/model_choice.h"

#include "model_row.h"
#include "parley/db/db.h"
#include "provider_environment.h"

/* ---- what comes first ---- */

/* What the configuration has an opinion on. */
struct preference {
    struct str provider, model;          /* "": none */
    int64_t kinds[PROVIDER_KIND_COUNT_]; /* those that are set in the environment; -1: this one is not */
};

static struct preference preference_of(const struct ctx *ctx, struct str provider)
{
    struct preference preference = { .provider = provider, .model = STR("") };

    if (provider.ptr == NULL)
        preference.provider = str_from(ctx->config->default_inference_provider);
    for (int kind = 0; kind < PROVIDER_KIND_COUNT_; kind++) {
        struct provider set = { .kind = (enum provider_kind)kind };
        struct str name = str_from(provider_kind_names[kind]);

        preference.kinds[kind] = -1;
        if (!provider_environment_fill(ctx->config, &set))
            continue;
        preference.kinds[kind] = kind;
        if (preference.provider.len == 0)
            preference.provider = name;
        if (str_eq(preference.provider, name))
            preference.model = provider_environment_model(ctx->config, set.kind);
    }
    return preference;
}

/* ---- the choice ---- */

static enum err choice_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct model_choice *choice = arg;

    *choice = (struct model_choice){
        .model_id = db_row_int(row, MODEL_CHOOSE_ID),
        .provider = arena_str(ctx->arena, db_row_str(row, MODEL_CHOOSE_PROVIDER)),
        .model = arena_str(ctx->arena, db_row_str(row, MODEL_CHOOSE_MODEL)),
        .context_tokens = model_figure_read(row, MODEL_CHOOSE_CONTEXT_TOKENS),
        .max_output_tokens = model_figure_read(row, MODEL_CHOOSE_MAX_OUTPUT_TOKENS),
        .flags = (unsigned)db_row_int(row, MODEL_CHOOSE_FLAGS),
        .price = { model_figure_read(row, MODEL_CHOOSE_PRICE_IN), model_figure_read(row, MODEL_CHOOSE_PRICE_CACHED),
                   model_figure_read(row, MODEL_CHOOSE_PRICE_OUT) },
        .bytes_per_token_milli = (int)db_row_int(row, MODEL_CHOOSE_BYTES_PER_TOKEN_MILLI),
    };
    return arena_check(ctx->arena);
}

enum err model_choose(struct ctx *ctx, int64_t workspace_id, struct str provider, struct str model,
                      struct model_choice *ret_choice)
{
    const struct preference first = preference_of(ctx, provider);
    const struct db_value workspace = DB_INT(workspace_id);
    struct model_choice choice;

    _Static_assert(PROVIDER_KIND_COUNT_ == 4, "the statement has room for so many");
    TRY(db_one(ctx, SQL_MODEL_CHOOSE,
               DB_ARGS(ctx->config->workspace_providers ? workspace : DB_INT(PROVIDER_OF_SERVER), DB_TEXT(provider),
                       DB_TEXT(model), DB_INT(first.kinds[0]), DB_INT(first.kinds[1]), DB_INT(first.kinds[2]),
                       DB_INT(first.kinds[3]), workspace, workspace, DB_TEXT(first.provider), DB_TEXT(first.model)),
               choice_read, &choice));
    *ret_choice = choice;
    return ERR_OK;
}

/* ---- what it costs ---- */

enum { TOKENS_OF_PRICE = 1000000 };

static int64_t price_or(int64_t price, int64_t otherwise)
{
    return price == INT64_MIN ? otherwise : price;
}

int64_t model_cost(const struct model_price *price, int64_t prompt_tokens, int64_t cached_tokens,
                   int64_t completion_tokens)
{
    int64_t in = price_or(price->in_micros, 0);
    int64_t cached_count = cached_tokens < prompt_tokens ? cached_tokens : prompt_tokens;
    double sum = (double)(prompt_tokens - cached_count) * (double)in +
                 (double)cached_count * (double)price_or(price->cached_micros, in) +
                 (double)completion_tokens * (double)price_or(price->out_micros, 0);

    return (int64_t)((sum + TOKENS_OF_PRICE - 1) / TOKENS_OF_PRICE);
}
