/*
 * Webhooks: addresses at which a program posts into a chat, with nothing but the secret in the address. A webhook acts in the
 * right of the member who made it: it posts as long as that person may, and goes when they leave the workspace. What it posts is
 * of a sender from outside (SENDER_OUTSIDE). Of the secret only the SHA-256 is kept (parley/domain/record/link_token.h).
 *
 * Texts and lists of all results are in the request arena. All functions: any thread, one ctx each, no transaction open;
 * errors of the database (parley/db/db.h) besides those that are named.
 */
#ifndef PARLEY_DOMAIN_WEBHOOK_H
#define PARLEY_DOMAIN_WEBHOOK_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/domain/talk/message.h"

struct webhook {
    struct uuid uuid;
    struct str name; /* of the sender, where a message names none; ≤ SENDER_NAME_MAX_CHARS */
    struct uuid created_by;
    int64_t created_us;
    int64_t used_us; /* when it last posted; 0: never */
};

/*
 * Makes one for a chat in which the caller may write. *ret_token: what its address ends with; it is told here and never again.
 * Errors of chat_require; ERR_DIRECT_CHAT; ERR_LIMIT: the chat has WEBHOOKS_PER_CHAT_MAX.
 */
enum err webhook_add(struct ctx *ctx, const struct message_location *location, struct str name,
                     struct webhook *ret_webhook, struct str *ret_token) MUST_CHECK;

/* The caller's own of a chat (struct webhook), or all to an OWNER, the oldest first. Errors of chat_require. */
enum err webhook_list(struct ctx *ctx, const struct message_location *location, struct list *ret_list) MUST_CHECK;

/* Withdraws one that the caller has made, or any as an OWNER. ERR_WEBHOOK_NOT_FOUND; errors of chat_require. */
enum err webhook_remove(struct ctx *ctx, const struct message_location *location,
                        const struct uuid *webhook) MUST_CHECK;

/* What a token is for. */
struct webhook_door {
    int64_t id; /* integer key */
    struct str name;
    int64_t workspace_id, user_id; /* of whoever made it: integer keys */
    struct uuid chat;
};
/* For the gate. ERR_WEBHOOK_NOT_FOUND: no such token, or its maker has no account any more. One statement, none for what is no token. */
enum err webhook_door_find(struct ctx *ctx, struct str token, struct webhook_door *ret_door) MUST_CHECK;

struct webhook_draft {
    struct str content;     /* well-formed UTF-8, ≤ CONTENT_MAX_CHARS */
    struct str sender_name; /* one line, ≤ SENDER_NAME_MAX_CHARS; absent: the webhook's */
};
/*
 * Posts a message, in one transaction, under the chat's lock. ERR_WEBHOOK_NOT_FOUND: it has been withdrawn, or its maker may not
 * post there (any more), which whoever has the address does not learn. ERR_INVALID: the text shows nothing. ERR_CHAT_ARCHIVED.
 */
enum err webhook_post(struct ctx *ctx, const struct webhook_door *door, const struct webhook_draft *draft) MUST_CHECK;

#endif
