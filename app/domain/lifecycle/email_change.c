#include "parley/domain/lifecycle/email_change.h"

#include "parley/auth/password.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/people/email.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/record/link_token.h"
#include "parley/domain/record/mail_queue.h"
#include "parley/domain/trust/revocation.h"
#include "parley/domain/workspaces/invitation.h"

/* ---- mail ---- */

/* A text with a name in it, and a link or nothing. In the arena. */
static enum err mail_add(struct ctx *ctx, struct str recipient, const char *subject, struct str text,
                         int64_t expires_us)
{
    struct mail_draft draft = { .recipient = recipient, .text = text, .expires_us = expires_us };

    draft.subject = str_from(arena_printf(ctx->arena, "%s %s", subject, ctx->config->app_name));
    TRY(arena_check(ctx->arena));
    return mail_queue_add(ctx, &draft);
}

static struct str link_text(struct ctx *ctx, struct str url)
{
    return str_from(arena_printf(ctx->arena,
                                 "Hello,\n"
                                 "\n"
                                 "somebody who is signed in at %s wants this to be the address of their\n"
                                 "account. If it was you, confirm it here within an hour; the link works once:\n"
                                 "\n"
                                 "%.*s\n"
                                 "\n"
                                 "If it was not you, do nothing: nothing changes.\n",
                                 ctx->config->app_name, STR_FMT(url)));
}

static struct str taken_text(struct ctx *ctx)
{
    return str_from(arena_printf(ctx->arena,
                                 "Hello,\n"
                                 "\n"
                                 "somebody who is signed in at %s wants this to be the address of their\n"
                                 "account. An account of yours has it already, so nothing has changed.\n"
                                 "\n"
                                 "If it was you: sign in to the account that has this address, or give that one\n"
                                 "another address first. If it was not you, do nothing.\n",
                                 ctx->config->app_name));
}

static struct str notice_text(struct ctx *ctx)
{
    return str_from(arena_printf(ctx->arena,
                                 "Hello,\n"
                                 "\n"
                                 "somebody who is signed in to your account at %s wants to give it another\n"
                                 "address. It gets it once that is confirmed there. If it was you, there is nothing\n"
                                 "to do here.\n"
                                 "\n"
                                 "If it was not you, change your password now: that ends it.\n",
                                 ctx->config->app_name));
}

static struct str done_text(struct ctx *ctx)
{
    return str_from(arena_printf(ctx->arena,
                                 "Hello,\n"
                                 "\n"
                                 "your account at %s has another address now; mail about it goes there, and\n"
                                 "you sign in with it. If neither you nor an administrator wanted that, tell an\n"
                                 "administrator.\n",
                                 ctx->config->app_name));
}

/* ---- the change itself ---- */

/* Nobody is signed in where a link is used; that somebody had it is all that is known. */
static enum err audit_change(struct ctx *ctx, const struct user *user, enum email_change_by by)
{
    const struct audit_detail link = AUDIT_TEXT("by", STR("link"));

    return audit_add(ctx, &(struct audit_entry){ .action = AUDIT_USER_EMAIL_CHANGED,
                                                 .target_kind = AUDIT_ON_USER,
                                                 .target = user->uuid,
                                                 .details = { &link, by == EMAIL_CHANGE_BY_LINK ? 1 : 0 } });
}

enum err email_change_apply(struct ctx *ctx, struct user *user, struct str email, enum email_change_by by)
{
    struct str old = user->email;
    enum err e = db_exec(ctx, SQL_USER_EMAIL_SET, DB_ARGS(DB_TEXT(email), DB_INT(ctx->now_us), DB_INT(user->id)), NULL);

    if (e == ERR_CONFLICT)
        return fail(ctx, ERR_EMAIL_TAKEN);
    TRY(e);
    user->email = email;
    user->version++;
    user->updated_us = ctx->now_us;
    TRY(revocation_end_links(ctx, user->id));
    TRY(outcome_revoke(ctx, user->id)); /* what is remembered has the address */
    if (old.ptr != NULL) {
        TRY(invitation_follow(ctx, old, email));
        if (mail_queue_is_on(ctx))
            TRY(mail_add(ctx, old, "Your address at", done_text(ctx), ctx->now_us + US_PER_DAY));
    }
    return audit_change(ctx, user, by);
}

/* ---- asking ---- */

struct ask_call {
    const struct principal *principal;
    const struct email_change_ask *ask;
    struct str email; /* normalised */
    struct str password_hash;
    struct str url;
    struct link_token_hash token_hash;
    int64_t expires_us;
    enum code_outcome outcome;
    int retry_after_s;
};

static enum err check_ask(struct ctx *ctx, const struct ask_call *call)
{
    const struct email_change_ask *ask = call->ask;
    int proofs = (ask->password.ptr != NULL) + (ask->code.code.ptr != NULL) + (ask->code.recovery_code.ptr != NULL);

    if (!mail_queue_is_on(ctx))
        return fail(ctx, ERR_MAIL_OFF);
    if (proofs != 1)
        return problem_add(ctx->problem, (struct fault){ .where = "body",
                                                         .field = "current_password",
                                                         .type = "value_error",
                                                         .message = "Send one of current_password, code and "
                                                                    "recovery_code" });
    if (call->email.ptr == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    if (str_eq(call->email, str_from(call->principal->email)))
        return problem_add(ctx->problem, (struct fault){ .where = "body",
                                                         .field = "email",
                                                         .type = "value_error",
                                                         .message = "is the address of this account already" });
    return ERR_OK;
}

static enum err check_password(struct ctx *ctx, struct ask_call *call)
{
    bool rehash;
    enum err e;

    TRY(user_password_hash(ctx, call->principal->user_id, &call->password_hash));
    e = password_verify(ctx, call->ask->password, call->password_hash, &rehash);
    if (e != ERR_OK)
        return fail(ctx, e == ERR_LOGIN ? ERR_PASSWORD_WRONG : e);
    return ERR_OK;
}

static enum err link_new(struct ctx *ctx, struct ask_call *call)
{
    struct str token;

    TRY(link_token_new(ctx, &call->token_hash, &token));
    call->url = str_from(
        arena_printf(ctx->arena, "%s/app/#/email?token=%.*s", ctx->config->public_url, STR_FMT(token)));
    call->expires_us = ctx->now_us + EMAIL_CHANGE_LIFE_S * US_PER_S;
    return call->url.ptr != NULL ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
}

/* A password that was changed since it was checked proves nothing. */
static enum err prove(struct ctx *ctx, struct ask_call *call, const struct user *user)
{
    struct str hash;

    call->outcome = CODE_ACCEPTED;
    if (call->ask->password.ptr == NULL)
        return second_factor_code_consume(ctx, user, &call->ask->code, &call->outcome, &call->retry_after_s);
    TRY(user_password_hash(ctx, user->id, &hash));
    return str_eq(hash, call->password_hash) ? ERR_OK : fail(ctx, ERR_PASSWORD_WRONG);
}

/*
 * Whether somebody has the address decides on a text and on nothing else: neither on the answer nor on the statements. A
 * token that nobody was sent is a row like others.
 */
static enum err ask_add(struct ctx *ctx, const struct ask_call *call, const struct user *user)
{
    int64_t open_count = 0, owner_id = 0;
    enum err found;

    TRY(db_number(ctx, SQL_EMAIL_CHANGE_OPEN_COUNT, DB_ARGS(DB_INT(user->id), DB_INT(ctx->now_us)), &open_count));
    if (open_count >= EMAIL_CHANGES_OPEN_MAX)
        return failf(ctx, ERR_LIMIT, "%d links for another address wait already", EMAIL_CHANGES_OPEN_MAX);
    found = db_number(ctx, SQL_USER_ID_BY_EMAIL, DB_ARGS(DB_TEXT(call->email)), &owner_id);
    if (found != ERR_OK && found != ERR_NOT_FOUND)
        return found;
    TRY(db_exec(ctx, SQL_EMAIL_CHANGE_INSERT,
                DB_ARGS(DB_BLOB(link_token_hash_str(&call->token_hash)), DB_INT(user->id), DB_TEXT(call->email),
                        DB_INT(call->expires_us), DB_INT(ctx->now_us)),
                NULL));
    TRY(mail_add(ctx, call->email, "Your address at", found == ERR_OK ? taken_text(ctx) : link_text(ctx, call->url),
                 call->expires_us));
    return user->email.ptr == NULL
               ? ERR_OK
               : mail_add(ctx, user->email, "Another address at", notice_text(ctx), ctx->now_us + US_PER_DAY);
}

/* Committed whatever the outcome: a wrong code must count. */
static enum err ask_in_transaction(struct ctx *ctx, void *arg)
{
    struct ask_call *call = arg;
    struct user user;

    TRY(user_lock(ctx, &call->principal->user, ERR_TOKEN, &user));
    TRY(prove(ctx, call, &user));
    if (call->outcome != CODE_ACCEPTED)
        return ERR_OK;
    TRY(ask_add(ctx, call, &user));
    return audit_add(ctx, &(struct audit_entry){
                              .action = AUDIT_EMAIL_CHANGE_ASKED, .target_kind = AUDIT_ON_USER, .target = user.uuid });
}

enum err email_change_ask(struct ctx *ctx, const struct principal *principal, const struct email_change_ask *ask)
{
    struct ask_call call = { .principal = principal, .ask = ask, .email = email_normalise(ctx->arena, ask->email) };

    TRY(check_ask(ctx, &call));
    if (ask->password.ptr != NULL)
        TRY(check_password(ctx, &call));
    TRY(link_new(ctx, &call));
    TRY(db_run(ctx, ask_in_transaction, &call));
    return second_factor_code_report(ctx, call.outcome, call.retry_after_s, ERR_CODE_REFUSED);
}

/* ---- confirming ---- */

struct confirmation {
    struct link_token_hash token_hash;
    struct uuid user;
    struct str email;
};

static enum err read_owner(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct confirmation *confirmation = arg;

    confirmation->user = db_row_uuid(row, EMAIL_CHANGE_OWNER_UUID);
    confirmation->email = arena_str(ctx->arena, db_row_str(row, EMAIL_CHANGE_OWNER_EMAIL));
    return arena_check(ctx->arena);
}

/* The user's row is locked first, so whoever ends the links has done so or waits. */
static enum err confirm_in_transaction(struct ctx *ctx, void *arg)
{
    struct confirmation *confirmation = arg;
    struct db_value token = DB_BLOB(link_token_hash_str(&confirmation->token_hash));
    struct user user;
    int64_t count = 0;
    enum err e = db_one(ctx, SQL_EMAIL_CHANGE_OWNER, DB_ARGS(token, DB_INT(ctx->now_us)), read_owner, confirmation);

    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_EMAIL_CHANGE);
    TRY(e);
    TRY(user_lock(ctx, &confirmation->user, ERR_EMAIL_CHANGE, &user));
    if (!user.is_active)
        return fail(ctx, ERR_EMAIL_CHANGE);
    TRY(db_exec(ctx, SQL_EMAIL_CHANGE_CONSUME, DB_ARGS(token, DB_INT(user.id), DB_INT(ctx->now_us)), &count));
    if (count == 0)
        return fail(ctx, ERR_EMAIL_CHANGE);
    return email_change_apply(ctx, &user, confirmation->email, EMAIL_CHANGE_BY_LINK);
}

enum err email_change_confirm(struct ctx *ctx, struct str token)
{
    struct confirmation confirmation;

    if (!link_token_read(token, &confirmation.token_hash))
        return fail(ctx, ERR_EMAIL_CHANGE);
    return db_run(ctx, confirm_in_transaction, &confirmation);
}

/* ---- cleaning up ---- */

enum err email_change_expire(struct ctx *ctx, int64_t limit, int64_t *ret_count)
{
    return db_exec(ctx, SQL_EMAIL_CHANGES_EXPIRE, DB_ARGS(DB_INT(ctx->now_us), DB_INT(limit)), ret_count);
}
