/* Who is in a chat, for what only small ones are told. */
#ifndef PARLEY_DOMAIN_CHAT_PEOPLE_H
#define PARLEY_DOMAIN_CHAT_PEOPLE_H

#include "parley/core/list.h"
#include "parley/domain/talk/chat.h"

/*
 * Their integer keys, ascending, in the arena: of the workspace's members where the chat is everyone's. ERR_LIMIT, with nothing
 * written into the problem: they are more than max. One statement. Any thread; errors of the
 * database (parley/db/db.h).
 */
enum err chat_people_list(struct ctx *ctx, const struct chat_ref *chat, int64_t max, struct list *ret_ids) MUST_CHECK;

#endif
