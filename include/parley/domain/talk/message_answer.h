/*
 * Answers of assistants as messages: they are posted empty behind their question, grow, and end once. Who asks whom for them
 * is domain/assist's business.
 *
 * All functions: inside db_run, any thread; errors of the database (parley/db/db.h). Texts of results are in the request arena.
 */
#ifndef PARLEY_DOMAIN_MESSAGE_ANSWER_H
#define PARLEY_DOMAIN_MESSAGE_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/str.h"
#include "parley/domain/talk/message.h"
#include "parley/domain/talk/message_change.h"

struct answer_draft {
    struct str provider, model; /* who is asked; absent: nobody could be */
    struct str fault; /* the code of a fault (parley/ai/faults.def): it has failed already; absent: it is pending */
};
/*
 * In the transaction that has posted the question: its answer gets the next seq, in the same thread where the question is in one.
 * Three statements.
 */
enum err message_answer_insert(struct ctx *ctx, const struct message_posted *question, const struct answer_draft *draft,
                               struct message *ret_answer) MUST_CHECK;
/* The answer that came with a question, as it is now. ERR_NOT_FOUND, with nothing written into the problem: none did, or it is gone. */
enum err message_answer_of(struct ctx *ctx, const struct message_posted *question,
                           struct message *ret_answer) MUST_CHECK;

/* Where an answer stands now. */
struct answer_place {
    int64_t id; /* of the message: integer key, as are those of chat and workspace */
    struct uuid message;
    int64_t seq, chat_id, workspace_id;
    struct str content, reasoning; /* as far as they are written */
};
/* Locks its chat, as all do who change what is in it. ERR_NOT_FOUND, with nothing written into the problem: it or its chat is gone. */
enum err message_answer_lock(struct ctx *ctx, int64_t message_id, struct answer_place *ret_place) MUST_CHECK;

/* Its texts so far. reasoning: absent: none. */
struct answer_text {
    struct str content, reasoning;
};
/*
 * Writes them without telling anybody, and needs no lock: message.delta tells them. *ret_found false: it or its chat is gone, or it
 * has ended.
 */
enum err message_answer_grow(struct ctx *ctx, int64_t message_id, const struct answer_text *text,
                             bool *ret_found) MUST_CHECK;
/* Tells of one that is locked as it is now, for those whom no message.delta reaches. */
enum err message_answer_tell(struct ctx *ctx, const struct answer_place *place) MUST_CHECK;

struct answer_end {
    enum message_status status; /* not MESSAGE_PENDING, MESSAGE_STREAMING */
    struct answer_text text;
    struct str provider, model;        /* who answered, or was asked last */
    struct str finish, fault;          /* struct message_answer; fault: the code; absent: none */
    const struct message_usage *usage; /* NULL: nothing was used */
};
/* Ends one that is locked, tells of it, and has its words found. *ret_found false: it has ended already; nothing is written. */
enum err message_answer_end(struct ctx *ctx, const struct answer_place *place, const struct answer_end *end,
                            bool *ret_found) MUST_CHECK;

#endif
