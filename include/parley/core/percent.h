/* Percent-encoding (RFC 3986 §2.1), the way back; the way there is buf_add_percent. */
#ifndef PARLEY_CORE_PERCENT_H
#define PARLEY_CORE_PERCENT_H

#include "parley/core/arena.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

/* What a '+' is: itself, or a blank as forms have it (application/x-www-form-urlencoded). */
enum plus { PLUS_LITERAL, PLUS_BLANK };

/*
 * A NUL-ended copy of s without percent-encoding, in the arena. ERR_INVALID: a % that begins no encoding, or a NUL;
 * ERR_NO_MEMORY. Whether the bytes are UTF-8 is not looked at.
 */
enum err percent_decode(struct arena *a, struct str s, enum plus plus, const char **ret_text) MUST_CHECK;

#endif
