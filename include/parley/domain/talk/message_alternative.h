/*
 * Several answers to one question: the message has the one that is shown, for everyone in the chat; the others lie beside it, each
 * under its number, from 1 in the order in which they came.
 *
 * Any thread; errors of the database (parley/db/db.h). Results are in the request arena.
 */
#ifndef PARLEY_DOMAIN_MESSAGE_ALTERNATIVE_H
#define PARLEY_DOMAIN_MESSAGE_ALTERNATIVE_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/list.h"
#include "parley/core/str.h"
#include "parley/domain/talk/message.h"

struct chat_ref;

struct message_alternative {
    int64_t index;
    int status; /* enum message_status */
    struct str content, model;
    struct message_answer answer; /* without its numbers */
    int64_t created_us;           /* when it ended */
};

/* All of an answer (struct message_alternative), by their numbers, the one that is shown among them. One statement. */
enum err message_alternative_list(struct ctx *ctx, const struct chat_ref *chat, const struct message *answer,
                                  struct list *ret_list) MUST_CHECK;

/*
 * Inside db_run, the chat locked: one more, pending, in the place of the one that is shown. *answer becomes what it is then.
 *   provider, model  who is asked for it
 */
enum err message_alternative_begin(struct ctx *ctx, const struct chat_ref *chat, struct str provider, struct str model,
                                   struct message *answer) MUST_CHECK;
/* Inside db_run, the chat locked: shows another one. ERR_NOT_FOUND, with nothing written into the problem: there is none. */
enum err message_alternative_show(struct ctx *ctx, const struct chat_ref *chat, const struct message *answer,
                                  int64_t index) MUST_CHECK;

#endif
