/* What was used of models, out of the sums by days. */
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/lifecycle/figures.h"

static enum err share_add(struct ctx *ctx, struct list *list, struct str name, int64_t token_count)
{
    struct token_share *share = list_add(ctx->arena, list, sizeof(*share));

    if (share == NULL || (share->name = arena_str(ctx->arena, name)).ptr == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    share->token_count = token_count;
    return ERR_OK;
}

static enum err provider_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    return share_add(ctx, arg, db_row_str(row, USAGE_TOKENS_OF_PROVIDERS_PROVIDER),
                     db_row_int(row, USAGE_TOKENS_OF_PROVIDERS_TOKEN_COUNT));
}

static enum err workspace_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct uuid id = db_row_uuid(row, USAGE_TOKENS_OF_WORKSPACES_UUID);
    char text[UUID_TEXT_BYTES];

    uuid_format(&id, text);
    return share_add(ctx, arg, str_from(text), db_row_int(row, USAGE_TOKENS_OF_WORKSPACES_TOKEN_COUNT));
}

enum err token_figures(struct ctx *ctx, struct token_figures *ret_tokens)
{
    const struct db_value max = DB_INT(TOKEN_SHARES_MAX);

    *ret_tokens = (struct token_figures){ .total_count = 0 };
    TRY(db_number(ctx, SQL_USAGE_TOKENS, DB_NO_ARGS, &ret_tokens->total_count));
    TRY(db_each(ctx, SQL_USAGE_TOKENS_OF_PROVIDERS, DB_ARGS(max), provider_read, &ret_tokens->by_provider));
    return db_each(ctx, SQL_USAGE_TOKENS_OF_WORKSPACES, DB_ARGS(max), workspace_read, &ret_tokens->by_workspace);
}
