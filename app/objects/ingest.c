#include "ingest.h"

#include <assert.h>

enum err ingest_init(struct ingest *in, store_source_fn source, void *arg, int64_t size_bytes, int64_t max_bytes)
{
    *in = (struct ingest){ .source = source, .arg = arg, .size_bytes = size_bytes, .max_bytes = max_bytes };
    in->digest = digest_new();
    return in->digest != NULL ? ERR_OK : ERR_NO_MEMORY;
}

void ingest_release(struct ingest *in)
{
    digest_free(in->digest);
    in->digest = NULL;
}

static enum err ingest_take(struct ingest *in, void *bytes, size_t room_bytes, size_t *ret_len)
{
    size_t len = 0;
    TRY(in->source(in->arg, bytes, room_bytes, &len));
    assert(len <= room_bytes);
    if (len == 0) {
        in->ended = true;
        *ret_len = 0;
        return in->size_bytes >= 0 && in->count_bytes != in->size_bytes ? ERR_UPLOAD_MISMATCH : ERR_OK;
    }
    in->count_bytes += (int64_t)len;
    if (in->size_bytes >= 0 && in->count_bytes > in->size_bytes)
        return ERR_UPLOAD_MISMATCH;
    if (in->count_bytes > in->max_bytes)
        return ERR_TOO_LARGE;
    digest_add(in->digest, bytes, len);
    *ret_len = len;
    return ERR_OK;
}

enum err ingest_fill(struct ingest *in, void *bytes, size_t room_bytes, size_t *ret_len)
{
    size_t filled = 0;
    while (filled < room_bytes && !in->ended) {
        size_t len = 0;
        TRY(ingest_take(in, (char *)bytes + filled, room_bytes - filled, &len));
        filled += len;
    }
    *ret_len = filled;
    return ERR_OK;
}

void ingest_finish(struct ingest *in, int64_t *ret_size, uint8_t ret_sha256[SHA256_BYTES])
{
    assert(in->ended);
    *ret_size = in->count_bytes;
    digest_end(in->digest, ret_sha256);
    in->digest = NULL;
}
