/*
 * The row of a workspace: its lock and its version, for whatever changes the workspace, its members or who is in its
 * chats.
 */
#ifndef PARLEY_DOMAIN_WORKSPACE_ROW_H
#define PARLEY_DOMAIN_WORKSPACE_ROW_H

#include <stdint.h>

#include "parley/core/ctx.h"

/*
 * Inside db_run: takes the row's lock, which comes before those of members, chats and
 * messages. ERR_WORKSPACE_NOT_FOUND: no such row, or it is being deleted.
 */
enum err workspace_row_lock(struct ctx *ctx, int64_t workspace_id, int64_t *ret_member_count) MUST_CHECK;
/* Inside db_run, under the lock: the members have changed by `added` (may be negative, or 0 for a role). */
enum err workspace_row_touch(struct ctx *ctx, int64_t workspace_id, int64_t added) MUST_CHECK;

#endif
