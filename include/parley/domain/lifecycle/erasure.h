/*
 * Erasing what requests have marked: chats, workspaces, what a deleted user wrote. Invisible since it was marked, it is
 * removed here in steps: each step is a transaction or two of bounded size, whose objects go into object_deletions, so
 * a crash between two steps loses nothing. For jobs, one at a time each.
 *
 * *ret_count: pieces of work done; 0: there is nothing left. Errors of the database.
 */
#ifndef PARLEY_DOMAIN_ERASURE_H
#define PARLEY_DOMAIN_ERASURE_H

#include <stdint.h>

#include "parley/core/ctx.h"

/* Up to ERASE_BATCH_ROWS messages of a deleted chat; at last the chat. */
enum err erase_chats_step(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;
/*
 * A deleted workspace: its chats are marked (erase_chats_step takes them), unfinished uploads and unbound files go; at
 * last the workspace with its members and invitations.
 */
enum err erase_workspaces_step(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;
/* Up to ERASE_BATCH_ROWS messages of a user who asked for it; at last the mark. */
enum err erase_users_step(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;

#endif
