/*
 * One's own state of a chat: how far one has read, how one is notified, a star, a draft. Nothing is written for each member
 * when somebody posts: unread is what has come since the mark, less what was deleted or erased (chat_gaps). Who has no row
 * has read nothing; whoever comes into a workspace or a chat has read what was said before. A mark that moves is told as read:
 * to all in a chat of up to READ_MEMBERS_MAX, else to the reader alone. What else changes is told as state, to its owner, and so
 * is a mark that goes back. Both have the mark as detail. What one's own message marks is not told.
 *
 * Every function here: any thread; ERR_DATABASE, ERR_BUSY, ERR_NO_MEMORY and ERR_COMMIT_UNKNOWN as db.h says. Results are in
 * the request arena.
 */
#ifndef PARLEY_DOMAIN_CHAT_STATE_H
#define PARLEY_DOMAIN_CHAT_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/domain/record/principal.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/workspaces/member.h"

/* The state of the user for whom `chat` was asked (chat_require). ERR_CHAT_NOT_FOUND. One statement. */
enum err chat_state_get(struct ctx *ctx, const struct chat_ref *chat, struct chat_own *ret_state) MUST_CHECK;

/*
 * For the events: what a user's row says, by integer keys, without the chat and without what is counted. ERR_NOT_FOUND, with
 * nothing written into the problem: there is none, or none any more. One statement.
 */
struct chat_state_key {
    int64_t workspace_id, user_id, chat_id;
};
enum err chat_state_row_get(struct ctx *ctx, const struct chat_state_key *key, struct chat_own *ret_state) MUST_CHECK;

/*
 * What of it is changed; the rest stays. For whoever may read the chat (chat_require_held), and still may when it is
 * written: what is taken away meanwhile takes the state along.
 */
enum chat_state_field { CHAT_STATE_NOTIFY = 1, CHAT_STATE_STARRED = 2, CHAT_STATE_DRAFT = 4 };
struct chat_state_change {
    unsigned fields; /* enum chat_state_field */
    int notify;
    bool starred;
    struct str draft; /* absent or empty: none */
};
enum err chat_state_put(struct ctx *ctx, const struct chat_target *target, const struct chat_state_change *change,
                        struct chat_own *ret_state) MUST_CHECK;

/*
 * CHAT_MARK_READ: read up to `seq`; a mark that is further on stays. CHAT_MARK_UNREAD: unread from `seq` on; a mark that is
 * further back stays. A seq behind the last one counts as the last one. A mark that does not move writes nothing. For whoever
 * may read the chat, as above.
 */
enum chat_mark { CHAT_MARK_READ, CHAT_MARK_UNREAD };
enum err chat_state_mark(struct ctx *ctx, const struct chat_target *target, int64_t seq, enum chat_mark mark,
                         struct chat_own *ret_state) MUST_CHECK;

/* The chats in which something is unread (struct chat_own), in the order of their making. One statement. */
struct chat_unread_opts {
    int64_t user_id;
    int64_t after_id; /* the chat's integer key; 0: from the first */
    int64_t limit;    /* rows at most */
};
enum err chat_unread_list(struct ctx *ctx, const struct membership *m, const struct chat_unread_opts *opts,
                          struct list *ret_list) MUST_CHECK;

/*
 * How far those in a chat have read (struct chat_read_place), in the order of their accounts: everyone where they are up to
 * READ_MEMBERS_MAX, else the caller alone. chat: from chat_require with the right to read, of the same caller. One statement,
 * or two. ERR_CHAT_NOT_FOUND.
 */
struct chat_read_place {
    struct uuid user;
    int64_t read_seq; /* 0: nothing */
};
enum err chat_read_list(struct ctx *ctx, const struct chat_ref *chat, const struct principal *principal,
                        struct list *ret_list) MUST_CHECK;

/* ---- for other parts of the domain, inside db_run, under the chat's lock ---- */

/* A user of the workspace has read up to seq, which is told otherwise. */
enum err chat_state_read_along(struct ctx *ctx, const struct chat_ref *chat, int64_t user_id, int64_t seq) MUST_CHECK;
/* The chat is everyone's now, or is so in another workspace: those who come to it by that have read it. */
enum err chat_states_open(struct ctx *ctx, const struct chat_ref *chat) MUST_CHECK;
enum err chat_states_move(struct ctx *ctx, const struct chat_ref *chat, int64_t to_id) MUST_CHECK;
/* The chat is no longer everyone's, and its members are written: nothing stays of those who are out. */
enum err chat_states_shut(struct ctx *ctx, const struct chat_ref *chat) MUST_CHECK;
/* A user leaves the chat. */
enum err chat_state_forget(struct ctx *ctx, const struct chat_ref *chat, int64_t user_id) MUST_CHECK;

#endif
