#include "parley/domain/workspaces/workspace_row.h"

#include "parley/db/db.h"

enum err workspace_row_lock(struct ctx *ctx, int64_t workspace_id, int64_t *ret_member_count)
{
    enum err e = db_number(ctx, SQL_WORKSPACE_LOCK, DB_ARGS(DB_INT(workspace_id)), ret_member_count);

    return e == ERR_NOT_FOUND ? fail(ctx, ERR_WORKSPACE_NOT_FOUND) : e;
}

enum err workspace_row_touch(struct ctx *ctx, int64_t workspace_id, int64_t added)
{
    return db_exec(ctx, SQL_WORKSPACE_TOUCH, DB_ARGS(DB_INT(added), DB_INT(ctx->now_us), DB_INT(workspace_id)), NULL);
}
