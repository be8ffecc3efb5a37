/*
 * Storing an object whose length may be unknown, in constant memory. What fits into one piece is one PUT, its digest signed.
 * The rest goes in parts: while one piece is filled, the other is on its way, sent by a thread of its own.
 */
#include "s3_private.h"

#include "ingest.h"
#include "parley/core/limits.h"
#include "parley/core/trace.h"

enum {
    FIRST_ROOM_BYTES = 64 * 1024,
    PART_ARENA_BYTES = 1024 * 1024,
    COMPLETE_BODY_MAX_BYTES = 4 * 1024 * 1024,
    SLOTS = 2
};

struct piece {
    char *bytes;
    size_t len;
    size_t room_bytes;
};

struct put;

/* A piece, and its way to S3 as a part. */
struct slot {
    struct put *put;
    struct piece piece;
    bool filled;
    struct arena *arena;       /* of the sending thread */
    const struct trace *trace; /* of the thread that waits for it; NULL: none */
    int number;
    bool under_way, threaded;
    pthread_t thread;
    enum err err;
    struct str etag; /* in the arena */
};

struct put {
    struct s3 *s3;
    const struct store_put_opts *opts;
    struct ingest ingest;
    struct slot slots[SLOTS];
    struct arena *arena; /* the caller's belongs to the source meanwhile */
    struct str upload_id;
    struct buf complete; /* the list of the parts that were sent */
};

/* Grows by doubling, so that small objects take little. */
static enum err piece_grow(struct piece *piece, size_t wanted_bytes)
{
    char *bytes;
    if (wanted_bytes > STORE_PUT_PART_BYTES)
        wanted_bytes = STORE_PUT_PART_BYTES;
    if (wanted_bytes <= piece->room_bytes)
        return ERR_OK;
    bytes = realloc(piece->bytes, wanted_bytes);
    if (bytes == NULL)
        return ERR_NO_MEMORY;
    piece->bytes = bytes;
    piece->room_bytes = wanted_bytes;
    return ERR_OK;
}

/* The whole piece, less only at the end of the source. */
static enum err piece_fill(struct ingest *in, struct piece *piece)
{
    size_t first;
    piece->len = 0;
    first = in->size_bytes > 0 && in->size_bytes < (int64_t)STORE_PUT_PART_BYTES ? (size_t)in->size_bytes + 1
                                                                                 : FIRST_ROOM_BYTES;
    TRY(piece_grow(piece, first));
    while (piece->len < STORE_PUT_PART_BYTES && !in->ended) {
        size_t len = 0;
        if (piece->len == piece->room_bytes)
            TRY(piece_grow(piece, piece->room_bytes * 2));
        TRY(ingest_fill(in, piece->bytes + piece->len, piece->room_bytes - piece->len, &len));
        piece->len += len;
    }
    return ERR_OK;
}

static struct str checksum_text(struct arena *a, const uint8_t sha256[SHA256_BYTES])
{
    struct buf text;
    struct str copy;
    buf_init(&text, SHA256_HEX_BYTES);
    digest_base64(&text, sha256, SHA256_BYTES);
    copy = arena_str(a, buf_str(&text));
    buf_release(&text);
    return copy;
}

static enum err put_whole(struct put *put, const struct piece *piece, const uint8_t sha256[SHA256_BYTES])
{
    char hex[SHA256_HEX_BYTES];
    struct s3_result result;
    struct s3_call call;
    enum err e;
    digest_hex(sha256, hex);
    call = (struct s3_call){ .method = "PUT",
                             .key = put->opts->key,
                             .body = { piece->bytes, piece->len },
                             .payload = hex,
                             .headers = { { STR("content-type"), put->opts->content_type },
                                          { STR("x-amz-checksum-sha256"), checksum_text(put->arena, sha256) } },
                             .header_count = 2,
                             .repeat = S3_REPEATABLE };
    TRY(arena_check(put->arena));
    e = s3_run(put->s3, put->arena, &call, &result);
    return e == ERR_NOT_FOUND ? store_fail(&put->s3->base, "The object store takes no objects (404)") : e;
}

/* The part's bytes are not signed: its digest would cost as much again as that of the whole, which we keep. */
static enum err send_part(struct slot *slot)
{
    struct put *put = slot->put;
    struct s3_result result;
    char *number;
    struct s3_call call;
    enum err e;
    arena_reset(slot->arena);
    number = arena_printf(slot->arena, "%d", slot->number);
    if (number == NULL)
        return ERR_NO_MEMORY;
    call = (struct s3_call){ .method = "PUT",
                             .key = put->opts->key,
                             .query = { { STR("partNumber"), str_from(number) }, { STR("uploadId"), put->upload_id } },
                             .query_count = 2,
                             .body = { slot->piece.bytes, slot->piece.len },
                             .payload = SIGV4_UNSIGNED,
                             .repeat = S3_REPEATABLE };
    e = s3_run(put->s3, slot->arena, &call, &result);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && result.etag.len == 0))
        return store_fail(&put->s3->base, "The object store lost an upload in the middle");
    slot->etag = result.etag;
    return e;
}

static void *slot_run(void *arg)
{
    struct slot *slot = arg;
    trace_begin(slot->trace);
    slot->err = send_part(slot);
    return NULL;
}

static enum err slot_start(struct slot *slot, int number)
{
    if (slot->arena == NULL)
        slot->arena = arena_new(PART_ARENA_BYTES);
    if (slot->arena == NULL)
        return ERR_NO_MEMORY;
    slot->number = number;
    slot->trace = trace_current();
    slot->under_way = true;
    slot->threaded = pthread_create(&slot->thread, NULL, slot_run, slot) == 0;
    if (!slot->threaded)
        slot_run(slot);
    return ERR_OK;
}

/* Waits until the slot's part, if one is under way, has arrived, and notes it. */
static enum err slot_wait(struct slot *slot)
{
    if (!slot->under_way)
        return ERR_OK;
    if (slot->threaded)
        pthread_join(slot->thread, NULL);
    slot->under_way = false;
    TRY(slot->err);
    s3_complete_add(&slot->put->complete, slot->number, slot->etag);
    return buf_check(&slot->put->complete);
}

static enum err slot_fill(struct slot *slot)
{
    if (slot->filled)
        return ERR_OK;
    slot->filled = true;
    return piece_fill(&slot->put->ingest, &slot->piece);
}

/* Goes round the slots, so that parts are noted in the order of their numbers: while one is filled, the other is sent. */
static enum err send_round(struct put *put, int number)
{
    struct slot *slot = &put->slots[(number - 1) % SLOTS];
    TRY(slot_wait(slot));
    TRY(slot_fill(slot));
    if (slot->piece.len == 0)
        return ERR_OK;
    if (number > UPLOAD_PARTS_MAX)
        return ERR_TOO_LARGE;
    TRY(slot_start(slot, number));
    slot->filled = false;
    return ERR_OK;
}

static enum err send_parts(struct put *put)
{
    enum err e = ERR_OK;
    int number = 0;
    do
        e = send_round(put, ++number);
    while (e == ERR_OK && put->slots[(number - 1) % SLOTS].piece.len > 0);
    for (int i = 0; i < SLOTS; i++) { /* the one behind the last is the oldest */
        enum err waited = slot_wait(&put->slots[(number + i) % SLOTS]);
        if (e == ERR_OK)
            e = waited;
    }
    return e;
}

static enum err complete(struct put *put)
{
    arena_reset(put->arena);
    buf_add_c(&put->complete, "</CompleteMultipartUpload>");
    TRY(buf_check(&put->complete));
    return s3_complete_send(put->s3, put->arena, put->opts->key, put->upload_id, buf_str(&put->complete));
}

/* Leaves nothing behind. Where even this fails, the store's own clean-up or the sweep finds the parts. */
static void give_up(struct put *put, bool completing)
{
    struct s3_result result;
    enum err e;
    arena_reset(put->arena);
    e = s3_multipart_abort(&put->s3->base, put->arena, put->opts->key, put->upload_id);
    if (completing) { /* its answer may have been lost, and the object be there */
        struct s3_call call = {
            .method = "DELETE", .key = put->opts->key, .total_timeout_ms = STORE_CALL_MAX_MS, .repeat = S3_REPEATABLE
        };
        e = s3_run(put->s3, put->arena, &call, &result);
    }
    (void)e;
}

static enum err put_in_parts(struct put *put, char *upload_id_copy)
{
    bool completing = false;
    enum err e;
    put->upload_id = str_from(upload_id_copy);
    e = send_parts(put);
    if (e == ERR_OK) {
        completing = true;
        e = complete(put);
    }
    if (e != ERR_OK)
        give_up(put, completing);
    return e == ERR_NOT_FOUND || e == ERR_UPLOAD_INCOMPLETE
               ? store_fail(&put->s3->base, "The object store lost an upload in the middle")
               : e;
}

static enum err begin_parts(struct put *put)
{
    struct str upload_id;
    char *copy;
    enum err e;
    TRY(s3_multipart_begin(&put->s3->base, put->arena, put->opts->key, put->opts->content_type, &upload_id));
    copy = strndup(upload_id.ptr, upload_id.len);
    if (copy == NULL)
        return ERR_NO_MEMORY;
    e = put_in_parts(put, copy);
    free(copy);
    return e;
}

static enum err put_run(struct put *put, int64_t *ret_size, uint8_t ret_sha256[32])
{
    bool whole;
    int64_t size = 0;
    uint8_t sha256[SHA256_BYTES];
    TRY(slot_fill(&put->slots[0]));
    if (!put->ingest.ended)
        TRY(slot_fill(&put->slots[1]));
    whole = put->slots[1].piece.len == 0;
    if (!whole)
        TRY(begin_parts(put));
    ingest_finish(&put->ingest, &size, sha256);
    if (whole)
        TRY(put_whole(put, &put->slots[0].piece, sha256));
    *ret_size = size;
    memcpy(ret_sha256, sha256, sizeof(sha256));
    return ERR_OK;
}

static void put_release(struct put *put)
{
    ingest_release(&put->ingest);
    arena_free(put->arena);
    buf_release(&put->complete);
    for (size_t i = 0; i < SLOTS; i++) {
        free(put->slots[i].piece.bytes);
        arena_free(put->slots[i].arena);
    }
}

enum err s3_put(struct store *store, struct arena *a, const struct store_put_opts *opts, int64_t *ret_size,
                uint8_t ret_sha256[32])
{
    struct put put = { .s3 = (struct s3 *)store, .opts = opts };
    enum err e;
    (void)a;
    if (opts->size_bytes > (int64_t)STORE_PUT_PART_BYTES * UPLOAD_PARTS_MAX)
        return ERR_TOO_LARGE;
    for (size_t i = 0; i < SLOTS; i++)
        put.slots[i].put = &put;
    buf_init(&put.complete, COMPLETE_BODY_MAX_BYTES);
    put.arena = arena_new(PART_ARENA_BYTES);
    e = ingest_init(&put.ingest, opts->source, opts->arg, opts->size_bytes, opts->max_bytes);
    if (e == ERR_OK && put.arena == NULL)
        e = ERR_NO_MEMORY;
    if (e == ERR_OK)
        e = put_run(&put, ret_size, ret_sha256);
    put_release(&put);
    return e;
}
