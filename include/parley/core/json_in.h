/*
 * JSON in: a parsed, read-only tree. The parser is jansson, which the other rooms do not see.
 */
#ifndef PARLEY_CORE_JSON_IN_H
#define PARLEY_CORE_JSON_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/arena.h"
#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

/* A parsed value; a tree that is borrowed from its root, which the arena owns. */
struct json_in;

enum json_in_kind {
    JSON_NULL_KIND,
    JSON_BOOL_KIND,
    JSON_INT_KIND,
    JSON_REAL_KIND,
    JSON_STRING_KIND,
    JSON_ARRAY_KIND,
    JSON_OBJECT_KIND
};

/* Once, before the first thread: chooses the seed of the parser's hash tables. */
void json_in_init(void);

/*
 * Parses one JSON text (RFC 8259): no duplicate names, no U+0000, depth ≤ JSON_DEPTH_MAX, nothing behind it.
 * ret_root is owned by the arena. Returns ERR_OK, ERR_INVALID (with *ret_reason, static, never NULL) or ERR_NO_MEMORY.
 */
enum err json_in_parse(struct arena *a, struct str text, const struct json_in **ret_root,
                       const char **ret_reason) MUST_CHECK;

/*
 * The same for what another server wrote: of two members of one name the last counts, and in a text with a number that no int64_t
 * holds all numbers are reals.
 */
enum err json_in_parse_lenient(struct arena *a, struct str text, const struct json_in **ret_root,
                               const char **ret_reason) MUST_CHECK;

/* Wherever a value is taken NULL may stand, and is a null. */
enum json_in_kind json_in_kind(const struct json_in *v);
/* NULL when there is no such member or v is no object. */
const struct json_in *json_in_member(const struct json_in *v, const char *name);
size_t json_in_count(const struct json_in *v); /* of an array or object, else 0 */
const struct json_in *json_in_at(const struct json_in *v, size_t index);
/* Borrowed from the tree; absent when v is no string. */
struct str json_in_string(const struct json_in *v);
int64_t json_in_integer(const struct json_in *v); /* 0 when v is no integer */
double json_in_number(const struct json_in *v);   /* integers too */
bool json_in_boolean(const struct json_in *v);
/* Appends the value as JSON, without blanks. ERR_OK or ERR_NO_MEMORY. */
enum err json_in_write(const struct json_in *v, struct buf *out) MUST_CHECK;
/* Calls fn for each member of an object; stops at the first false. */
void json_in_each_member(const struct json_in *v, bool (*fn)(const char *name, const struct json_in *value, void *arg),
                         void *arg);

#endif
