/*
 * What goes by itself when its time is over. For jobs; each call does one batch.
 *
 * *ret_count: how many went; 0: there is nothing left for now. Errors of the database, and of the store where it is asked.
 */
#ifndef PARLEY_DOMAIN_CLEANUP_H
#define PARLEY_DOMAIN_CLEANUP_H

#include <stdint.h>

#include "parley/core/ctx.h"

/* Objects that are due (object_deletion.h). ERR_STORAGE: the store is away. */
enum err expire_objects(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;
/* Direct uploads that were never completed. */
enum err expire_uploads(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;
/* All direct uploads of a workspace that is being erased. */
enum err expire_uploads_of_workspace(struct ctx *ctx, int64_t workspace_id, int64_t *ret_count) MUST_CHECK;
/* All direct uploads of a user who was deleted. */
enum err expire_uploads_of_user(struct ctx *ctx, int64_t user_id, int64_t *ret_count) MUST_CHECK;
/* Completed uploads that no message took within ATTACHMENT_UNBOUND_HOURS. */
enum err expire_unbound(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;
/* Sign-in sessions, invitations, idempotency keys, links for new passwords and mails, ERASE_BATCH_ROWS of each at most. */
enum err expire_rows(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;
/* Temporary files and unfinished multipart uploads in the store that no row knows. Always 0. */
enum err expire_store(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;

#endif
