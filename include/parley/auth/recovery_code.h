/*
 * Recovery codes: ten for each user, each good for one use in the place of a code of the authenticator. 50 random bits,
 * written as two groups of five letters and digits ("k7m2p-9xq4t"). Kept is an HMAC under local.key, so that a copy of
 * the database alone does not let anyone try them. Any thread.
 */
#ifndef PARLEY_AUTH_RECOVERY_CODE_H
#define PARLEY_AUTH_RECOVERY_CODE_H

#include "parley/auth/digest.h"
#include "parley/auth/keys.h"
#include "parley/core/err.h"
#include "parley/core/ids.h"
#include "parley/core/str.h"

enum { RECOVERY_CODES = 10, RECOVERY_CODE_LETTERS = 10, RECOVERY_CODE_BYTES = 12 };

/* A new code, NUL-ended. Its letters are those of Crockford's base32: no i, l, o, u. */
void recovery_code_new(char ret_code[RECOVERY_CODE_BYTES]);

/*
 * What is kept of a code of that user.
 *   code  as typed: in any case, with blanks and dashes anywhere; i and l mean 1, o means 0
 * ERR_OK, or ERR_CODE_WRONG: this cannot be a code at all.
 */
enum err recovery_code_hash(struct keys *keys, const struct uuid *user, struct str code,
                            uint8_t ret_hash[SHA256_BYTES]) MUST_CHECK;

#endif
