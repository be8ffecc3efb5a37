/*
 * The server's keys, in KEYS_DIR (0700, files 0600, refused when others can read them): the RS256 pair private.pem and
 * public.pem; further public keys `public-*.pem` that still verify after a rotation; `local.key`, 32 bytes for signed local
 * URLs; `seal.key`, 32 bytes that seal what the database keeps secret (seal.h), and `seal-*.key` of earlier rotations, which
 * still open. Made at first start, local.key last; where that is there, a missing key is a fault and not made again (but for
 * seal.key, which older versions did not have). Parsed once; reloaded whole on SIGHUP, and when a sealed secret, or (at most
 * once a second) a token, names an unknown key: another process may have rotated.
 */
#ifndef PARLEY_AUTH_KEYS_H
#define PARLEY_AUTH_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "parley/core/buf.h"
#include "parley/core/config.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

struct keys;

/* Whether KEYS_DIR holds keys, whole, that this user may look at. Nothing is made. Any thread. */
bool keys_exist(const struct config *config);
/* Loads, or makes what is missing. ret_error_text: one line, what is wrong and what to do. Before the first thread. */
enum err keys_open(const struct config *config, struct buf *ret_error_text, struct keys **ret_keys) MUST_CHECK;
/* Reads the folder again; the old keys stay when something is wrong. Any thread. */
enum err keys_reload(struct keys *keys, struct buf *ret_error_text) MUST_CHECK;
/*
 * Makes a new pair and a new sealing key on disk; the old public key still verifies, the old sealing key still opens.
 * Running servers take them at SIGHUP. What is sealed under the old one is for the caller to seal again.
 */
enum err keys_rotate(const struct config *config, struct buf *ret_error_text, struct buf *ret_kid) MUST_CHECK;
void keys_free(struct keys *keys);

/* The JWK set (RFC 7517) of all live public keys, the signing one first, as JSON text, appended. Any thread. */
void keys_jwks(struct keys *keys, struct buf *out);
/* The key ids (RFC 7638 thumbprints) of all live public keys, the signing one first, with blanks between. Any thread. */
void keys_kids(struct keys *keys, struct buf *out);
/* The names of the sealing keys, 8 hex digits each, the one that seals first, with blanks between. Any thread. */
void keys_seal_ids(struct keys *keys, struct buf *out);
/* Removes the files of older sealing keys, but for the one of that name. To be called when nothing is sealed under them. */
void keys_forget_seals(struct keys *keys, struct str kept_id);
/*
 * What names local.key without telling it, 64 hex digits. Every host of one server has the same; a rotation of the
 * signing key does not change it. Any thread.
 */
void keys_fingerprint(struct keys *keys, struct buf *out);
/* HMAC-SHA-256 over data with local.key, for signed local URLs and cursors. Any thread. */
void keys_local_mac(struct keys *keys, struct str data, unsigned char ret_mac[32]);
/* The same with the newest sealing key, for keys that are given out: `data` begins with what they are for. Any thread. */
void keys_seal_mac(struct keys *keys, struct str data, unsigned char ret_mac[32]);

#endif
