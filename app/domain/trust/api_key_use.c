#include "parley/domain/trust/api_key_use.h"

#include "parley/auth/digest.h"
#include "parley/core/cidr.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/trust/auth_cache.h"
#include "parley/domain/trust/session.h"

/* What the row says besides the principal. */
struct found {
    struct principal principal;
    struct str ip; /* from where it is used */
    bool is_active, is_address_allowed;
    int64_t expires_us; /* 0: never */
    int64_t last_used_us;
};

static enum err read_found(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct found *found = arg;
    struct principal *p = &found->principal;
    struct str allowed_ips = db_row_str(row, API_KEY_PRINCIPAL_ALLOWED_IPS);
    struct str email = db_row_str(row, API_KEY_PRINCIPAL_EMAIL);
    enum user_role role = (enum user_role)db_row_int(row, API_KEY_PRINCIPAL_ROLE);
    unsigned scopes = (unsigned)db_row_int(row, API_KEY_PRINCIPAL_SCOPES);

    if (email.len > EMAIL_MAX_BYTES)
        return fail(ctx, ERR_INTERNAL);
    *p = (struct principal){
        .credential = CREDENTIAL_API_KEY,
        .key_id = db_row_int(row, API_KEY_PRINCIPAL_ID),
        .key = db_row_uuid(row, API_KEY_PRINCIPAL_UUID),
        .key_scopes = role == USER_ROLE_ADMIN ? scopes : scopes & ~(unsigned)KEY_SCOPE_METRICS,
        .key_workspace_id = db_row_int(row, API_KEY_PRINCIPAL_WORKSPACE_ID),
        .key_workspace = db_row_uuid(row, API_KEY_PRINCIPAL_WORKSPACE_UUID),
        .user_id = db_row_int(row, API_KEY_PRINCIPAL_USER_ID),
        .user = db_row_uuid(row, API_KEY_PRINCIPAL_USER_UUID),
        .kind = (enum user_kind)db_row_int(row, API_KEY_PRINCIPAL_KIND),
        .role = scopes & KEY_SCOPE_ADMIN ? role : USER_ROLE_USER,
        .twofa_enabled = db_row_int(row, API_KEY_PRINCIPAL_TWOFA_ENABLED) != 0,
    };
    if (email.len > 0)
        memcpy(p->email, email.ptr, email.len);
    found->is_address_allowed = allowed_ips.ptr == NULL || cidr_list_has(allowed_ips, found->ip);
    found->expires_us = db_row_int(row, API_KEY_PRINCIPAL_EXPIRES_US);
    found->is_active = db_row_int(row, API_KEY_PRINCIPAL_IS_ACTIVE) != 0;
    found->last_used_us = db_row_int(row, API_KEY_PRINCIPAL_LAST_USED_US);
    return ERR_OK;
}

/* ---- what is written down ---- */

/* A statement beside the request: whether it succeeds is no matter of the client's. *ret_count: 0 where it fails. */
static void note(struct ctx *ctx, enum sql statement, struct db_args args, int64_t *ret_count)
{
    struct problem *problem = ctx->problem;
    struct problem ignored = { .err = ERR_OK };

    *ret_count = 0;
    ctx->problem = &ignored;
    (void)!db_exec(ctx, statement, args, ret_count);
    ctx->problem = problem;
}

static void note_use(struct ctx *ctx, const struct found *found)
{
    int64_t before_us = ctx->now_us - API_KEY_TOUCH_S * US_PER_S, count;

    if (found->last_used_us > before_us)
        return;
    note(ctx, SQL_API_KEY_TOUCH,
         DB_ARGS(DB_INT(ctx->now_us), DB_TEXT(str_head(found->ip, CLIENT_ADDRESS_MAX_BYTES)),
                 DB_INT(found->principal.key_id), DB_INT(before_us)),
         &count);
}

/* One row of the audit log in API_KEY_TOUCH_S, however often it is tried. */
static void note_refusal(struct ctx *ctx, const struct found *found, struct str reason)
{
    int64_t before_us = ctx->now_us - API_KEY_TOUCH_S * US_PER_S, count;

    note(ctx, SQL_API_KEY_TOUCH_REFUSED,
         DB_ARGS(DB_INT(ctx->now_us), DB_INT(found->principal.key_id), DB_INT(before_us)), &count);
    if (count > 0)
        audit_note(ctx, &(struct audit_entry){ .action = AUDIT_KEY_REFUSED,
                                               .target_kind = AUDIT_ON_API_KEY,
                                               .target = found->principal.key,
                                               .target_key_id = found->principal.key_id,
                                               .details = AUDIT_DETAILS(AUDIT_TEXT("reason", reason)) });
}

/* ---- the check ---- */

static enum err refuse(struct ctx *ctx, const struct found *found, enum err e, struct str reason)
{
    note_refusal(ctx, found, reason);
    return fail(ctx, e);
}

static enum err found_check(struct ctx *ctx, const struct found *found)
{
    if (found->expires_us != 0 && found->expires_us <= ctx->now_us)
        return refuse(ctx, found, ERR_KEY_EXPIRED, STR("expired"));
    if (!found->is_active)
        return refuse(ctx, found, ERR_KEY, STR("inactive"));
    if (!found->is_address_allowed)
        return refuse(ctx, found, ERR_KEY_ADDRESS, STR("address"));
    return ERR_OK;
}

static enum err authenticate_fresh(struct ctx *ctx, struct str text, struct found *ret_found)
{
    uint8_t hash[SHA256_BYTES];
    enum err e;

    digest_sha256(text, hash);
    ret_found->ip = ctx->ip;
    e = db_one(ctx, SQL_API_KEY_PRINCIPAL, DB_ARGS(DB_BLOB(((struct str){ (const char *)hash, sizeof(hash) }))),
               read_found, ret_found);
    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_KEY);
    TRY(e);
    TRY(found_check(ctx, ret_found));
    note_use(ctx, ret_found);
    return ERR_OK;
}

/* A key is remembered together with the address from which it came, since another may not be allowed. */
static struct cache_key cache_key(const struct ctx *ctx, struct str text)
{
    struct str ip = str_head(ctx->ip, CLIENT_ADDRESS_MAX_BYTES);
    char bytes[API_KEY_MAX_BYTES + 1 + CLIENT_ADDRESS_MAX_BYTES];

    memcpy(bytes, text.ptr, text.len);
    bytes[text.len] = '\n';
    if (ip.len > 0)
        memcpy(bytes + text.len + 1, ip.ptr, ip.len);
    return keyed_cache_key(ctx->app->cache, (struct str){ bytes, text.len + 1 + ip.len });
}

static int64_t life_us(const struct ctx *ctx, const struct found *found)
{
    int64_t left_us = found->expires_us - ctx->now_us;

    return found->expires_us != 0 && left_us < CACHE_MAX_MS * US_PER_MS ? left_us : CACHE_MAX_MS * US_PER_MS;
}

enum err api_key_authenticate(struct ctx *ctx, struct str text, struct principal *ret_principal)
{
    struct keyed_cache *cache = ctx->app->cache;
    int64_t began_us = clock_monotonic_us();
    struct cache_key key;
    struct found found;
    uint64_t epoch;

    if (text.len == 0 || text.len > API_KEY_MAX_BYTES)
        return fail(ctx, ERR_KEY);
    if (cache == NULL) {
        TRY(authenticate_fresh(ctx, text, &found));
        *ret_principal = found.principal;
        return ERR_OK;
    }
    key = cache_key(ctx, text);
    if (keyed_cache_find(cache, key, began_us, ret_principal))
        return ERR_OK;
    epoch = keyed_cache_epoch(cache);
    TRY(authenticate_fresh(ctx, text, &found));
    *ret_principal = found.principal;
    keyed_cache_add(cache, key, ret_principal, began_us + life_us(ctx, &found), epoch);
    return ERR_OK;
}
