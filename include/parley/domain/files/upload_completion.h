/*
 * Completing a direct upload: what the store has becomes an attachment. Texts are in the request arena. Any thread, one
 * ctx each, no transaction open; errors of the database and the store besides those named.
 */
#ifndef PARLEY_DOMAIN_UPLOAD_COMPLETION_H
#define PARLEY_DOMAIN_UPLOAD_COMPLETION_H

#include <stddef.h>
#include <stdint.h>

#include "parley/domain/files/upload.h"

struct upload_etag {
    int64_t number;
    struct str etag; /* with or without quotes */
};
struct upload_completion {
    const struct membership *workspace;
    const struct principal *principal;
    struct uuid upload;
    const struct upload_etag *etags; /* NULL: the store is believed */
    size_t etag_count;
};
/*
 * Checks that all bytes are there, their size and true type, and makes the attachment. Claimed by one conditional UPDATE:
 * of many at once exactly one goes on, the others get ERR_CONFLICT or ERR_UPLOAD_NOT_FOUND.
 * The attachment has the upload's public id, so that a
 * client that lost the answer can ask for it. ERR_UPLOAD_INCOMPLETE (may be tried again), ERR_UPLOAD_MISMATCH, ERR_FILE_TYPE and ERR_FILE_CONTENT (upload and bytes are gone).
 */
enum err upload_complete(struct ctx *ctx, const struct upload_completion *completion,
                         struct attachment *ret_attachment) MUST_CHECK;

#endif
