#include "parley/objects/s3_reply.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/objects/s3_xml.h"

struct wanted {
    const char *path;
    struct str text;
    const char *root; /* of the document that must stand around it */
    bool root_seen;
};

static enum err on_wanted(void *arg, struct str path, struct str text)
{
    struct wanted *wanted = arg;
    if (str_eq_c(path, wanted->path))
        wanted->text = text;
    if (str_eq_c(path, wanted->root))
        wanted->root_seen = true;
    return ERR_OK;
}

enum err s3_reply_error(struct arena *a, struct str document, struct str *ret_code)
{
    struct wanted wanted = { .path = "Error/Code", .root = "Error", .text = { NULL, 0 } };
    TRY(s3_xml_walk(a, document, on_wanted, &wanted));
    *ret_code = wanted.root_seen && wanted.text.ptr == NULL ? STR("") : wanted.text;
    return ERR_OK;
}

enum err s3_reply_upload_id(struct arena *a, struct str document, struct str *ret_upload_id)
{
    struct wanted wanted = { .path = "InitiateMultipartUploadResult/UploadId",
                             .root = "InitiateMultipartUploadResult",
                             .text = { NULL, 0 } };
    TRY(s3_xml_walk(a, document, on_wanted, &wanted));
    if (wanted.text.len == 0 || wanted.text.len > STORE_UPLOAD_ID_MAX_BYTES || str_has_control(wanted.text))
        return ERR_INVALID;
    *ret_upload_id = wanted.text;
    return ERR_OK;
}

struct parts_walk {
    struct s3_reply_parts *parts;
    struct store_part part; /* the one that is open */
    bool root_seen;
};

static enum err part_done(struct parts_walk *w)
{
    struct store_part part = w->part;
    w->part = (struct store_part){ 0 };
    if (part.number < 1 || part.etag.ptr == NULL || w->parts->count == w->parts->room_count)
        return ERR_INVALID;
    w->parts->parts[w->parts->count++] = part;
    return ERR_OK;
}

static enum err on_part(void *arg, struct str path, struct str text)
{
    struct parts_walk *w = arg;
    if (str_eq_c(path, "ListPartsResult/Part/PartNumber")) {
        int64_t number = 0;
        TRY(str_to_int64(text, &number));
        if (number < 1 || number > UPLOAD_PARTS_MAX)
            return ERR_INVALID;
        w->part.number = (int)number;
    } else if (str_eq_c(path, "ListPartsResult/Part/Size")) {
        TRY(str_to_int64(text, &w->part.size_bytes));
        if (w->part.size_bytes < 0)
            return ERR_INVALID;
    } else if (str_eq_c(path, "ListPartsResult/Part/ETag")) {
        w->part.etag = text;
    } else if (str_eq_c(path, "ListPartsResult/Part")) {
        return part_done(w);
    } else if (str_eq_c(path, "ListPartsResult/IsTruncated")) {
        w->parts->truncated = str_eq_c(text, "true");
    } else if (str_eq_c(path, "ListPartsResult/NextPartNumberMarker")) {
        w->parts->next_marker = text;
    } else if (str_eq_c(path, "ListPartsResult")) {
        w->root_seen = true;
    }
    return ERR_OK;
}

enum err s3_reply_add_parts(struct arena *a, struct str document, struct s3_reply_parts *parts)
{
    struct parts_walk w = { .parts = parts };
    parts->truncated = false;
    parts->next_marker = STR("");
    TRY(s3_xml_walk(a, document, on_part, &w));
    if (!w.root_seen || (parts->truncated && parts->next_marker.len == 0))
        return ERR_INVALID;
    return ERR_OK;
}

struct uploads_walk {
    s3_reply_upload_fn fn;
    void *arg;
    struct s3_reply_page *page;
    struct str key, upload_id, begun; /* of the upload that is open */
    bool root_seen;
};

static enum err upload_done(struct uploads_walk *w)
{
    int64_t begun_us = 0;
    if (w->key.len == 0 || w->upload_id.len == 0 || w->upload_id.len > STORE_UPLOAD_ID_MAX_BYTES)
        return ERR_INVALID;
    TRY(clock_parse(w->begun, &begun_us));
    TRY(w->fn(w->arg, w->key, w->upload_id, begun_us));
    w->key = w->upload_id = w->begun = (struct str){ NULL, 0 };
    return ERR_OK;
}

static enum err on_upload(void *arg, struct str path, struct str text)
{
    struct uploads_walk *w = arg;
    if (str_eq_c(path, "ListMultipartUploadsResult/Upload/Key"))
        w->key = text;
    else if (str_eq_c(path, "ListMultipartUploadsResult/Upload/UploadId"))
        w->upload_id = text;
    else if (str_eq_c(path, "ListMultipartUploadsResult/Upload/Initiated"))
        w->begun = text;
    else if (str_eq_c(path, "ListMultipartUploadsResult/Upload"))
        return upload_done(w);
    else if (str_eq_c(path, "ListMultipartUploadsResult/IsTruncated"))
        w->page->truncated = str_eq_c(text, "true");
    else if (str_eq_c(path, "ListMultipartUploadsResult/NextKeyMarker"))
        w->page->next_key_marker = text;
    else if (str_eq_c(path, "ListMultipartUploadsResult/NextUploadIdMarker"))
        w->page->next_upload_marker = text;
    else if (str_eq_c(path, "ListMultipartUploadsResult"))
        w->root_seen = true;
    return ERR_OK;
}

enum err s3_reply_uploads(struct arena *a, struct str document, s3_reply_upload_fn fn, void *arg,
                          struct s3_reply_page *ret_page)
{
    struct s3_reply_page page = { .next_key_marker = STR(""), .next_upload_marker = STR("") };
    struct uploads_walk w = { .fn = fn, .arg = arg, .page = &page };
    TRY(s3_xml_walk(a, document, on_upload, &w));
    if (!w.root_seen || (page.truncated && page.next_key_marker.len == 0))
        return ERR_INVALID;
    *ret_page = page;
    return ERR_OK;
}

struct objects_walk {
    store_object_fn fn;
    void *arg;
    struct s3_reply_objects_page *page;
    struct str key; /* of the object that is open */
    int64_t size_bytes;
    bool root_seen;
};

static enum err object_done(struct objects_walk *w)
{
    if (w->key.len == 0 || w->size_bytes < 0)
        return ERR_INVALID;
    TRY(w->fn(w->arg, w->key, w->size_bytes));
    w->key = (struct str){ NULL, 0 };
    w->size_bytes = -1;
    return ERR_OK;
}

static enum err on_object(void *arg, struct str path, struct str text)
{
    struct objects_walk *w = arg;
    if (str_eq_c(path, "ListBucketResult/Contents/Key"))
        w->key = text;
    else if (str_eq_c(path, "ListBucketResult/Contents/Size"))
        TRY(str_to_int64(text, &w->size_bytes));
    else if (str_eq_c(path, "ListBucketResult/Contents"))
        return object_done(w);
    else if (str_eq_c(path, "ListBucketResult/IsTruncated"))
        w->page->truncated = str_eq_c(text, "true");
    else if (str_eq_c(path, "ListBucketResult/NextContinuationToken"))
        w->page->next_token = text;
    else if (str_eq_c(path, "ListBucketResult"))
        w->root_seen = true;
    return ERR_OK;
}

enum err s3_reply_objects(struct arena *a, struct str document, store_object_fn fn, void *arg,
                          struct s3_reply_objects_page *ret_page)
{
    struct s3_reply_objects_page page = { .next_token = STR("") };
    struct objects_walk w = { .fn = fn, .arg = arg, .page = &page, .size_bytes = -1 };
    TRY(s3_xml_walk(a, document, on_object, &w));
    if (!w.root_seen || (page.truncated && page.next_token.len == 0))
        return ERR_INVALID;
    *ret_page = page;
    return ERR_OK;
}
