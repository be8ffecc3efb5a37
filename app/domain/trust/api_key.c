#include "parley/domain/trust/api_key.h"

#include "parley/auth/digest.h"
#include "parley/core/cidr.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/people/administrator.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/workspaces/member.h"

/* ---- reading ---- */

static enum err key_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct api_key *key = arg;

    *key = (struct api_key){
        .id = db_row_int(row, API_KEY_ID),
        .uuid = db_row_uuid(row, API_KEY_UUID),
        .user_id = db_row_int(row, API_KEY_USER_ID),
        .workspace_id = db_row_int(row, API_KEY_WORKSPACE_ID),
        .workspace = db_row_uuid(row, API_KEY_WORKSPACE_UUID),
        .name = arena_str(ctx->arena, db_row_str(row, API_KEY_NAME)),
        .description = arena_str(ctx->arena, db_row_str(row, API_KEY_DESCRIPTION)),
        .scopes = (unsigned)db_row_int(row, API_KEY_SCOPES),
        .allowed_ips = arena_str(ctx->arena, db_row_str(row, API_KEY_ALLOWED_IPS)),
        .expires_us = db_row_int(row, API_KEY_EXPIRES_US),
        .is_active = db_row_int(row, API_KEY_IS_ACTIVE) != 0,
        .last_used_us = db_row_int(row, API_KEY_LAST_USED_US),
        .last_used_ip = arena_str(ctx->arena, db_row_str(row, API_KEY_LAST_USED_IP)),
        .created_by_user = db_row_int(row, API_KEY_CREATED_BY_USER),
        .created_by_key = db_row_int(row, API_KEY_CREATED_BY_KEY),
        .replaced_by = db_row_int(row, API_KEY_REPLACED_BY),
        .created_us = db_row_int(row, API_KEY_CREATED_US),
        .updated_us = db_row_int(row, API_KEY_UPDATED_US),
    };
    return arena_check(ctx->arena);
}

static enum err key_list_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct api_key *added = list_add(ctx->arena, arg, sizeof(*added));

    return added != NULL ? key_read(ctx, row, added) : fail(ctx, ERR_NO_MEMORY);
}

/* ---- who may what ---- */

static bool is_for_all(const struct ctx *ctx)
{
    return ctx->actor == NULL || ctx->actor->role == USER_ROLE_ADMIN;
}

static bool is_visible(const struct ctx *ctx, const struct api_key *key)
{
    if (is_for_all(ctx) || ctx->actor->key_id == key->id)
        return true;
    return ctx->actor->credential == CREDENTIAL_SESSION && ctx->actor->user_id == key->user_id;
}

/* A key whose owner is no ADMIN has nothing to do with keys: its addresses, end and workspace would mean nothing. */
static enum err check_may_manage(struct ctx *ctx)
{
    return is_for_all(ctx) || ctx->actor->credential == CREDENTIAL_SESSION ? ERR_OK : fail(ctx, ERR_SCOPE);
}

enum err api_key_scopes_check(struct ctx *ctx, unsigned scopes)
{
    TRY(check_may_manage(ctx));
    return is_for_all(ctx) || (scopes & (KEY_SCOPE_ADMIN | KEY_SCOPE_METRICS)) == 0 ? ERR_OK : fail(ctx, ERR_FORBIDDEN);
}

unsigned api_key_scopes_capped(const struct ctx *ctx, unsigned scopes)
{
    return is_for_all(ctx) || (scopes & KEY_SCOPE_ADMIN) == 0 ? scopes : KEY_SCOPE_READ | KEY_SCOPE_WRITE;
}

/* ---- one, and lists ---- */

enum err api_key_get(struct ctx *ctx, int64_t id, struct api_key *ret_key)
{
    struct api_key key;
    enum err e = db_one(ctx, SQL_API_KEY_GET, DB_ARGS(DB_INT(id)), key_read, &key);

    if (e == ERR_NOT_FOUND || (e == ERR_OK && !is_visible(ctx, &key)))
        return fail(ctx, ERR_KEY_NOT_FOUND);
    TRY(e);
    *ret_key = key;
    return ERR_OK;
}

enum err api_key_get_for_change(struct ctx *ctx, int64_t id, struct api_key *ret_key)
{
    TRY(check_may_manage(ctx));
    return api_key_get(ctx, id, ret_key);
}

enum err api_key_list(struct ctx *ctx, const struct api_key_list_opts *opts, struct list *ret_list)
{
    const struct db_value least_active = DB_INT(opts->which == API_KEYS_ACTIVE ? 1 : 0);
    const struct db_value limit = DB_INT(opts->limit), skip_count = DB_INT(opts->skip_count);
    struct list list = { NULL, 0 };

    TRY(check_may_manage(ctx));
    if (is_for_all(ctx))
        TRY(db_each(ctx, SQL_API_KEY_LIST, DB_ARGS(least_active, limit, skip_count), key_list_add, &list));
    else
        TRY(db_each(ctx, SQL_API_KEY_LIST_OF_USER,
                    DB_ARGS(DB_INT(ctx->actor->user_id), least_active, limit, skip_count), key_list_add, &list));
    *ret_list = list;
    return ERR_OK;
}

enum err api_key_list_expiring(struct ctx *ctx, int64_t days, int64_t limit, struct list *ret_list)
{
    const struct db_value from = DB_INT(ctx->now_us), to = DB_INT(ctx->now_us + days * US_PER_DAY);
    struct list list = { NULL, 0 };

    TRY(check_may_manage(ctx));
    if (is_for_all(ctx))
        TRY(db_each(ctx, SQL_API_KEY_LIST_EXPIRING, DB_ARGS(from, to, DB_INT(limit)), key_list_add, &list));
    else
        TRY(db_each(ctx, SQL_API_KEY_LIST_EXPIRING_OF_USER,
                    DB_ARGS(DB_INT(ctx->actor->user_id), from, to, DB_INT(limit)), key_list_add, &list));
    *ret_list = list;
    return ERR_OK;
}

/* ---- making ---- */

static enum err ips_fault(struct ctx *ctx, size_t bad)
{
    const char *message = arena_printf(ctx->arena, "item %zu is neither an address nor a network", bad + 1);

    if (message == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    return problem_add(
        ctx->problem,
        (struct fault){ .where = "body", .field = "allowed_ips", .type = "value_error", .message = message });
}

enum err api_key_ips_normalise(struct ctx *ctx, struct str typed, struct str *ret_kept)
{
    struct buf text;
    size_t bad;
    enum err e;

    *ret_kept = (struct str){ NULL, 0 };
    if (str_trim(typed).len == 0)
        return ERR_OK;
    buf_init(&text, BODY_MAX_BYTES);
    e = cidr_list_normalise(typed, &text, &bad);
    if (e == ERR_OK)
        *ret_kept = arena_str(ctx->arena, buf_str(&text));
    buf_release(&text);
    if (e != ERR_OK)
        return ips_fault(ctx, bad);
    return ret_kept->len > 0 ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
}

static enum err audit_created(struct ctx *ctx, const struct api_key *key)
{
    char text[CLOCK_TEXT_BYTES];
    struct str expires = { NULL, 0 };

    if (key->expires_us != 0) {
        clock_format(key->expires_us, text);
        expires = str_from(text);
    }
    return audit_add(ctx,
                     &(struct audit_entry){ .action = AUDIT_KEY_CREATED,
                                            .target_kind = AUDIT_ON_API_KEY,
                                            .target = key->uuid,
                                            .target_key_id = key->id,
                                            .details = AUDIT_DETAILS(AUDIT_TEXT("name", key->name),
                                                                     AUDIT_TEXT("scopes", key_scopes_text(key->scopes)),
                                                                     AUDIT_TEXT("expires_at", expires)) });
}

enum err api_key_add(struct ctx *ctx, struct api_key *key, struct str text)
{
    uint8_t hash[SHA256_BYTES];
    int64_t count = 0;

    TRY(db_number(ctx, SQL_API_KEY_ACTIVE_COUNT, DB_ARGS(DB_INT(key->user_id)), &count));
    if (count >= API_KEYS_PER_USER_MAX)
        return failf(ctx, ERR_LIMIT, "One user can have %d active API keys", API_KEYS_PER_USER_MAX);
    digest_sha256(text, hash);
    key->uuid = uuid_new();
    key->is_active = true;
    key->created_us = key->updated_us = ctx->now_us;
    TRY(db_insert(ctx, SQL_API_KEY_INSERT,
                  DB_ARGS(DB_UUID(&key->uuid), DB_INT(key->user_id), DB_INT(key->workspace_id), DB_TEXT(key->name),
                          DB_TEXT(key->description), DB_INT(key->scopes),
                          DB_BLOB(((struct str){ (const char *)hash, sizeof(hash) })), DB_TEXT(key->allowed_ips),
                          DB_INT_OR_NULL(key->expires_us), DB_INT_OR_NULL(key->created_by_user),
                          DB_INT_OR_NULL(key->created_by_key), DB_INT(key->created_us), DB_INT(key->updated_us)),
                  &key->id));
    return audit_created(ctx, key);
}

static enum err read_uuid(struct ctx *ctx, const struct db_row *row, void *arg)
{
    (void)ctx;
    *(struct uuid *)arg = db_row_uuid(row, WORKSPACE_PERSONAL_UUID);
    return ERR_OK;
}

/* A key makes keys in its own workspace only, whatever its owner is a member of. */
static enum err workspace_choose(struct ctx *ctx, const struct uuid *wished, struct api_key *key)
{
    const struct principal *actor = ctx->actor;
    struct uuid workspace = actor->key_workspace;
    struct membership membership;
    enum err e = ERR_OK;

    if (wished != NULL && !principal_may_enter(actor, wished))
        return fail(ctx, ERR_WORKSPACE_NOT_FOUND);
    if (wished != NULL)
        workspace = *wished;
    else if (actor->credential == CREDENTIAL_SESSION)
        e = db_one(ctx, SQL_WORKSPACE_PERSONAL, DB_ARGS(DB_INT(actor->user_id)), read_uuid, &workspace);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? fail(ctx, ERR_WORKSPACE_NOT_FOUND) : e;
    TRY(member_find(ctx, &workspace, actor->user_id, &membership));
    key->workspace = membership.workspace;
    key->workspace_id = membership.workspace_id;
    return ERR_OK;
}

static bool has_scopes(const struct api_key *own, unsigned scopes)
{
    return (own->scopes & KEY_SCOPE_ADMIN) != 0 || (scopes & ~own->scopes) == 0;
}

static bool is_within(const struct api_key *own, const struct api_key *key)
{
    return has_scopes(own, key->scopes) && key->workspace_id == own->workspace_id &&
           (own->expires_us == 0 || (key->expires_us != 0 && key->expires_us <= own->expires_us)) &&
           (own->allowed_ips.ptr == NULL ||
            (key->allowed_ips.ptr != NULL && cidr_list_covers(own->allowed_ips, key->allowed_ips)));
}

static bool is_made_by_key(const struct ctx *ctx)
{
    return ctx->actor != NULL && ctx->actor->credential == CREDENTIAL_API_KEY;
}

enum err api_key_bounds_check(struct ctx *ctx, const struct api_key *key)
{
    struct api_key own = { .id = 0 };

    if (!is_made_by_key(ctx))
        return ERR_OK;
    TRY(api_key_get(ctx, ctx->actor->key_id, &own));
    return is_within(&own, key) ? ERR_OK : fail(ctx, ERR_KEY_BOUNDS);
}

enum err api_key_unbound_check(struct ctx *ctx)
{
    struct api_key own = { .id = 0 };

    if (!is_made_by_key(ctx))
        return ERR_OK;
    TRY(api_key_get(ctx, ctx->actor->key_id, &own));
    return own.expires_us == 0 && own.allowed_ips.ptr == NULL ? ERR_OK : fail(ctx, ERR_KEY_BOUNDS);
}

/* What was not asked for is as the key has it that asks. */
static enum err bounds_inherit(struct ctx *ctx, const struct api_key_new *opts, struct api_key *key)
{
    struct api_key own = { .id = 0 };

    if (!is_made_by_key(ctx))
        return ERR_OK;
    TRY(api_key_get(ctx, ctx->actor->key_id, &own));
    if (opts->expires_us == 0)
        key->expires_us = own.expires_us;
    if (key->allowed_ips.ptr == NULL)
        key->allowed_ips = own.allowed_ips;
    return is_within(&own, key) ? ERR_OK : fail(ctx, ERR_KEY_BOUNDS);
}

struct create_call {
    const struct api_key_new *opts;
    struct str allowed_ips;
    struct api_key_made made;
};

static enum err create_in_transaction(struct ctx *ctx, void *arg)
{
    struct create_call *call = arg;
    const struct api_key_new *opts = call->opts;
    struct api_key key = {
        .user_id = ctx->actor->user_id,
        .name = opts->name,
        .description = opts->description,
        .scopes = opts->scopes,
        .allowed_ips = call->allowed_ips,
        .expires_us = opts->expires_us,
        .created_by_user = ctx->actor->user_id,
        .created_by_key = ctx->actor->key_id,
    };

    TRY(administrator_lock(ctx));
    TRY(workspace_choose(ctx, opts->workspace, &key));
    TRY(bounds_inherit(ctx, opts, &key));
    TRY(api_key_add(ctx, &key, call->made.text));
    call->made.key = key;
    return ERR_OK;
}

enum err api_key_create(struct ctx *ctx, const struct api_key_new *opts, struct api_key_made *ret_made)
{
    struct create_call call = { .opts = opts };

    TRY(api_key_scopes_check(ctx, opts->scopes));
    TRY(api_key_ips_normalise(ctx, opts->allowed_ips, &call.allowed_ips));
    TRY(api_key_text_new(ctx, opts->prefix, &call.made.text));
    TRY(db_run(ctx, create_in_transaction, &call));
    *ret_made = call.made;
    return ERR_OK;
}
