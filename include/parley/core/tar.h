/*
 * Tar archives: IEEE Std 1003.1-2017 (POSIX), pax, "pax Interchange Format" and "ustar Interchange Format". An entry is what
 * tar_entry_begin writes, its bytes, and tar_entry_end; behind the last one comes tar_end. Any thread.
 */
#ifndef PARLEY_CORE_TAR_H
#define PARLEY_CORE_TAR_H

#include <stdint.h>

#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

enum { TAR_BLOCK_BYTES = 512, TAR_NAME_MAX_BYTES = 2048 };

/* Appends the headers of a file. name: relative, UTF-8, at most TAR_NAME_MAX_BYTES. */
void tar_entry_begin(struct buf *out, struct str name, int64_t size_bytes, int64_t modified_us);
/* … and what fills its last block. */
void tar_entry_end(struct buf *out, int64_t size_bytes);
void tar_end(struct buf *out);

/* What a block of 512 bytes says as a header, for one of ours. */
struct tar_header {
    enum { TAR_END_BLOCK, TAR_FILE, TAR_EXTENDED } kind; /* EXTENDED: its bytes are records of the next entry */
    int64_t size_bytes;
    char name[101];
};
/* ERR_INVALID: it is none that tar_entry_begin writes, or is damaged. */
enum err tar_header_read(const char block[TAR_BLOCK_BYTES], struct tar_header *ret_header) MUST_CHECK;
/* The value of a record ("path", "size") among the bytes of an extended header; absent: there is none. */
struct str tar_record(struct str records, const char *key);

#endif
