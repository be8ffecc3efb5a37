#include "parley/domain/trust/second_factor.h"

#include "parley/auth/qr.h"
#include "parley/auth/recovery_code.h"
#include "parley/auth/seal.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/secret.h"
#include "parley/db/db.h"
#include "parley/domain/events/event.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/trust/challenge.h"
#include "parley/domain/trust/revocation.h"
#include "parley/domain/trust/session.h"

enum { URI_MAX_BYTES = 4096, SVG_MAX_BYTES = 512 * 1024 };

/* ---- set up ---- */

/* What the server is called in the app: TOTP_ISSUER, or APP_NAME. */
static struct str issuer(const struct ctx *ctx)
{
    struct str own = str_from(ctx->config->totp_issuer);

    return own.len > 0 ? own : str_from(ctx->config->app_name);
}

static enum err write_setup(struct ctx *ctx, const struct user *user, const uint8_t secret[TOTP_SECRET_BYTES],
                            struct second_factor_setup *ret_setup)
{
    char text[TOTP_SECRET_TEXT_BYTES];
    struct buf uri, svg;
    enum err e;

    buf_init(&uri, URI_MAX_BYTES);
    buf_init(&svg, SVG_MAX_BYTES);
    totp_secret_text(secret, text);
    totp_uri(issuer(ctx), user->email.len > 0 ? user->email : user->username, secret, &uri);
    e = buf_check(&uri);
    if (e == ERR_OK)
        e = qr_svg(buf_str(&uri), &svg);
    if (e == ERR_OK) {
        ret_setup->secret = arena_str(ctx->arena, str_from(text));
        ret_setup->provisioning_uri = arena_str(ctx->arena, buf_str(&uri));
        ret_setup->qr_svg = arena_str(ctx->arena, buf_str(&svg));
        e = arena_check(ctx->arena);
    }
    buf_release(&uri);
    buf_release(&svg);
    return e == ERR_OK ? ERR_OK : fail(ctx, e);
}

struct setup_call {
    const struct principal *principal;
    struct str sealed;
    struct user user;
};

static enum err setup_in_transaction(struct ctx *ctx, void *arg)
{
    struct setup_call *call = arg;

    TRY(user_lock(ctx, &call->principal->user, ERR_TOKEN, &call->user));
    if (call->user.twofa_enabled)
        return fail(ctx, ERR_SECOND_FACTOR_ON);
    TRY(db_exec(ctx, SQL_TOTP_DELETE, DB_ARGS(DB_INT(call->user.id)), NULL));
    return db_insert(ctx, SQL_TOTP_INSERT, DB_ARGS(DB_INT(call->user.id), DB_BLOB(call->sealed), DB_INT(ctx->now_us)),
                     NULL);
}

enum err second_factor_setup(struct ctx *ctx, const struct principal *principal, struct second_factor_setup *ret_setup)
{
    const struct seal_label label = { "totp", principal->user };
    struct setup_call call = { .principal = principal };
    uint8_t secret[TOTP_SECRET_BYTES];
    enum err e;

    totp_secret_new(secret);
    e = seal_close(ctx->app->keys, ctx->arena, &label, (struct str){ (const char *)secret, sizeof(secret) },
                   &call.sealed);
    if (e != ERR_OK)
        e = fail(ctx, e);
    else
        e = db_run(ctx, setup_in_transaction, &call);
    if (e == ERR_OK)
        e = write_setup(ctx, &call.user, secret, ret_setup);
    secret_wipe(secret, sizeof(secret));
    return e;
}

/* ---- recovery codes ---- */

struct codes {
    char texts[RECOVERY_CODES][RECOVERY_CODE_BYTES];
    uint8_t hashes[RECOVERY_CODES][SHA256_BYTES];
};

static enum err codes_make(struct ctx *ctx, const struct uuid *user, struct codes *codes)
{
    for (size_t i = 0; i < RECOVERY_CODES; i++) {
        recovery_code_new(codes->texts[i]);
        TRY(recovery_code_hash(ctx->app->keys, user, str_from(codes->texts[i]), codes->hashes[i]));
    }
    return ERR_OK;
}

/* In a transaction: these take the place of all older ones. */
static enum err codes_replace(struct ctx *ctx, int64_t user_id, const struct codes *codes)
{
    struct db_value values[2 * RECOVERY_CODES];

    for (size_t i = 0; i < RECOVERY_CODES; i++) {
        values[2 * i] = DB_INT(user_id);
        values[2 * i + 1] = DB_BLOB(((struct str){ (const char *)codes->hashes[i], SHA256_BYTES }));
    }
    TRY(db_exec(ctx, SQL_RECOVERY_CODES_DELETE, DB_ARGS(DB_INT(user_id)), NULL));
    return db_insert(ctx, SQL_RECOVERY_CODES_INSERT, (struct db_args){ values, COUNT_OF(values) }, NULL);
}

static enum err codes_list(struct ctx *ctx, const struct codes *codes, struct list *ret_codes)
{
    struct str *items = arena_calloc(ctx->arena, RECOVERY_CODES, sizeof(*items));

    for (size_t i = 0; items != NULL && i < RECOVERY_CODES; i++)
        items[i] = arena_str(ctx->arena, str_from(codes->texts[i]));
    if (arena_check(ctx->arena) != ERR_OK)
        return fail(ctx, ERR_NO_MEMORY);
    *ret_codes = (struct list){ items, RECOVERY_CODES };
    return ERR_OK;
}

/* ---- switch on ---- */

struct verify_call {
    const struct principal *principal;
    struct str code;
    struct codes codes;
};

struct pending {
    struct str sealed;
};

static enum err read_pending(struct ctx *ctx, const struct db_row *row, void *arg)
{
    ((struct pending *)arg)->sealed = arena_str(ctx->arena, db_row_str(row, TOTP_GET_SECRET));
    return arena_check(ctx->arena);
}

/* The step of a code for the secret that was set up. */
static enum err find_first_step(struct ctx *ctx, const struct user *user, struct str code, int64_t *ret_step)
{
    struct pending pending;
    uint8_t secret[TOTP_SECRET_BYTES];
    enum err e = db_one(ctx, SQL_TOTP_GET, DB_ARGS(DB_INT(user->id)), read_pending, &pending);

    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_SECOND_FACTOR_UNSET);
    TRY(e);
    TRY(second_factor_code_open_secret(ctx, &user->uuid, pending.sealed, secret));
    e = totp_find_step(secret, code, ctx->now_us / US_PER_S, ret_step);
    secret_wipe(secret, sizeof(secret));
    if (e == ERR_OK)
        return ERR_OK;
    return fail(ctx, e == ERR_CODE_WRONG ? ERR_CODE_REFUSED : e);
}

/* On or off, and why. */
static enum err switch_flag(struct ctx *ctx, const struct user *user, int on, enum audit_action action)
{
    TRY(db_exec(ctx, SQL_USER_SET_TWOFA, DB_ARGS(DB_INT(on), DB_INT(ctx->now_us), DB_INT(user->id)), NULL));
    TRY(outcome_revoke(ctx, user->id)); /* what is remembered has the flag */
    TRY(audit_add(ctx, &(struct audit_entry){ .action = action, .target_kind = AUDIT_ON_USER, .target = user->uuid }));
    return event_add(
        ctx, &(struct event){ .kind = EVENT_SECOND_FACTOR_CHANGED, .user_id = user->id, .subject = user->uuid });
}

static enum err verify_in_transaction(struct ctx *ctx, void *arg)
{
    struct verify_call *call = arg;
    int64_t step = 0, count = 0;
    struct user user;

    TRY(user_lock(ctx, &call->principal->user, ERR_TOKEN, &user));
    if (user.twofa_enabled)
        return fail(ctx, ERR_SECOND_FACTOR_ON);
    TRY(find_first_step(ctx, &user, call->code, &step));
    TRY(db_exec(ctx, SQL_TOTP_ENABLE, DB_ARGS(DB_INT(ctx->now_us), DB_INT(step), DB_INT(user.id)), &count));
    if (count == 0)
        return fail(ctx, ERR_SECOND_FACTOR_ON);
    TRY(codes_replace(ctx, user.id, &call->codes));
    return switch_flag(ctx, &user, 1, AUDIT_TWOFA_ENABLED);
}

enum err second_factor_verify(struct ctx *ctx, const struct principal *principal, struct str code,
                              struct list *ret_codes)
{
    struct verify_call call = { .principal = principal, .code = code };
    enum err e = codes_make(ctx, &principal->user, &call.codes);

    if (e == ERR_OK)
        e = db_run(ctx, verify_in_transaction, &call);
    if (e == ERR_OK)
        e = codes_list(ctx, &call.codes, ret_codes);
    secret_wipe(&call.codes, sizeof(call.codes));
    return e;
}

/* ---- with a fresh code ---- */

struct proven_call {
    const struct principal *principal;
    const struct second_factor_code *code;
    enum err (*then)(struct ctx *ctx, struct proven_call *call, const struct user *user);
    struct codes codes;
    enum code_outcome outcome;
    int retry_after_s;
};

/* Committed whatever the outcome: a wrong code must count. */
static enum err prove_in_transaction(struct ctx *ctx, void *arg)
{
    struct proven_call *call = arg;
    struct user user;

    TRY(user_lock(ctx, &call->principal->user, ERR_TOKEN, &user));
    TRY(second_factor_code_consume(ctx, &user, call->code, &call->outcome, &call->retry_after_s));
    return call->outcome == CODE_ACCEPTED ? call->then(ctx, call, &user) : ERR_OK;
}

static enum err prove_and(struct ctx *ctx, struct proven_call *call)
{
    TRY(second_factor_code_check(ctx, call->code));
    TRY(db_run(ctx, prove_in_transaction, call));
    return second_factor_code_report(ctx, call->outcome, call->retry_after_s, ERR_CODE_REFUSED);
}

static enum err then_disable(struct ctx *ctx, struct proven_call *call, const struct user *user)
{
    (void)call;
    TRY(second_factor_forget(ctx, user->id));
    return switch_flag(ctx, user, 0, AUDIT_TWOFA_DISABLED);
}

enum err second_factor_disable(struct ctx *ctx, const struct principal *principal,
                               const struct second_factor_code *code)
{
    struct proven_call call = { .principal = principal, .code = code, .then = then_disable };

    return prove_and(ctx, &call);
}

static enum err then_new_codes(struct ctx *ctx, struct proven_call *call, const struct user *user)
{
    TRY(codes_replace(ctx, user->id, &call->codes));
    return audit_add(ctx, &(struct audit_entry){ .action = AUDIT_RECOVERY_CODES_MADE,
                                                 .target_kind = AUDIT_ON_USER,
                                                 .target = user->uuid });
}

enum err second_factor_new_codes(struct ctx *ctx, const struct principal *principal,
                                 const struct second_factor_code *code, struct list *ret_codes)
{
    struct proven_call call = { .principal = principal, .code = code, .then = then_new_codes };
    enum err e = codes_make(ctx, &principal->user, &call.codes);

    if (e == ERR_OK)
        e = prove_and(ctx, &call);
    if (e == ERR_OK)
        e = codes_list(ctx, &call.codes, ret_codes);
    secret_wipe(&call.codes, sizeof(call.codes));
    return e;
}

/* ---- taken away ---- */

enum err second_factor_forget(struct ctx *ctx, int64_t user_id)
{
    TRY(db_exec(ctx, SQL_TOTP_DELETE, DB_ARGS(DB_INT(user_id)), NULL));
    TRY(db_exec(ctx, SQL_RECOVERY_CODES_DELETE, DB_ARGS(DB_INT(user_id)), NULL));
    return revocation_end_challenges(ctx, user_id);
}

static enum err remove_in_transaction(struct ctx *ctx, void *arg)
{
    const struct uuid *uuid = arg;
    struct user user;

    TRY(user_lock(ctx, uuid, ERR_USER_NOT_FOUND, &user));
    if (!user.twofa_enabled)
        return fail(ctx, ERR_SECOND_FACTOR_OFF);
    TRY(second_factor_forget(ctx, user.id));
    TRY(switch_flag(ctx, &user, 0, AUDIT_TWOFA_RESET));
    return revocation_end_sessions(ctx, user.id, 0);
}

enum err second_factor_remove(struct ctx *ctx, const struct uuid *user)
{
    struct uuid uuid = *user;

    return db_run(ctx, remove_in_transaction, &uuid);
}

enum err second_factor_ask(struct ctx *ctx, int64_t user_id)
{
    struct user user;

    TRY(user_get(ctx, user_id, &user));
    return user.twofa_enabled ? ERR_OK : fail(ctx, ERR_SECOND_FACTOR);
}
