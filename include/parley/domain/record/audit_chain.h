/*
 * The chain of the audit log. Each sealed row has a position (1, 2, 3 …, in the order of sealing), the hash of the row
 * before it, and its own: SHA-256 of
 *
 *     previous hash (32 bytes; zeros before the first row)
 *     id  uuid  at_us  action  actor  actor_key_id  target_kind  target  target_key_id  request_id  details  digest
 *
 * each of the latter as a netstring ("<length in bytes>:<bytes>,"; what is missing is "-,"): numbers in decimal, uuids as
 * text, digest as lower-case hex. The digest stands for what is personal: SHA-256 of salt, then actor_name and ip as
 * netstrings. Erasing takes name, address and salt away and leaves the digest, so the chain still holds and the digest tells
 * nothing.
 */
#ifndef PARLEY_DOMAIN_AUDIT_CHAIN_H
#define PARLEY_DOMAIN_AUDIT_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/auth/digest.h"
#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/core/str.h"
#include "parley/db/db.h"

enum { AUDIT_SALT_BYTES = 16 };

struct audit_hash {
    uint8_t bytes[SHA256_BYTES];
};
/* The bytes as a view, for a statement. Borrowed from *hash. */
struct str audit_hash_str(const struct audit_hash *hash);
/* The bytes of a row's hash as lower-case hex, in the arena; absent where they are no hash. */
struct str audit_hash_hex(struct ctx *ctx, struct str hash);

/* What can be erased. Absent: never known, or erased. */
struct audit_personal {
    struct str name, ip;
};
/* salt: AUDIT_SALT_BYTES. ERR_NO_MEMORY. */
enum err audit_personal_digest(struct str salt, const struct audit_personal *personal,
                               struct audit_hash *ret_digest) MUST_CHECK;

/* A row as it is sealed, checked and shown. Texts in the request arena; absent where the column is NULL. */
struct audit_link {
    int64_t id; /* integer key: order of writing */
    struct uuid uuid;
    int64_t at_us;
    struct str action;
    struct uuid actor;      /* all zero: nobody was signed in, or the server itself */
    int64_t actor_key_id;   /* the API key that was used; 0: none */
    struct str target_kind; /* absent: none */
    struct uuid target;
    int64_t target_key_id;
    struct str request_id; /* absent: not done by a request */
    struct str details;    /* a JSON object */
    struct str digest;     /* SHA256_BYTES */
    struct audit_personal personal;
    struct str salt;
    int64_t position;               /* 0: not sealed */
    struct str previous_hash, hash; /* SHA256_BYTES; absent: not sealed */
};

/* The hash that the row has behind `previous` (SHA256_BYTES). ERR_NO_MEMORY. */
enum err audit_link_hash(const struct audit_link *link, struct str previous, struct audit_hash *ret_hash) MUST_CHECK;

/* The end of the chain: the position of its last row, 0 when there is none, and that row's hash. */
struct audit_end {
    int64_t position;
    struct audit_hash hash;
};

/* ---- reading rows. Elements of the lists: struct audit_link. Errors of the database. ---- */

/* What a statement finds that selects the columns of audit_chain (sql/queries/audit.sql). */
enum err audit_links_read(struct ctx *ctx, enum sql statement, struct db_args args, struct list *ret_list) MUST_CHECK;
/* Rows not sealed yet, in the order of writing. */
enum err audit_links_unsealed(struct ctx *ctx, int64_t limit, struct list *ret_list) MUST_CHECK;
/* Sealed rows behind a position (INT64_MIN: from the first on), in the chain's order. */
enum err audit_links_sealed(struct ctx *ctx, int64_t after_position, int64_t limit, struct list *ret_list) MUST_CHECK;
/* All rows behind an integer key (0: from the first on), in the order of writing. */
enum err audit_links_all(struct ctx *ctx, int64_t after_id, int64_t limit, struct list *ret_list) MUST_CHECK;

/* Where the chain ends, as sealing left it. */
enum err audit_end_get(struct ctx *ctx, struct audit_end *ret_end) MUST_CHECK;

/*
 * Seals up to AUDIT_SEAL_BATCH_ROWS rows in one transaction, under the lock of the chain's end, so that of many processes one
 * does it at a time. A row that is committed late, with a smaller key than others, is sealed later: the chain's order is the
 * order of sealing. *ret_count: rows sealed. For the job.
 */
enum err audit_seal_step(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;

#endif
