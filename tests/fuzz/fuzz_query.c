/* http_query and spec_decode_query: the whole input is a query string. What comes out must be text and within bounds. */
#include <assert.h>
#include <math.h>

#include "../unit/http/fake_request.h"
#include "parley/core/limits.h"
#include "parley/gate/spec.h"

struct looking {
    struct body body;
    struct str text, email;
    int64_t count, at_us;
    double ratio;
    bool on;
    struct uuid id;
    int colour;
};
static const char *const colours[] = { "red", "green", NULL };
#define AT(member) .offset = offsetof(struct looking, member)
static const struct field fields[] = {
    { "t", FIELD_STR, .max = 4, AT(text) },
    { "e", FIELD_EMAIL, AT(email) },
    { "n", FIELD_INT, .min = -3, .max = 9, AT(count) },
    { "d", FIELD_TIME, AT(at_us) },
    { "r", FIELD_REAL, AT(ratio) },
    { "b", FIELD_BOOL, AT(on) },
    { "i", FIELD_UUID, AT(id) },
    { "c", FIELD_ENUM, .names = colours, AT(colour) },
};
static const struct spec spec = { SPEC_INIT("Looking", struct looking, fields) };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problem problem = { .err = ERR_OK };
    struct ctx ctx = { .problem = &problem };
    struct looking looking;
    struct fake_request fake;
    const struct http_pair *pairs;
    size_t count;

    if (size > 16 * KIB)
        return 0;
    fake_init(&fake, "GET", STR("/"));
    ctx.arena = fake.arena;
    fake_ready(&fake);
    fake.request.raw_query = (struct str){ (const char *)data, size };
    if (http_query(&fake.request, fake.arena, &pairs, &count) == ERR_OK) {
        assert(count <= QUERY_PARAMS_MAX);
        for (size_t i = 0; i < count; i++)
            assert(str_is_utf8(pairs[i].name) && str_is_utf8(pairs[i].value));
        if (spec_decode_query(&ctx, &spec, pairs, count, &looking) == ERR_OK)
            assert(looking.count >= -3 && looking.count <= 9 && isfinite(looking.ratio) && looking.text.len <= 16);
        else
            assert(problem.fault_count > 0);
    }
    fake_release(&fake);
    return 0;
}
