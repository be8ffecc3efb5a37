#include "parley/domain/trust/session_refresh.h"

#include "parley/auth/jwt.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/trust/revocation.h"
#include "parley/domain/trust/session_cookie.h"

enum rotation { ROTATION_NONE, ROTATION_DONE, ROTATION_REUSED };

/* One renewal: by a refresh token's claims or by a cookie; the other is NULL. */
struct rotate {
    struct uuid session;
    const struct jwt_claims *claims;
    const struct session_cookie *cookie;
    struct uuid next_jti;
    enum rotation outcome;
    int64_t user_id;
    struct session_grant grant;
};

/* What the row says after the rotation. */
struct refresh_state {
    int64_t session_id;
    struct uuid previous_jti;
    struct session_cookie_row cookie;
    struct rotate *rotate;
};

static enum err read_refresh_state(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct refresh_state *state = arg;
    struct session_grant *grant = &state->rotate->grant;
    struct str hash = db_row_str(row, SESSION_REFRESH_STATE_COOKIE_HASH);

    state->session_id = db_row_int(row, SESSION_REFRESH_STATE_ID);
    grant->refresh_jti = db_row_uuid(row, SESSION_REFRESH_STATE_REFRESH_JTI);
    grant->issued_us = db_row_int(row, SESSION_REFRESH_STATE_REFRESH_ISSUED_US);
    state->previous_jti = db_row_uuid(row, SESSION_REFRESH_STATE_PREVIOUS_JTI);
    grant->expires_us = db_row_int(row, SESSION_REFRESH_STATE_EXPIRES_US);
    grant->stays = db_row_int(row, SESSION_REFRESH_STATE_STAYS) != 0;
    grant->storage_epoch = db_row_int(row, SESSION_REFRESH_STATE_STORAGE_EPOCH);
    state->rotate->user_id = db_row_int(row, SESSION_REFRESH_STATE_USER_ID);
    grant->user = db_row_uuid(row, SESSION_REFRESH_STATE_USER_UUID);
    grant->email = arena_str(ctx->arena, db_row_str(row, SESSION_REFRESH_STATE_EMAIL));
    grant->role = (enum user_role)db_row_int(row, SESSION_REFRESH_STATE_ROLE);
    grant->session = state->rotate->session;
    state->cookie = (struct session_cookie_row){ .exists = hash.len == SHA256_BYTES,
                                                 .refresh_jti = grant->refresh_jti,
                                                 .refresh_issued_us = grant->issued_us };
    if (state->cookie.exists)
        memcpy(state->cookie.hash, hash.ptr, hash.len);
    return arena_check(ctx->arena);
}

/* *ret_count: 1, or 0 where it was not the present one. */
static enum err row_change(struct ctx *ctx, const struct rotate *rotate, int64_t *ret_count)
{
    struct session_cookie next;
    uint8_t hash[SHA256_BYTES], next_hash[SHA256_BYTES];

    if (rotate->cookie == NULL)
        return db_exec(ctx, SQL_SESSION_ROTATE,
                       DB_ARGS(DB_UUID(&rotate->next_jti), DB_INT(ctx->now_us), DB_INT(ctx->now_us),
                               DB_INT(session_expires_us(ctx)), DB_UUID(&rotate->session), DB_UUID(&rotate->claims->id),
                               DB_INT(ctx->now_us)),
                       ret_count);
    session_cookie_hash(rotate->cookie, hash);
    session_cookie_next(ctx, rotate->cookie, &rotate->next_jti, &next);
    session_cookie_hash(&next, next_hash);
    return db_exec(
        ctx, SQL_SESSION_ROTATE_COOKIE,
        DB_ARGS(DB_UUID(&rotate->next_jti), DB_INT(ctx->now_us), DB_INT(ctx->now_us), DB_INT(session_expires_us(ctx)),
                DB_BLOB(((struct str){ (const char *)next_hash, sizeof(next_hash) })), DB_UUID(&rotate->session),
                DB_BLOB(((struct str){ (const char *)hash, sizeof(hash) })), DB_INT(ctx->now_us)),
        ret_count);
}

/* It is the one before the present one, and that was made just now: another tab asked at the same time. */
static bool is_in_grace(struct ctx *ctx, const struct refresh_state *state)
{
    const struct rotate *rotate = state->rotate;

    if (rotate->cookie != NULL)
        return session_cookie_is_good(ctx, rotate->cookie, &state->cookie);
    return uuid_eq(&state->previous_jti, &rotate->claims->id) &&
           ctx->now_us - rotate->grant.issued_us <= REFRESH_GRACE_S * US_PER_S;
}

/* The session, as the row says after the rotation, is that of what was sent. */
static bool is_of_session(const struct refresh_state *state)
{
    const struct rotate *rotate = state->rotate;

    return rotate->cookie != NULL ? state->cookie.exists : uuid_eq(&rotate->grant.user, &rotate->claims->subject);
}

static enum err rotate_in_transaction(struct ctx *ctx, void *arg)
{
    struct rotate *rotate = arg;
    struct refresh_state state = { .rotate = rotate };
    int64_t rotated = 0;
    enum err e;

    TRY(row_change(ctx, rotate, &rotated));
    e = db_one(ctx, SQL_SESSION_REFRESH_STATE, DB_ARGS(DB_UUID(&rotate->session), DB_INT(ctx->now_us)),
               read_refresh_state, &state);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && !is_of_session(&state)))
        return fail(ctx, ERR_TOKEN);
    TRY(e);
    rotate->outcome = rotated > 0 || is_in_grace(ctx, &state) ? ROTATION_DONE : ROTATION_REUSED;
    if (rotate->outcome == ROTATION_DONE)
        return ERR_OK;
    TRY(db_exec(ctx, SQL_SESSION_END,
                DB_ARGS(DB_INT(ctx->now_us), DB_INT(ctx->now_us), DB_UUID(&rotate->session), DB_INT(rotate->user_id),
                        DB_INT(ctx->now_us)),
                NULL));
    TRY(outcome_revoke(ctx, rotate->user_id));
    /* Nobody is named as the actor: it may have been the thief. */
    TRY(audit_add(ctx, &(struct audit_entry){ .action = AUDIT_REFRESH_REUSED,
                                              .target_kind = AUDIT_ON_USER,
                                              .target = rotate->grant.user,
                                              .details = AUDIT_DETAILS(AUDIT_UUID("session", &rotate->session)) }));
    return revocation_tell(ctx, rotate->user_id, state.session_id);
}

/* What replaces the cookie: whoever was first has written its hash. */
static enum err next_cookie_give(struct ctx *ctx, struct rotate *rotate)
{
    struct session_cookie next;

    session_cookie_next(ctx, rotate->cookie, &rotate->grant.refresh_jti, &next);
    rotate->grant.cookie = session_cookie_text(ctx, &next);
    return rotate->grant.cookie.ptr != NULL ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
}

static enum err rotate_run(struct ctx *ctx, struct rotate *rotate, struct session_tokens *ret_tokens)
{
    rotate->next_jti = uuid_new_random();
    TRY(db_run(ctx, rotate_in_transaction, rotate));
    if (rotate->outcome == ROTATION_REUSED)
        return fail(ctx, ERR_TOKEN);
    if (rotate->cookie != NULL)
        TRY(next_cookie_give(ctx, rotate));
    return session_sign(ctx, &rotate->grant, ret_tokens);
}

enum err session_refresh(struct ctx *ctx, struct str refresh_token, struct session_tokens *ret_tokens)
{
    struct jwt_claims claims;
    struct rotate rotate = { .claims = &claims };
    enum err e;

    e = jwt_verify(ctx->app->keys, ctx->arena, refresh_token, JWT_REFRESH, ctx->now_us / US_PER_S, &claims);
    if (e != ERR_OK)
        return fail(ctx, e);
    rotate.session = claims.session;
    return rotate_run(ctx, &rotate, ret_tokens);
}

enum err session_refresh_cookie(struct ctx *ctx, struct str text, struct session_tokens *ret_tokens)
{
    struct session_cookie cookie;
    struct rotate rotate = { .cookie = &cookie };
    enum err e = session_cookie_read(ctx, text, &cookie);

    if (e != ERR_OK)
        return fail(ctx, e);
    rotate.session = cookie.session;
    return rotate_run(ctx, &rotate, ret_tokens);
}
