/* What is taken aside for answers: the other half of parley/domain/assist/budget.h. */
#include "budget_row.h"
#include "parley/core/clock.h"
#include "parley/db/db.h"

/* Who pays, in the order of enum budget_kind; 0: nobody of that kind. */
struct payers {
    int64_t ids[BUDGET_KIND_COUNT_];
};

static struct payers payers_of(int64_t key_id, int64_t user_id, int64_t workspace_id)
{
    return (struct payers){
        { [BUDGET_OF_KEY] = key_id, [BUDGET_OF_USER] = user_id, [BUDGET_OF_WORKSPACE] = workspace_id }
    };
}

/* ---- taking aside ---- */

static enum err exhausted(struct ctx *ctx, enum budget_kind kind, const struct budget *budget)
{
    static const char *const owners[] = {
        [BUDGET_OF_KEY] = "this API key", [BUDGET_OF_USER] = "this user", [BUDGET_OF_WORKSPACE] = "this workspace"
    };
    int64_t left = budget->limit_micros - budget->spent_micros - budget->reserved_micros;
    char resets[CLOCK_TEXT_BYTES];

    clock_format(budget->resets_us, resets);
    return failf(ctx, ERR_BUDGET_EXHAUSTED,
                 "The budget of %s has %lld millionths left until %s, which is less than this may cost", owners[kind],
                 (long long)(left > 0 ? left : 0), resets);
}

/* *ret_reserved false: there is no budget. */
static enum err reserve(struct ctx *ctx, enum budget_kind kind, int64_t id, int64_t micros, bool *ret_reserved)
{
    int64_t now_us = ctx->now_us, count = 0;
    struct budget budget;
    enum err e;

    TRY(db_exec(ctx, SQL_BUDGET_RESERVE,
                DB_ARGS(DB_INT(now_us), DB_INT(micros), DB_INT(now_us),
                        DB_INT(budget_period_end_us(BUDGET_DAY, now_us)),
                        DB_INT(budget_period_end_us(BUDGET_MONTH, now_us)), DB_INT(kind), DB_INT(id), DB_INT(now_us),
                        DB_INT(micros)),
                &count));
    *ret_reserved = count > 0;
    if (count > 0)
        return ERR_OK;
    e = budget_row_find(ctx, kind, id, &budget);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    return exhausted(ctx, kind, &budget);
}

/* Of the kinds whose bits are set; *ret_kinds: those that have a budget. */
static enum err reserve_all(struct ctx *ctx, const struct payers *payers, unsigned kinds, int64_t micros,
                            unsigned *ret_kinds)
{
    unsigned reserved_kinds = 0;

    for (int kind = 0; kind < BUDGET_KIND_COUNT_; kind++) {
        bool is_reserved = false;

        if (payers->ids[kind] != 0 && (kinds & 1U << kind) != 0)
            TRY(reserve(ctx, (enum budget_kind)kind, payers->ids[kind], micros, &is_reserved));
        reserved_kinds |= is_reserved ? 1U << kind : 0;
    }
    *ret_kinds = reserved_kinds;
    return ERR_OK;
}

enum err budget_claim(struct ctx *ctx, const struct budget_claim *claim, int64_t *ret_id)
{
    const struct payers payers = payers_of(claim->key_id, claim->user_id, claim->workspace_id);
    unsigned kinds;

    TRY(reserve_all(ctx, &payers, ~0U, claim->reserved_micros, &kinds));
    return db_insert(ctx, SQL_GENERATION_INSERT,
                     DB_ARGS(DB_INT_OR_NULL(claim->message_id), DB_INT(claim->workspace_id),
                             DB_INT_OR_NULL(claim->chat_id), DB_INT(claim->user_id), DB_INT_OR_NULL(claim->key_id),
                             DB_INT(claim->model_id), DB_UUID(&claim->holder), DB_INT(claim->lease_until_us),
                             DB_INT(claim->reserved_micros), DB_INT(kinds), DB_INT(ctx->now_us)),
                     ret_id);
}

/* ---- of one that is there ---- */

struct claimed {
    struct payers payers;
    int64_t reserved_micros;
    unsigned kinds;
};

static enum err claimed_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    (void)ctx;
    *(struct claimed *)arg = (struct claimed){
        .payers = payers_of(db_row_int(row, CLAIM_ROW_KEY_ID), db_row_int(row, CLAIM_ROW_USER_ID),
                            db_row_int(row, CLAIM_ROW_WORKSPACE_ID)),
        .reserved_micros = db_row_int(row, CLAIM_ROW_RESERVED_MICROS),
        .kinds = (unsigned)db_row_int(row, CLAIM_ROW_RESERVED_KINDS),
    };
    return ERR_OK;
}

enum err budget_raise(struct ctx *ctx, int64_t generation_id, int64_t more_micros)
{
    struct claimed claimed;
    int64_t count = 0;
    unsigned kinds;

    /* Its row first: whoever settles it meanwhile waits, or has. */
    TRY(db_exec(ctx, SQL_GENERATION_RAISE, DB_ARGS(DB_INT(more_micros), DB_INT(generation_id)), &count));
    if (count == 0)
        return ERR_NOT_FOUND;
    TRY(db_one(ctx, SQL_GENERATION_CLAIM, DB_ARGS(DB_INT(generation_id)), claimed_read, &claimed));
    return reserve_all(ctx, &claimed.payers, claimed.kinds, more_micros, &kinds);
}

static enum err settle_one(struct ctx *ctx, enum budget_kind kind, int64_t id, int64_t reserved_micros,
                           int64_t cost_micros)
{
    int64_t now_us = ctx->now_us;

    return db_exec(ctx, SQL_BUDGET_SETTLE,
                   DB_ARGS(DB_INT(now_us), DB_INT(cost_micros), DB_INT(reserved_micros), DB_INT(reserved_micros),
                           DB_INT(now_us), DB_INT(budget_period_end_us(BUDGET_DAY, now_us)),
                           DB_INT(budget_period_end_us(BUDGET_MONTH, now_us)), DB_INT(kind), DB_INT(id)),
                   NULL);
}

enum err budget_settle(struct ctx *ctx, int64_t generation_id, int64_t cost_micros, bool *ret_settled)
{
    struct claimed claimed;
    int64_t count = 0;

    TRY(db_exec(ctx, SQL_GENERATION_SETTLE, DB_ARGS(DB_INT(generation_id)), &count));
    if (ret_settled != NULL)
        *ret_settled = count > 0;
    if (count == 0)
        return ERR_OK;
    TRY(db_one(ctx, SQL_GENERATION_CLAIM, DB_ARGS(DB_INT(generation_id)), claimed_read, &claimed));
    for (int kind = 0; kind < BUDGET_KIND_COUNT_; kind++) {
        bool is_reserved = (claimed.kinds & 1U << kind) != 0;

        if (claimed.payers.ids[kind] != 0)
            TRY(settle_one(ctx, (enum budget_kind)kind, claimed.payers.ids[kind],
                           is_reserved ? claimed.reserved_micros : 0, cost_micros));
    }
    return ERR_OK;
}
