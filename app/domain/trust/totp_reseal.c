#include "parley/domain/trust/totp_reseal.h"

#include "parley/auth/seal.h"
#include "parley/core/list.h"
#include "parley/core/secret.h"
#include "parley/db/db.h"

enum { PAGE_ROWS = 200 };

struct sealed_row {
    int64_t user_id;
    struct uuid user;
    struct str sealed;
};

static enum err read_sealed(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct sealed_row *added = list_add(ctx->arena, arg, sizeof(*added));

    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    added->user_id = db_row_int(row, TOTP_PAGE_USER_ID);
    added->user = db_row_uuid(row, TOTP_PAGE_UUID);
    added->sealed = arena_str(ctx->arena, db_row_str(row, TOTP_PAGE_SECRET));
    return arena_check(ctx->arena);
}

/* The same secret under the newest key. */
static enum err seal_again(struct ctx *ctx, const struct sealed_row *row, struct str *ret_sealed)
{
    const struct seal_label label = { "totp", row->user };
    struct str secret;
    enum err e;

    TRY(seal_open(ctx->app->keys, ctx->arena, &label, row->sealed, &secret));
    e = seal_close(ctx->app->keys, ctx->arena, &label, secret, ret_sealed);
    secret_wipe((char *)(uintptr_t)secret.ptr, secret.len);
    return e;
}

static enum err reseal_row(struct ctx *ctx, const struct sealed_row *row, struct totp_reseal *state)
{
    struct str sealed;
    enum err e;

    if (seal_is_newest(ctx->app->keys, row->sealed))
        return ERR_OK;
    e = seal_again(ctx, row, &sealed);
    if (e == ERR_NOT_FOUND || e == ERR_INVALID) {
        state->stuck_count++;
        return ERR_OK;
    }
    TRY(e);
    state->done_count++;
    return db_exec(ctx, SQL_TOTP_RESEAL, DB_ARGS(DB_BLOB(sealed), DB_INT(row->user_id), DB_BLOB(row->sealed)), NULL);
}

enum err totp_reseal_page(struct ctx *ctx, struct totp_reseal *state, int64_t *ret_count)
{
    struct list list = { NULL, 0 };
    const struct sealed_row *rows;

    TRY(db_each(ctx, SQL_TOTP_PAGE, DB_ARGS(DB_INT(state->after_id), DB_INT(PAGE_ROWS)), read_sealed, &list));
    rows = list.items;
    for (size_t i = 0; i < list.count; i++) {
        TRY(reseal_row(ctx, &rows[i], state));
        state->after_id = rows[i].user_id;
    }
    *ret_count = (int64_t)list.count;
    return ERR_OK;
}
