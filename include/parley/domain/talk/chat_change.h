/*
 * Making, changing and deleting chats.
 *
 * Every function here: any thread, no transaction open; ERR_DATABASE, ERR_BUSY, ERR_NO_MEMORY and ERR_COMMIT_UNKNOWN as
 * db.h says. Results are in the request arena.
 */
#ifndef PARLEY_DOMAIN_CHAT_CHANGE_H
#define PARLEY_DOMAIN_CHAT_CHANGE_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/domain/record/idempotency.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/workspaces/member.h"

/* Settings, as sent. What is not in `fields` is left as it is (when made: its default). */
enum chat_field {
    CHAT_TITLE = 1,
    CHAT_ASSISTANT = 2,
    CHAT_PROVIDER = 4,
    CHAT_MODEL = 8,
    CHAT_SYSTEM_PROMPT = 16,
    CHAT_TEMPERATURE = 32,
    CHAT_MAX_TOKENS = 64,
    CHAT_JOIN = 128,
};
struct chat_settings {
    unsigned fields; /* enum chat_field */
    struct str title;
    enum chat_assistant assistant;
    struct str provider, model, system_prompt; /* absent: not set */
    double temperature;                        /* NAN: not set */
    int64_t max_tokens;                        /* INT64_MIN: not set */
    enum chat_join join;
};

/*
 * Makes a chat in maker->m; its maker is its first member. maker->chat and if_version are not looked at.
 *   claim  NULL: none. One that was used before: answers with the chat of that time (ERR_CHAT_NOT_FOUND when it is gone)
 * ERR_IDEMPOTENCY_BODY.
 */
enum err chat_create(struct ctx *ctx, const struct chat_target *maker, const struct chat_settings *settings,
                     const struct idempotency_claim *claim, struct chat *ret_chat) MUST_CHECK;

/*
 * Changes settings; needs CHAT_MANAGE. A chat that stops being everyone's keeps its creator, the caller and whoever had
 * joined it before; to whom it comes by being everyone's has read it. ERR_PRECONDITION, ERR_DIRECT_CHAT (title, join), and what
 * chat_require returns.
 */
enum err chat_update(struct ctx *ctx, const struct chat_target *target, const struct chat_settings *settings,
                     struct chat *ret_chat) MUST_CHECK;

/*
 * Deletes a chat; needs CHAT_MANAGE. Marked in one statement and gone for everyone; a job removes messages and objects.
 * ERR_PRECONDITION, ERR_DIRECT_CHAT, and what chat_require returns.
 */
enum err chat_delete(struct ctx *ctx, const struct chat_target *target) MUST_CHECK;

#endif
