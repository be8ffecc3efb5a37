/* What the files about specs share. */
#ifndef PARLEY_APP_GATE_SPEC_PRIVATE_H
#define PARLEY_APP_GATE_SPEC_PRIVATE_H

#include "parley/gate/spec.h"

/* Is there a lower, an upper bound? */
bool field_has_min(const struct field *field);
bool field_has_max(const struct field *field);
/* Size of the C value in which a field's value is kept. */
size_t field_size_bytes(enum field_type type, const struct spec *spec);
/* The spec's or the C value's size: how far apart a list's items are. */
size_t list_item_bytes(const struct field *list);

/* Where in the request a value stands; linked upward, written out only when there is a fault. */
struct place {
    const struct place *up; /* NULL: the body or query itself */
    const char *name;       /* NULL: an array's element */
    size_t index;
};

struct decoder {
    struct ctx *ctx;
    const char *where; /* "body" or "query" */
    enum spec_use use;
};

/* Adds a fault. format: printf, a whole sentence without a full stop. Returns ERR_INVALID (ERR_NO_MEMORY never). */
enum err decoder_fault(struct decoder *d, const struct place *place, const char *type, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Checks and keeps a number within the field's bounds. */
enum err decoder_int(struct decoder *d, const struct field *field, const struct place *place, int64_t value, void *out);
enum err decoder_real(struct decoder *d, const struct field *field, const struct place *place, double value, void *out);
/* Checks and keeps the text of a STR, EMAIL, PASSWORD, UUID, TIME or ENUM. */
enum err decoder_text(struct decoder *d, const struct field *field, const struct place *place, struct str text,
                      void *out);

#endif
