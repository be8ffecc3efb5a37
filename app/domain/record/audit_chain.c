#include "parley/domain/record/audit_chain.h"

#include <inttypes.h>

#include "parley/core/buf.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"

static const struct uuid no_uuid;

struct str audit_hash_str(const struct audit_hash *hash)
{
    return (struct str){ (const char *)hash->bytes, sizeof(hash->bytes) };
}

struct str audit_hash_hex(struct ctx *ctx, struct str hash)
{
    char hex[SHA256_HEX_BYTES];

    if (hash.len != SHA256_BYTES)
        return (struct str){ NULL, 0 };
    digest_hex((const uint8_t *)hash.ptr, hex);
    return arena_str(ctx->arena, str_from(hex));
}

/* ---- hashes ---- */

static void text_add(struct buf *out, struct str text)
{
    if (text.ptr == NULL) {
        buf_add_c(out, "-,");
        return;
    }
    buf_addf(out, "%zu:", text.len);
    buf_add(out, text);
    buf_add_byte(out, ',');
}

static void number_add(struct buf *out, int64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRId64, number);
    text_add(out, str_from(text));
}

/* 0: missing. */
static void key_add(struct buf *out, int64_t key)
{
    if (key == 0)
        text_add(out, (struct str){ NULL, 0 });
    else
        number_add(out, key);
}

/* All zero: missing. */
static void uuid_add(struct buf *out, const struct uuid *id)
{
    char text[UUID_TEXT_BYTES];

    uuid_format(id, text);
    text_add(out, uuid_eq(id, &no_uuid) ? (struct str){ NULL, 0 } : str_from(text));
}

/* A digest; one of another length than ours is taken as it is. */
static void digest_text_add(struct buf *out, struct str digest)
{
    char hex[SHA256_HEX_BYTES];

    if (digest.len != SHA256_BYTES) {
        text_add(out, digest);
        return;
    }
    digest_hex((const uint8_t *)digest.ptr, hex);
    text_add(out, str_from(hex));
}

static enum err hash_and_release(struct buf *text, struct audit_hash *ret_hash)
{
    enum err e = buf_check(text);

    if (e == ERR_OK)
        digest_sha256(buf_str(text), ret_hash->bytes);
    buf_release(text);
    return e == ERR_OK ? ERR_OK : ERR_NO_MEMORY;
}

enum err audit_personal_digest(struct str salt, const struct audit_personal *personal, struct audit_hash *ret_digest)
{
    struct buf text;

    buf_init(&text, AUDIT_LINK_MAX_BYTES);
    buf_add(&text, salt);
    text_add(&text, personal->name);
    text_add(&text, personal->ip);
    return hash_and_release(&text, ret_digest);
}

enum err audit_link_hash(const struct audit_link *link, struct str previous, struct audit_hash *ret_hash)
{
    struct buf text;

    buf_init(&text, AUDIT_LINK_MAX_BYTES);
    buf_add(&text, previous);
    number_add(&text, link->id);
    uuid_add(&text, &link->uuid);
    number_add(&text, link->at_us);
    text_add(&text, link->action);
    uuid_add(&text, &link->actor);
    key_add(&text, link->actor_key_id);
    text_add(&text, link->target_kind);
    uuid_add(&text, &link->target);
    key_add(&text, link->target_key_id);
    text_add(&text, link->request_id);
    text_add(&text, link->details);
    digest_text_add(&text, link->digest);
    return hash_and_release(&text, ret_hash);
}

/* ---- reading ---- */

static enum err read_link(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct audit_link *link = list_add(ctx->arena, arg, sizeof(*link));

    if (link == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *link = (struct audit_link){
        .id = db_row_int(row, AUDIT_LINK_ID),
        .uuid = db_row_uuid(row, AUDIT_LINK_UUID),
        .at_us = db_row_int(row, AUDIT_LINK_AT_US),
        .action = arena_str(ctx->arena, db_row_str(row, AUDIT_LINK_ACTION)),
        .actor = db_row_uuid(row, AUDIT_LINK_ACTOR),
        .actor_key_id = db_row_int(row, AUDIT_LINK_ACTOR_KEY_ID),
        .target_kind = arena_str(ctx->arena, db_row_str(row, AUDIT_LINK_TARGET_KIND)),
        .target = db_row_uuid(row, AUDIT_LINK_TARGET),
        .target_key_id = db_row_int(row, AUDIT_LINK_TARGET_KEY_ID),
        .request_id = arena_str(ctx->arena, db_row_str(row, AUDIT_LINK_REQUEST_ID)),
        .details = arena_str(ctx->arena, db_row_str(row, AUDIT_LINK_DETAILS)),
        .digest = arena_str(ctx->arena, db_row_str(row, AUDIT_LINK_DIGEST)),
        .personal.name = arena_str(ctx->arena, db_row_str(row, AUDIT_LINK_ACTOR_NAME)),
        .personal.ip = arena_str(ctx->arena, db_row_str(row, AUDIT_LINK_IP)),
        .salt = arena_str(ctx->arena, db_row_str(row, AUDIT_LINK_SALT)),
        .position = db_row_int(row, AUDIT_LINK_POSITION),
        .previous_hash = arena_str(ctx->arena, db_row_str(row, AUDIT_LINK_PREVIOUS_HASH)),
        .hash = arena_str(ctx->arena, db_row_str(row, AUDIT_LINK_HASH)),
    };
    return arena_check(ctx->arena);
}

enum err audit_links_read(struct ctx *ctx, enum sql statement, struct db_args args, struct list *ret_list)
{
    struct list list = { NULL, 0 };

    TRY(db_each(ctx, statement, args, read_link, &list));
    *ret_list = list;
    return ERR_OK;
}

enum err audit_links_unsealed(struct ctx *ctx, int64_t limit, struct list *ret_list)
{
    return audit_links_read(ctx, SQL_AUDIT_UNSEALED, DB_ARGS(DB_INT(limit)), ret_list);
}

enum err audit_links_sealed(struct ctx *ctx, int64_t after_position, int64_t limit, struct list *ret_list)
{
    return audit_links_read(ctx, SQL_AUDIT_CHAIN, DB_ARGS(DB_INT(after_position), DB_INT(limit)), ret_list);
}

enum err audit_links_all(struct ctx *ctx, int64_t after_id, int64_t limit, struct list *ret_list)
{
    return audit_links_read(ctx, SQL_AUDIT_EXPORT, DB_ARGS(DB_INT(after_id), DB_INT(limit)), ret_list);
}

static enum err read_end(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct audit_end *end = arg;
    struct str hash = db_row_str(row, AUDIT_END_HASH);

    if (hash.len != SHA256_BYTES)
        return failf(ctx, ERR_INTERNAL, "The end of the audit log's chain is damaged");
    end->position = db_row_int(row, AUDIT_END_POSITION);
    memcpy(end->hash.bytes, hash.ptr, SHA256_BYTES);
    return ERR_OK;
}

/* Without its row there is no chain any more. */
static enum err end_get(struct ctx *ctx, enum sql statement, struct audit_end *ret_end)
{
    enum err e = db_one(ctx, statement, DB_NO_ARGS, read_end, ret_end);

    return e == ERR_NOT_FOUND ? failf(ctx, ERR_INTERNAL, "The end of the audit log's chain is missing") : e;
}

enum err audit_end_get(struct ctx *ctx, struct audit_end *ret_end)
{
    return end_get(ctx, SQL_AUDIT_HEAD, ret_end);
}

/* ---- sealing ---- */

static enum err link_seal(struct ctx *ctx, const struct audit_link *link, struct audit_end *end)
{
    struct audit_hash previous = end->hash;

    if (audit_link_hash(link, audit_hash_str(&previous), &end->hash) != ERR_OK)
        return fail(ctx, ERR_NO_MEMORY);
    end->position++;
    return db_exec(ctx, SQL_AUDIT_SEAL,
                   DB_ARGS(DB_INT(end->position), DB_BLOB(audit_hash_str(&previous)),
                           DB_BLOB(audit_hash_str(&end->hash)), DB_INT(link->id)),
                   NULL);
}

/* One UPDATE by primary key for each row: they are few at a time, and each gets other values. */
static enum err seal_in_transaction(struct ctx *ctx, void *arg)
{
    int64_t *ret_count = arg;
    struct audit_end end;
    struct list list;
    const struct audit_link *links;

    TRY(end_get(ctx, SQL_AUDIT_HEAD_LOCKED, &end));
    TRY(audit_links_unsealed(ctx, AUDIT_SEAL_BATCH_ROWS, &list));
    links = list.items;
    for (size_t i = 0; i < list.count; i++)
        TRY(link_seal(ctx, &links[i], &end));
    *ret_count = (int64_t)list.count;
    if (list.count == 0)
        return ERR_OK;
    return db_exec(ctx, SQL_AUDIT_HEAD_MOVE, DB_ARGS(DB_INT(end.position), DB_BLOB(audit_hash_str(&end.hash))), NULL);
}

enum err audit_seal_step(struct ctx *ctx, int64_t *ret_count)
{
    return db_run(ctx, seal_in_transaction, ret_count);
}
