/*
 * One RSA key: made, read from and written as PEM, used. Private to app/auth. A key never changes; it is shared by
 * reference counting. Faults are short pieces of a sentence ("is no RSA key"), for the caller's line.
 */
#ifndef PARLEY_AUTH_KEY_H
#define PARLEY_AUTH_KEY_H

#include <stdint.h>

#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

enum { KEY_BITS = 2048, KEY_BITS_MIN = 2048, KEY_BITS_MAX = 8192, KEY_ID_BYTES = 44, KEY_PEM_MAX_BYTES = 16384 };

enum key_half { KEY_PUBLIC, KEY_PRIVATE };

struct key;

/* A new pair. NULL without memory or randomness. About 100 ms. */
struct key *key_generate(void);
/* Reads PEM: PKCS#8 or PKCS#1 for KEY_PRIVATE, SubjectPublicKeyInfo for KEY_PUBLIC. Never asks for a pass phrase. */
enum err key_read(struct str pem, enum key_half half, const char **ret_error_text, struct key **ret_key) MUST_CHECK;
void key_free(struct key *key); /* NULL is fine */

/* Its name in tokens: the RFC 7638 thumbprint, 43 characters. Borrowed from the key. */
const char *key_id(const struct key *key);
/* PKCS#8 or SubjectPublicKeyInfo as PEM, appended. ERR_NO_MEMORY. */
enum err key_write(const struct key *key, enum key_half half, struct buf *out) MUST_CHECK;
/* One JWK (RFC 7517, RFC 7518 §6.3.1) as JSON, appended. */
void key_write_jwk(const struct key *key, struct buf *out);

/* RS256 (RFC 7518 §3.3): RSASSA-PKCS1-v1_5 with SHA-256. Appends the signature's bytes. Any thread. */
enum err key_sign(const struct key *key, struct str data, struct buf *out) MUST_CHECK;
/* ERR_OK, or ERR_TOKEN for a signature that is not this key's. Any thread. */
enum err key_check(const struct key *key, struct str data, struct str signature) MUST_CHECK;

#endif
