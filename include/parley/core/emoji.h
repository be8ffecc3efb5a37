/* One emoji, in the one form in which it is kept. Any thread. */
#ifndef PARLEY_CORE_EMOJI_H
#define PARLEY_CORE_EMOJI_H

#include "parley/core/err.h"
#include "parley/core/limits.h"
#include "parley/core/str.h"

enum { EMOJI_BYTES = EMOJI_MAX_BYTES + 1 };

/*
 * Takes an emoji sequence (UTS #51 §1.4: single ones, with a skin tone, flags, keycaps, tag sequences, and those that are
 * joined) and gives its fully-qualified form, NUL-ended: one keyboard sends a heart with the selector of its coloured form
 * and another without, and both are the same. Emoji that are younger than our tables are taken where Unicode has kept their
 * place. ERR_INVALID: nothing, more than one, or something else.
 */
enum err emoji_canonical(struct str text, char ret_emoji[EMOJI_BYTES]) MUST_CHECK;

#endif
