#include "parley/domain/trust/password_reset.h"

#include "parley/auth/password.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/people/email.h"
#include "parley/domain/people/user.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/record/link_token.h"
#include "parley/domain/record/mail_queue.h"
#include "parley/domain/trust/api_key.h"
#include "parley/domain/trust/revocation.h"

/* ---- asking ---- */

struct ask {
    struct str email;
    struct uuid user; /* all zero: nobody has the address */
};

static enum err ask_in_transaction(struct ctx *ctx, void *arg)
{
    const struct ask *ask = arg;
    static const struct uuid nobody;
    bool is_known = !uuid_eq(&ask->user, &nobody);

    if (mail_queue_is_on(ctx)) {
        outcome_wake(ctx, OUTCOME_MAIL);
        TRY(db_exec(ctx, SQL_PASSWORD_RESET_ASK_INSERT, DB_ARGS(DB_TEXT(ask->email), DB_INT(ctx->now_us)), NULL));
    }
    return audit_add(ctx, &(struct audit_entry){ .action = AUDIT_PASSWORD_RESET_ASKED,
                                                 .target_kind = is_known ? AUDIT_ON_USER : AUDIT_ON_NOTHING,
                                                 .target = ask->user });
}

enum err password_reset_ask(struct ctx *ctx, struct str email)
{
    struct ask ask = { .email = email_normalise(ctx->arena, email) };
    struct str hash;
    struct user user;
    enum err e;

    if (ask.email.ptr == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    e = user_find_credential(ctx, ask.email, &user, &hash);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    if (e == ERR_OK)
        ask.user = user.uuid;
    return db_run(ctx, ask_in_transaction, &ask);
}

/* ---- links ---- */

/* A link that is being made. */
struct link {
    const struct uuid *user_uuid;
    struct user user;
    struct str email;
    struct str url;
    struct link_token_hash hash;
    int64_t expires_us;
};

static enum err link_new(struct ctx *ctx, struct link *link)
{
    struct str token;

    TRY(link_token_new(ctx, &link->hash, &token));
    link->url = str_from(
        arena_printf(ctx->arena, "%s/app/#/reset?token=%.*s", ctx->config->public_url, STR_FMT(token)));
    link->expires_us = ctx->now_us + RESET_LIFE_S * US_PER_S;
    return link->url.ptr != NULL ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
}

static enum err link_insert(struct ctx *ctx, const struct link *link)
{
    return db_exec(ctx, SQL_PASSWORD_RESET_INSERT,
                   DB_ARGS(DB_BLOB(link_token_hash_str(&link->hash)), DB_INT(link->user.id), DB_INT(link->expires_us),
                           DB_INT(ctx->now_us)),
                   NULL);
}

static bool has_password(const struct user *user)
{
    return user->kind == USER_KIND_PERSON || user->kind == USER_KIND_CONTACT;
}

/* ---- by mail ---- */

static enum err mail_add(struct ctx *ctx, const struct link *link)
{
    const char *name = ctx->config->app_name;
    struct mail_draft draft = { .recipient = link->email, .expires_us = link->expires_us };

    draft.subject = str_from(arena_printf(ctx->arena, "A new password for %s", name));
    draft.text = str_from(
        arena_printf(ctx->arena,
                     "Hello,\n"
                     "\n"
                     "somebody asked for a new password for your account at %s. If it was you, choose\n"
                     "one here within an hour; the link works once:\n"
                     "\n"
                     "%.*s\n"
                     "\n"
                     "If it was not you, do nothing: your password stays as it is.\n",
                     name, STR_FMT(link->url)));
    TRY(arena_check(ctx->arena));
    return mail_queue_add(ctx, &draft);
}

/* Whoever gets no link is not told so: an answer would tell others who has an account. */
static enum err answer_in_transaction(struct ctx *ctx, void *arg)
{
    struct link *link = arg;
    struct str hash;
    int64_t open_count = 0, count = 0;
    enum err e;

    TRY(db_exec(ctx, SQL_PASSWORD_RESET_ASK_DELETE, DB_ARGS(DB_TEXT(link->email)), &count));
    if (count == 0)
        return ERR_OK; /* another process was quicker */
    e = user_find_credential(ctx, link->email, &link->user, &hash);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    TRY(db_number(ctx, SQL_PASSWORD_RESET_OPEN_COUNT, DB_ARGS(DB_INT(link->user.id), DB_INT(ctx->now_us)),
                  &open_count));
    if (!link->user.is_active || !has_password(&link->user) || open_count >= RESETS_OPEN_MAX)
        return ERR_OK;
    TRY(link_insert(ctx, link));
    return mail_add(ctx, link);
}

static enum err read_ask(struct ctx *ctx, const struct db_row *row, void *arg)
{
    *(struct str *)arg = arena_str(ctx->arena, db_row_str(row, PASSWORD_RESET_ASK_NEXT_EMAIL));
    return arena_check(ctx->arena);
}

enum err password_reset_step(struct ctx *ctx, int64_t *ret_count)
{
    struct link link = { .user_uuid = NULL };
    enum err e = db_one(ctx, SQL_PASSWORD_RESET_ASK_NEXT, DB_ARGS(DB_INT(ctx->now_us)), read_ask, &link.email);

    *ret_count = 0;
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(link_new(ctx, &link));
    TRY(db_run(ctx, answer_in_transaction, &link));
    *ret_count = 1;
    return ERR_OK;
}

/* ---- by an administrator ---- */

/* Nobody's id is all zero: the command line acts as nobody. */
static struct str issuer_kind(const struct ctx *ctx)
{
    static const struct uuid nobody;

    return ctx->actor == NULL || uuid_eq(&ctx->actor->user, &nobody) ? STR("command line") : STR("administrator");
}

static enum err issue_in_transaction(struct ctx *ctx, void *arg)
{
    struct link *link = arg;

    TRY(api_key_unbound_check(ctx));
    TRY(user_lock(ctx, link->user_uuid, ERR_USER_NOT_FOUND, &link->user));
    if (!has_password(&link->user))
        return fail(ctx, ERR_NO_PASSWORD);
    if (!link->user.is_active)
        return fail(ctx, ERR_USER_INACTIVE);
    TRY(revocation_end_links(ctx, link->user.id));
    TRY(link_insert(ctx, link));
    return audit_add(ctx, &(struct audit_entry){ .action = AUDIT_PASSWORD_RESET_ASKED,
                                                 .target_kind = AUDIT_ON_USER,
                                                 .target = *link->user_uuid,
                                                 .details = AUDIT_DETAILS(AUDIT_TEXT("by", issuer_kind(ctx))) });
}

enum err password_reset_issue(struct ctx *ctx, const struct uuid *user, struct password_reset_link *ret_link)
{
    struct link link = { .user_uuid = user };

    TRY(link_new(ctx, &link));
    TRY(db_run(ctx, issue_in_transaction, &link));
    *ret_link = (struct password_reset_link){ link.url, link.expires_us };
    return ERR_OK;
}

/* ---- using one ---- */

struct redemption {
    struct link_token_hash hash;
    struct uuid user;
    struct str email; /* absent: none */
    struct str password_hash;
    int64_t user_id;
    const struct session_origin *origin; /* NULL: nobody is signed in */
    bool signed_in;
    struct sign_in_result *result;
    struct session_grant grant;
};

static enum err read_owner(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct redemption *redemption = arg;

    redemption->user = db_row_uuid(row, PASSWORD_RESET_OWNER_UUID);
    redemption->email = arena_str(ctx->arena, db_row_str(row, PASSWORD_RESET_OWNER_EMAIL));
    return arena_check(ctx->arena);
}

/* Without a token that is worth something nothing is hashed. */
static enum err owner_find(struct ctx *ctx, struct redemption *redemption)
{
    enum err e = db_one(ctx, SQL_PASSWORD_RESET_OWNER,
                        DB_ARGS(DB_BLOB(link_token_hash_str(&redemption->hash)), DB_INT(ctx->now_us)), read_owner,
                        redemption);

    return e == ERR_NOT_FOUND ? fail(ctx, ERR_RESET) : e;
}

static enum err password_set(struct ctx *ctx, const struct redemption *redemption)
{
    TRY(db_exec(ctx, SQL_USER_PASSWORD_SET,
                DB_ARGS(DB_TEXT(redemption->password_hash), DB_INT(ctx->now_us), DB_INT(redemption->user_id)), NULL));
    TRY(revocation_end_sessions(ctx, redemption->user_id, 0));
    /* Nobody is signed in; that somebody had the link is all that is known. */
    return audit_add(ctx, &(struct audit_entry){ .action = AUDIT_PASSWORD_RESET,
                                                 .target_kind = AUDIT_ON_USER,
                                                 .target = redemption->user,
                                                 .details = AUDIT_DETAILS(AUDIT_TEXT("by", STR("link"))) });
}

/* By the new password, as far as that alone lets in: not where a second factor is on. */
static enum err sign_in(struct ctx *ctx, struct redemption *redemption)
{
    const struct sign_in_proof proof = { redemption->user_id, redemption->password_hash, redemption->password_hash };
    enum err e = sign_in_begin(ctx, &proof, redemption->origin, &redemption->result->user, &redemption->grant);

    redemption->signed_in = e == ERR_OK;
    return e == ERR_LOGIN ? ERR_OK : e;
}

/* The user's row is locked first, so whoever switches them off, or sets another password, has done so or waits. */
static enum err redeem_in_transaction(struct ctx *ctx, void *arg)
{
    struct redemption *redemption = arg;
    struct user user;
    int64_t count = 0;

    TRY(user_lock(ctx, &redemption->user, ERR_RESET, &user));
    if (!user.is_active)
        return fail(ctx, ERR_RESET);
    TRY(db_exec(ctx, SQL_PASSWORD_RESET_CONSUME,
                DB_ARGS(DB_INT(ctx->now_us), DB_BLOB(link_token_hash_str(&redemption->hash)), DB_INT(user.id),
                        DB_INT(ctx->now_us)),
                &count));
    if (count == 0)
        return fail(ctx, ERR_RESET);
    redemption->user_id = user.id;
    TRY(password_set(ctx, redemption));
    return redemption->origin != NULL ? sign_in(ctx, redemption) : ERR_OK;
}

enum err password_reset_redeem(struct ctx *ctx, struct str token, struct str password,
                               const struct session_origin *origin, struct sign_in_result *ret_result)
{
    struct redemption redemption = { .origin = origin, .result = ret_result };
    char hash[PASSWORD_HASH_BYTES];

    if (!link_token_read(token, &redemption.hash))
        return fail(ctx, ERR_RESET);
    TRY(owner_find(ctx, &redemption));
    TRY(password_hash_new(ctx, password, redemption.email, hash));
    redemption.password_hash = str_from(hash);
    *ret_result = (struct sign_in_result){ .challenge_token = { NULL, 0 } };
    TRY(db_run(ctx, redeem_in_transaction, &redemption));
    return redemption.signed_in ? session_sign(ctx, &redemption.grant, &ret_result->tokens) : ERR_OK;
}

/* ---- cleaning up ---- */

enum err password_reset_expire(struct ctx *ctx, int64_t limit, int64_t *ret_count)
{
    return db_exec(ctx, SQL_PASSWORD_RESETS_EXPIRE, DB_ARGS(DB_INT(ctx->now_us), DB_INT(limit)), ret_count);
}
