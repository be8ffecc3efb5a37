#include "parley/domain/people/user.h"

#include "parley/core/idna.h"
#include "parley/core/limits.h"
#include "parley/core/text.h"
#include "parley/db/db.h"
#include "parley/domain/people/display_name.h"
#include "parley/domain/people/email.h"

struct str user_role_name(enum user_role role)
{
    return role == USER_ROLE_ADMIN ? STR("ADMIN") : STR("USER");
}

/* ---- reading ---- */

static enum err read_user(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct user *user = arg;

    *user = (struct user){
        .id = db_row_int(row, USER_ID),
        .uuid = db_row_uuid(row, USER_UUID),
        .kind = (enum user_kind)db_row_int(row, USER_KIND),
        .email = arena_str(ctx->arena, db_row_str(row, USER_EMAIL)),
        .username = arena_str(ctx->arena, db_row_str(row, USER_USERNAME)),
        .first_name = arena_str(ctx->arena, db_row_str(row, USER_FIRST_NAME)),
        .last_name = arena_str(ctx->arena, db_row_str(row, USER_LAST_NAME)),
        .role = (enum user_role)db_row_int(row, USER_ROLE),
        .is_active = db_row_int(row, USER_IS_ACTIVE) != 0,
        .is_first_login = db_row_int(row, USER_IS_FIRST_LOGIN) != 0,
        .tos_accepted = db_row_int(row, USER_TOS_ACCEPTED) != 0,
        .twofa_enabled = db_row_int(row, USER_TWOFA_ENABLED) != 0,
        .last_login_us = db_row_int(row, USER_LAST_LOGIN_US),
        .status = user_status_read(ctx, row, USER_STATUS_TEXT),
        .created_us = db_row_int(row, USER_CREATED_US),
        .updated_us = db_row_int(row, USER_UPDATED_US),
        .version = db_row_int(row, USER_VERSION),
        .storage_epoch = db_row_int(row, USER_STORAGE_EPOCH),
    };
    user->name = display_name(ctx, user->first_name, user->last_name, user->username);
    return arena_check(ctx->arena);
}

static enum err get_one(struct ctx *ctx, enum sql statement, struct db_value key, enum err gone, struct user *ret_user)
{
    struct user user;
    enum err e = db_one(ctx, statement, DB_ARGS(key), read_user, &user);

    if (e == ERR_NOT_FOUND)
        return fail(ctx, gone);
    TRY(e);
    *ret_user = user;
    return ERR_OK;
}

enum err user_get(struct ctx *ctx, int64_t id, struct user *ret_user)
{
    return get_one(ctx, SQL_USER_BY_ID, DB_INT(id), ERR_USER_NOT_FOUND, ret_user);
}

static enum err read_password_hash(struct ctx *ctx, const struct db_row *row, void *arg)
{
    *(struct str *)arg = arena_str(ctx->arena, db_row_str(row, USER_PASSWORD_HASH_PASSWORD_HASH));
    return arena_check(ctx->arena);
}

enum err user_password_hash(struct ctx *ctx, int64_t id, struct str *ret_hash)
{
    enum err e = db_one(ctx, SQL_USER_PASSWORD_HASH, DB_ARGS(DB_INT(id)), read_password_hash, ret_hash);

    return e == ERR_NOT_FOUND ? fail(ctx, ERR_TOKEN) : e;
}

enum err user_get_by_uuid(struct ctx *ctx, const struct uuid *uuid, struct user *ret_user)
{
    return get_one(ctx, SQL_USER_BY_UUID, DB_UUID(uuid), ERR_USER_NOT_FOUND, ret_user);
}

enum err user_lock(struct ctx *ctx, const struct uuid *uuid, enum err gone, struct user *ret_user)
{
    return get_one(ctx, SQL_USER_BY_UUID_LOCKED, DB_UUID(uuid), gone, ret_user);
}

enum err user_row_lock(struct ctx *ctx, int64_t id)
{
    int64_t locked;
    enum err e = db_number(ctx, SQL_USER_ROW_LOCK, DB_ARGS(DB_INT(id)), &locked);

    return e == ERR_NOT_FOUND ? fail(ctx, ERR_USER_NOT_FOUND) : e;
}

enum err user_row_lock_by_email(struct ctx *ctx, struct str email)
{
    int64_t locked;
    enum err e = db_number(ctx, SQL_USER_ROW_LOCK_BY_EMAIL, DB_ARGS(DB_TEXT(email)), &locked);

    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

struct user_credential {
    struct user user;
    struct str password_hash;
};

static enum err read_credential(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct user_credential *credential = arg;

    credential->password_hash = arena_str(ctx->arena, db_row_str(row, USER_BY_EMAIL_PASSWORD_HASH));
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
    char *pattern = text.ptr == NULL ? NULL : arena_alloc(a, 2 * text.len + 3);
    size_t len = 0;

    if (pattern == NULL)
        return (struct str){ NULL, 0 };
    pattern[len++] = '%';
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '%' || text.ptr[i] == '_' || text.ptr[i] == '!')
            pattern[len++] = '!';
        pattern[len++] = text.ptr[i];
    }
    pattern[len++] = '%';
    return (struct str){ pattern, len };
}

static enum err search(struct ctx *ctx, const struct user_list_opts *opts, struct listing *listing)
{
    struct str query = text_trim(opts->query);
    struct str name = pattern_of(ctx->arena, query);
    struct str address = pattern_of(ctx->arena, email_normalise(ctx->arena, query));
    char ascii[IDNA_DOMAIN_BYTES];
    /* What was typed may also be a part of a domain: bücher finds u@xn--bcher-kva.example. */
    struct str domain = idna_ascii(query, ascii) == ERR_OK ? pattern_of(ctx->arena, str_from(ascii)) : address;

    if (name.ptr == NULL || address.ptr == NULL || domain.ptr == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    return db_each(ctx, SQL_USER_SEARCH,
                   DB_ARGS(DB_INT(opts->after_id), DB_TEXT(address), DB_TEXT(domain), DB_TEXT(name), DB_TEXT(name),
                           DB_TEXT(name), DB_INT(opts->limit), DB_INT(opts->skip_count)),
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
        .total_users = db_row_int(row, USER_STATS_TOTAL_COUNT),
        .active_users = db_row_int(row, USER_STATS_ACTIVE_COUNT),
        .admin_users = db_row_int(row, USER_STATS_ADMIN_COUNT),
        .twofa_enabled_users = db_row_int(row, USER_STATS_TWOFA_COUNT),
    };
    return ERR_OK;
}

enum err user_stats(struct ctx *ctx, struct user_stats *ret_stats)
{
    return db_one(ctx, SQL_USER_STATS, DB_NO_ARGS, read_stats, ret_stats);
}
