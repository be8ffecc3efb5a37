#include "parley/domain/record/idempotency.h"

#include <inttypes.h>
#include <string.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"

/* The row of a claim and somebody's earlier deletion of it can meet; more often than this it is something else. */
enum { TAKE_TRIES = 3 };

struct earlier {
    uint8_t body_hash[SHA256_BYTES];
    struct uuid resource_uuid;
    int64_t created_us;
};

static bool key_is_sane(struct str key)
{
    if (key.len == 0 || key.len > IDEMPOTENCY_KEY_MAX)
        return false;
    for (size_t i = 0; i < key.len; i++)
        if (key.ptr[i] < ' ' || key.ptr[i] > '~')
            return false;
    return true;
}

static int64_t nonce_of(struct str key)
{
    uint8_t sum[SHA256_BYTES];
    uint64_t nonce = 0;

    digest_sha256(key, sum);
    for (size_t i = 0; i < sizeof(nonce); i++)
        nonce = nonce << 8 | sum[i];
    return (int64_t)nonce;
}

struct str idempotency_nonce_text(struct ctx *ctx, int64_t nonce)
{
    return str_from(arena_printf(ctx->arena, "%016" PRIx64, (uint64_t)nonce));
}

enum err idempotency_claim_new(struct ctx *ctx, const struct idempotency_request *request,
                               const struct idempotency_claim **ret_claim)
{
    struct idempotency_claim *claim = arena_calloc(ctx->arena, 1, sizeof(*claim));
    struct digest *digest;

    if (!key_is_sane(request->key))
        return problem_add(ctx->problem, (struct fault){ .where = "header",
                                                         .field = "Idempotency-Key",
                                                         .type = "value_error.idempotency_key",
                                                         .message = "must have 1 to 128 visible ASCII characters" });
    digest = digest_new();
    if (claim == NULL || digest == NULL) {
        digest_free(digest);
        return fail(ctx, ERR_NO_MEMORY);
    }
    digest_add(digest, request->scope.ptr, request->scope.len);
    digest_add(digest, "", 1);
    digest_add(digest, request->key.ptr, request->key.len);
    digest_end(digest, claim->key_hash);
    if (request->body.ptr != NULL)
        digest_sha256(request->body, claim->body_hash);
    claim->user_id = request->user_id;
    claim->nonce = nonce_of(request->key);
    *ret_claim = claim;
    return ERR_OK;
}

static struct db_value hash_value(const uint8_t hash[SHA256_BYTES])
{
    return DB_BLOB(((struct str){ (const char *)hash, SHA256_BYTES }));
}

static int64_t oldest_us(const struct ctx *ctx)
{
    return ctx->now_us - IDEMPOTENCY_KEPT_HOURS * US_PER_HOUR;
}

static enum err earlier_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct earlier *earlier = arg;
    struct str hash = db_row_str(row, IDEMPOTENCY_GET_BODY_HASH);

    if (hash.len != SHA256_BYTES)
        return fail(ctx, ERR_INTERNAL);
    memcpy(earlier->body_hash, hash.ptr, SHA256_BYTES);
    earlier->resource_uuid = db_row_uuid(row, IDEMPOTENCY_GET_RESOURCE_UUID);
    earlier->created_us = db_row_int(row, IDEMPOTENCY_GET_CREATED_US);
    return ERR_OK;
}

static enum err claim_insert(struct ctx *ctx, const struct idempotency_claim *claim, const struct uuid *resource_uuid)
{
    return db_exec(ctx, SQL_IDEMPOTENCY_INSERT,
                   DB_ARGS(DB_INT(claim->user_id), hash_value(claim->key_hash), hash_value(claim->body_hash),
                           DB_UUID(resource_uuid), DB_INT(ctx->now_us)),
                   NULL);
}

/* A row that is too old to count becomes ours. ERR_NOT_FOUND: somebody else was first. */
static enum err claim_renew(struct ctx *ctx, const struct idempotency_claim *claim, const struct uuid *resource_uuid)
{
    int64_t count = 0;

    TRY(db_exec(ctx, SQL_IDEMPOTENCY_RENEW,
                DB_ARGS(hash_value(claim->body_hash), DB_UUID(resource_uuid), DB_INT(ctx->now_us),
                        DB_INT(claim->user_id), hash_value(claim->key_hash), DB_INT(oldest_us(ctx))),
                &count));
    return count > 0 ? ERR_OK : ERR_NOT_FOUND;
}

/* ERR_NOT_FOUND: the row changed under our hands; try again. */
static enum err take_once(struct ctx *ctx, const struct idempotency_claim *claim, const struct uuid *resource_uuid,
                          enum idempotency *ret_state, struct uuid *ret_resource_uuid)
{
    struct earlier earlier = { .created_us = 0 };
    enum err e = claim_insert(ctx, claim, resource_uuid);

    if (e == ERR_CONFLICT) {
        TRY(db_one(ctx, SQL_IDEMPOTENCY_GET, DB_ARGS(DB_INT(claim->user_id), hash_value(claim->key_hash)), earlier_read,
                   &earlier));
        if (earlier.created_us > oldest_us(ctx)) {
            if (memcmp(earlier.body_hash, claim->body_hash, SHA256_BYTES) != 0)
                return fail(ctx, ERR_IDEMPOTENCY_BODY);
            *ret_state = IDEMPOTENCY_SEEN;
            *ret_resource_uuid = earlier.resource_uuid;
            return ERR_OK;
        }
        e = claim_renew(ctx, claim, resource_uuid);
    }
    if (e != ERR_OK)
        return e;
    *ret_state = IDEMPOTENCY_NEW;
    *ret_resource_uuid = *resource_uuid;
    return ERR_OK;
}

enum err idempotency_take(struct ctx *ctx, const struct idempotency_claim *claim, const struct uuid *resource_uuid,
                          enum idempotency *ret_state, struct uuid *ret_resource_uuid)
{
    if (claim == NULL) {
        *ret_state = IDEMPOTENCY_NEW;
        *ret_resource_uuid = *resource_uuid;
        return ERR_OK;
    }
    for (int i = 0; i < TAKE_TRIES; i++) {
        enum err e = take_once(ctx, claim, resource_uuid, ret_state, ret_resource_uuid);
        if (e != ERR_NOT_FOUND)
            return e;
    }
    return fail(ctx, ERR_BUSY);
}

enum err idempotency_with_body(struct ctx *ctx, const struct idempotency_claim *claim,
                               const uint8_t body_hash[SHA256_BYTES], const struct idempotency_claim **ret_claim)
{
    struct idempotency_claim *copy;

    if (claim == NULL) {
        *ret_claim = NULL;
        return ERR_OK;
    }
    copy = arena_alloc(ctx->arena, sizeof(*copy));
    if (copy == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *copy = *claim;
    memcpy(copy->body_hash, body_hash, SHA256_BYTES);
    *ret_claim = copy;
    return ERR_OK;
}

enum err idempotency_expire(struct ctx *ctx, int64_t limit, int64_t *ret_count)
{
    return db_exec(ctx, SQL_IDEMPOTENCY_EXPIRE, DB_ARGS(DB_INT(oldest_us(ctx)), DB_INT(limit)), ret_count);
}

enum err idempotency_forget_user(struct ctx *ctx, int64_t user_id)
{
    return db_exec(ctx, SQL_IDEMPOTENCY_KEYS_FORGET, DB_ARGS(DB_INT(user_id)), NULL);
}
