#include "parley/domain/files/room.h"

#include <inttypes.h>

#include "parley/core/disk.h"
#include "parley/db/db.h"
#include "parley/domain/people/user.h"
#include "parley/domain/workspaces/workspace_row.h"

/* A folder that is not there has no files of ours: where they go to S3. */
static bool has_room(const char *folder, int64_t wanted)
{
    int64_t free_bytes = disk_free_bytes(folder);

    return free_bytes < 0 || free_bytes >= wanted;
}

bool room_is_on_disk(const struct config *config)
{
    return config->disk_free_min == 0 ||
           (has_room(config->var_dir, config->disk_free_min) && has_room(config->objects_dir, config->disk_free_min));
}

enum err room_on_disk_check(struct ctx *ctx)
{
    if (room_is_on_disk(ctx->config))
        return ERR_OK;
    return failf(ctx, ERR_DISK_FULL, "The server's disk is nearly full: no files are taken, deleting makes room");
}

static enum err take_off(struct ctx *ctx, enum sql statement, int64_t id, int64_t quota, int64_t *left)
{
    int64_t taken = 0;

    if (quota == 0)
        return ERR_OK;
    TRY(db_number(ctx, statement, DB_ARGS(DB_INT(id), DB_INT(id)), &taken));
    if (quota - taken < *left)
        *left = quota - taken;
    return ERR_OK;
}

enum err room_left(struct ctx *ctx, int64_t workspace_id, int64_t user_id, int64_t *ret_left)
{
    int64_t left = INT64_MAX;

    TRY(take_off(ctx, SQL_BYTES_OF_WORKSPACE, workspace_id, ctx->config->workspace_quota, &left));
    TRY(take_off(ctx, SQL_BYTES_OF_USER, user_id, ctx->config->user_quota, &left));
    *ret_left = left > 0 ? left : 0;
    return ERR_OK;
}

enum err room_refuse(struct ctx *ctx, int64_t left)
{
    return failf(ctx, ERR_QUOTA, "There is room for %" PRId64 " more bytes of files here", left);
}

enum err room_of_user_check(struct ctx *ctx, int64_t user_id, int64_t size_bytes)
{
    int64_t left = INT64_MAX;

    if (ctx->config->user_quota == 0 || size_bytes == 0)
        return ERR_OK;
    TRY(user_row_lock(ctx, user_id));
    TRY(take_off(ctx, SQL_BYTES_OF_USER, user_id, ctx->config->user_quota, &left));
    return size_bytes <= left ? ERR_OK : room_refuse(ctx, left > 0 ? left : 0);
}

enum err room_for_check(struct ctx *ctx, int64_t workspace_id, int64_t user_id, int64_t size_bytes)
{
    int64_t left, member_count;

    if (ctx->config->user_quota > 0)
        TRY(user_row_lock(ctx, user_id));
    if (ctx->config->workspace_quota > 0)
        TRY(workspace_row_lock(ctx, workspace_id, &member_count));
    TRY(room_left(ctx, workspace_id, user_id, &left));
    return size_bytes <= left ? ERR_OK : room_refuse(ctx, left);
}
