#include "parley/domain/user.h"

#include "parley/auth/password.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/audit.h"
#include "parley/domain/email.h"
#include "parley/domain/session.h"
#include "parley/domain/username.h"
#include "parley/domain/workspace.h"

enum { USERNAME_TRIES = 5, PASSWORD_HASH_COLUMN = 16 };

struct str user_role_name(enum user_role role)
{
    return role == USER_ROLE_ADMIN ? STR("ADMIN") : STR("USER");
}

/* ---- reading ---- */

/* A row of the columns that every statement on users selects, in their order. */
static enum err read_user(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct user *user = arg;

    *user = (struct user){
        .id = db_row_int(row, 0),
        .uuid = db_row_uuid(row, 1),
        .kind = (enum user_kind)db_row_int(row, 2),
        .email = arena_str(ctx->arena, db_row_str(row, 3)),
        .username = arena_str(ctx->arena, db_row_str(row, 4)),
        .first_name = arena_str(ctx->arena, db_row_str(row, 5)),
        .last_name = arena_str(ctx->arena, db_row_str(row, 6)),
        .role = (enum user_role)db_row_int(row, 7),
        .is_active = db_row_int(row, 8) != 0,
        .is_first_login = db_row_int(row, 9) != 0,
        .tos_accepted = db_row_int(row, 10) != 0,
        .twofa_enabled = db_row_int(row, 11) != 0,
        .last_login_us = db_row_int(row, 12),
        .created_us = db_row_int(row, 13),
        .updated_us = db_row_int(row, 14),
        .version = db_row_int(row, 15),
    };
    return arena_check(ctx->arena);
}

static enum err get_one(struct ctx *ctx, enum sql statement, struct db_value key, struct user *ret_user)
{
    struct user user;
    enum err e = db_one(ctx, statement, DB_ARGS(key), read_user, &user);

    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_USER_NOT_FOUND);
    TRY(e);
    *ret_user = user;
    return ERR_OK;
}

enum err user_get(struct ctx *ctx, int64_t id, struct user *ret_user)
{
    return get_one(ctx, SQL_USER_BY_ID, DB_INT(id), ret_user);
}

enum err user_get_by_uuid(struct ctx *ctx, const struct uuid *uuid, struct user *ret_user)
{
    return get_one(ctx, SQL_USER_BY_UUID, DB_UUID(uuid), ret_user);
}

enum err user_lock(struct ctx *ctx, const struct uuid *uuid, struct user *ret_user)
{
    return get_one(ctx, SQL_USER_BY_UUID_LOCKED, DB_UUID(uuid), ret_user);
}

struct user_credential {
    struct user user;
    struct str password_hash;
};

static enum err read_credential(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct user_credential *credential = arg;

    credential->password_hash = arena_str(ctx->arena, db_row_str(row, PASSWORD_HASH_COLUMN));
    return read_user(ctx, row, &credential->user);
}

enum err user_find_credential(struct ctx *ctx, struct str email, struct user *ret_user, struct str *ret_password_hash)
{
    struct str key = email_normalise(ctx->arena, email);
    struct user_credential credential;

    if (key.ptr == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    TRY(db_one(ctx, SQL_USER_BY_EMAIL, DB_ARGS(DB_TEXT(key)), read_credential, &credential));
    *ret_user = credential.user;
    *ret_password_hash = credential.password_hash;
    return ERR_OK;
}

/* ---- the list ---- */

struct listing {
    struct user *users;
    size_t count, room_count;
};

static enum err read_listed(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct listing *listing = arg;

    if (listing->count == listing->room_count)
        return ERR_OK;
    return read_user(ctx, row, &listing->users[listing->count++]);
}

/* "%text%" for LIKE … ESCAPE '!': what the caller typed is text, wildcards too. Absent without memory. */
static struct str pattern_of(struct arena *a, struct str text)
{
    struct str lower = email_normalise(a, text);
    char *pattern = lower.ptr == NULL ? NULL : arena_alloc(a, 2 * lower.len + 3);
    size_t len = 0;

    if (pattern == NULL)
        return (struct str){ NULL, 0 };
    pattern[len++] = '%';
    for (size_t i = 0; i < lower.len; i++) {
        if (lower.ptr[i] == '%' || lower.ptr[i] == '_' || lower.ptr[i] == '!')
            pattern[len++] = '!';
        pattern[len++] = lower.ptr[i];
    }
    pattern[len++] = '%';
    return (struct str){ pattern, len };
}

static enum err search(struct ctx *ctx, const struct user_list_opts *opts, struct listing *listing)
{
    struct str text = pattern_of(ctx->arena, opts->query);
    struct db_value pattern = DB_TEXT(text);

    if (text.ptr == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    return db_each(ctx, SQL_USER_SEARCH,
                   DB_ARGS(DB_INT(opts->after_id), pattern, pattern, pattern, pattern, DB_INT(opts->limit),
                           DB_INT(opts->skip_count)),
                   read_listed, listing);
}

enum err user_list(struct ctx *ctx, const struct user_list_opts *opts, struct user **ret_users, size_t *ret_count)
{
    struct listing listing = { .room_count = (size_t)opts->limit };

    listing.users = arena_calloc(ctx->arena, listing.room_count, sizeof(*listing.users));
    if (listing.users == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    if (opts->query.len > 0)
        TRY(search(ctx, opts, &listing));
    else
        TRY(db_each(ctx, SQL_USER_LIST, DB_ARGS(DB_INT(opts->after_id), DB_INT(opts->limit), DB_INT(opts->skip_count)),
                    read_listed, &listing));
    *ret_users = listing.users;
    *ret_count = listing.count;
    return ERR_OK;
}

static enum err read_stats(struct ctx *ctx, const struct db_row *row, void *arg)
{
    (void)ctx;
    *(struct user_stats *)arg = (struct user_stats){
        .total_users = db_row_int(row, 0),
        .active_users = db_row_int(row, 1),
        .admin_users = db_row_int(row, 2),
        .twofa_enabled_users = db_row_int(row, 3),
    };
    return ERR_OK;
}

enum err user_stats(struct ctx *ctx, struct user_stats *ret_stats)
{
    return db_one(ctx, SQL_USER_STATS, DB_NO_ARGS, read_stats, ret_stats);
}

/* ---- making ---- */

static enum err insert_row(struct ctx *ctx, const struct user_create_opts *opts, struct str email, const char *username,
                           int64_t *ret_id)
{
    struct uuid uuid = uuid_new();

    return db_insert(ctx, SQL_USER_INSERT,
                     DB_ARGS(DB_UUID(&uuid), DB_INT(opts->kind), DB_TEXT(email), DB_TEXT(str_from(username)),
                             DB_TEXT(opts->first_name), DB_TEXT(opts->last_name), DB_TEXT(opts->password_hash),
                             DB_INT(opts->role), DB_INT(ctx->now_us), DB_INT(ctx->now_us)),
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

enum err user_hash_password(struct ctx *ctx, struct user_create_opts *opts, char ret_hash[PASSWORD_HASH_BYTES])
{
    TRY(password_check_rules(ctx, opts->password, opts->email));
    TRY(password_hash(ctx, opts->password, ret_hash));
    opts->password_hash = str_from(ret_hash);
    return ERR_OK;
}

struct create {
    struct user_create_opts opts;
    struct user *user;
};

static enum err create_in_transaction(struct ctx *ctx, void *arg)
{
    struct create *create = arg;

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

    TRY(user_hash_password(ctx, &create.opts, hash));
    return db_run(ctx, create_in_transaction, &create);
}
