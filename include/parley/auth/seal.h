/*
 * Secrets that must be read again (a TOTP secret), closed for the database: AES-256-GCM (NIST SP 800-38D) under the
 * sealing key of keys/, bound to what they are for and whom they belong to. A sealed secret names its key, so several
 * keys may be live while a rotation seals the rows again (keys.h). Any thread.
 */
#ifndef PARLEY_AUTH_SEAL_H
#define PARLEY_AUTH_SEAL_H

#include <stdbool.h>

#include "parley/auth/keys.h"
#include "parley/core/arena.h"
#include "parley/core/err.h"
#include "parley/core/ids.h"
#include "parley/core/str.h"

/* What is authenticated but not kept: opened under another label, a sealed secret is as good as changed. */
struct seal_label {
    const char *purpose; /* "totp" */
    struct uuid owner;
};

enum { SEAL_EXTRA_BYTES = 1 + 4 + 12 + 16 }; /* version, key id, nonce, tag: so much longer than the secret */

/* Seals under the newest key, the disk looked at first (at most once a second). In the arena. ERR_NO_MEMORY, ERR_INTERNAL. */
enum err seal_close(struct keys *keys, struct arena *a, const struct seal_label *label, struct str secret,
                    struct str *ret_sealed) MUST_CHECK;
/*
 * Opens. In the arena; the caller wipes it. ERR_INVALID: changed, or sealed under another label; ERR_NOT_FOUND: with a
 * key that this host does not have; ERR_NO_MEMORY.
 */
enum err seal_open(struct keys *keys, struct arena *a, const struct seal_label *label, struct str sealed,
                   struct str *ret_secret) MUST_CHECK;
/* Is it sealed under the newest key? */
bool seal_is_newest(struct keys *keys, struct str sealed);

#endif
