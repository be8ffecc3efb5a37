/* Uploads in parts: begin, list, complete, give up, sweep. */
#include "s3_private.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/objects/s3_reply.h"

enum { LIST_PAGES_MAX = 64, COMPLETE_BODY_MAX_BYTES = 8 * 1024 * 1024 };

static struct s3 *s3_of(struct store *store)
{
    return (struct s3 *)store;
}

/* Asked once only: a second upload_id would hide the first. */
enum err s3_multipart_begin(struct store *store, struct arena *a, struct str key, struct str content_type,
                            struct str *ret_upload_id)
{
    struct s3_result result;
    struct s3_call call = { .method = "POST",
                            .key = key,
                            .query = { { STR("uploads"), STR("") } },
                            .query_count = 1,
                            .body = STR(""),
                            .headers = { { STR("content-type"), content_type } },
                            .header_count = 1,
                            .total_timeout_ms = STORE_CALL_MAX_MS,
                            .repeat = S3_ONCE };
    enum err e = s3_run(s3_of(store), a, &call, &result);
    if (e == ERR_NOT_FOUND)
        return store_fail(store, "The object store does not begin uploads (404)");
    TRY(e);
    e = s3_reply_upload_id(a, result.body, ret_upload_id);
    return e == ERR_INVALID
               ? store_fail(store, "The object store's answer to the beginning of an upload makes no sense")
               : e;
}

static enum err list_page(struct s3 *s3, struct arena *a, struct str key, struct str upload_id,
                          struct s3_reply_parts *parts)
{
    struct s3_result result;
    struct s3_call call = { .method = "GET",
                            .key = key,
                            .query = { { STR("max-parts"), STR("1000") },
                                       { STR("part-number-marker"), parts->next_marker },
                                       { STR("uploadId"), upload_id } },
                            .query_count = 3,
                            .total_timeout_ms = STORE_CALL_MAX_MS,
                            .repeat = S3_REPEATABLE };
    enum err e;
    TRY(s3_run(s3, a, &call, &result));
    e = s3_reply_add_parts(a, result.body, parts);
    return e == ERR_INVALID ? store_fail(&s3->base, "The object store's list of parts makes no sense") : e;
}

enum err s3_multipart_list(struct store *store, struct arena *a, struct str key, struct str upload_id,
                           struct store_part **ret_parts, size_t *ret_count)
{
    struct s3_reply_parts parts = { .next_marker = STR("0"), .room_count = UPLOAD_PARTS_MAX };
    parts.parts = arena_calloc(a, UPLOAD_PARTS_MAX, sizeof(*parts.parts));
    if (parts.parts == NULL)
        return ERR_NO_MEMORY;
    for (int page = 0; page < LIST_PAGES_MAX; page++) {
        TRY(list_page(s3_of(store), a, key, upload_id, &parts));
        if (parts.truncated)
            continue;
        *ret_parts = parts.parts;
        *ret_count = parts.count;
        return ERR_OK;
    }
    return store_fail(store, "The object store's list of parts has no end");
}

void s3_complete_add(struct buf *body, int number, struct str etag)
{
    if (body->len == 0)
        buf_add_c(body, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    buf_addf(body, "<Part><PartNumber>%d</PartNumber><ETag>", number);
    buf_add_xml(body, etag);
    buf_add_c(body, "</ETag></Part>");
}

/* S3 may say 200 first and find the fault later, in the body ("CompleteMultipartUpload", API Reference). */
enum err s3_complete_send(struct s3 *s3, struct arena *a, struct str key, struct str upload_id, struct str body)
{
    struct s3_result result;
    struct str code = { NULL, 0 };
    struct s3_call call = { .method = "POST",
                            .key = key,
                            .query = { { STR("uploadId"), upload_id } },
                            .query_count = 1,
                            .body = body,
                            .headers = { { STR("content-type"), STR("application/xml") } },
                            .header_count = 1,
                            .repeat = S3_ONCE };
    enum err e;
    TRY(s3_run(s3, a, &call, &result));
    e = s3_reply_error(a, result.body, &code);
    if (e == ERR_NO_MEMORY)
        return e;
    if (e == ERR_OK && code.ptr == NULL)
        return ERR_OK;
    return store_fail(&s3->base, "The object store could not put the parts together %.*s", STR_FMT(str_head(code, 60)));
}

enum err s3_multipart_complete(struct store *store, struct arena *a, struct str key, struct str upload_id,
                               const struct store_part *parts, size_t count)
{
    struct buf body;
    enum err e;
    buf_init(&body, COMPLETE_BODY_MAX_BYTES);
    for (size_t i = 0; i < count; i++)
        s3_complete_add(&body, parts[i].number, parts[i].etag);
    buf_add_c(&body, "</CompleteMultipartUpload>");
    e = buf_check(&body);
    if (e == ERR_OK)
        e = s3_complete_send(s3_of(store), a, key, upload_id, buf_str(&body));
    buf_release(&body);
    return e;
}

enum err s3_multipart_abort(struct store *store, struct arena *a, struct str key, struct str upload_id)
{
    struct s3_result result;
    struct s3_call call = { .method = "DELETE",
                            .key = key,
                            .query = { { STR("uploadId"), upload_id } },
                            .query_count = 1,
                            .total_timeout_ms = STORE_CALL_MAX_MS,
                            .repeat = S3_REPEATABLE };
    enum err e = s3_run(s3_of(store), a, &call, &result);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

struct sweep {
    struct store *store;
    struct arena *arena;
    int64_t begun_before_us;
    int64_t count;
};

static enum err sweep_one(void *arg, struct str key, struct str upload_id, int64_t begun_us)
{
    struct sweep *sweep = arg;
    if (begun_us >= sweep->begun_before_us || !store_key_is_good(key))
        return ERR_OK;
    TRY(s3_multipart_abort(sweep->store, sweep->arena, key, upload_id));
    sweep->count++;
    return ERR_OK;
}

static enum err sweep_page(struct s3 *s3, struct arena *a, struct sweep *sweep, struct s3_reply_page *page)
{
    struct s3_result result;
    struct s3_call call = { .method = "GET",
                            .query = { { STR("uploads"), STR("") },
                                       { STR("prefix"), STR(STORE_KEY_PREFIX) },
                                       { STR("max-uploads"), STR("100") },
                                       { STR("key-marker"), page->next_key_marker },
                                       { STR("upload-id-marker"), page->next_upload_marker } },
                            .query_count = page->next_key_marker.len > 0 ? 5 : 3,
                            .total_timeout_ms = STORE_CALL_MAX_MS,
                            .repeat = S3_REPEATABLE };
    enum err e = s3_run(s3, a, &call, &result);
    if (e == ERR_NOT_FOUND)
        return store_fail(&s3->base, S3_NO_BUCKET);
    TRY(e);
    e = s3_reply_uploads(a, result.body, sweep_one, sweep, page);
    return e == ERR_INVALID ? store_fail(&s3->base, "The object store's list of uploads makes no sense") : e;
}

enum err s3_sweep(struct store *store, struct arena *a, int64_t older_than_us, int64_t *ret_count)
{
    struct sweep sweep = { .store = store,
                           .arena = a,
                           .begun_before_us = older_than_us - STORE_UPLOAD_KEPT_DAYS * US_PER_DAY };
    struct s3_reply_page page = { .next_key_marker = STR(""), .next_upload_marker = STR("") };
    do
        TRY(sweep_page(s3_of(store), a, &sweep, &page));
    while (page.truncated);
    *ret_count = sweep.count;
    return ERR_OK;
}
