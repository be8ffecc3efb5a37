/* Inside the objects room: the bytes of an upload as they come in, counted, digested and held against their limits. */
#ifndef PARLEY_OBJECTS_INGEST_H
#define PARLEY_OBJECTS_INGEST_H

#include "parley/auth/digest.h"
#include "parley/objects/store.h"

struct ingest {
    store_source_fn source;
    void *arg;
    struct digest *digest;
    int64_t size_bytes; /* promised, or -1 */
    int64_t max_bytes;
    int64_t count_bytes;
    bool ended;
};

/* Begins; release it in every case. ERR_OK or ERR_NO_MEMORY. */
enum err ingest_init(struct ingest *in, store_source_fn source, void *arg, int64_t size_bytes,
                     int64_t max_bytes) MUST_CHECK;
void ingest_release(struct ingest *in);
/*
 * Fills room_bytes, less only at the end, where *ret_len may be 0. The source's own error; ERR_TOO_LARGE past max_bytes;
 * ERR_UPLOAD_MISMATCH where the length is not the promised one.
 */
enum err ingest_fill(struct ingest *in, void *bytes, size_t room_bytes, size_t *ret_len) MUST_CHECK;
/* After the end: how much it was, and its SHA-256. Once. */
void ingest_finish(struct ingest *in, int64_t *ret_size, uint8_t ret_sha256[SHA256_BYTES]);

#endif
