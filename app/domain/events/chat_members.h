/*
 * The members of chats, as arrays of user ids in ascending order, in at most EVENT_MEMBERS_BYTES: those that were not looked at
 * for longest go first. Private to the folder; one thread.
 */
#ifndef PARLEY_APP_DOMAIN_CHAT_MEMBERS_H
#define PARLEY_APP_DOMAIN_CHAT_MEMBERS_H

#include <stddef.h>
#include <stdint.h>

#include "parley/core/err.h"

struct chat_members;

/* One chat's. Borrowed until the next change. */
struct chat_member_list {
    const int64_t *ids;
    size_t count;
};

/* bytes_max: of all arrays together; the one that was looked at last stays in any case. NULL without memory. */
struct chat_members *chat_members_new(size_t bytes_max);
/* NULL is fine. */
void chat_members_free(struct chat_members *members);
void chat_members_clear(struct chat_members *members);

/* ERR_NOT_FOUND: they are not known, or as those of another workspace, from which the chat has moved. */
enum err chat_members_find(struct chat_members *members, int64_t workspace_id, int64_t chat_id,
                           struct chat_member_list *ret_list) MUST_CHECK;
/* ids: ascending, copied. ERR_NO_MEMORY. */
enum err chat_members_put(struct chat_members *members, int64_t workspace_id, int64_t chat_id, const int64_t *ids,
                          size_t count) MUST_CHECK;
/* Somebody comes into a chat whose members are known; where there is no memory they are no longer. */
void chat_members_add(struct chat_members *members, int64_t chat_id, int64_t user_id);
void chat_members_remove(struct chat_members *members, int64_t chat_id, int64_t user_id);
/* Out of all chats of a workspace. */
void chat_members_remove_everywhere(struct chat_members *members, int64_t workspace_id, int64_t user_id);
void chat_members_drop(struct chat_members *members, int64_t chat_id);

#endif
