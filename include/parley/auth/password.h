/*
 * Passwords: their rules, and their bcrypt hashes, made and compared on the threads of hasher.h. Who waits there holds no
 * worker; HASH_QUEUE_MAX may wait, shared fairly between the networks of clients, and one more is ERR_BUSY with
 * Retry-After. Passwords are taken in Unicode form NFC, their lengths too; blanks in them are kept. A client that goes away while it waits is ERR_CLIENT_GONE: nothing was hashed or compared for it.
 */
#ifndef PARLEY_AUTH_PASSWORD_H
#define PARLEY_AUTH_PASSWORD_H

#include <stdbool.h>

#include "parley/auth/hasher.h"
#include "parley/core/ctx.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

/* 8 to 72 bytes of UTF-8, no NUL, not the address itself (nor its local part), not one of the commonest. ERR_PASSWORD_RULES with a detail. */
enum err password_check_rules(struct ctx *ctx, struct str password, struct str email) MUST_CHECK;
/* Hashes with the configured cost; blocks until a hashing thread is done. ERR_BUSY (queue full; Retry-After set), ERR_CLIENT_GONE. No database connection may be checked out. */
enum err password_hash(struct ctx *ctx, struct str password, char ret_hash[PASSWORD_HASH_BYTES]) MUST_CHECK;
/* The rules, then the hash: what a new password goes through. Errors of both. No database connection may be checked out. */
enum err password_hash_new(struct ctx *ctx, struct str password, struct str email,
                           char ret_hash[PASSWORD_HASH_BYTES]) MUST_CHECK;
/*
 * Compares with a stored hash; an absent hash (unknown user, no password set) costs the same time and never fits.
 * ERR_OK, ERR_LOGIN (does not fit; nothing is written into the problem), ERR_BUSY, ERR_CLIENT_GONE. *ret_rehash: the stored cost is lower than the configured one.
 */
enum err password_verify(struct ctx *ctx, struct str password, struct str hash, bool *ret_rehash) MUST_CHECK;

#endif
