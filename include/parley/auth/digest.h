/* Digests and their texts. Any thread. */
#ifndef PARLEY_AUTH_DIGEST_H
#define PARLEY_AUTH_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "parley/core/arena.h"
#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

enum { SHA256_BYTES = 32, SHA256_HEX_BYTES = 65 };

/* SHA-256 (FIPS 180-4) in one go. Cannot fail. */
void digest_sha256(struct str data, uint8_t ret_digest[SHA256_BYTES]);
/* Lower-case hex, NUL-ended. */
void digest_hex(const uint8_t digest[SHA256_BYTES], char ret_hex[SHA256_HEX_BYTES]);
/* HMAC-SHA-256 (RFC 2104). */
void digest_hmac(struct str key, struct str data, uint8_t ret_digest[SHA256_BYTES]);

/* SHA-256 of a stream. new: NULL without memory. end gives the digest and frees; free without end is fine too (NULL as well). */
struct digest;
struct digest *digest_new(void);
void digest_add(struct digest *d, const void *bytes, size_t len);
void digest_end(struct digest *d, uint8_t ret_digest[SHA256_BYTES]);
void digest_free(struct digest *d);

/* Base64 with '+', '/' and padding (RFC 4648 §4), and base64url without padding (§5), appended. */
void digest_base64(struct buf *out, const void *bytes, size_t len);
void digest_base64url(struct buf *out, const void *bytes, size_t len);
/* Strict base64url without padding; ERR_INVALID for anything else (blanks, padding, spare bits). In the arena. */
enum err digest_base64url_decode(struct arena *a, struct str text, struct str *ret_bytes) MUST_CHECK;
/* Even number of hex digits of either case. ERR_INVALID. Exactly len bytes are wanted. */
enum err digest_hex_decode(struct str hex, void *ret_bytes, size_t len) MUST_CHECK;

#endif
