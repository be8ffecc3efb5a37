#include "parley/domain/trust/session.h"

#include "parley/auth/jwt.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/trust/auth_cache.h"
#include "parley/domain/trust/revocation.h"
#include "parley/domain/trust/session_cookie.h"

/* ---- who sent a token ---- */

struct found {
    struct principal *principal;
    int64_t last_used_us;
    struct session_cookie_row cookie;
};

static struct session_cookie_row read_cookie(const struct db_row *row)
{
    struct str hash = db_row_str(row, SESSION_PRINCIPAL_COOKIE_HASH);
    struct session_cookie_row cookie = {
        .exists = hash.len == SHA256_BYTES,
        .refresh_jti = db_row_uuid(row, SESSION_PRINCIPAL_REFRESH_JTI),
        .refresh_issued_us = db_row_int(row, SESSION_PRINCIPAL_REFRESH_ISSUED_US),
    };

    if (cookie.exists)
        memcpy(cookie.hash, hash.ptr, hash.len);
    return cookie;
}

static enum err read_principal(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct found *found = arg;
    struct principal *p = found->principal;
    struct str email = db_row_str(row, SESSION_PRINCIPAL_EMAIL);

    if (email.len > EMAIL_MAX_BYTES)
        return fail(ctx, ERR_INTERNAL);
    found->cookie = read_cookie(row);
    p->session_id = db_row_int(row, SESSION_PRINCIPAL_ID);
    found->last_used_us = db_row_int(row, SESSION_PRINCIPAL_LAST_USED_US);
    p->user_id = db_row_int(row, SESSION_PRINCIPAL_USER_ID);
    p->user = db_row_uuid(row, SESSION_PRINCIPAL_USER_UUID);
    p->kind = (enum user_kind)db_row_int(row, SESSION_PRINCIPAL_KIND);
    p->role = (enum user_role)db_row_int(row, SESSION_PRINCIPAL_ROLE);
    p->twofa_enabled = db_row_int(row, SESSION_PRINCIPAL_TWOFA_ENABLED) != 0;
    if (email.len > 0)
        memcpy(p->email, email.ptr, email.len);
    p->email[email.len] = '\0';
    return ERR_OK;
}

/* Writes down that the session is in use. That it could not be written is no reason to refuse the request. */
static void touch(struct ctx *ctx, const struct found *found)
{
    struct problem *problem = ctx->problem;
    struct problem ignored = { .err = ERR_OK };
    int64_t before_us = ctx->now_us - SESSION_TOUCH_S * US_PER_S;

    if (found->last_used_us > before_us)
        return;
    ctx->problem = &ignored;
    (void)!db_exec(ctx, SQL_SESSION_TOUCH,
                   DB_ARGS(DB_INT(ctx->now_us), DB_INT(found->principal->session_id), DB_INT(before_us)), NULL);
    ctx->problem = problem;
}

/* ERR_TOKEN: ended, expired, or of somebody who may not sign in. */
static enum err find(struct ctx *ctx, const struct uuid *session, struct found *found)
{
    enum err e = db_one(ctx, SQL_SESSION_PRINCIPAL, DB_ARGS(DB_UUID(session), DB_INT(ctx->now_us)), read_principal,
                        found);

    found->principal->session = *session;
    return e == ERR_NOT_FOUND ? fail(ctx, ERR_TOKEN) : e;
}

/* Token and rows, without the cache. */
static enum err authenticate_fresh(struct ctx *ctx, struct str token, struct principal *ret_principal,
                                   int64_t *ret_expires_us)
{
    struct principal principal = { 0 };
    struct found found = { .principal = &principal };
    struct jwt_claims claims;
    enum err e;

    e = jwt_verify(ctx->app->keys, ctx->arena, token, JWT_ACCESS, ctx->now_us / US_PER_S, &claims);
    if (e != ERR_OK)
        return fail(ctx, e);
    TRY(find(ctx, &claims.session, &found));
    if (!uuid_eq(&principal.user, &claims.subject))
        return fail(ctx, ERR_TOKEN);
    touch(ctx, &found);
    *ret_principal = principal;
    *ret_expires_us = claims.expires_s * US_PER_S;
    return ERR_OK;
}

enum err session_authenticate_cookie(struct ctx *ctx, struct str text, struct principal *ret_principal)
{
    struct principal principal = { 0 };
    struct found found = { .principal = &principal };
    struct session_cookie cookie;
    enum err e = session_cookie_read(ctx, text, &cookie);

    if (e != ERR_OK)
        return fail(ctx, e);
    TRY(find(ctx, &cookie.session, &found));
    if (!session_cookie_is_good(ctx, &cookie, &found.cookie))
        return fail(ctx, ERR_TOKEN);
    touch(ctx, &found);
    *ret_principal = principal;
    return ERR_OK;
}

enum err session_authenticate(struct ctx *ctx, struct str token, struct principal *ret_principal)
{
    struct keyed_cache *cache = ctx->app->cache;
    struct cache_key key;
    int64_t expires_us = 0, life_us, began_us = clock_monotonic_us();
    uint64_t epoch;

    if (token.len > TOKEN_MAX_BYTES)
        return fail(ctx, ERR_TOKEN);
    if (cache == NULL)
        return authenticate_fresh(ctx, token, ret_principal, &expires_us);
    key = keyed_cache_key(cache, token);
    if (keyed_cache_find(cache, key, began_us, ret_principal))
        return ERR_OK;
    epoch = keyed_cache_epoch(cache);
    TRY(authenticate_fresh(ctx, token, ret_principal, &expires_us));
    life_us = expires_us - ctx->now_us;
    if (life_us > CACHE_MAX_MS * US_PER_MS)
        life_us = CACHE_MAX_MS * US_PER_MS;
    keyed_cache_add(cache, key, ret_principal, began_us + life_us, epoch);
    return ERR_OK;
}

/* ---- a new session ---- */

/* Printable ASCII of what a client calls itself; everything else becomes '?'. */
static struct str user_agent_text(struct arena *a, struct str user_agent)
{
    struct str head = str_head(user_agent, USER_AGENT_MAX_BYTES);
    char *text = arena_cstr(a, head);

    if (text == NULL)
        return STR("");
    for (size_t i = 0; i < head.len; i++)
        if (text[i] < 0x20 || text[i] > 0x7E)
            text[i] = '?';
    return (struct str){ text, head.len };
}

static enum err cookie_begin(struct ctx *ctx, struct session_grant *grant, uint8_t ret_hash[SHA256_BYTES])
{
    struct session_cookie cookie;

    session_cookie_new(ctx, &grant->session, &cookie);
    session_cookie_hash(&cookie, ret_hash);
    grant->cookie = session_cookie_text(ctx, &cookie);
    return grant->cookie.ptr != NULL ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
}

enum err session_add(struct ctx *ctx, const struct user *user, const struct session_origin *origin,
                     struct session_grant *ret_grant)
{
    struct session_grant grant = {
        .user = user->uuid,
        .session = uuid_new(),
        .refresh_jti = uuid_new_random(),
        .email = user->email,
        .role = user->role,
        .issued_us = ctx->now_us,
        .expires_us = session_expires_us(ctx),
        .stays = origin->stays,
        .storage_epoch = user->storage_epoch,
    };
    uint8_t cookie_hash[SHA256_BYTES];
    struct str hash = { NULL, 0 };

    if (origin->in_cookie) {
        TRY(cookie_begin(ctx, &grant, cookie_hash));
        hash = (struct str){ (const char *)cookie_hash, sizeof(cookie_hash) };
    }
    TRY(revocation_end_oldest(ctx, user->id, SESSIONS_PER_USER_MAX - 1));
    TRY(db_insert(ctx, SQL_SESSION_INSERT,
                  DB_ARGS(DB_UUID(&grant.session), DB_INT(user->id), DB_UUID(&grant.refresh_jti), DB_INT(ctx->now_us),
                          DB_TEXT(str_head(origin->ip.ptr == NULL ? STR("") : origin->ip, CLIENT_ADDRESS_MAX_BYTES)),
                          DB_TEXT(user_agent_text(ctx->arena, origin->user_agent)), DB_INT(ctx->now_us),
                          DB_INT(ctx->now_us), DB_INT(grant.expires_us), DB_BLOB(hash), DB_INT(grant.stays)),
                  NULL));
    TRY(audit_add(ctx, &(struct audit_entry){ .action = AUDIT_SIGNED_IN,
                                              .actor = { .user = user->uuid, .name = user->email },
                                              .target_kind = AUDIT_ON_SESSION,
                                              .target = grant.session }));
    *ret_grant = grant;
    return ERR_OK;
}

/* ---- the list of sessions ---- */

static enum err read_session(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct session *session = list_add(ctx->arena, arg, sizeof(*session));

    if (session == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *session = (struct session){
        .current = ctx->actor != NULL && db_row_int(row, SESSION_LIST_ID) == ctx->actor->session_id,
        .uuid = db_row_uuid(row, SESSION_LIST_UUID),
        .created_us = db_row_int(row, SESSION_LIST_CREATED_US),
        .last_used_us = db_row_int(row, SESSION_LIST_LAST_USED_US),
        .expires_us = db_row_int(row, SESSION_LIST_EXPIRES_US),
        .ip = arena_str(ctx->arena, db_row_str(row, SESSION_LIST_IP)),
        .user_agent = arena_str(ctx->arena, db_row_str(row, SESSION_LIST_USER_AGENT)),
    };
    return arena_check(ctx->arena);
}

enum err session_list(struct ctx *ctx, int64_t user_id, struct list *ret_sessions)
{
    struct list sessions = { NULL, 0 };

    TRY(db_each(ctx, SQL_SESSION_LIST, DB_ARGS(DB_INT(user_id), DB_INT(ctx->now_us), DB_INT(2 * SESSIONS_PER_USER_MAX)),
                read_session, &sessions));
    *ret_sessions = sessions;
    return ERR_OK;
}

/* ---- ending ---- */

struct end_call {
    int64_t user_id;
    const struct uuid *user, *session;
};

/* Whose session it was is said where somebody else ends it. */
static enum err audit_end(struct ctx *ctx, const struct end_call *call)
{
    bool is_current = ctx->actor != NULL && uuid_eq(call->session, &ctx->actor->session);
    bool is_own = ctx->actor == NULL || uuid_eq(call->user, &ctx->actor->user);
    const struct audit_detail whose = AUDIT_UUID("user", call->user);
    struct audit_entry entry = { .action = is_current ? AUDIT_SIGNED_OUT : AUDIT_SESSION_ENDED,
                                 .target_kind = AUDIT_ON_SESSION,
                                 .target = *call->session };

    if (!is_own)
        entry.details = (struct audit_details){ &whose, 1 };
    return audit_add(ctx, &entry);
}

static enum err end_in_transaction(struct ctx *ctx, void *arg)
{
    const struct end_call *call = arg;
    int64_t session_id, count = 0;

    TRY(db_exec(ctx, SQL_SESSION_END,
                DB_ARGS(DB_INT(ctx->now_us), DB_INT(ctx->now_us), DB_UUID(call->session), DB_INT(call->user_id),
                        DB_INT(ctx->now_us)),
                &count));
    if (count == 0)
        return fail(ctx, ERR_SESSION_NOT_FOUND);
    TRY(outcome_revoke(ctx, call->user_id));
    TRY(audit_end(ctx, call));
    TRY(db_number(ctx, SQL_SESSION_FIND, DB_ARGS(DB_UUID(call->session), DB_INT(call->user_id)), &session_id));
    return revocation_tell(ctx, call->user_id, session_id);
}

enum err session_end(struct ctx *ctx, int64_t user_id, const struct uuid *user, const struct uuid *session)
{
    return db_run(ctx, end_in_transaction, &(struct end_call){ user_id, user, session });
}

struct end_all_call {
    int64_t user_id;
    const struct uuid *user;
};

static enum err end_all_in_transaction(struct ctx *ctx, void *arg)
{
    const struct end_all_call *call = arg;

    TRY(revocation_end_sessions(ctx, call->user_id, ctx->actor != NULL ? ctx->actor->session_id : 0));
    return audit_add(ctx, &(struct audit_entry){
                              .action = AUDIT_SESSIONS_ENDED, .target_kind = AUDIT_ON_USER, .target = *call->user });
}

enum err session_end_all(struct ctx *ctx, int64_t user_id, const struct uuid *user)
{
    return db_run(ctx, end_all_in_transaction, &(struct end_all_call){ user_id, user });
}

enum err session_expire(struct ctx *ctx, int64_t limit, int64_t *ret_count)
{
    return db_exec(ctx, SQL_SESSION_EXPIRE, DB_ARGS(DB_INT(ctx->now_us - SESSION_KEPT_S * US_PER_S), DB_INT(limit)),
                   ret_count);
}
