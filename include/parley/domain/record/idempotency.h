/*
 * Idempotency keys: the same Idempotency-Key by the same caller on the same route within IDEMPOTENCY_KEPT_HOURS makes one
 * thing. The key's row is written in the transaction that makes the thing, so that a rollback or a crash forgets both
 * and nothing is ever left half claimed. A second request waits for the first one's row lock, then finds its thing.
 */
#ifndef PARLEY_DOMAIN_IDEMPOTENCY_H
#define PARLEY_DOMAIN_IDEMPOTENCY_H

#include <stdint.h>

#include "parley/auth/digest.h"
#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/str.h"

/* What a request claims; made by the gate (call->claim), NULL where the client sent no key. */
struct idempotency_claim {
    int64_t user_id;
    int64_t nonce;                   /* the first 8 bytes of the SHA-256 of the key alone, the highest first */
    uint8_t key_hash[SHA256_BYTES];  /* of route, ids in the path and key */
    uint8_t body_hash[SHA256_BYTES]; /* of the body's bytes; zero for multipart until idempotency_with_body */
};

/* What a claim is made of. */
struct idempotency_request {
    int64_t user_id;
    struct str scope; /* what the key is for: the route and the ids in its path; any bytes */
    struct str key;   /* as the client sent it, 1 … IDEMPOTENCY_KEY_MAX visible ASCII characters */
    struct str body;  /* absent: the handler reads it and uses idempotency_with_body */
};
/* Makes a claim, in the arena. ERR_INVALID: the key is malformed (the fault is in the problem). ERR_NO_MEMORY. */
enum err idempotency_claim_new(struct ctx *ctx, const struct idempotency_request *request,
                               const struct idempotency_claim **ret_claim) MUST_CHECK;

enum idempotency {
    IDEMPOTENCY_NEW,  /* go on: make the thing under the id that was passed */
    IDEMPOTENCY_SEEN, /* make nothing: *ret_resource_uuid was made by an earlier request; answer with it, same status */
};

/*
 * The first statement inside the transaction (db_run) that makes a thing.
 *   claim      NULL: always IDEMPOTENCY_NEW, no statement
 *   thing      the public id under which the caller is about to make it
 *   ret_resource_uuid  that id, or the one made the first time (which may have been deleted since)
 * Returns ERR_OK, ERR_IDEMPOTENCY_BODY (the key was used with another body), ERR_BUSY, or what db_exec returns.
 */
enum err idempotency_take(struct ctx *ctx, const struct idempotency_claim *claim, const struct uuid *resource_uuid,
                          enum idempotency *ret_state, struct uuid *ret_resource_uuid) MUST_CHECK;

/*
 * For a body that the handler reads itself (multipart): a copy of *claim with the hash of what was read, in the arena.
 * claim NULL gives NULL.
 */
enum err idempotency_with_body(struct ctx *ctx, const struct idempotency_claim *claim,
                               const uint8_t body_hash[SHA256_BYTES],
                               const struct idempotency_claim **ret_claim) MUST_CHECK;

/*
 * A nonce as 16 hex digits, in the arena: by it a client knows what it has made itself, however it hears of it, and others
 * learn nothing of the key. Absent past the arena's cap.
 */
struct str idempotency_nonce_text(struct ctx *ctx, int64_t nonce);

/* Deletes rows that are too old to count, at most `limit` in one statement; *ret_count: how many. For the clean-up job. */
enum err idempotency_expire(struct ctx *ctx, int64_t limit, int64_t *ret_count) MUST_CHECK;
/* Inside the db_run that deletes an account: what it made is found by its keys no longer. */
enum err idempotency_forget_user(struct ctx *ctx, int64_t user_id) MUST_CHECK;

#endif
