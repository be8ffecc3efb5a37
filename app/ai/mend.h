/*
 * Providers' JSON made fit for the parser. What no text can hold becomes U+FFFD: bytes that are not UTF-8, U+0000, and half a
 * character (a lone surrogate). Some providers split a character between two deltas, though, a half of it in each: a half at the end
 * or at the beginning of a string is kept as a mark, which mend_join takes out of the text again. The mark is of three
 * noncharacters, U+FDD0 … U+FDEF, which are nobody's text; where they come in as text, they become U+FFFD too.
 */
#ifndef PARLEY_AI_MEND_H
#define PARLEY_AI_MEND_H

#include "parley/core/arena.h"
#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

/* ret_text: the text itself where nothing had to change, else in the arena, at most three times as long. ERR_OK or ERR_NO_MEMORY. */
enum err mend_json(struct arena *a, struct str text, struct str *ret_text) MUST_CHECK;

/*
 * Appends the next string of a text that comes in several. *held: a half that waits for the other, 0: none; the next string
 * completes it, or it becomes U+FFFD.
 */
void mend_join(struct buf *out, unsigned *held, struct str text);
/* The text is over: a half that still waits becomes U+FFFD. */
void mend_finish(struct buf *out, unsigned *held);

#endif
