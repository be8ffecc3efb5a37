/*
 * Specs: rows that describe a C struct as a JSON object. One table decodes and checks request bodies, encodes replies and
 * prints the OpenAPI document, so the three agree.
 *
 * How a row's type is kept in the struct at `offset`:
 *   FIELD_STR FIELD_EMAIL FIELD_PASSWORD  struct str     absent = not sent or null; min/max in code points (PASSWORD: bytes in
 *                             Unicode form NFC)
 *   FIELD_INT    int64_t      INT_NULL = null
 *   FIELD_REAL   double       NAN = null
 *   FIELD_BOOL   bool
 *   FIELD_UUID   struct uuid  all zero = null
 *   FIELD_TIME   int64_t      microseconds; 0 = null
 *   FIELD_NAIVE_TIME  int64_t the same, written without a Z behind it, as dialects have it (replies only)
 *   FIELD_ENUM   int          index into `names`, counted from `min`; negative = null
 *   FIELD_OBJECT struct       embedded, described by `spec`
 *   FIELD_REF    pointer      to a struct described by `spec`; NULL = null
 *   FIELD_LIST   struct list  of elements described by `spec`, or of `element` when spec is NULL
 *   FIELD_RAW    struct str   JSON text, written as it is (replies only)
 *   FIELD_INLINE struct       embedded; the rows of `spec` stand among ours, in the same JSON object. It has no name. In a body
 *                             the embedded struct has a struct body of its own, with the bits of its rows. Not in queries.
 */
#ifndef PARLEY_GATE_SPEC_H
#define PARLEY_GATE_SPEC_H

#include <stddef.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/json_in.h"
#include "parley/core/json_out.h"
#include "parley/core/list.h"
#include "parley/http/request.h"

#define INT_NULL INT64_MIN

enum field_type {
    FIELD_NONE_, /* a row that was left out */
    FIELD_STR,
    FIELD_EMAIL,
    FIELD_PASSWORD,
    FIELD_INT,
    FIELD_REAL,
    FIELD_BOOL,
    FIELD_UUID,
    FIELD_TIME,
    FIELD_NAIVE_TIME,
    FIELD_ENUM,
    FIELD_OBJECT,
    FIELD_REF,
    FIELD_LIST,
    FIELD_RAW,
    FIELD_INLINE,
};

enum field_flags {
    FIELD_REQUIRED = 1, /* bodies: must be sent. Replies: every field is always there unless FIELD_OMIT */
    FIELD_NULLABLE = 2,
    FIELD_OMIT = 4, /* replies: left out where its value is null, a list where it is empty */
    /*
     * STR in bodies: how a text that people type is taken, before its length is measured (parley/core/text.h).
     * LINE: a name. White space at its ends is cut off; control characters, line ends, what turns the direction of
     * writing, and a text that shows nothing are refused. An empty one passes where the row's min lets it.
     * CODE: blanks and dashes are dropped.
     */
    FIELD_LINE = 8,
    FIELD_CODE = 16,
};

struct spec;

struct field {
    const char *name;
    enum field_type type;
    int flags;
    int64_t min, max; /* strings: length; numbers: value; lists: count. Both 0: none; max < min: no max */
    size_t offset;
    const char *const *names; /* FIELD_ENUM: NULL-ended, in the order of the C enum */
    const struct spec *spec;  /* FIELD_OBJECT, FIELD_REF, FIELD_LIST, FIELD_INLINE */
    enum field_type element;  /* FIELD_LIST without spec: FIELD_STR, FIELD_UUID, FIELD_INT */
    const char *doc;
    /* For the OpenAPI document alone: */
    const char *type_name; /* FIELD_ENUM: the name of its schema, "WorkspaceRole"; rows with the same names share it */
    const char *example;   /* a value as JSON text, where the type does not tell what one looks like; NULL: none */
    const char *schema;    /* FIELD_RAW: the members of its JSON Schema, in a row; NULL: anything */
    const char *constant;  /* the only value there is, as JSON text; NULL: any of the type */
};

struct spec {
    const char *name; /* schema name in the OpenAPI document, "MessageDraft" */
    const struct field *fields;
    size_t field_count;
    size_t size_bytes; /* of the C struct, of one element for lists */
    const char *doc;
    /*
     * Not 0: any object, which is kept as the text that was sent, of at most so many bytes. There are no rows then, and the
     * struct is struct spec_text.
     */
    size_t text_max_bytes;
    /*
     * Replies, for the OpenAPI document alone: what is answered is of exactly one of these, whose rows are among ours. NULL:
     * the rows themselves are the schema. NULL-ended.
     */
    const struct spec *const *one_of;
};

/* const struct spec user_spec = { SPEC_INIT("User", struct user, user_fields) }; */
#define SPEC_INIT(schema_name, type, rows) \
    .name = (schema_name), .fields = (rows), .field_count = COUNT_OF(rows), .size_bytes = sizeof(type)

/* { SPEC_INLINE(&chat_spec) }: the rows of a spec over the same struct (replies). */
#define SPEC_INLINE(rows) .type = FIELD_INLINE, .spec = (rows)

/*
 * Every struct that is decoded into begins with this, nested ones and query structs too: which fields were sent, bit
 * i = row i of the spec. A field sent as null has its bit in `sent` and its null value (an enum: -1).
 */
struct body {
    uint64_t sent;
};
/* An object that is kept whole: JSON text, from its first bracket to its last. */
struct spec_text {
    struct body body;
    struct str text;
};
/* Was row `index` sent? */
#define body_sent(body_ptr, index) (((body_ptr)->body.sent >> (index)) & 1U)

/*
 * A spec describes what we read or what we write, never both. Fields that no row knows are refused in a SPEC_BODY and passed
 * over in a SPEC_OPEN_BODY (dialects, whose clients send many).
 */
enum spec_use { SPEC_BODY, SPEC_OPEN_BODY, SPEC_QUERY, SPEC_REPLY };

/*
 * Decodes `value` into *ret_struct (size_bytes of it, zeroed first; enums, INT and REAL that were not sent are 0 unless
 * the handler looks at body_sent). Texts are borrowed from the tree, so from the request arena. Every fault is added to
 * ctx->problem; the client's values are never echoed. E-mail addresses come out in their one form
 * (mail_address_key), lines without white space around them, codes without blanks and dashes. Returns ERR_OK, ERR_INVALID or ERR_NO_MEMORY.
 */
enum err spec_decode(struct ctx *ctx, const struct spec *spec, enum spec_use use, const struct json_in *value,
                     void *ret_struct) MUST_CHECK;

/*
 * The same from decoded query parameters. A name sent twice is a fault; unknown names are passed over: spec_check_query refuses
 * them. No objects and lists.
 *   BOOL  true, false, 1 or 0
 */
enum err spec_decode_query(struct ctx *ctx, const struct spec *spec, const struct http_pair *pairs, size_t count,
                           void *ret_struct) MUST_CHECK;
/* Every parameter has a row in one of the two (either may be NULL). ERR_INVALID with a fault for each that has none. */
enum err spec_check_query(struct ctx *ctx, const struct spec *one, const struct spec *other,
                          const struct http_pair *pairs, size_t count) MUST_CHECK;

/* Writes the struct as a JSON object. */
void spec_encode(struct json_out *out, const struct spec *spec, const void *data);
/* The same up to the opening bracket of the last field, a FIELD_LIST that is not read; "]}" is still to be written. */
void spec_encode_open(struct json_out *out, const struct spec *spec, const void *data);
/* Writes `count` structs of size spec->size_bytes as a JSON array; _items: without the brackets. */
void spec_encode_list(struct json_out *out, const struct spec *spec, const void *items, size_t count);
void spec_encode_items(struct json_out *out, const struct spec *spec, const void *items, size_t count);

/* Writes the JSON Schema of the spec (OpenAPI 3.1), nested ones as $ref to #/components/schemas/<name>. */
void spec_schema(struct json_out *out, const struct spec *spec, enum spec_use use);
/* The JSON Schema of one field's value without its `doc`; for parameters. */
void spec_schema_value(struct json_out *out, const struct field *field);
/* The schema that a FIELD_ENUM with a type_name refers to. */
void spec_schema_enum(struct json_out *out, const struct field *field);
/* Does a body of it need any field? Those of inline rows count. */
bool spec_has_required(const struct spec *spec);

/*
 * Looks for rows that cannot be meant: no name, no type, a type that the use does not have, a place outside the struct,
 * a missing nested spec, more fields than struct body has bits. One line each into ret_faults. ERR_OK or ERR_INVALID.
 */
enum err spec_check(const struct spec *spec, enum spec_use use, struct buf *ret_faults) MUST_CHECK;

#endif
