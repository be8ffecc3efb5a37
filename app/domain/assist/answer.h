/*
 * One answer that this process writes: what the engine reports, until it is told (delta.c) and written down (recorder.c).
 * Private to domain/assist. What stands below "under the lock" is read and written with the recorder's lock held.
 */
#ifndef PARLEY_APP_DOMAIN_ANSWER_H
#define PARLEY_APP_DOMAIN_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/ai/answer.h"
#include "parley/ai/engine.h"
#include "parley/core/buf.h"
#include "parley/core/ids.h"
#include "parley/core/limits.h"
#include "parley/domain/assist/model.h"

struct recorder;

enum { ANSWER_FIELDS = AI_REASONING + 1, ANSWER_NAME_MAX_BYTES = 256 };

/* A model that may be asked for it, with what its question took. */
struct answer_target {
    int64_t model_id;
    struct ai_provider *provider; /* held */
    char model[ANSWER_NAME_MAX_BYTES], provider_name[ANSWER_NAME_MAX_BYTES];
    int64_t context_tokens, max_output_tokens; /* INT64_MIN: not known */
    unsigned flags;                            /* enum ai_flag */
    struct model_price price;
    int bytes_per_token_milli;
};

/* What is shown of one to whom. */
struct answer_audience {
    bool is_everyone; /* of the workspace; else the users in ids */
    bool is_large;    /* too many to be told: they hear of the message as it is written down */
    size_t count;
    int64_t ids[SIGNAL_MEMBERS_MAX];
};

struct answer {
    struct recorder *recorder;
    struct answer *next; /* in the recorder's list; under the lock */

    /* ---- set before it is in the list ---- */
    int64_t id; /* of its row of generations */
    int64_t message_id, chat_id, user_id;
    struct uuid message, chat;
    int64_t seq, root_id;
    int64_t began_us;

    /* ---- the recorder's thread's own ---- */
    struct answer_target targets[AI_ATTEMPTS_MAX];
    size_t target_count;
    int64_t reserved_micros;
    int64_t asked_tokens;     /* the estimate of the last question */
    int64_t context_messages; /* in it */
    size_t written_bytes;
    int64_t written_us; /* monotonic */

    /* ---- under the lock ---- */
    struct buf texts[ANSWER_FIELDS]; /* by enum ai_field: all of it so far */
    size_t told_bytes[ANSWER_FIELDS];
    int64_t told_points[ANSWER_FIELDS]; /* the same in code points */
    int64_t told_us;                    /* monotonic; 0: nothing was told */
    int64_t workspace_id;               /* of the chat; written by the recorder's thread alone, as is join */
    int join;                           /* enum chat_join */
    struct answer_audience audience;
    bool is_cut; /* there came more than is kept */
    bool needs_body;
    struct ai_need need;
    bool has_ended;
    struct ai_end end; /* its texts point into the two below */
    char end_provider[ANSWER_NAME_MAX_BYTES], end_model[ANSWER_NAME_MAX_BYTES];
};

/* NULL without memory. */
struct answer *answer_new(struct recorder *recorder, int64_t id);
/* After its end, or before it has begun. */
void answer_free(struct answer *answer);

/* Under the lock: so much of it has not been told to those who are told its pieces. */
size_t answer_untold_bytes(const struct answer *answer);

/* For the engine: both fill in the answer, and wake the recorder's threads. */
struct ai_sink answer_sink(struct answer *answer);
void answer_need(void *arg, const struct ai_need *need);

#endif
