/*
 * What people do with an assistant's answers. Whoever may write in the chat (CHAT_WRITE) may.
 *
 * All functions: any thread, no transaction open; ERR_MESSAGE_NOT_FOUND, ERR_NO_ANSWER (a person wrote it), what chat_require
 * returns, errors of the database. Results are in the request arena.
 */
#ifndef PARLEY_DOMAIN_ANSWER_CHANGE_H
#define PARLEY_DOMAIN_ANSWER_CHANGE_H

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/domain/talk/message.h"
#include "parley/domain/talk/message_alternative.h"

/*
 * Has an answer stop, in whatever process it is written: what it says so far stays. One that has ended is left as it is. The message is
 * as it was at that moment; message.updated tells its end.
 */
enum err answer_stop(struct ctx *ctx, const struct message_location *location, const struct uuid *message,
                     struct message *ret_message) MUST_CHECK;

/*
 * Asks once more, while nobody has written behind the answer; the one that was shown stays as an alternative. The message comes
 * pending.
 *   model  another one of the chat's provider, or of any; absent: as the chat says
 * ERR_CHAT_WENT_ON; ERR_ANSWERING: it is still being written; ERR_LIMIT: ALTERNATIVES_MAX; ERR_NO_MODEL: nobody can be asked, or not
 * that one; ERR_BUDGET_EXHAUSTED. In each case the answer stays as it was.
 */
enum err answer_regenerate(struct ctx *ctx, const struct message_location *location, const struct uuid *message,
                           struct str model, struct message *ret_message) MUST_CHECK;

/* All answers (struct message_alternative) by their numbers, for whoever may read the chat. */
enum err answer_alternatives(struct ctx *ctx, const struct message_location *location, const struct uuid *message,
                             struct list *ret_list) MUST_CHECK;
/* Shows another one, for everyone in the chat. ERR_ALTERNATIVE_NOT_FOUND, ERR_CHAT_WENT_ON, ERR_ANSWERING. */
enum err answer_show(struct ctx *ctx, const struct message_location *location, const struct uuid *message,
                     int64_t index, struct message *ret_message) MUST_CHECK;

#endif
