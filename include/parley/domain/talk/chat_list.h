/*
 * Lists of chats, newest activity first, a page at a time. A page costs what it shows: the chats of others are not
 * looked at.
 *
 * Any thread; ERR_DATABASE, ERR_BUSY and ERR_NO_MEMORY as db.h says. Results are in the request arena.
 */
#ifndef PARLEY_DOMAIN_CHAT_LIST_H
#define PARLEY_DOMAIN_CHAT_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/list.h"
#include "parley/domain/workspaces/member.h"

struct chat_list_opts {
    int64_t user_id;
    struct str query;                    /* part of the title, any case; absent or empty: all */
    bool archived;                       /* of history: those that are archived, and no others; or not */
    int64_t after_activity_us, after_id; /* behind which chat; both INT64_MAX: from the first */
    int64_t limit;                       /* rows wanted at most */
};

/*
 * The chats that the user is in, archived or not: everyone's, and those joined (struct chat). One statement; others only for joined chats,
 * for last messages that have been deleted, and for names that are not known at present.
 */
enum err chat_list_history(struct ctx *ctx, const struct membership *m, const struct chat_list_opts *opts,
                           struct list *ret_list) MUST_CHECK;
/* Open chats that the user may join and has not, and that are not archived (struct chat, without their messages). One statement. */
enum err chat_list_open(struct ctx *ctx, const struct membership *m, const struct chat_list_opts *opts,
                        struct list *ret_list) MUST_CHECK;

#endif
