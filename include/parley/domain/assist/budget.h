/*
 * Budgets: how much a user, an API key, or all in a workspace may spend on assistants in a day or a month (UTC). What an answer may cost at
 * most is taken aside before it begins, in one transaction with whatever else makes it, by one conditional UPDATE for each
 * budget; so many at once never spend more than there is. When it ends, what it did cost is put in its place, once. Who has no budget spends
 * any amount. All figures are millionths of the currency.
 *
 * Any thread; errors of the database (parley/db/db.h) besides those that are named.
 */
#ifndef PARLEY_DOMAIN_BUDGET_H
#define PARLEY_DOMAIN_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"

/* Whose. Locked in this order. Stored as these numbers, and as bits of them. */
enum budget_kind { BUDGET_OF_KEY, BUDGET_OF_USER, BUDGET_OF_WORKSPACE, BUDGET_KIND_COUNT_ };
enum budget_period { BUDGET_DAY, BUDGET_MONTH };
/* "day", "month", NULL. */
extern const char *const budget_period_names[];

/* Somebody who may have a budget. */
struct budget_subject {
    enum budget_kind kind;
    int64_t id; /* integer key */
    struct uuid uuid;
};

/* ---- rows, for administrators; no transaction open ---- */

struct budget {
    enum budget_period period;
    int64_t limit_micros, spent_micros;
    int64_t reserved_micros; /* for answers under way */
    int64_t resets_us;       /* the end of the period */
    int64_t version;
};

/*
 * Who is meant. An ADMIN: anybody. Others: themselves, a workspace of which they are OWNER, a key of theirs. ERR_FORBIDDEN;
 * ERR_USER_NOT_FOUND, ERR_WORKSPACE_NOT_FOUND, ERR_KEY_NOT_FOUND. Of a key `key_id` is looked at, of others `uuid`.
 */
enum err budget_subject_find(struct ctx *ctx, enum budget_kind kind, const struct uuid *uuid, int64_t key_id,
                             struct budget_subject *ret_subject) MUST_CHECK;

/* ERR_BUDGET_NOT_FOUND: any amount may be spent. */
enum err budget_get(struct ctx *ctx, const struct budget_subject *subject, struct budget *ret_budget) MUST_CHECK;
/*
 * Sets limit and period. What was spent in the present period, and what is taken aside, stays; of another period it counts until that one
 * ends. if_version 0: any. ERR_PRECONDITION.
 */
enum err budget_set(struct ctx *ctx, const struct budget_subject *subject, int64_t if_version,
                    enum budget_period period, int64_t limit_micros, struct budget *ret_budget) MUST_CHECK;
/* ERR_BUDGET_NOT_FOUND, ERR_PRECONDITION. */
enum err budget_remove(struct ctx *ctx, const struct budget_subject *subject, int64_t if_version) MUST_CHECK;
/* Inside the db_run that deletes an account. */
enum err budget_forget_user(struct ctx *ctx, int64_t user_id) MUST_CHECK;

/* ---- answers; inside db_run ---- */

/* An answer that is to be made: its row of `generations`. */
struct budget_claim {
    int64_t message_id; /* 0: asked for by /v1 */
    int64_t workspace_id;
    int64_t chat_id; /* 0: none */
    int64_t user_id;
    int64_t key_id; /* 0: no API key asked */
    int64_t model_id;
    struct uuid holder;      /* the process that works on it */
    int64_t lease_until_us;  /* when another may take it for dead */
    int64_t reserved_micros; /* what it may cost at most */
};
/*
 * Takes reserved_micros aside in the budgets of key, user and workspace, as far as there are any, and writes the row; *ret_id: its integer
 * key. ERR_BUDGET_EXHAUSTED, with what is left and when it renews: the transaction must be rolled back.
 */
enum err budget_claim(struct ctx *ctx, const struct budget_claim *claim, int64_t *ret_id) MUST_CHECK;
/*
 * Takes more aside for it (a model to fall back to that costs more), in the same budgets. ERR_BUDGET_EXHAUSTED: roll back;
 * ERR_NOT_FOUND: it is settled, or gone.
 */
enum err budget_raise(struct ctx *ctx, int64_t generation_id, int64_t more_micros) MUST_CHECK;
/*
 * Books what it did cost, and gives back what was taken aside: once, however often it is called. *ret_settled (may be NULL): this call did
 * it. A budget that has been made meanwhile is charged, too.
 */
enum err budget_settle(struct ctx *ctx, int64_t generation_id, int64_t cost_micros, bool *ret_settled) MUST_CHECK;

/* When the period ends in which a time lies; both are microseconds. */
int64_t budget_period_end_us(enum budget_period period, int64_t time_us);

#endif
