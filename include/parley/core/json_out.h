/*
 * JSON out: a writer into a struct buf that puts commas and quotes where they belong. The caller keeps the nesting
 * right. Text must be well-formed UTF-8; control characters are escaped, and so are U+2028 and U+2029.
 */
#ifndef PARLEY_CORE_JSON_OUT_H
#define PARLEY_CORE_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/buf.h"
#include "parley/core/ids.h"
#include "parley/core/str.h"

struct json_out {
    struct buf *buf;
    bool comma; /* a value has been written at this level */
};

void json_out_init(struct json_out *j, struct buf *buf);
void json_out_object(struct json_out *j);
void json_out_object_end(struct json_out *j);
void json_out_array(struct json_out *j);
void json_out_array_end(struct json_out *j);
/* A member's name; the next call writes its value. Static, ASCII, needs no escaping. */
void json_out_key(struct json_out *j, const char *name);

void json_out_str(struct json_out *j, struct str s); /* absent: null */
void json_out_c(struct json_out *j, const char *text);
void json_out_int(struct json_out *j, int64_t number);
void json_out_real(struct json_out *j, double number);
void json_out_bool(struct json_out *j, bool value);
void json_out_null(struct json_out *j);
void json_out_uuid(struct json_out *j, const struct uuid *id);
/* RFC 3339; 0 is null. */
void json_out_time(struct json_out *j, int64_t time_us);
/* Bytes that are JSON already. */
void json_out_raw(struct json_out *j, struct str json);

/* json_key and the value in one. */
void json_out_kv_str(struct json_out *j, const char *name, struct str s);
void json_out_kv_c(struct json_out *j, const char *name, const char *text);
void json_out_kv_int(struct json_out *j, const char *name, int64_t number);
void json_out_kv_bool(struct json_out *j, const char *name, bool value);
void json_out_kv_uuid(struct json_out *j, const char *name, const struct uuid *id);
void json_out_kv_time(struct json_out *j, const char *name, int64_t time_us);
void json_out_kv_null(struct json_out *j, const char *name);

#endif
