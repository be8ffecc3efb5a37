/* Direct chats: of exactly some people of a workspace, made when they are first asked for. */
#ifndef PARLEY_DOMAIN_CHAT_DIRECT_H
#define PARLEY_DOMAIN_CHAT_DIRECT_H

#include <stddef.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/domain/record/principal.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/workspaces/member.h"

struct chat_direct_opts {
    const struct membership *m;
    const struct principal *principal; /* one of its people, named or not */
    const struct uuid *people;         /* in any order, each as often as one likes */
    size_t count;                      /* 1 … DIRECT_PEOPLE_MAX */
};
/*
 * The chat of exactly these people and the caller, who needs the role MEMBER; of many requests at once one makes it. Whoever
 * has left the workspace and come back is in it again. ERR_MEMBER_NOT_FOUND: one of them is not in the workspace. Any
 * thread, no transaction open; ERR_DATABASE, ERR_BUSY, ERR_NO_MEMORY and ERR_COMMIT_UNKNOWN as db.h says. The result is in
 * the request arena.
 */
enum err chat_direct_open(struct ctx *ctx, const struct chat_direct_opts *opts, struct chat *ret_chat) MUST_CHECK;

#endif
