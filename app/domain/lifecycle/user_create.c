#include "parley/domain/lifecycle/user_create.h"

#include "parley/auth/password.h"
#include "parley/db/db.h"
#include "parley/domain/people/display_name.h"
#include "parley/domain/people/email.h"
#include "parley/domain/people/username.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/trust/api_key.h"
#include "parley/domain/workspaces/workspace.h"

enum { USERNAME_TRIES = 5 };

static enum err insert_row(struct ctx *ctx, const struct user_create_opts *opts, struct str email, const char *username,
                           int64_t *ret_id)
{
    struct uuid uuid = uuid_new();
    struct str folded;

    TRY(display_name_fold(ctx, opts->first_name, opts->last_name, str_from(username), &folded));
    return db_insert(ctx, SQL_USER_INSERT,
                     DB_ARGS(DB_UUID(&uuid), DB_INT(opts->kind), DB_TEXT(email), DB_TEXT(str_from(username)),
                             DB_TEXT(opts->first_name), DB_TEXT(opts->last_name), DB_TEXT(folded),
                             DB_TEXT(opts->password_hash), DB_INT(opts->role), DB_INT(ctx->now_us),
                             DB_INT(ctx->now_us)),
                     ret_id);
}

/* A unique key was hit: is it the address? */
static enum err check_email_free(struct ctx *ctx, struct str email)
{
    int64_t id;
    enum err e = db_number(ctx, SQL_USER_ID_BY_EMAIL, DB_ARGS(DB_TEXT(email)), &id);

    if (e == ERR_OK)
        return fail(ctx, ERR_EMAIL_TAKEN);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Inserts under a name made from the address, varied until it is free. */
static enum err insert_named(struct ctx *ctx, const struct user_create_opts *opts, struct str email, int64_t *ret_id)
{
    char base[USERNAME_BYTES], username[USERNAME_BYTES];

    username_from_email(email, base);
    memcpy(username, base, sizeof(username));
    for (int i = 0; i < USERNAME_TRIES; i++) {
        enum err e = insert_row(ctx, opts, email, username, ret_id);
        if (e != ERR_CONFLICT)
            return e;
        TRY(check_email_free(ctx, email));
        username_vary(str_from(base), username);
    }
    return fail(ctx, ERR_USERNAME_TAKEN);
}

static enum err insert_with_username(struct ctx *ctx, const struct user_create_opts *opts, struct str email,
                                     int64_t *ret_id)
{
    const char *username = arena_cstr(ctx->arena, opts->username);
    enum err e;

    if (username == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    e = insert_row(ctx, opts, email, username, ret_id);
    if (e != ERR_CONFLICT)
        return e;
    TRY(check_email_free(ctx, email));
    return fail(ctx, ERR_USERNAME_TAKEN);
}

enum err user_insert(struct ctx *ctx, const struct user_create_opts *opts, struct user *ret_user)
{
    struct str email = email_normalise(ctx->arena, opts->email);
    int64_t id = 0;

    if (email.ptr == NULL && opts->email.ptr != NULL)
        return fail(ctx, ERR_NO_MEMORY);
    if (opts->username.ptr != NULL)
        TRY(insert_with_username(ctx, opts, email, &id));
    else
        TRY(insert_named(ctx, opts, email, &id));
    TRY(workspace_create_personal(ctx, id));
    return user_get(ctx, id, ret_user);
}

struct create {
    struct user_create_opts opts;
    struct user *user;
};

static enum err create_in_transaction(struct ctx *ctx, void *arg)
{
    struct create *create = arg;

    if (create->opts.role == USER_ROLE_ADMIN)
        TRY(api_key_unbound_check(ctx));
    TRY(user_insert(ctx, &create->opts, create->user));
    return audit_add(
        ctx, &(struct audit_entry){ .action = AUDIT_USER_CREATED,
                                    .target_kind = AUDIT_ON_USER,
                                    .target = create->user->uuid,
                                    .details = AUDIT_DETAILS(AUDIT_TEXT("role", user_role_name(create->user->role))) });
}

enum err user_create(struct ctx *ctx, const struct user_create_opts *opts, struct user *ret_user)
{
    struct create create = { .opts = *opts, .user = ret_user };
    char hash[PASSWORD_HASH_BYTES];

    TRY(password_hash_new(ctx, opts->password, opts->email, hash));
    create.opts.password_hash = str_from(hash);
    return db_run(ctx, create_in_transaction, &create);
}
