/*
 * Notices: who is told of a message while they are away. A message makes a row for each person whom it names, whom it replies to, or
 * who is the other one in a direct chat; never for each member. A job tells it to their browsers after NOTICE_PUSH_S, and in a mail
 * after NOTICE_MAIL_MIN what is still unread then. Whether they may read it, have read it elsewhere, want it (notify of the chat, their
 * settings, quiet hours) is asked when it is told. Any thread, one ctx each; errors of the database (parley/db/db.h).
 */
#ifndef PARLEY_DOMAIN_NOTICE_H
#define PARLEY_DOMAIN_NOTICE_H

#include "parley/core/ctx.h"
#include "parley/core/keepalive.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/mention.h"
#include "parley/domain/talk/message.h"

/* Stored as these numbers. */
enum notice_kind { NOTICE_MENTION, NOTICE_REPLY, NOTICE_DIRECT };

/*
 * In the transaction that has written the message: its id, chat, sender and what it replies to. No statement for a message that is for
 * nobody in particular.
 */
enum err notices_add(struct ctx *ctx, const struct chat_ref *chat, const struct message *message,
                     const struct mentions *mentions) MUST_CHECK;

/* In the transaction that has edited one that named people: who is named no more is not told of it; who is named anew neither. */
enum err notices_follow_edit(struct ctx *ctx, const struct chat_ref *chat, const struct message *message) MUST_CHECK;

/* ---- for the jobs: one person or message; *ret_count 0: nothing is due ---- */

/* keepalive: asked before each browser, of which one takes up to PUSH_CALL_MAX_MS; an error ends the step, and is returned by it. */
struct notice_push_opts {
    keepalive_fn keepalive;
    void *keepalive_arg;
};
/* No transaction may be open. */
enum err notice_push_step(struct ctx *ctx, const struct notice_push_opts *opts, int64_t *ret_count) MUST_CHECK;
/* A mail about all that somebody has not read; mail_queue.h sends it. No transaction may be open. */
enum err notice_mail_step(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;

#endif
