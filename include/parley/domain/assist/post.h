/*
 * Posting: what somebody says and, where their chat has an assistant that is to answer it, the answer that is to come, in one
 * transaction. All that people post goes through here; programs behind webhooks are not answered.
 *
 * An assistant answers each message of a chat that says `always`, and where it says `mention` each that names it: @assistant, in
 * any case, found as the names of people are (domain/talk/mention.h).
 *
 * Errors as of message_insert (domain/talk/message_change.h); ERR_BUDGET_EXHAUSTED: neither question nor answer is there. Any thread.
 */
#ifndef PARLEY_DOMAIN_POST_H
#define PARLEY_DOMAIN_POST_H

#include "parley/core/ctx.h"
#include "parley/domain/talk/message.h"
#include "parley/domain/talk/message_change.h"

struct post {
    struct message message;
    const struct message *answer; /* pending, or failed where nobody can be asked; NULL: none was asked for */
};

/* No transaction open. draft->files are dropped where a claim had posted the message before. Results are in the request arena. */
enum err post_message(struct ctx *ctx, const struct message_draft *draft, struct post *ret_post) MUST_CHECK;
/* Inside db_run, for messages without files whose answer nobody waits for. */
enum err post_unread(struct ctx *ctx, const struct message_draft *draft) MUST_CHECK;

#endif
