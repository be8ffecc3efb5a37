/*
 * Editing and deleting messages, and what edited ones said before. Each takes the chat's lock first.
 *
 * Texts of all results are in the request arena. All functions: any thread, one ctx each, no transaction open; errors of the
 * database (parley/db/db.h) besides those that are named.
 */
#ifndef PARLEY_DOMAIN_MESSAGE_EDIT_H
#define PARLEY_DOMAIN_MESSAGE_EDIT_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/domain/talk/message.h"

struct message_edit {
    struct message_location location;
    struct uuid message;
    struct str content;
    int64_t version; /* what If-Match named; 0: any */
};
/* The author edits it; what it said before is kept (message_version_list). ERR_MESSAGE_NOT_FOUND, ERR_FORBIDDEN, ERR_PRECONDITION,
 * ERR_INVALID (empty without a file), ERR_CHAT_ARCHIVED, ERR_FORWARDED. */
enum err message_edit(struct ctx *ctx, const struct message_edit *edit, struct message *ret_message) MUST_CHECK;

struct message_removal {
    struct message_location location;
    struct uuid message;
    int64_t version; /* as above */
};
/*
 * The author or an OWNER deletes it: content and attachments' rows go at once and a tombstone stays; the files are
 * deleted after the commit, or by the job where the store is away. Errors as message_edit.
 */
enum err message_delete(struct ctx *ctx, const struct message_removal *removal) MUST_CHECK;

/* A text that a message has or had. */
struct message_version {
    int64_t version;
    struct str content;
    int64_t created_us; /* since when it said so */
};
struct message_version_range {
    struct uuid message;
    int64_t after_version; /* 0: from the first */
    int64_t limit;
};
/* What a message said, oldest first, its present text last, for whoever may read the chat. Errors of message_find. */
enum err message_version_list(struct ctx *ctx, const struct message_location *location,
                              const struct message_version_range *range, struct list *ret_list) MUST_CHECK;

#endif
