/*
 * Ascending integer keys, each with one of what it belongs to, in few bytes: LEB128 numbers of seven bits a byte
 * (https://dwarfstd.org, 7.6), of each key what it is more than the one before. What is close together in a database takes two
 * or three bytes.
 */
#ifndef PARLEY_CORE_PACKED_IDS_H
#define PARLEY_CORE_PACKED_IDS_H

#include <stddef.h>
#include <stdint.h>

#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

struct packed_id {
    int64_t id, of; /* both at least 1 */
};

/* A pair of the largest numbers. */
enum { PACKED_ID_MAX_BYTES = 18 };

/* Appends them; ids ascending, none twice. */
void packed_ids_write(const struct packed_id *items, size_t count, struct buf *out);

/* Reading: begin with what was written and last_id 0. */
struct packed_ids {
    struct str rest;
    int64_t last_id;
};
/* The next one. ERR_NOT_FOUND: there is none; ERR_INVALID: these are no such bytes. */
enum err packed_ids_next(struct packed_ids *reading, struct packed_id *ret_item) MUST_CHECK;

#endif
