/*
 * jwt_verify. The first byte says what the rest is: a token as sent ('t'), or a header ('h') or claims ('c') that are
 * then really signed, so that what lies behind the signature is reached as well.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../../app/auth/keyset.h"
#include "fuzz_keys.h"
#include "parley/auth/digest.h"
#include "parley/auth/jwt.h"
#include "parley/core/limits.h"

enum { NOW_S = 1700000000 };

static struct keys *keys;
static struct arena *arena;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    keys = fuzz_keys();
    arena = arena_new(1 * MIB);
    return arena == NULL ? -1 : 0;
}

static void add_part(struct buf *out, struct str text)
{
    digest_base64url(out, text.ptr, text.len);
}

static void verify_signed(struct str header, struct str claims)
{
    struct key_set *set = keys_borrow(keys);
    struct jwt_claims got;
    struct buf token, signature;

    buf_init(&token, 100 * KIB);
    buf_init(&signature, 1000);
    add_part(&token, header);
    buf_add_byte(&token, '.');
    add_part(&token, claims);
    if (buf_check(&token) == ERR_OK && key_sign(set->signing, buf_str(&token), &signature) == ERR_OK) {
        buf_add_byte(&token, '.');
        add_part(&token, buf_str(&signature));
        if (jwt_verify(keys, arena, buf_str(&token), JWT_ACCESS, NOW_S, &got) == ERR_OK)
            assert(got.expires_s > NOW_S && got.email.ptr != NULL && got.role.ptr != NULL);
    }
    buf_release(&token);
    buf_release(&signature);
    key_set_put(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct str claims = STR_INIT("{\"iss\":\"parley\",\"type\":\"access\"}");
    struct str rest;
    struct jwt_claims got;
    struct buf header;
    struct buf kid;

    if (size == 0 || size > 64 * KIB)
        return 0;
    rest = (struct str){ (const char *)data + 1, size - 1 };
    buf_init(&header, 1000);
    buf_init(&kid, 1000);
    if (data[0] == 't')
        assert(jwt_verify(keys, arena, rest, JWT_ACCESS, NOW_S, &got) == ERR_TOKEN);
    if (data[0] == 'h')
        verify_signed(rest, claims);
    if (data[0] == 'c') {
        keys_kids(keys, &kid);
        buf_addf(&header, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", kid.ptr);
        verify_signed(buf_str(&header), rest);
    }
    buf_release(&header);
    buf_release(&kid);
    arena_reset(arena);
    return 0;
}
