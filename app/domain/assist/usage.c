#include "parley/domain/assist/usage.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"

const char *const usage_by_names[] = { "user", "workspace", "key", "model", "day", NULL };

enum { OUTCOME_MAX_CHARS = 32 };

/* ---- writing ---- */

static enum err day_add(struct ctx *ctx, const struct usage_entry *e, struct str provider, struct str model)
{
    return db_exec(ctx, SQL_USAGE_DAY_ADD,
                   DB_ARGS(DB_INT(ctx->now_us / US_PER_DAY), DB_INT(e->workspace_id), DB_INT(e->user_id),
                           DB_INT(e->key_id), DB_TEXT(provider), DB_TEXT(model), DB_INT(e->is_failed),
                           DB_INT(e->is_estimated), DB_INT(e->prompt_tokens), DB_INT(e->cached_tokens),
                           DB_INT(e->completion_tokens), DB_INT(e->reasoning_tokens), DB_INT(e->cost_micros)),
                   NULL);
}

enum err usage_add(struct ctx *ctx, const struct usage_entry *e)
{
    struct str provider = str_head_code_points(e->provider, PROVIDER_NAME_MAX_CHARS);
    struct str model = str_head_code_points(e->model, NAME_MAX_CHARS);
    struct str outcome = str_head_code_points(e->outcome, OUTCOME_MAX_CHARS);

    TRY(db_insert(ctx, SQL_USAGE_INSERT,
                  DB_ARGS(DB_INT(ctx->now_us), DB_INT(e->workspace_id), DB_INT(e->user_id), DB_INT_OR_NULL(e->key_id),
                          DB_INT_OR_NULL(e->chat_id), DB_INT_OR_NULL(e->message_id), DB_TEXT(provider), DB_TEXT(model),
                          DB_INT(e->prompt_tokens), DB_INT(e->cached_tokens), DB_INT(e->completion_tokens),
                          DB_INT(e->reasoning_tokens), DB_INT(e->cost_micros), DB_INT(e->is_estimated),
                          DB_TEXT(outcome), e->first_token_ms < 0 ? DB_NULL : DB_INT(e->first_token_ms),
                          DB_INT(e->duration_ms), DB_INT(e->attempts)),
                  NULL));
    return day_add(ctx, e, provider, model);
}

/* ---- reports ---- */

static enum err sum_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct usage_sum *sum = list_add(ctx->arena, arg, sizeof(*sum));
    int64_t key_id = db_row_int(row, USAGE_SUM_KEY_ID);

    if (sum == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *sum = (struct usage_sum){
        .user = db_row_uuid(row, USAGE_SUM_USER_UUID),
        .workspace = db_row_uuid(row, USAGE_SUM_WORKSPACE_UUID),
        .key_id = key_id != 0 ? key_id : INT64_MIN,
        .provider = arena_str(ctx->arena, db_row_str(row, USAGE_SUM_PROVIDER)),
        .model = arena_str(ctx->arena, db_row_str(row, USAGE_SUM_MODEL)),
        .day_us = db_row_int(row, USAGE_SUM_DAY) * US_PER_DAY,
        .request_count = db_row_int(row, USAGE_SUM_REQUEST_COUNT),
        .failed_count = db_row_int(row, USAGE_SUM_FAILED_COUNT),
        .estimated_count = db_row_int(row, USAGE_SUM_ESTIMATED_COUNT),
        .prompt_tokens = db_row_int(row, USAGE_SUM_PROMPT_TOKENS),
        .cached_tokens = db_row_int(row, USAGE_SUM_CACHED_TOKENS),
        .completion_tokens = db_row_int(row, USAGE_SUM_COMPLETION_TOKENS),
        .reasoning_tokens = db_row_int(row, USAGE_SUM_REASONING_TOKENS),
        .cost_micros = db_row_int(row, USAGE_SUM_COST_MICROS),
    };
    return arena_check(ctx->arena);
}

enum err usage_report(struct ctx *ctx, const struct usage_opts *opts, struct list *ret_list)
{
    const struct db_value by = DB_INT(opts->by), limit = DB_INT(USAGE_ROWS_MAX), user = DB_INT(opts->user_id);
    const struct db_value from = DB_INT(opts->from_us / US_PER_DAY), end = DB_INT(opts->end_us / US_PER_DAY);
    struct list list = { NULL, 0 };

    if (end.number < from.number || end.number - from.number >= USAGE_DAYS_MAX)
        return problem_add(ctx->problem, (struct fault){ "query", "to", "value_error",
                                                         "The end lies behind the beginning, and at most a year" });
    if (opts->user_id != 0)
        TRY(db_each(ctx, SQL_USAGE_REPORT_OF_USER, DB_ARGS(by, by, by, by, by, by, user, from, end, limit), sum_read,
                    &list));
    else
        TRY(db_each(ctx, SQL_USAGE_REPORT, DB_ARGS(by, by, by, by, by, by, from, end, limit), sum_read, &list));
    *ret_list = list;
    return ERR_OK;
}
