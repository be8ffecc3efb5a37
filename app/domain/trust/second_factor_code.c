#include "parley/domain/trust/second_factor_code.h"

#include <assert.h>

#include "parley/auth/recovery_code.h"
#include "parley/auth/seal.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/secret.h"
#include "parley/db/db.h"
#include "parley/domain/record/audit.h"

/* The row of a user's authenticator. */
struct totp_row {
    struct str sealed;
    bool enabled;
    int64_t last_step, wrong_count, locked_until_us;
};

static enum err read_row(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct totp_row *totp = arg;

    totp->sealed = arena_str(ctx->arena, db_row_str(row, TOTP_GET_SECRET));
    totp->enabled = !db_row_is_null(row, TOTP_GET_ENABLED_US);
    totp->last_step = db_row_int(row, TOTP_GET_LAST_STEP);
    totp->wrong_count = db_row_int(row, TOTP_GET_WRONG_COUNT);
    totp->locked_until_us = db_row_int(row, TOTP_GET_LOCKED_UNTIL_US);
    return arena_check(ctx->arena);
}

enum err second_factor_code_check(struct ctx *ctx, const struct second_factor_code *code)
{
    if ((code->code.ptr == NULL) != (code->recovery_code.ptr == NULL))
        return ERR_OK;
    return problem_add(ctx->problem, (struct fault){ .where = "body",
                                                     .field = "code",
                                                     .type = "value_error",
                                                     .message = "Send either code or recovery_code" });
}

enum err second_factor_code_open_secret(struct ctx *ctx, const struct uuid *user, struct str sealed,
                                        uint8_t ret_secret[TOTP_SECRET_BYTES])
{
    const struct seal_label label = { "totp", *user };
    struct str secret;
    enum err e = seal_open(ctx->app->keys, ctx->arena, &label, sealed, &secret);

    if (e == ERR_NO_MEMORY)
        return fail(ctx, e);
    if (e != ERR_OK || secret.len != TOTP_SECRET_BYTES)
        return failf(ctx, ERR_UNAVAILABLE, "This server does not have the key that opens the second factor");
    memcpy(ret_secret, secret.ptr, TOTP_SECRET_BYTES);
    secret_wipe((char *)(uintptr_t)secret.ptr, secret.len);
    return ERR_OK;
}

static bool is_locked(const struct ctx *ctx, const struct totp_row *totp)
{
    return totp->locked_until_us > ctx->now_us;
}

/* The one that fills the measure locks, and the count begins again behind the lock. */
static enum err count_wrong(struct ctx *ctx, const struct user *user, const struct totp_row *totp)
{
    int64_t wrong_count = totp->wrong_count + 1;
    int64_t locked_until_us = totp->locked_until_us;

    if (is_locked(ctx, totp))
        return ERR_OK;
    if (wrong_count >= SECOND_FACTOR_WRONG_MAX) {
        wrong_count = 0;
        locked_until_us = ctx->now_us + SECOND_FACTOR_LOCK_S * US_PER_S;
    }
    TRY(db_exec(ctx, SQL_TOTP_SET_WRONG, DB_ARGS(DB_INT(wrong_count), DB_INT(locked_until_us), DB_INT(user->id)),
                NULL));
    if (wrong_count > 0)
        return ERR_OK;
    return audit_add(
        ctx, &(struct audit_entry){ .action = AUDIT_LOCKED, .target_kind = AUDIT_ON_USER, .target = user->uuid });
}

static enum err consume_recovery_code(struct ctx *ctx, const struct user *user, struct str code,
                                      enum code_outcome *ret_outcome)
{
    uint8_t hash[SHA256_BYTES];
    int64_t count = 0;

    if (recovery_code_hash(ctx->app->keys, &user->uuid, code, hash) == ERR_OK)
        TRY(db_exec(
            ctx, SQL_RECOVERY_CODE_CONSUME,
            DB_ARGS(DB_INT(ctx->now_us), DB_INT(user->id), DB_BLOB(((struct str){ (const char *)hash, sizeof(hash) }))),
            &count));
    *ret_outcome = count == 1 ? CODE_ACCEPTED : CODE_WRONG;
    return ERR_OK;
}

static enum err consume_code(struct ctx *ctx, const struct user *user, const struct totp_row *totp, struct str code,
                             enum code_outcome *ret_outcome)
{
    uint8_t secret[TOTP_SECRET_BYTES];
    int64_t step = 0, count = 0;
    enum err e;

    if (is_locked(ctx, totp)) {
        *ret_outcome = CODE_LOCKED;
        return ERR_OK;
    }
    TRY(second_factor_code_open_secret(ctx, &user->uuid, totp->sealed, secret));
    e = totp_find_step(secret, code, ctx->now_us / US_PER_S, &step);
    secret_wipe(secret, sizeof(secret));
    if (e != ERR_OK && e != ERR_CODE_WRONG)
        return fail(ctx, e);
    if (e == ERR_OK)
        TRY(db_exec(ctx, SQL_TOTP_CONSUME_STEP, DB_ARGS(DB_INT(step), DB_INT(user->id), DB_INT(step)), &count));
    *ret_outcome = e == ERR_CODE_WRONG ? CODE_WRONG : count == 1 ? CODE_ACCEPTED : CODE_USED;
    return ERR_OK;
}

/* A code of the authenticator that was right needs no row: what it was good for has one. */
static enum err audit_outcome(struct ctx *ctx, const struct user *user, const struct second_factor_code *code,
                              enum code_outcome outcome)
{
    static const char *const reasons[] = {
        [CODE_WRONG] = "wrong", [CODE_USED] = "used before", [CODE_LOCKED] = "locked"
    };
    struct audit_entry entry = { .action = AUDIT_CODE_WRONG, .target_kind = AUDIT_ON_USER, .target = user->uuid };
    bool is_recovery = code->recovery_code.ptr != NULL;

    if (outcome == CODE_ACCEPTED && !is_recovery)
        return ERR_OK;
    if (outcome == CODE_ACCEPTED) {
        entry.action = AUDIT_RECOVERY_CODE_USED;
        entry.actor = (struct audit_actor){ .user = user->uuid, .name = user->email };
        return audit_add(ctx, &entry);
    }
    assert((size_t)outcome < sizeof(reasons) / sizeof(reasons[0]) && reasons[outcome] != NULL);
    entry.details = AUDIT_DETAILS(AUDIT_TEXT("reason", str_from(reasons[outcome])),
                                  AUDIT_TEXT("method", is_recovery ? STR("recovery_code") : STR("totp")));
    return audit_add(ctx, &entry);
}

enum err second_factor_code_consume(struct ctx *ctx, const struct user *user, const struct second_factor_code *code,
                                    enum code_outcome *ret_outcome, int *ret_retry_after_s)
{
    struct totp_row totp = { .enabled = false };
    enum err e = db_one(ctx, SQL_TOTP_GET, DB_ARGS(DB_INT(user->id)), read_row, &totp);

    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    *ret_outcome = CODE_NOT_REQUIRED;
    if (!user->twofa_enabled || !totp.enabled)
        return ERR_OK;
    if (code->code.ptr != NULL)
        TRY(consume_code(ctx, user, &totp, code->code, ret_outcome));
    else
        TRY(consume_recovery_code(ctx, user, code->recovery_code, ret_outcome));
    TRY(audit_outcome(ctx, user, code, *ret_outcome));
    *ret_retry_after_s = (int)((totp.locked_until_us - ctx->now_us + US_PER_S - 1) / US_PER_S);
    return *ret_outcome == CODE_WRONG ? count_wrong(ctx, user, &totp) : ERR_OK;
}

enum err second_factor_code_report(struct ctx *ctx, enum code_outcome outcome, int retry_after_s, enum err wrong)
{
    switch (outcome) {
    case CODE_ACCEPTED: return ERR_OK;
    case CODE_NOT_REQUIRED: return fail(ctx, ERR_SECOND_FACTOR_OFF);
    case CODE_LOCKED: ctx->problem->retry_after_s = retry_after_s; return fail(ctx, ERR_LOCKED);
    case CODE_WRONG:
    case CODE_USED: break;
    }
    return fail(ctx, wrong);
}
