/*
 * Time-based one-time passwords (RFC 6238): SHA-1, six digits, steps of 30 s, as every authenticator app takes them.
 */
#ifndef PARLEY_AUTH_TOTP_H
#define PARLEY_AUTH_TOTP_H

#include <stdint.h>

#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

enum {
    TOTP_SECRET_BYTES = 20, /* RFC 4226 §4, R6: 160 bits */
    TOTP_SECRET_TEXT_BYTES = 33,
    TOTP_DIGITS = 6,
    TOTP_STEP_S = 30,
    TOTP_DRIFT_STEPS = 1, /* a client's clock may be so many steps before or behind ours */
};

/* Once for the process, before its first thread. ERR_INTERNAL: the library is not the one that we know. */
enum err totp_init(void) MUST_CHECK;

/* A new secret, random. */
void totp_secret_new(uint8_t ret_secret[TOTP_SECRET_BYTES]);
/* The secret as people type it: base32 (RFC 4648 §6), 32 letters and digits, NUL-ended. */
void totp_secret_text(const uint8_t secret[TOTP_SECRET_BYTES], char ret_text[TOTP_SECRET_TEXT_BYTES]);

/*
 * Which time step a code belongs to, the one of now_s or one beside it. Compares in constant time.
 *   code  as typed: exactly six digits
 * ERR_OK; ERR_CODE_WRONG: none of them, or not six digits; ERR_INTERNAL. A step is good for one use: the caller keeps
 * the newest that was used (RFC 6238 §5.2). Any thread, after totp_init.
 */
enum err totp_find_step(const uint8_t secret[TOTP_SECRET_BYTES], struct str code, int64_t now_s,
                        int64_t *ret_step) MUST_CHECK;

/*
 * What authenticator apps read, appended: otpauth://totp/Issuer:account?secret=…&issuer=Issuer&… (Google
 * Authenticator's "Key Uri Format"). Whatever stands in issuer and account is percent-encoded.
 */
void totp_uri(struct str issuer, struct str account, const uint8_t secret[TOTP_SECRET_BYTES], struct buf *out);

#endif
