/* Answers under way, as rows that are there until they are settled. Private to domain/assist. */
#ifndef PARLEY_APP_DOMAIN_GENERATION_H
#define PARLEY_APP_DOMAIN_GENERATION_H

#include "parley/db/db.h"
#include "parley/domain/assist/model_choice.h"
#include "parley/domain/record/principal.h"
#include "parley/domain/talk/message_answer.h"

/*
 * In the transaction that has posted a question: chooses who is asked, posts the answer, and reserves what it may cost. Where nobody
 * can be asked the answer has failed. ERR_BUDGET_EXHAUSTED.
 */
enum err generation_ask(struct ctx *ctx, const struct message_posted *question, const struct principal *who,
                        struct message *ret_answer) MUST_CHECK;

/*
 * In the transaction that has locked a chat, for the answer with which it ends: asks once more (message_alternative.h), and reserves.
 *   model  of the chat's provider, or of any; absent: as the chat says
 * ERR_NO_MODEL, ERR_BUDGET_EXHAUSTED.
 */
enum err generation_ask_again(struct ctx *ctx, const struct chat_ref *chat, const struct principal *who,
                              struct str model, struct message *answer) MUST_CHECK;

struct generation {
    int64_t id, message_id, workspace_id, chat_id, user_id, key_id, model_id; /* integer keys; key_id 0: none */
    int64_t created_us;
    struct str provider, model; /* as the row of the model is now; "": it is gone */
    struct model_price price;
    int bytes_per_token_milli;
};
/* As many tokens as an answer may have. chat_max: as its chat says; model_max: as its model; INT64_MIN: not said. */
int64_t answer_max_tokens(int64_t chat_max, int64_t model_max);

/* The columns of {generation} from `first` on; texts are in the arena. */
enum err generation_read(struct ctx *ctx, const struct db_row *row, int first,
                         struct generation *ret_generation) MUST_CHECK;

/* One that is not settled. ERR_NOT_FOUND, with nothing written into the problem. */
enum err generation_get(struct ctx *ctx, int64_t id, struct generation *ret_generation) MUST_CHECK;

/* How one ended, with all that is kept of it. */
struct generation_end {
    const struct generation *generation;
    struct answer_end end;
    struct message_usage usage; /* cost_micros is filled in */
    bool has_usage;
    int64_t first_token_ms; /* -1: none came */
    int64_t duration_ms;
    int64_t attempts;
};
/*
 * One transaction: the message, its usage and the day's, the settlement. What somebody else has settled is left as it is, and an
 * answer that is gone is settled all the same. No transaction open.
 */
enum err generation_finish(struct ctx *ctx, const struct generation_end *end) MUST_CHECK;

#endif
