#include "parley/domain/trust/challenge.h"

#include "parley/auth/jwt.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"

enum err challenge_add(struct ctx *ctx, const struct user *user, struct challenge *ret_challenge)
{
    struct challenge challenge = { .id = uuid_new_random(), .user = user->uuid };

    TRY(db_insert(ctx, SQL_CHALLENGE_INSERT,
                  DB_ARGS(DB_UUID(&challenge.id), DB_INT(user->id), DB_INT(ctx->now_us + CHALLENGE_LIFE_S * US_PER_S)),
                  NULL));
    *ret_challenge = challenge;
    return ERR_OK;
}

enum err challenge_sign(struct ctx *ctx, const struct challenge *challenge, const struct user *user,
                        struct str *ret_token)
{
    /* There is no session yet: sid is the challenge itself. */
    struct jwt_claims claims = {
        .type = JWT_2FA,
        .subject = challenge->user,
        .session = challenge->id,
        .id = challenge->id,
        .email = user->email.ptr == NULL ? STR("") : user->email,
        .role = user->role == USER_ROLE_ADMIN ? STR("ADMIN") : STR("USER"),
        .issued_s = ctx->now_us / US_PER_S,
        .expires_s = ctx->now_us / US_PER_S + CHALLENGE_LIFE_S,
    };

    return jwt_sign(ctx->app->keys, ctx->arena, &claims, ret_token);
}

enum err challenge_read(struct ctx *ctx, struct str token, struct challenge *ret_challenge)
{
    struct jwt_claims claims;
    enum err e = jwt_verify(ctx->app->keys, ctx->arena, token, JWT_2FA, ctx->now_us / US_PER_S, &claims);

    if (e != ERR_OK)
        return fail(ctx, e == ERR_TOKEN ? ERR_CHALLENGE : e);
    *ret_challenge = (struct challenge){ .id = claims.id, .user = claims.subject };
    return ERR_OK;
}

enum err challenge_check(struct ctx *ctx, const struct challenge *challenge, int64_t user_id)
{
    int64_t wrong_count;
    enum err e = db_number(
        ctx, SQL_CHALLENGE_IS_OPEN,
        DB_ARGS(DB_UUID(&challenge->id), DB_INT(user_id), DB_INT(CHALLENGE_WRONG_MAX), DB_INT(ctx->now_us)),
        &wrong_count);

    return e == ERR_NOT_FOUND ? fail(ctx, ERR_CHALLENGE) : e;
}

enum err challenge_consume(struct ctx *ctx, const struct challenge *challenge, int64_t user_id)
{
    int64_t count = 0;

    TRY(db_exec(ctx, SQL_CHALLENGE_CONSUME,
                DB_ARGS(DB_INT(ctx->now_us), DB_UUID(&challenge->id), DB_INT(user_id), DB_INT(CHALLENGE_WRONG_MAX),
                        DB_INT(ctx->now_us)),
                &count));
    return count == 1 ? ERR_OK : fail(ctx, ERR_CHALLENGE);
}

enum err challenge_add_wrong(struct ctx *ctx, const struct challenge *challenge, int64_t user_id)
{
    return db_exec(ctx, SQL_CHALLENGE_ADD_WRONG, DB_ARGS(DB_UUID(&challenge->id), DB_INT(user_id)), NULL);
}

enum err challenge_expire(struct ctx *ctx, int64_t limit, int64_t *ret_count)
{
    return db_exec(ctx, SQL_CHALLENGE_EXPIRE, DB_ARGS(DB_INT(ctx->now_us), DB_INT(limit)), ret_count);
}
