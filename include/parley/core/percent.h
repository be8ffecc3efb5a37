/* Percent-encoding (RFC 3986 §2.1), the way back; the way there is buf_add_percent. */
#ifndef PARLEY_CORE_PERCENT_H
#define PARLEY_CORE_PERCENT_H

#include "parley/core/arena.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

/*
 * A NUL-ended copy of s without percent-encoding, in the arena. ERR_INVALID: a % that begins no encoding, or a NUL;
 * ERR_NO_MEMORY.
 */
enum err percent_decode(struct arena *a, struct str s, const char **ret_text) MUST_CHECK;

#endif
