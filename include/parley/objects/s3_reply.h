/*
 * What the XML replies of S3 say (Amazon S3 API Reference, by the name of each document). Elements that we do not know are
 * passed over. Everything comes back in the arena. Errors: ERR_INVALID (no such document, or one that lacks what it must
 * have), ERR_NO_MEMORY. Any thread.
 */
#ifndef PARLEY_OBJECTS_S3_REPLY_H
#define PARLEY_OBJECTS_S3_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/arena.h"
#include "parley/core/err.h"
#include "parley/core/str.h"
#include "parley/objects/store.h"

/* The code of an <Error> document, "NoSuchKey"; absent when the document is something else. */
enum err s3_reply_error(struct arena *a, struct str document, struct str *ret_code) MUST_CHECK;

/* InitiateMultipartUploadResult. ERR_INVALID without an UploadId of at most STORE_UPLOAD_ID_MAX_BYTES. */
enum err s3_reply_upload_id(struct arena *a, struct str document, struct str *ret_upload_id) MUST_CHECK;

/* One page of ListPartsResult. */
struct s3_reply_parts {
    struct store_part *parts; /* room for what follows, given by the caller */
    size_t room_count;
    size_t count;
    bool truncated;
    struct str next_marker; /* of the next page, when truncated */
};
/* Adds the parts of the page behind those that are there; more than room_count is ERR_INVALID. */
enum err s3_reply_add_parts(struct arena *a, struct str document, struct s3_reply_parts *parts) MUST_CHECK;

/* One page of ListMultipartUploadsResult: fn for each upload, with the time at which it began. */
typedef enum err (*s3_reply_upload_fn)(void *arg, struct str key, struct str upload_id, int64_t begun_us);
struct s3_reply_page {
    bool truncated;
    struct str next_key_marker, next_upload_marker;
};
enum err s3_reply_uploads(struct arena *a, struct str document, s3_reply_upload_fn fn, void *arg,
                          struct s3_reply_page *ret_page) MUST_CHECK;

/* One page of ListBucketResult (ListObjectsV2): fn for each object. */
struct s3_reply_objects_page {
    bool truncated;
    struct str next_token; /* of the next page, when truncated */
};
enum err s3_reply_objects(struct arena *a, struct str document, store_object_fn fn, void *arg,
                          struct s3_reply_objects_page *ret_page) MUST_CHECK;

#endif
