/*
 * The folder store's own addresses (/objects/…), which stand for an S3 server's presigned ones. Texts in the request
 * arena. Any thread, no transaction open.
 */
#ifndef PARLEY_DOMAIN_SIGNED_OBJECT_H
#define PARLEY_DOMAIN_SIGNED_OBJECT_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/str.h"
#include "parley/objects/store.h"

/* An address as it was asked for. */
struct signed_object_request {
    struct str path;  /* behind "/objects/", not decoded */
    struct str query; /* as sent */
    int64_t content_length;
};

/* What nginx is told to send. */
struct signed_object {
    struct str accel_path, content_type, disposition; /* header values */
};
/* ERR_FORBIDDEN: bad, expired or foreign signature. ERR_NOT_FOUND where the store is no folder. */
enum err signed_object_get(struct ctx *ctx, const struct signed_object_request *request,
                           struct signed_object *ret_object) MUST_CHECK;
/*
 * Takes the bytes of a direct upload that has begun and is not being completed. While they come it is asked each
 * UPLOAD_LOOK_S whether it still stands: the address, the upload, its user's account and membership. Errors as above, and
 * ERR_UPLOAD_MISMATCH (length or digest), ERR_STORAGE, and what the source returns.
 */
enum err signed_object_put(struct ctx *ctx, const struct signed_object_request *request, store_source_fn source,
                           void *arg, struct str *ret_etag) MUST_CHECK;

#endif
