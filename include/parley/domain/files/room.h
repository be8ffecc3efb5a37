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
 * *ret_left: how many bytes WORKSPACE_QUOTA and USER_QUOTA leave; INT64_MAX where neither is set (no statement then). A first
 * look, before bytes are taken in: what is under way in other requests is not counted yet.
 */
enum err room_left(struct ctx *ctx, int64_t workspace_id, int64_t user_id, int64_t *ret_left) MUST_CHECK;
/*
 * The look that counts, in the transaction that adds files of so many bytes. It locks the rows that the quotas belong to, so of
 * many at once no more get in than there is room for; without a quota it does nothing. ERR_QUOTA.
 */
enum err room_for_check(struct ctx *ctx, int64_t workspace_id, int64_t user_id, int64_t size_bytes) MUST_CHECK;
/* The same for files that the workspace has already and a person has not: USER_QUOTA alone. */
enum err room_of_user_check(struct ctx *ctx, int64_t user_id, int64_t size_bytes) MUST_CHECK;
/* Writes down what is left. Returns ERR_QUOTA. */
enum err room_refuse(struct ctx *ctx, int64_t left);

#endif
