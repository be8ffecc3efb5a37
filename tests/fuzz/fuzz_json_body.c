/*
 * json_in_parse, spec_decode and spec_encode: the whole input is a body. What decodes is encoded and decoded again, and
 * must be taken again.
 */
#include <assert.h>

#include "parley/core/limits.h"
#include "parley/gate/spec.h"

struct leaf {
    struct body body;
    int64_t number;
    struct str etag;
};
static const struct field leaf_fields[] = {
    { "n", FIELD_INT, FIELD_REQUIRED, .min = 1, .max = 99, .offset = offsetof(struct leaf, number) },
    { "e", FIELD_STR, FIELD_NULLABLE, .max = 5, .offset = offsetof(struct leaf, etag) },
};
static const struct spec leaf_spec = { SPEC_INIT("Leaf", struct leaf, leaf_fields) };

struct tree {
    struct body body;
    struct str text, email;
    int64_t count, at_us;
    double ratio;
    bool on;
    struct uuid id;
    int colour;
    struct leaf leaf;
    struct leaf *ref;
    struct list leaves, tags;
};
static const char *const colours[] = { "red", "green", NULL };
#define AT(member) .offset = offsetof(struct tree, member)
static const struct field fields[] = {
    { "t", FIELD_STR, FIELD_NULLABLE | FIELD_OMIT, .max = 8, AT(text) },
    { "e", FIELD_EMAIL, FIELD_OMIT, AT(email) },
    { "n", FIELD_INT, FIELD_NULLABLE, AT(count) },
    { "d", FIELD_TIME, FIELD_NULLABLE | FIELD_OMIT, AT(at_us) },
    { "r", FIELD_REAL, FIELD_NULLABLE, AT(ratio) },
    { "b", FIELD_BOOL, AT(on) },
    { "i", FIELD_UUID, FIELD_NULLABLE | FIELD_OMIT, AT(id) },
    { "c", FIELD_ENUM, FIELD_NULLABLE, .names = colours, AT(colour) },
    { "R", FIELD_REF, FIELD_NULLABLE, .spec = &leaf_spec, AT(ref) },
    { "L", FIELD_LIST, .spec = &leaf_spec, .max = 9, AT(leaves) },
    { "T", FIELD_LIST, .element = FIELD_STR, AT(tags) },
};
static const struct spec spec = { SPEC_INIT("Tree", struct tree, fields) };

static enum err decode(struct ctx *ctx, struct str text, struct tree *ret_tree)
{
    const struct json_in *value;
    const char *reason = NULL;
    enum err e = json_in_parse(ctx->arena, text, &value, &reason);

    assert(reason != NULL);
    return e != ERR_OK ? e : spec_decode(ctx, &spec, SPEC_BODY, value, ret_tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problem problem = { .err = ERR_OK };
    struct ctx ctx = { .problem = &problem, .arena = arena_new(16 * MIB) };
    struct tree tree;
    struct buf text;
    struct json_out out;

    buf_init(&text, 16 * MIB);
    if (size < 256 * KIB && decode(&ctx, (struct str){ (const char *)data, size }, &tree) == ERR_OK) {
        assert(problem.fault_count == 0);
        json_out_init(&out, &text);
        spec_encode(&out, &spec, &tree);
        assert(decode(&ctx, buf_str(&text), &tree) == ERR_OK);
    }
    buf_release(&text);
    arena_free(ctx.arena);
    return 0;
}
