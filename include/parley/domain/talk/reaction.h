/*
 * Reactions to messages: of each kind (an emoji) one by each user, by whoever may read the chat. Told as reaction.changed, whose
 * detail is + or - and the emoji.
 *
 * Any thread, no transaction open; ERR_DATABASE, ERR_BUSY, ERR_NO_MEMORY and ERR_COMMIT_UNKNOWN as db.h says. Results are in
 * the request arena.
 */
#ifndef PARLEY_DOMAIN_REACTION_H
#define PARLEY_DOMAIN_REACTION_H

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/str.h"
#include "parley/domain/talk/message.h"

struct reaction_target {
    struct message_location location;
    struct uuid message;
    struct str emoji; /* as typed; core/emoji.h says in which form it is kept */
};
/*
 * Reacts; once more changes nothing. What there is of the kind then. ERR_INVALID: not an emoji; ERR_MESSAGE_NOT_FOUND;
 * ERR_LIMIT: REACTION_KINDS_MAX others are there; what chat_require returns.
 */
enum err reaction_put(struct ctx *ctx, const struct reaction_target *target, struct reaction *ret_reaction) MUST_CHECK;
/* Takes one's own back, where there is one. Errors likewise. */
enum err reaction_remove(struct ctx *ctx, const struct reaction_target *target) MUST_CHECK;

#endif
