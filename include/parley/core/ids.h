/*
 * Public identifiers: UUIDs as 16 bytes in memory and rows, 36 lower-case characters with hyphens outside.
 */
#ifndef PARLEY_CORE_IDS_H
#define PARLEY_CORE_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/err.h"
#include "parley/core/str.h"

struct uuid {
    uint8_t bytes[16];
};

enum { UUID_TEXT_LEN = 36, UUID_TEXT_BYTES = 37 };

/* Time-ordered, for whatever has a row (RFC 9562 §5.7, UUIDv7); ascending within one process. Any thread. */
struct uuid uuid_new(void);
/* Random, for what is a credential (RFC 9562 §5.4, UUIDv4). Any thread. */
struct uuid uuid_new_random(void);

void uuid_format(const struct uuid *id, char ret_text[UUID_TEXT_BYTES]);
/* Exactly 36 characters, hyphens in place, hex of either case. Returns ERR_OK or ERR_BAD_ID. */
enum err uuid_parse(struct str text, struct uuid *ret_id) MUST_CHECK;
bool uuid_eq(const struct uuid *a, const struct uuid *b);
/* The 16 bytes as a view, for binding to a statement. Borrowed from *id. */
struct str uuid_str(const struct uuid *id);

#endif
