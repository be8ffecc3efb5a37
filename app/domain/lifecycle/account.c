#include "parley/domain/lifecycle/account.h"

#include "parley/auth/password.h"
#include "parley/db/db.h"
#include "parley/domain/lifecycle/setup.h"
#include "parley/domain/lifecycle/user_create.h"
#include "parley/domain/people/email.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/trust/challenge.h"
#include "parley/domain/trust/revocation.h"
#include "parley/domain/workspaces/invitation.h"

/* ---- register ---- */

struct registration {
    struct user_create_opts opts;
    struct str invite;
    const struct session_origin *origin; /* NULL: nobody is signed in */
    struct user user;
    struct session_grant grant;
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
    struct user *user = &registration->user;
    struct str hash = registration->opts.password_hash;
    struct invitation invitation;

    TRY(user_insert(ctx, &registration->opts, user));
    TRY(audit_add(ctx, &(struct audit_entry){ .action = AUDIT_USER_REGISTERED,
                                              .actor = { .user = user->uuid, .name = user->email },
                                              .target_kind = AUDIT_ON_USER,
                                              .target = user->uuid }));
    if (registration->invite.ptr != NULL)
        TRY(invitation_accept(ctx, registration->invite, user->id, user->email, &invitation));
    if (registration->origin == NULL)
        return ERR_OK;
    return sign_in_begin(ctx, &(struct sign_in_proof){ user->id, hash, hash }, registration->origin, user,
                         &registration->grant);
}

enum err account_register(struct ctx *ctx, const struct user_create_opts *opts, struct str invite,
                          const struct session_origin *origin, struct sign_in_result *ret_result)
{
    struct registration registration = { .opts = *opts, .invite = invite, .origin = origin };
    char hash[PASSWORD_HASH_BYTES];

    registration.opts.role = USER_ROLE_USER;
    TRY(check_registration(ctx, &registration));
    TRY(password_hash_new(ctx, registration.opts.password, registration.opts.email, hash));
    registration.opts.password_hash = str_from(hash);
    TRY(db_run(ctx, register_in_transaction, &registration));
    *ret_result = (struct sign_in_result){ .user = registration.user };
    return origin != NULL ? session_sign(ctx, &registration.grant, &ret_result->tokens) : ERR_OK;
}

/* ---- sign in ---- */

struct sign_in {
    struct user user;
    struct str old_hash, new_hash; /* the same, unless the cost was raised */
    const struct session_origin *origin;
    struct session_grant grant;
    struct challenge challenge;
};

/* user: all zero where nobody has the address. */
static void note_failure(struct ctx *ctx, const struct user *user, const char *reason)
{
    static const struct uuid unknown;
    bool is_known = !uuid_eq(&user->uuid, &unknown);

    audit_note(ctx, &(struct audit_entry){ .action = AUDIT_SIGN_IN_FAILED,
                                           .target_kind = is_known ? AUDIT_ON_USER : AUDIT_ON_NOTHING,
                                           .target = user->uuid,
                                           .details = AUDIT_DETAILS(AUDIT_TEXT("reason", str_from(reason))) });
}

/* Who has this address and password. Takes the same time whether the address is known or not. */
static enum err check_password(struct ctx *ctx, struct str email, struct str password, struct sign_in *sign_in,
                               bool *ret_rehash)
{
    enum err found = user_find_credential(ctx, email, &sign_in->user, &sign_in->old_hash);
    enum err e;

    if (found != ERR_OK && found != ERR_NOT_FOUND)
        return found;
    e = password_verify(ctx, password, found == ERR_OK ? sign_in->old_hash : (struct str){ NULL, 0 }, ret_rehash);
    if (e == ERR_LOGIN)
        note_failure(ctx, &sign_in->user, found == ERR_OK ? "password" : "unknown");
    if (e != ERR_OK)
        return fail(ctx, e);
    if (sign_in->user.is_active)
        return ERR_OK;
    note_failure(ctx, &sign_in->user, "inactive");
    return fail(ctx, ERR_USER_INACTIVE);
}

static enum err sign_in_in_transaction(struct ctx *ctx, void *arg)
{
    struct sign_in *sign_in = arg;
    const struct sign_in_proof proof = { sign_in->user.id, sign_in->old_hash, sign_in->new_hash };
    enum err e = sign_in_begin(ctx, &proof, sign_in->origin, &sign_in->user, &sign_in->grant);

    return e == ERR_LOGIN ? fail(ctx, e) : e; /* password, state or second factor was changed while we hashed */
}

/* The password was right, and that is all: no session, no time of sign-in. */
static enum err first_step_in_transaction(struct ctx *ctx, void *arg)
{
    struct sign_in *sign_in = arg;
    int64_t count = 0;

    TRY(db_exec(ctx, SQL_USER_FIRST_STEP,
                DB_ARGS(DB_TEXT(sign_in->new_hash), DB_INT(sign_in->user.id), DB_TEXT(sign_in->old_hash)), &count));
    if (count == 0)
        return fail(ctx, ERR_LOGIN);
    return challenge_add(ctx, &sign_in->user, &sign_in->challenge);
}

enum err account_sign_in(struct ctx *ctx, struct str email, struct str password, const struct session_origin *origin,
                         struct sign_in_result *ret_result)
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
    *ret_result = (struct sign_in_result){ .challenge_token = { NULL, 0 } };
    if (sign_in.user.twofa_enabled) {
        TRY(db_run(ctx, first_step_in_transaction, &sign_in));
        return challenge_sign(ctx, &sign_in.challenge, &sign_in.user, &ret_result->challenge_token);
    }
    TRY(db_run(ctx, sign_in_in_transaction, &sign_in));
    ret_result->user = sign_in.user;
    return session_sign(ctx, &sign_in.grant, &ret_result->tokens);
}

/* ---- the second step ---- */

struct second_step {
    struct challenge challenge;
    const struct second_factor_code *code;
    const struct session_origin *origin;
    enum code_outcome outcome;
    int retry_after_s;
    struct user user;
    struct session_grant grant;
};

static enum err second_step_done(struct ctx *ctx, struct second_step *step)
{
    int64_t count = 0;

    TRY(challenge_consume(ctx, &step->challenge, step->user.id));
    TRY(db_exec(ctx, SQL_USER_SECOND_STEP, DB_ARGS(DB_INT(ctx->now_us), DB_INT(step->user.id)), &count));
    if (count == 0)
        return fail(ctx, ERR_CHALLENGE);
    TRY(user_get(ctx, step->user.id, &step->user));
    return session_add(ctx, &step->user, step->origin, &step->grant);
}

/* Committed whatever the outcome: a wrong code must count. */
static enum err second_step_in_transaction(struct ctx *ctx, void *arg)
{
    struct second_step *step = arg;

    TRY(user_lock(ctx, &step->challenge.user, ERR_CHALLENGE, &step->user));
    TRY(challenge_check(ctx, &step->challenge, step->user.id));
    if (!step->user.is_active)
        return fail(ctx, ERR_USER_INACTIVE);
    TRY(second_factor_code_consume(ctx, &step->user, step->code, &step->outcome, &step->retry_after_s));
    if (step->outcome == CODE_ACCEPTED)
        return second_step_done(ctx, step);
    return step->outcome == CODE_WRONG ? challenge_add_wrong(ctx, &step->challenge, step->user.id) : ERR_OK;
}

enum err account_sign_in_second(struct ctx *ctx, struct str challenge_token, const struct second_factor_code *code,
                                const struct session_origin *origin, struct sign_in_result *ret_result)
{
    struct second_step step = { .code = code, .origin = origin };

    TRY(second_factor_code_check(ctx, code));
    TRY(challenge_read(ctx, challenge_token, &step.challenge));
    TRY(db_run(ctx, second_step_in_transaction, &step));
    if (step.outcome == CODE_NOT_REQUIRED)
        return fail(ctx, ERR_CHALLENGE); /* it was switched off meanwhile: the password alone will do */
    TRY(second_factor_code_report(ctx, step.outcome, step.retry_after_s, ERR_CODE_WRONG));
    *ret_result = (struct sign_in_result){ .user = step.user };
    return session_sign(ctx, &step.grant, &ret_result->tokens);
}

/* ---- change of password ---- */

struct password_change {
    const struct principal *principal;
    struct str old_hash, new_hash;
};

static enum err change_password_in_transaction(struct ctx *ctx, void *arg)
{
    struct password_change *change = arg;
    int64_t user_id = change->principal->user_id, count = 0;

    TRY(db_exec(ctx, SQL_USER_PASSWORD_CHANGE,
                DB_ARGS(DB_TEXT(change->new_hash), DB_INT(ctx->now_us), DB_INT(user_id), DB_TEXT(change->old_hash)),
                &count));
    if (count == 0)
        return fail(ctx, ERR_PASSWORD_WRONG); /* another request has changed it */
    TRY(revocation_end_sessions(ctx, user_id, change->principal->session_id));
    return audit_add(ctx, &(struct audit_entry){ .action = AUDIT_PASSWORD_CHANGED,
                                                 .target_kind = AUDIT_ON_USER,
                                                 .target = change->principal->user });
}

enum err account_change_password(struct ctx *ctx, const struct principal *principal, struct str current,
                                 struct str next)
{
    struct password_change change = { .principal = principal };
    char hash[PASSWORD_HASH_BYTES];
    bool rehash;
    enum err e;

    TRY(user_password_hash(ctx, principal->user_id, &change.old_hash));
    e = password_verify(ctx, current, change.old_hash, &rehash);
    if (e != ERR_OK)
        return fail(ctx, e == ERR_LOGIN ? ERR_PASSWORD_WRONG : e);
    TRY(password_hash_new(ctx, next, str_from(principal->email), hash));
    change.new_hash = str_from(hash);
    return db_run(ctx, change_password_in_transaction, &change);
}
