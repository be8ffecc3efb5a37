/*
 * Posting messages.
 *
 * Texts and lists of all results are in the request arena. All functions: any thread, one ctx each;
 * errors of the database (parley/db/db.h) besides those that are named.
 */
#ifndef PARLEY_DOMAIN_MESSAGE_CHANGE_H
#define PARLEY_DOMAIN_MESSAGE_CHANGE_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/domain/files/incoming_file.h"
#include "parley/domain/record/idempotency.h"
#include "parley/domain/record/principal.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/message.h"
#include "parley/domain/workspaces/member.h"

struct message_draft {
    struct message_location location;
    struct uuid id;       /* the message's; zero: a new one */
    struct str content;   /* well-formed UTF-8, ≤ CONTENT_MAX_CHARS; may be empty where a file comes along */
    struct uuid reply_to; /* zero: none */
    struct uuid
        forward; /* zero: none; a message of the workspace that is passed on behind the content; then without files */
    const struct uuid *attachments; /* the caller's own unbound attachments of the workspace, each at most once */
    size_t attachment_count;
    struct incoming_files *files;          /* NULL, or files that have just been put into the store (incoming_file.h) */
    const struct idempotency_claim *claim; /* NULL: none */
};

struct message_posted {
    struct message message;
    struct chat_ref chat; /* with its present settings; its row is locked */
    bool seen;            /* the claim had made it before: nothing was written, nothing is locked */
};

/*
 * Inside db_run, for domain/assist/post.h, through which all that people say goes: posts a message. Six statements (who may, the
 * chat's next seq, that seq, the row, one's own read mark, the event), one more with a claim, two or three with reply_to, two with
 * attachments, two for each new file, and one for each mention. Nothing is read again for the answer.
 * With forward the text and the files of that message come behind the content: its files are shared, and where it comes from is
 * kept (forward.h).
 * A claim that was used before gives the message that was made then, and ERR_MESSAGE_NOT_FOUND where it has been deleted.
 * Errors: ERR_CHAT_NOT_FOUND, ERR_FORBIDDEN (chat_require), ERR_INVALID (empty, reply_to, too many files),
 * ERR_ATTACHMENT_NOT_FOUND, ERR_IDEMPOTENCY_BODY; with forward ERR_MESSAGE_NOT_FOUND (also where the sender may not read it),
 * ERR_CONFLICT (it is being written), ERR_QUOTA.
 */
enum err message_insert(struct ctx *ctx, const struct message_draft *draft,
                        struct message_posted *ret_posted) MUST_CHECK;

#endif
