#include "node.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"

enum err node_beat(struct ctx *ctx, struct node *node, bool *ret_is_new)
{
    int64_t since_us = ctx->now_us - node->beat_us, count = 0;

    *ret_is_new = false;
    if (node->id != 0 && since_us >= 0 && since_us < NODE_BEAT_S * US_PER_S)
        return ERR_OK;
    /* A late one may have been taken to be dead, and its people struck out in part: it begins as another. */
    if (node->id != 0 && since_us < NODE_LIFE_S * US_PER_S)
        TRY(db_exec(ctx, SQL_NODE_BEAT, DB_ARGS(DB_INT(ctx->now_us), DB_INT(node->id)), &count));
    node->may_judge = count > 0;
    if (count == 0) {
        TRY(db_insert(ctx, SQL_NODE_INSERT, DB_ARGS(DB_INT(ctx->now_us)), &node->id));
        *ret_is_new = true;
    }
    node->beat_us = ctx->now_us;
    return ERR_OK;
}

enum err node_leave(struct ctx *ctx, struct node *node)
{
    if (node->id == 0)
        return ERR_OK;
    TRY(db_exec(ctx, SQL_NODE_DELETE, DB_ARGS(DB_INT(node->id)), NULL));
    *node = (struct node){ .id = 0 };
    return ERR_OK;
}

enum err node_count_others(struct ctx *ctx, const struct node *node, int64_t *ret_count)
{
    return db_number(ctx, SQL_NODE_COUNT_OTHERS,
                     DB_ARGS(DB_INT(node->id), DB_INT(ctx->now_us - NODE_LIFE_S * US_PER_S)), ret_count);
}
