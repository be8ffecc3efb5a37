/*
 * How API keys and their scopes are written; no database. A key's text is a prefix and 32 random bytes in base64url.
 * Every function here: any thread.
 */
#ifndef PARLEY_DOMAIN_API_KEY_TEXT_H
#define PARLEY_DOMAIN_API_KEY_TEXT_H

#include <stdbool.h>

#include "parley/core/ctx.h"
#include "parley/core/str.h"

/* What a key begins with, so that it is told from other tokens and found by scanners. */
enum api_key_prefix { API_KEY_PREFIX_PARLEY, API_KEY_PREFIX_OCTOPUS };

/* Does the text begin as our keys do? For headers that carry other tokens too. */
bool api_key_looks_like(struct str text);

/* A new key's text, in the request arena. ERR_NO_MEMORY. */
enum err api_key_text_new(struct ctx *ctx, enum api_key_prefix prefix, struct str *ret_text) MUST_CHECK;

/* "read", "admin,read,write": the names of scopes (enum key_scope) in the order of the alphabet. Static. */
struct str key_scopes_text(unsigned scopes);
/* Names with commas in any order, blanks around them. ERR_INVALID: another name, an empty one, none. */
enum err key_scopes_parse(struct str text, unsigned *ret_scopes) MUST_CHECK;

#endif
