#include "parley/domain/account.h"

#include "parley/auth/password.h"
#include "parley/db/db.h"
#include "parley/domain/email.h"
#include "parley/domain/invitation.h"
#include "parley/domain/setup.h"

/* ---- register ---- */

struct registration {
    struct user_create_opts opts;
    struct str invite;
    struct user *user;
};

static enum err check_registration(struct ctx *ctx, const struct registration *registration)
{
    struct str email = email_normalise(ctx->arena, registration->opts.email);
    struct invitation invitation;
    bool not_set_up;

    if (ctx->config->registration == REGISTRATION_CLOSED)
        return fail(ctx, ERR_REGISTRATION_CLOSED);
    TRY(setup_required(ctx, &not_set_up));
    if (not_set_up)
        return failf(ctx, ERR_REGISTRATION_CLOSED, "The server has no administrator yet");
    if (registration->invite.ptr == NULL && ctx->config->registration == REGISTRATION_INVITE)
        return failf(ctx, ERR_REGISTRATION_CLOSED, "Registration on this server needs an invitation");
    if (registration->invite.ptr == NULL)
        return ERR_OK;
    TRY(invitation_find_by_token(ctx, registration->invite, &invitation));
    return str_eq(invitation.email, email) ? ERR_OK : fail(ctx, ERR_INVITATION);
}

static enum err register_in_transaction(struct ctx *ctx, void *arg)
{
    struct registration *registration = arg;
    struct user *user = registration->user;
    struct invitation invitation;

    TRY(user_insert(ctx, &registration->opts, user));
    if (registration->invite.ptr == NULL)
        return ERR_OK;
    return invitation_accept(ctx, registration->invite, user->id, user->email, &invitation);
}

enum err account_register(struct ctx *ctx, const struct user_create_opts *opts, struct str invite,
                          struct user *ret_user)
{
    struct registration registration = { .opts = *opts, .invite = invite, .user = ret_user };
    char hash[PASSWORD_HASH_BYTES];

    registration.opts.role = USER_ROLE_USER;
    TRY(check_registration(ctx, &registration));
    TRY(user_hash_password(ctx, &registration.opts, hash));
    return db_run(ctx, register_in_transaction, &registration);
}

/* ---- sign in ---- */

struct sign_in {
    struct user user;
    struct str old_hash, new_hash; /* the same, unless the cost was raised */
    const struct session_origin *origin;
    struct session_grant grant;
};

/* Who has this address and password. Takes the same time whether the address is known or not. */
static enum err check_password(struct ctx *ctx, struct str email, struct str password, struct sign_in *sign_in,
                               bool *ret_rehash)
{
    enum err found = user_find_credential(ctx, email, &sign_in->user, &sign_in->old_hash);
    enum err e;

    if (found != ERR_OK && found != ERR_NOT_FOUND)
        return found;
    e = password_verify(ctx, password, found == ERR_OK ? sign_in->old_hash : (struct str){ NULL, 0 }, ret_rehash);
    if (e != ERR_OK)
        return fail(ctx, e);
    if (!sign_in->user.is_active)
        return fail(ctx, ERR_USER_INACTIVE);
    return ERR_OK;
}

static enum err sign_in_in_transaction(struct ctx *ctx, void *arg)
{
    struct sign_in *sign_in = arg;
    int64_t count = 0;

    TRY(db_exec(
        ctx, SQL_USER_SIGNED_IN,
        DB_ARGS(DB_INT(ctx->now_us), DB_TEXT(sign_in->new_hash), DB_INT(sign_in->user.id), DB_TEXT(sign_in->old_hash)),
        &count));
    if (count == 0)
        return fail(ctx, ERR_LOGIN); /* the password was changed, or the user switched off, while we hashed */
    TRY(user_get(ctx, sign_in->user.id, &sign_in->user));
    return session_add(ctx, &sign_in->user, sign_in->origin, &sign_in->grant);
}

enum err account_sign_in(struct ctx *ctx, struct str email, struct str password, const struct session_origin *origin,
                         struct user *ret_user, struct session_tokens *ret_tokens)
{
    struct sign_in sign_in = { .origin = origin };
    char hash[PASSWORD_HASH_BYTES];
    bool rehash = false;

    TRY(check_password(ctx, email, password, &sign_in, &rehash));
    sign_in.new_hash = sign_in.old_hash;
    if (rehash) {
        TRY(password_hash(ctx, password, hash));
        sign_in.new_hash = str_from(hash);
    }
    TRY(db_run(ctx, sign_in_in_transaction, &sign_in));
    TRY(session_sign(ctx, &sign_in.grant, ret_tokens));
    *ret_user = sign_in.user;
    return ERR_OK;
}

/* ---- change of password ---- */

struct password_change {
    const struct principal *principal;
    struct str old_hash, new_hash;
};

static enum err read_hash(struct ctx *ctx, const struct db_row *row, void *arg)
{
    *(struct str *)arg = arena_str(ctx->arena, db_row_str(row, 0));
    return arena_check(ctx->arena);
}

static enum err change_password_in_transaction(struct ctx *ctx, void *arg)
{
    struct password_change *change = arg;
    int64_t user_id = change->principal->user_id, count = 0;

    TRY(db_exec(ctx, SQL_USER_PASSWORD_CHANGE,
                DB_ARGS(DB_TEXT(change->new_hash), DB_INT(ctx->now_us), DB_INT(user_id), DB_TEXT(change->old_hash)),
                &count));
    if (count == 0)
        return fail(ctx, ERR_PASSWORD_WRONG); /* another request has changed it */
    return session_end_others(ctx, user_id, change->principal->session_id);
}

enum err account_change_password(struct ctx *ctx, const struct principal *principal, struct str current,
                                 struct str next)
{
    struct password_change change = { .principal = principal };
    struct user_create_opts opts = { .email = str_from(principal->email), .password = next };
    char hash[PASSWORD_HASH_BYTES];
    bool rehash;
    enum err e;

    e = db_one(ctx, SQL_USER_PASSWORD_HASH, DB_ARGS(DB_INT(principal->user_id)), read_hash, &change.old_hash);
    if (e != ERR_OK)
        return fail(ctx, e == ERR_NOT_FOUND ? ERR_TOKEN : e);
    e = password_verify(ctx, current, change.old_hash, &rehash);
    if (e != ERR_OK)
        return fail(ctx, e == ERR_LOGIN ? ERR_PASSWORD_WRONG : e);
    TRY(user_hash_password(ctx, &opts, hash));
    change.new_hash = opts.password_hash;
    TRY(db_run(ctx, change_password_in_transaction, &change));
    session_forget(ctx, principal->user_id);
    return ERR_OK;
}
