/*
 * What a reader sees of a text, and forms in which the same letters are the same bytes. Texts are well-formed UTF-8 unless
 * something else is said; results are in the arena, or the text itself where nothing had to change. Any thread.
 */
#ifndef PARLEY_CORE_TEXT_H
#define PARLEY_CORE_TEXT_H

#include <stdbool.h>

#include "parley/core/arena.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

/* Is there a character in it that can be seen? Blanks, controls, and what the Unicode Standard calls default ignorable are none. */
bool text_shows(struct str text);
/* Is there one in it that cannot be seen, other than the blank of ASCII? */
bool text_hides(struct str text);
/* Has one of those that turn the direction of writing for what follows: U+202A to U+202E, U+2066 to U+2069 (UAX #9). */
bool text_turns_direction(struct str text);
/* No control character (C0, C1, DEL) and no line or paragraph separator. */
bool text_is_line(struct str text);
/* Without white space, Unicode's too, at both ends. Borrowed from text. */
struct str text_trim(struct str text);

/*
 * Without all that cannot be seen and without dashes: a code as it was meant, however an app groups it and whatever a
 * clipboard adds. NUL-ended. ERR_NO_MEMORY.
 */
enum err text_compact(struct arena *a, struct str text, struct str *ret_text) MUST_CHECK;

/*
 * In Unicode form NFC (UAX #15): one keyboard composes ä, another sends a and U+0308. Letters that look different stay
 * different. ERR_INVALID: not UTF-8. ERR_NO_MEMORY.
 */
enum err text_compose(struct arena *a, struct str text, struct str *ret_text) MUST_CHECK;
/*
 * In lower case and NFC, letter by letter: unlike case folding (parley/core/fold.h) it leaves ß as it is, which in an
 * address is another mailbox than ss. ERR_INVALID: not UTF-8. ERR_NO_MEMORY.
 */
enum err text_lower(struct arena *a, struct str text, struct str *ret_text) MUST_CHECK;

#endif
