/* A file of a message that turns out to be none: it is taken away visibly. For the other files of attachments. */
#ifndef PARLEY_DOMAIN_ATTACHMENT_LOST_H
#define PARLEY_DOMAIN_ATTACHMENT_LOST_H

#include "parley/core/ctx.h"
#include "parley/db/db.h"
#include "parley/domain/files/attachment.h"

struct attachment_place {
    int64_t id, workspace_id; /* integer keys */
    int64_t message_id;       /* 0: no message holds it. Its row has been locked, so that none takes it meanwhile */
};

/*
 * Inside db_run: message.updated of the message that a file is in; nothing where there is none. Errors of the database.
 */
enum err attachment_tell_message(struct ctx *ctx, int64_t workspace_id, int64_t message_id) MUST_CHECK;
/*
 * Inside db_run: removes the row that `find` (one of "attachments that go", of an id and a workspace) finds, with its object, and
 * takes it off its message. Errors of the database.
 */
enum err attachment_lose(struct ctx *ctx, enum sql find, const struct attachment_place *place,
                         struct attachment_removal *ret_removal) MUST_CHECK;

#endif
