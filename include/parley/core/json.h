/*
 * JSON out: a writer into a struct buf that puts commas and quotes where they belong. The caller keeps the nesting
 * right (asserted). Text must be well-formed UTF-8; control characters are escaped, and so are U+2028 and U+2029.
 * JSON in: jansson, wrapped so that the other rooms do not see it.
 */
#ifndef PARLEY_CORE_JSON_H
#define PARLEY_CORE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/arena.h"
#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/ids.h"
#include "parley/core/str.h"

struct json_out {
    struct buf *buf;
    bool comma; /* a value has been written at this level */
};

void json_init(struct json_out *j, struct buf *buf);
void json_object(struct json_out *j);
void json_object_end(struct json_out *j);
void json_array(struct json_out *j);
void json_array_end(struct json_out *j);
/* A member's name; the next call writes its value. Static, ASCII, needs no escaping. */
void json_key(struct json_out *j, const char *name);

void json_str(struct json_out *j, struct str s); /* absent: null */
void json_c(struct json_out *j, const char *text);
void json_int(struct json_out *j, int64_t number);
void json_real(struct json_out *j, double number);
void json_bool(struct json_out *j, bool value);
void json_null(struct json_out *j);
void json_uuid(struct json_out *j, const struct uuid *id);
/* RFC 3339; 0 is null. */
void json_time(struct json_out *j, int64_t time_us);
/* Bytes that are JSON already. */
void json_raw(struct json_out *j, struct str json);

/* json_key and the value in one. */
void json_kv_str(struct json_out *j, const char *name, struct str s);
void json_kv_c(struct json_out *j, const char *name, const char *text);
void json_kv_int(struct json_out *j, const char *name, int64_t number);
void json_kv_bool(struct json_out *j, const char *name, bool value);
void json_kv_uuid(struct json_out *j, const char *name, const struct uuid *id);
void json_kv_time(struct json_out *j, const char *name, int64_t time_us);
void json_kv_null(struct json_out *j, const char *name);

/* A parsed value; a tree that is borrowed from its root, which the arena owns. */
struct json;

enum json_kind { JSON_NULL_KIND, JSON_BOOL_KIND, JSON_INT_KIND, JSON_REAL_KIND, JSON_STRING_KIND, JSON_ARRAY_KIND, JSON_OBJECT_KIND };

/*
 * Parses one JSON text (RFC 8259): no duplicate names, no U+0000, depth ≤ JSON_DEPTH_MAX, nothing behind it.
 * ret_root is owned by the arena. Returns ERR_OK, ERR_INVALID (with *ret_reason, static, never NULL) or ERR_NO_MEMORY.
 */
enum err json_parse(struct arena *a, struct str text, const struct json **ret_root, const char **ret_reason) MUST_CHECK;

enum json_kind json_kind(const struct json *v);
/* NULL when there is no such member or v is no object. */
const struct json *json_member(const struct json *v, const char *name);
size_t json_count(const struct json *v); /* of an array or object, else 0 */
const struct json *json_at(const struct json *v, size_t index);
/* Borrowed from the tree; absent when v is no string. */
struct str json_string(const struct json *v);
int64_t json_integer(const struct json *v); /* 0 when v is no integer */
double json_number(const struct json *v);   /* integers too */
bool json_boolean(const struct json *v);
/* Calls fn for each member of an object; stops at the first false. */
void json_each_member(const struct json *v, bool (*fn)(const char *name, const struct json *value, void *arg), void *arg);

#endif
