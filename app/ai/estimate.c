#include "parley/ai/estimate.h"

enum {
    MESSAGE_TOKENS = 4,  /* what a template puts around one */
    IMAGE_TOKENS = 1000, /* of a screenful, as large providers count it: 765 to 1,600 */
    WEIGHT = 8,          /* of what is known against one more question */
    TRUNCATED_PERCENT = 60,
};

static int64_t bounded(int64_t milli)
{
    return milli < ESTIMATE_MIN_MILLI ? ESTIMATE_MIN_MILLI : milli > ESTIMATE_MAX_MILLI ? ESTIMATE_MAX_MILLI : milli;
}

int64_t estimate_tokens(int64_t text_bytes, int milli)
{
    int64_t divisor = bounded(milli);

    return (text_bytes * 1000 + divisor - 1) / divisor;
}

int64_t estimate_ask(const struct ai_ask *ask, int milli)
{
    int64_t bytes = (int64_t)ask->system.len, tokens = MESSAGE_TOKENS;
    const struct ai_message *message;

    for (size_t i = 0; i < ask->message_count; i++) {
        message = &ask->messages[i];
        bytes += (int64_t)message->name.len;
        tokens += MESSAGE_TOKENS;
        for (size_t j = 0; j < message->part_count; j++) {
            if (message->parts[j].kind == AI_PART_IMAGE && (ask->flags & AI_IMAGES))
                tokens += IMAGE_TOKENS;
            else
                bytes += (int64_t)message->parts[j].text.len;
        }
    }
    return tokens + estimate_tokens(bytes, milli);
}

int estimate_learn(int milli, int64_t estimated_tokens, int64_t real_tokens)
{
    double known = (double)bounded(milli), seen;

    if (estimated_tokens < 1 || real_tokens < 1)
        return milli;
    seen = known * (double)estimated_tokens / (double)real_tokens;
    if (seen > ESTIMATE_MAX_MILLI)
        seen = ESTIMATE_MAX_MILLI;
    return (int)bounded((int64_t)(known + (seen - known) / WEIGHT));
}

bool estimate_is_truncated(int64_t estimated_tokens, int64_t real_tokens)
{
    return real_tokens * 100 < estimated_tokens * TRUNCATED_PERCENT;
}
