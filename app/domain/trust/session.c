#include "parley/domain/trust/session.h"

#include "parley/auth/digest.h"
#include "parley/auth/jwt.h"
#include "parley/auth/keys.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/trust/auth_cache.h"
#include "parley/domain/trust/revocation.h"

static const struct str role_names[] = { STR_INIT("USER"), STR_INIT("ADMIN") };

/* ---- who sent a token ---- */

struct found {
    struct principal *principal;
    int64_t last_used_us;
};

static enum err read_principal(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct found *found = arg;
    struct principal *p = found->principal;
    struct str email = db_row_str(row, SESSION_PRINCIPAL_EMAIL);

    if (email.len > EMAIL_MAX_BYTES)
        return fail(ctx, ERR_INTERNAL);
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
    e = db_one(ctx, SQL_SESSION_PRINCIPAL, DB_ARGS(DB_UUID(&claims.session), DB_INT(ctx->now_us)), read_principal,
               &found);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && !uuid_eq(&principal.user, &claims.subject)))
        return fail(ctx, ERR_TOKEN);
    TRY(e);
    touch(ctx, &found);
    principal.session = claims.session;
    *ret_principal = principal;
    *ret_expires_us = claims.expires_s * US_PER_S;
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

/* ---- tokens ---- */

static int64_t refresh_expires_us(const struct ctx *ctx)
{
    return (ctx->now_us / US_PER_S) * US_PER_S + ctx->config->refresh_token_expire_days * US_PER_DAY;
}

/*
 * The id of the access token that goes with a refresh token: made from its id, so that the pair can be signed again
 * (RFC 9562 §5.8, UUIDv8).
 */
static struct uuid access_jti(const struct uuid *refresh_jti)
{
    uint8_t hash[SHA256_BYTES];
    struct uuid id;

    digest_sha256(uuid_str(refresh_jti), hash);
    memcpy(id.bytes, hash, sizeof(id.bytes));
    id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0F) | 0x80);
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3F) | 0x80);
    return id;
}

enum err session_sign(struct ctx *ctx, const struct session_grant *grant, struct session_tokens *ret_tokens)
{
    int64_t life_s = ctx->config->access_token_expire_minutes * (US_PER_MINUTE / US_PER_S);
    struct session_tokens tokens = { .expires_in_s = life_s };
    struct jwt_claims claims = {
        .type = JWT_REFRESH,
        .subject = grant->user,
        .session = grant->session,
        .id = grant->refresh_jti,
        .email = grant->email.ptr == NULL ? STR("") : grant->email,
        .role = role_names[grant->role],
        .issued_s = grant->issued_us / US_PER_S,
        .expires_s = grant->expires_us / US_PER_S,
    };

    TRY(jwt_sign(ctx->app->keys, ctx->arena, &claims, &tokens.refresh_token));
    claims.type = JWT_ACCESS;
    claims.id = access_jti(&grant->refresh_jti);
    claims.expires_s = claims.issued_s + life_s;
    TRY(jwt_sign(ctx->app->keys, ctx->arena, &claims, &tokens.access_token));
    *ret_tokens = tokens;
    return ERR_OK;
}

void session_jwks(struct ctx *ctx, struct buf *out)
{
    keys_jwks(ctx->app->keys, out);
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
        .expires_us = refresh_expires_us(ctx),
    };

    TRY(revocation_end_oldest(ctx, user->id, SESSIONS_PER_USER_MAX - 1));
    TRY(db_insert(ctx, SQL_SESSION_INSERT,
                  DB_ARGS(DB_UUID(&grant.session), DB_INT(user->id), DB_UUID(&grant.refresh_jti), DB_INT(ctx->now_us),
                          DB_TEXT(str_head(origin->ip.ptr == NULL ? STR("") : origin->ip, CLIENT_ADDRESS_MAX_BYTES)),
                          DB_TEXT(user_agent_text(ctx->arena, origin->user_agent)), DB_INT(ctx->now_us),
                          DB_INT(ctx->now_us), DB_INT(grant.expires_us)),
                  NULL));
    TRY(audit_add(ctx, &(struct audit_entry){ .action = AUDIT_SIGNED_IN,
                                              .actor = { .user = user->uuid, .name = user->email },
                                              .target_kind = AUDIT_ON_SESSION,
                                              .target = grant.session }));
    *ret_grant = grant;
    return ERR_OK;
}

/* ---- refresh ---- */

enum rotation { ROTATION_NONE, ROTATION_DONE, ROTATION_REUSED };

struct rotate {
    const struct jwt_claims *claims;
    struct uuid next_jti;
    enum rotation outcome;
    int64_t user_id;
    struct session_grant grant;
};

/* What the row says after the rotation. */
struct refresh_state {
    int64_t session_id;
    struct uuid previous_jti;
    struct rotate *rotate;
};

static enum err read_refresh_state(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct refresh_state *state = arg;
    struct session_grant *grant = &state->rotate->grant;

    state->session_id = db_row_int(row, SESSION_REFRESH_STATE_ID);
    grant->refresh_jti = db_row_uuid(row, SESSION_REFRESH_STATE_REFRESH_JTI);
    grant->issued_us = db_row_int(row, SESSION_REFRESH_STATE_REFRESH_ISSUED_US);
    state->previous_jti = db_row_uuid(row, SESSION_REFRESH_STATE_PREVIOUS_JTI);
    grant->expires_us = db_row_int(row, SESSION_REFRESH_STATE_EXPIRES_US);
    state->rotate->user_id = db_row_int(row, SESSION_REFRESH_STATE_USER_ID);
    grant->user = db_row_uuid(row, SESSION_REFRESH_STATE_USER_UUID);
    grant->email = arena_str(ctx->arena, db_row_str(row, SESSION_REFRESH_STATE_EMAIL));
    grant->role = (enum user_role)db_row_int(row, SESSION_REFRESH_STATE_ROLE);
    grant->session = state->rotate->claims->session;
    return arena_check(ctx->arena);
}

/* The token is the one before the present one, and that was made just now: another tab asked at the same time. */
static bool is_in_grace(const struct ctx *ctx, const struct refresh_state *state)
{
    return uuid_eq(&state->previous_jti, &state->rotate->claims->id) &&
           ctx->now_us - state->rotate->grant.issued_us <= REFRESH_GRACE_S * US_PER_S;
}

static enum err rotate_in_transaction(struct ctx *ctx, void *arg)
{
    struct rotate *rotate = arg;
    struct refresh_state state = { .rotate = rotate };
    const struct jwt_claims *claims = rotate->claims;
    int64_t rotated = 0;
    enum err e;

    TRY(db_exec(ctx, SQL_SESSION_ROTATE,
                DB_ARGS(DB_UUID(&rotate->next_jti), DB_INT(ctx->now_us), DB_INT(ctx->now_us),
                        DB_INT(refresh_expires_us(ctx)), DB_UUID(&claims->session), DB_UUID(&claims->id),
                        DB_INT(ctx->now_us)),
                &rotated));
    e = db_one(ctx, SQL_SESSION_REFRESH_STATE, DB_ARGS(DB_UUID(&claims->session), DB_INT(ctx->now_us)),
               read_refresh_state, &state);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && !uuid_eq(&rotate->grant.user, &claims->subject)))
        return fail(ctx, ERR_TOKEN);
    TRY(e);
    rotate->outcome = rotated > 0 || is_in_grace(ctx, &state) ? ROTATION_DONE : ROTATION_REUSED;
    if (rotate->outcome == ROTATION_DONE)
        return ERR_OK;
    TRY(db_exec(ctx, SQL_SESSION_END,
                DB_ARGS(DB_INT(ctx->now_us), DB_INT(ctx->now_us), DB_UUID(&claims->session), DB_INT(rotate->user_id),
                        DB_INT(ctx->now_us)),
                NULL));
    TRY(outcome_revoke(ctx, rotate->user_id));
    /* Nobody is named as the actor: it may have been the thief. */
    TRY(audit_add(ctx, &(struct audit_entry){ .action = AUDIT_REFRESH_REUSED,
                                              .target_kind = AUDIT_ON_USER,
                                              .target = rotate->grant.user,
                                              .details = AUDIT_DETAILS(AUDIT_UUID("session", &claims->session)) }));
    return revocation_tell(ctx, rotate->user_id, state.session_id);
}

enum err session_refresh(struct ctx *ctx, struct str refresh_token, struct session_tokens *ret_tokens)
{
    struct jwt_claims claims;
    struct rotate rotate = { .claims = &claims, .next_jti = uuid_new_random() };
    enum err e;

    e = jwt_verify(ctx->app->keys, ctx->arena, refresh_token, JWT_REFRESH, ctx->now_us / US_PER_S, &claims);
    if (e != ERR_OK)
        return fail(ctx, e);
    TRY(db_run(ctx, rotate_in_transaction, &rotate));
    if (rotate.outcome == ROTATION_REUSED)
        return fail(ctx, ERR_TOKEN);
    return session_sign(ctx, &rotate.grant, ret_tokens);
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
