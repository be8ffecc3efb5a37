/*
 * Tokens of links that are sent to somebody: 32 random bytes as base64url. Whoever has the link may do what it is for, so
 * only its SHA-256 is kept. Any thread.
 */
#ifndef PARLEY_DOMAIN_LINK_TOKEN_H
#define PARLEY_DOMAIN_LINK_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/auth/digest.h"
#include "parley/core/ctx.h"
#include "parley/core/str.h"

struct link_token_hash {
    uint8_t bytes[SHA256_BYTES];
};

/* A new token, in the arena, and its digest. ERR_NO_MEMORY. */
enum err link_token_new(struct ctx *ctx, struct link_token_hash *ret_hash, struct str *ret_token) MUST_CHECK;
/* The digest of what somebody sent. False, with nothing written: it has not the form of a token. */
bool link_token_read(struct str token, struct link_token_hash *ret_hash);
/* As a value for a statement; borrowed. */
struct str link_token_hash_str(const struct link_token_hash *hash);

#endif
