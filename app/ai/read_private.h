/* What the kinds tell about the event that they read. Each keeps the read's limits; what goes wrong is in read->fault. */
#ifndef PARLEY_AI_READ_PRIVATE_H
#define PARLEY_AI_READ_PRIVATE_H

#include "parley/ai/read.h"
#include "parley/core/err.h"
#include "parley/core/json_in.h"

/*
 * Parses an event. *ret_root is NULL where there is nothing more to read: it was an error, which is noted, or no object. Borrowed
 * from the scratch. ERR_OK or ERR_NO_MEMORY.
 */
enum err ai_read_json(struct ai_read *read, struct str event, struct str data,
                      const struct json_in **ret_root) MUST_CHECK;

/* A member's string; absent where there is none. */
static inline struct str text_of(const struct json_in *object, const char *name)
{
    return json_in_string(json_in_member(object, name));
}

/* The first fault counts. */
void ai_read_fault(struct ai_read *read, enum ai_fault fault);

/* A word for why the model stopped. */
struct ai_finish_word {
    const char *word;
    enum ai_finish finish;
};
/* Absent or empty: nothing is said. The table ends with a NULL, whose finish is that of all other words. */
void ai_read_finish(struct ai_read *read, const struct ai_finish_word *table, struct str word);

/* Puts the value where it is a number; else *inout stays. Returns whether it was one. */
bool ai_read_tokens(const struct json_in *value, int64_t *inout_tokens);

/* The next of a text. Empty: nothing. Strings of a tree. (text.c) */
void ai_read_text(struct ai_read *read, struct str text);
void ai_read_reasoning(struct ai_read *read, struct str text);
/* Gives out what is held back: the answer is over. */
void ai_read_flush(struct ai_read *read);
/* Counts bytes of an answer; false: there are too many, and that is noted. */
bool ai_read_count(struct ai_read *read, size_t bytes);

/* What a delta of a call says; absent or NULL: nothing. (calls.c) */
struct ai_call_delta {
    const struct json_in *index;
    struct str id, name, arguments;
    bool is_whole; /* no delta: without an id it is a call of its own */
};
void ai_read_call(struct ai_read *read, const struct ai_call_delta *delta);
/* Gives out what is held back. */
void ai_read_calls_flush(struct ai_read *read);
void ai_read_calls_release(struct ai_read *read);

#endif
