/* The curve P-256 (FIPS 186-5), as web push needs it. Private to the folder. */
#ifndef PARLEY_APP_AUTH_P256_H
#define PARLEY_APP_AUTH_P256_H

#include <stdint.h>

#include "parley/auth/web_push.h"

enum { P256_BYTES = 32, P256_SIGNATURE_BYTES = 64 };

struct p256_pair;

/* Of a private key, big-endian. ERR_INVALID: 0 or too large; ERR_NO_MEMORY. */
enum err p256_pair_new(const uint8_t scalar[P256_BYTES], struct p256_pair **ret_pair) MUST_CHECK;
void p256_pair_free(struct p256_pair *pair);
/* Its public key; borrowed. */
const uint8_t *p256_pair_point(const struct p256_pair *pair);
/* ECDH: the x coordinate of what both sides can make. ERR_INVALID: the point is not on the curve. */
enum err p256_agree(const struct p256_pair *pair, const uint8_t point[WEB_PUSH_POINT_BYTES],
                    uint8_t ret_secret[P256_BYTES]) MUST_CHECK;
/* ECDSA with SHA-256, as r and s one behind the other (RFC 7518 §3.4). ERR_NO_MEMORY. */
enum err p256_sign(const struct p256_pair *pair, struct str text,
                   uint8_t ret_signature[P256_SIGNATURE_BYTES]) MUST_CHECK;

#endif
