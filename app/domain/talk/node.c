#include "node.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"

struct renewal {
    struct node *node;
    int64_t old_id; /* 0: none */
};

/* Whoever is striking the old one's people out finds none of those that it has left any more. */
static enum err renew(struct ctx *ctx, void *arg)
{
    struct renewal *renewal = arg;
    int64_t new_id = 0;

    TRY(db_insert(ctx, SQL_NODE_INSERT, DB_ARGS(DB_INT(ctx->now_us)), &new_id));
    if (renewal->old_id != 0) {
        TRY(db_exec(ctx, SQL_PRESENCE_TAKE_OVER, DB_ARGS(DB_INT(new_id), DB_INT(renewal->old_id)), NULL));
        TRY(db_exec(ctx, SQL_NODE_DELETE, DB_ARGS(DB_INT(renewal->old_id)), NULL));
    }
    renewal->node->id = new_id;
    return ERR_OK;
}

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
        TRY(db_run(ctx, renew, &(struct renewal){ .node = node, .old_id = node->id }));
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
