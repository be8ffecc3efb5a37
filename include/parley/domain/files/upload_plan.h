/*
 * Where the bytes of a direct upload go: addresses of the store, presigned, for all of it or for the parts that are missing.
 *
 * Texts are in the request arena. Any thread, one ctx each; errors of the database and the store besides those named.
 */
#ifndef PARLEY_DOMAIN_UPLOAD_PLAN_H
#define PARLEY_DOMAIN_UPLOAD_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/list.h"
#include "parley/domain/files/upload.h"

struct upload_part {
    int64_t number; /* from 1 */
    int64_t size_bytes;
    bool uploaded;  /* the store has it */
    struct str url; /* absent for one that is there */
};
/* Where the bytes go. */
struct upload_plan {
    bool uploaded;      /* all bytes are there; false where the store was not asked */
    struct str url;     /* for one PUT; absent where there are parts */
    struct str headers; /* what must be sent with it, as a JSON object; absent where there are parts */
    struct list parts;  /* struct upload_part; empty for one PUT */
};
/*
 * Addresses for what is missing. With UPLOAD_ASK_STORE the store says which parts are there already. Fills in
 * upload->store_upload_id where the store's side has not begun. No transaction may be open.
 */
enum upload_ask { UPLOAD_ALL_MISSING, UPLOAD_ASK_STORE };
enum err upload_plan(struct ctx *ctx, struct upload *upload, enum upload_ask ask,
                     struct upload_plan *ret_plan) MUST_CHECK;

#endif
