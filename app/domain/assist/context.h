/* What a model is shown of a chat. Private to domain/assist. */
#ifndef PARLEY_APP_DOMAIN_CONTEXT_H
#define PARLEY_APP_DOMAIN_CONTEXT_H

#include "parley/ai/ask.h"
#include "parley/core/ctx.h"

struct context_opts {
    int64_t chat_id, workspace_id; /* integer keys: where the chat is now */
    int64_t root_id;               /* of the thread in which is answered; 0: none */
    int64_t before_seq;            /* of the answer */
    int64_t tokens_max;            /* of all that is shown */
    int bytes_per_token_milli;
    struct str system; /* absent: none */
};

struct context {
    const struct ai_message *messages; /* oldest first */
    size_t message_count;              /* 0: all is gone */
    int64_t tokens;                    /* an estimate */
};

/*
 * The newest messages that fit, the newest in any case; of a thread its own. Each person's name stands with what they say where more
 * than one talks. Files of text of up to CONTEXT_FILE_MAX_BYTES come along; others are named. Texts are in the request arena. No
 * transaction open, since files are read from the store. ERR_STORAGE; errors of the database.
 */
enum err context_read(struct ctx *ctx, const struct context_opts *opts, struct context *ret_context) MUST_CHECK;

#endif
