#include "parley/domain/assist/budget.h"

#include "budget_row.h"
#include "parley/core/clock.h"
#include "parley/db/db.h"
#include "parley/domain/people/user.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/trust/api_key.h"
#include "parley/domain/workspaces/member.h"

const char *const budget_period_names[] = { "day", "month", NULL };

/* ---- periods ---- */

/* The first day of the month behind the one of a day; both count from 1970-01-01. */
static int64_t next_month(int64_t day)
{
    static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int64_t begin = 0;

    for (int year = 1970;; year++) {
        bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

        for (int month = 0; month < 12; month++) {
            begin += lengths[month] + (month == 1 && is_leap);
            if (begin > day)
                return begin;
        }
    }
}

int64_t budget_period_end_us(enum budget_period period, int64_t time_us)
{
    int64_t day = time_us / US_PER_DAY;

    return (period == BUDGET_DAY ? day + 1 : next_month(day)) * US_PER_DAY;
}

/* ---- whose ---- */

static enum err workspace_find(struct ctx *ctx, const struct uuid *uuid, struct budget_subject *subject)
{
    struct membership m;
    enum err e;

    if (ctx->actor->role == USER_ROLE_ADMIN) {
        e = db_number(ctx, SQL_WORKSPACE_BY_UUID, DB_ARGS(DB_UUID(uuid)), &subject->id);
        return e == ERR_NOT_FOUND ? fail(ctx, ERR_WORKSPACE_NOT_FOUND) : e;
    }
    if (!principal_may_enter(ctx->actor, uuid))
        return fail(ctx, ERR_WORKSPACE_NOT_FOUND);
    TRY(member_find(ctx, uuid, ctx->actor->user_id, &m));
    subject->id = m.workspace_id;
    return m.role >= MEMBER_ROLE_OWNER ? ERR_OK : fail(ctx, ERR_FORBIDDEN);
}

static enum err user_find(struct ctx *ctx, const struct uuid *uuid, struct budget_subject *subject)
{
    struct user user;

    if (ctx->actor->role != USER_ROLE_ADMIN && !uuid_eq(uuid, &ctx->actor->user))
        return fail(ctx, ERR_FORBIDDEN);
    TRY(user_get_by_uuid(ctx, uuid, &user));
    subject->id = user.id;
    return ERR_OK;
}

static enum err key_find(struct ctx *ctx, int64_t key_id, struct budget_subject *subject)
{
    struct api_key key;

    TRY(api_key_get(ctx, key_id, &key));
    subject->id = key.id;
    subject->uuid = key.uuid;
    return ERR_OK;
}

enum err budget_subject_find(struct ctx *ctx, enum budget_kind kind, const struct uuid *uuid, int64_t key_id,
                             struct budget_subject *ret_subject)
{
    struct budget_subject subject = { .kind = kind };

    if (kind == BUDGET_OF_KEY) {
        TRY(key_find(ctx, key_id, &subject));
    } else {
        subject.uuid = *uuid;
        TRY(kind == BUDGET_OF_USER ? user_find(ctx, uuid, &subject) : workspace_find(ctx, uuid, &subject));
    }
    *ret_subject = subject;
    return ERR_OK;
}

/* ---- rows ---- */

static enum err budget_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct budget *budget = arg;

    *budget = (struct budget){
        .period = (enum budget_period)db_row_int(row, BUDGET_ROW_PERIOD),
        .limit_micros = db_row_int(row, BUDGET_ROW_LIMIT_MICROS),
        .spent_micros = db_row_int(row, BUDGET_ROW_SPENT_MICROS),
        .reserved_micros = db_row_int(row, BUDGET_ROW_RESERVED_MICROS),
        .resets_us = db_row_int(row, BUDGET_ROW_PERIOD_END_US),
        .version = db_row_int(row, BUDGET_ROW_VERSION),
    };
    /* Nobody has spent anything since the period ended: the row says what was before. */
    if (budget->resets_us <= ctx->now_us) {
        budget->spent_micros = 0;
        budget->resets_us = budget_period_end_us(budget->period, ctx->now_us);
    }
    return ERR_OK;
}

enum err budget_row_find(struct ctx *ctx, enum budget_kind kind, int64_t id, struct budget *ret_budget)
{
    return db_one(ctx, SQL_BUDGET_GET, DB_ARGS(DB_INT(kind), DB_INT(id)), budget_read, ret_budget);
}

enum err budget_get(struct ctx *ctx, const struct budget_subject *subject, struct budget *ret_budget)
{
    enum err e = budget_row_find(ctx, subject->kind, subject->id, ret_budget);

    return e == ERR_NOT_FOUND ? fail(ctx, ERR_BUDGET_NOT_FOUND) : e;
}

struct change {
    const struct budget_subject *subject;
    int64_t if_version;
    enum budget_period period;
    int64_t limit_micros;
    struct budget budget;
};

static enum err audit(struct ctx *ctx, enum audit_action action, const struct budget_subject *subject,
                      struct audit_details details)
{
    static const enum audit_target_kind kinds[] = {
        [BUDGET_OF_KEY] = AUDIT_ON_API_KEY, [BUDGET_OF_USER] = AUDIT_ON_USER, [BUDGET_OF_WORKSPACE] = AUDIT_ON_WORKSPACE
    };

    return audit_add(ctx, &(struct audit_entry){ .action = action,
                                                 .target_kind = kinds[subject->kind],
                                                 .target = subject->uuid,
                                                 .target_key_id = subject->kind == BUDGET_OF_KEY ? subject->id : 0,
                                                 .details = details });
}

static enum err version_check(struct ctx *ctx, const struct change *change)
{
    struct budget budget = { .version = 0 };
    enum err e;

    if (change->if_version == 0)
        return ERR_OK;
    e = budget_row_find(ctx, change->subject->kind, change->subject->id, &budget);
    if (e != ERR_NOT_FOUND)
        TRY(e);
    return budget.version == change->if_version ? ERR_OK : fail(ctx, ERR_PRECONDITION);
}

static enum err set(struct ctx *ctx, void *arg)
{
    struct change *change = arg;
    const struct budget_subject *subject = change->subject;
    const char *period = budget_period_names[change->period];

    TRY(version_check(ctx, change));
    TRY(db_exec(ctx, SQL_BUDGET_SET,
                DB_ARGS(DB_INT(subject->kind), DB_INT(subject->id),
                        DB_INT_OR_NULL(subject->kind == BUDGET_OF_WORKSPACE ? subject->id : 0),
                        DB_INT_OR_NULL(subject->kind == BUDGET_OF_KEY ? subject->id : 0), DB_INT(change->period),
                        DB_INT(change->limit_micros), DB_INT(budget_period_end_us(change->period, ctx->now_us))),
                NULL));
    TRY(budget_get(ctx, subject, &change->budget));
    return audit(
        ctx, AUDIT_BUDGET_SET, subject,
        AUDIT_DETAILS(AUDIT_INT("limit_micros", change->limit_micros), AUDIT_TEXT("period", str_from(period))));
}

enum err budget_set(struct ctx *ctx, const struct budget_subject *subject, int64_t if_version,
                    enum budget_period period, int64_t limit_micros, struct budget *ret_budget)
{
    struct change change = {
        .subject = subject, .if_version = if_version, .period = period, .limit_micros = limit_micros
    };

    TRY(db_run(ctx, set, &change));
    *ret_budget = change.budget;
    return ERR_OK;
}

static enum err remove_one(struct ctx *ctx, void *arg)
{
    const struct change *change = arg;
    int64_t count = 0;

    TRY(version_check(ctx, change));
    TRY(db_exec(ctx, SQL_BUDGET_DELETE, DB_ARGS(DB_INT(change->subject->kind), DB_INT(change->subject->id)), &count));
    if (count == 0)
        return fail(ctx, ERR_BUDGET_NOT_FOUND);
    return audit(ctx, AUDIT_BUDGET_DELETED, change->subject, (struct audit_details){ NULL, 0 });
}

enum err budget_remove(struct ctx *ctx, const struct budget_subject *subject, int64_t if_version)
{
    return db_run(ctx, remove_one, &(struct change){ .subject = subject, .if_version = if_version });
}

enum err budget_forget_user(struct ctx *ctx, int64_t user_id)
{
    return db_exec(ctx, SQL_BUDGET_DELETE, DB_ARGS(DB_INT(BUDGET_OF_USER), DB_INT(user_id)), NULL);
}
