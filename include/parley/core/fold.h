/* Text as it is looked up: what looks the same to a reader is the same bytes. */
#ifndef PARLEY_CORE_FOLD_H
#define PARLEY_CORE_FOLD_H

#include "parley/core/arena.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

/*
 * Case folded and in Unicode form NFKC (Unicode Standard §3.13, default caseless matching; UAX #15), so that a substring
 * is found on every database alike.
 *   text  well-formed UTF-8; absent counts as empty
 * The result is in the arena, NUL-ended, up to 18 times as many code points. ERR_NO_MEMORY. Any thread.
 */
enum err fold_text(struct arena *a, struct str text, struct str *ret_folded) MUST_CHECK;

#endif
