/* Whether there is room for another file: on the disk, in the workspace, for the person. Any thread. */
#ifndef PARLEY_DOMAIN_ROOM_H
#define PARLEY_DOMAIN_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"

/* Is as much free as DISK_FREE_MIN asks for? */
bool room_is_on_disk(const struct config *config);
/*
 * ERR_DISK_FULL: less than DISK_FREE_MIN is free. Only files are refused then, so that people can still delete, which takes a
 * little room itself. No statement.
 */
enum err room_on_disk_check(struct ctx *ctx) MUST_CHECK;
/*
 * *ret_left: how many bytes WORKSPACE_QUOTA and USER_QUOTA leave; INT64_MAX where neither is set (no statement then). What is
 * under way in other requests is counted once it is there, so they may be passed by as much.
 */
enum err room_left(struct ctx *ctx, int64_t workspace_id, int64_t user_id, int64_t *ret_left) MUST_CHECK;
/* For a file whose size is known beforehand: all of the above. ERR_DISK_FULL, ERR_QUOTA. */
enum err room_for_check(struct ctx *ctx, int64_t workspace_id, int64_t user_id, int64_t size_bytes) MUST_CHECK;
/* Writes down what is left. Returns ERR_QUOTA. */
enum err room_refuse(struct ctx *ctx, int64_t left);

#endif
