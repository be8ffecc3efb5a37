#include "parley/domain/trust/sign_in.h"

#include "parley/db/db.h"

enum err sign_in_begin(struct ctx *ctx, const struct sign_in_proof *proof, const struct session_origin *origin,
                       struct user *ret_user, struct session_grant *ret_grant)
{
    int64_t count = 0;

    TRY(db_exec(ctx, SQL_USER_SIGNED_IN,
                DB_ARGS(DB_INT(ctx->now_us), DB_TEXT(proof->new_hash), DB_INT(proof->user_id), DB_TEXT(proof->hash)),
                &count));
    if (count == 0)
        return ERR_LOGIN;
    TRY(user_get(ctx, proof->user_id, ret_user));
    return session_add(ctx, ret_user, origin, ret_grant);
}
