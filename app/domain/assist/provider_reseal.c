#include "parley/domain/assist/provider_reseal.h"

#include "parley/auth/seal.h"
#include "parley/core/list.h"
#include "parley/core/secret.h"
#include "parley/db/db.h"
#include "provider_row.h"

enum { PAGE_ROWS = 200 };

struct sealed_row {
    int64_t id;
    struct uuid uuid;
    struct str sealed; /* absent: there is no key */
};

static enum err read_sealed(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct sealed_row *added = list_add(ctx->arena, arg, sizeof(*added));

    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    added->id = db_row_int(row, PROVIDER_KEY_PAGE_ID);
    added->uuid = db_row_uuid(row, PROVIDER_KEY_PAGE_UUID);
    added->sealed = arena_str(ctx->arena, db_row_str(row, PROVIDER_KEY_PAGE_KEY_SEALED));
    return arena_check(ctx->arena);
}

static enum err seal_again(struct ctx *ctx, const struct sealed_row *row, struct str *ret_sealed)
{
    const struct seal_label label = provider_seal_label(&row->uuid);
    struct str key;
    enum err e;

    TRY(seal_open(ctx->app->keys, ctx->arena, &label, row->sealed, &key));
    e = seal_close(ctx->app->keys, ctx->arena, &label, key, ret_sealed);
    secret_wipe((char *)(uintptr_t)key.ptr, key.len);
    return e;
}

static enum err reseal_row(struct ctx *ctx, const struct sealed_row *row, struct provider_reseal *state)
{
    struct str sealed;
    enum err e;

    if (row->sealed.ptr == NULL || seal_is_newest(ctx->app->keys, row->sealed))
        return ERR_OK;
    e = seal_again(ctx, row, &sealed);
    if (e == ERR_NOT_FOUND || e == ERR_INVALID) {
        state->stuck_count++;
        return ERR_OK;
    }
    TRY(e);
    state->done_count++;
    return db_exec(ctx, SQL_PROVIDER_RESEAL, DB_ARGS(DB_BLOB(sealed), DB_INT(row->id), DB_BLOB(row->sealed)), NULL);
}

enum err provider_reseal_page(struct ctx *ctx, struct provider_reseal *state, int64_t *ret_count)
{
    struct list list = { NULL, 0 };
    const struct sealed_row *rows;

    TRY(db_each(ctx, SQL_PROVIDER_KEY_PAGE, DB_ARGS(DB_INT(state->after_id), DB_INT(PAGE_ROWS)), read_sealed, &list));
    rows = list.items;
    for (size_t i = 0; i < list.count; i++) {
        TRY(reseal_row(ctx, &rows[i], state));
        state->after_id = rows[i].id;
    }
    *ret_count = (int64_t)list.count;
    return ERR_OK;
}
