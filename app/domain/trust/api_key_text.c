#include "parley/domain/trust/api_key_text.h"

#include "parley/auth/digest.h"
#include "parley/core/limits.h"
#include "parley/core/rand.h"
#include "parley/core/secret.h"
#include "parley/domain/record/principal.h"

/* ---- keys ---- */

enum { KEY_RANDOM_BYTES = 32 };

static const struct str prefixes[] = {
    [API_KEY_PREFIX_PARLEY] = STR_INIT("parley_"),
    [API_KEY_PREFIX_OCTOPUS] = STR_INIT("octopus_"),
};

bool api_key_looks_like(struct str text)
{
    for (size_t i = 0; i < COUNT_OF(prefixes); i++)
        if (str_starts_with(text, prefixes[i]))
            return true;
    return false;
}

enum err api_key_text_new(struct ctx *ctx, enum api_key_prefix prefix, struct str *ret_text)
{
    uint8_t random[KEY_RANDOM_BYTES];
    struct buf text;

    rand_bytes(random, sizeof(random));
    buf_init(&text, API_KEY_MAX_BYTES);
    buf_add(&text, prefixes[prefix]);
    digest_base64url(&text, random, sizeof(random));
    *ret_text = arena_str(ctx->arena, buf_str(&text));
    secret_wipe(random, sizeof(random));
    buf_release(&text);
    return ret_text->len > sizeof(random) ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
}

/* ---- scopes ---- */

/* Indexed by the bits. */
static const struct str scopes_texts[] = {
    STR_INIT(""),
    STR_INIT("read"),
    STR_INIT("write"),
    STR_INIT("read,write"),
    STR_INIT("admin"),
    STR_INIT("admin,read"),
    STR_INIT("admin,write"),
    STR_INIT("admin,read,write"),
    STR_INIT("metrics"),
    STR_INIT("metrics,read"),
    STR_INIT("metrics,write"),
    STR_INIT("metrics,read,write"),
    STR_INIT("admin,metrics"),
    STR_INIT("admin,metrics,read"),
    STR_INIT("admin,metrics,write"),
    STR_INIT("admin,metrics,read,write"),
};

struct str key_scopes_text(unsigned scopes)
{
    return scopes_texts[scopes % COUNT_OF(scopes_texts)];
}

static unsigned scope_of(struct str name)
{
    for (unsigned scope = KEY_SCOPE_READ; scope <= KEY_SCOPE_METRICS; scope *= 2)
        if (str_eq(scopes_texts[scope], name))
            return scope;
    return 0;
}

enum err key_scopes_parse(struct str text, unsigned *ret_scopes)
{
    unsigned scopes = 0;
    struct str name;

    while (str_split(&text, ',', &name)) {
        unsigned scope = scope_of(str_trim(name));
        if (scope == 0)
            return ERR_INVALID;
        scopes |= scope;
    }
    if (scopes == 0)
        return ERR_INVALID;
    *ret_scopes = scopes;
    return ERR_OK;
}
