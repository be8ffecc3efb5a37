/*
 * The keys that are live at one moment: one that signs, all that verify, those that seal and open, and the secret of
 * local.key. A set never changes and is shared by reference counting, so a reload disturbs nobody. Private to app/auth.
 */
#ifndef PARLEY_AUTH_KEYSET_H
#define PARLEY_AUTH_KEYSET_H

#include <stdatomic.h>
#include <stdint.h>

#include "key.h"
#include "parley/auth/keys.h"
#include "parley/core/limits.h"

enum { LOCAL_KEY_BYTES = 32, SEAL_KEY_BYTES = 32, SEAL_KEY_ID_BYTES = 4 };

struct seal_key {
    uint8_t id[SEAL_KEY_ID_BYTES]; /* made from the key */
    uint8_t bytes[SEAL_KEY_BYTES];
};

struct key_set {
    atomic_int users;
    struct key *signing;
    size_t count;
    struct key *verifying[KEYS_LIVE_MAX]; /* first the signing key's own public half */
    size_t seal_count;
    struct seal_key seals[SEAL_KEYS_MAX]; /* first the one that seals; all open */
    uint8_t local[LOCAL_KEY_BYTES];
};

/* Where a set lies on disk. */
struct key_paths {
    char *dir;
    char *private_path;
    char *public_path;
    char *local_path;
    char *seal_path;
};

enum err key_paths_init(struct key_paths *paths, const struct config *config) MUST_CHECK;
void key_paths_release(struct key_paths *paths);

/* Reads all of it. Writes only a missing public.pem, or one that a rotation which was cut off left behind. */
enum err key_set_load(const struct key_paths *paths, struct buf *ret_error_text, struct key_set **ret_set) MUST_CHECK;
/* Drops a reference; the last one frees the set. NULL is fine. */
void key_set_put(struct key_set *set);
/* The key with that id, or NULL. Borrowed. */
const struct key *key_set_find(const struct key_set *set, struct str id);

/* The present set, until key_set_put. Any thread. */
struct key_set *keys_borrow(struct keys *keys);
/* Called for a token with an unknown key id: another process may have rotated. Looks at the disk at most once a second. */
void keys_look_again(struct keys *keys);

#endif
