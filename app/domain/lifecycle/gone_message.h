/* Messages that a transaction removes: read before, told of behind. Private to the folder; inside db_run. */
#ifndef PARLEY_APP_DOMAIN_GONE_MESSAGE_H
#define PARLEY_APP_DOMAIN_GONE_MESSAGE_H

#include "parley/core/ctx.h"
#include "parley/core/list.h"
#include "parley/db/db.h"

/* What a statement that selects {message_gone} finds. */
enum err gone_messages_read(struct ctx *ctx, enum sql statement, struct db_args args, struct list *ret_list) MUST_CHECK;
/* message.deleted of each of them. */
enum err gone_messages_tell(struct ctx *ctx, int64_t workspace_id, int64_t chat_id, const struct list *list) MUST_CHECK;

#endif
