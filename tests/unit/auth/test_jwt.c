#include "unit.h"

#include "../../../app/auth/keyset.h"
#include "keys_fixture.h"
#include "parley/auth/digest.h"
#include "parley/auth/jwt.h"
#include "parley/core/limits.h"

enum { NOW_S = 1700000000 };

static struct keys_fixture fixture;
static struct keys *keys;
static struct arena *arena;

static struct jwt_claims sample(void)
{
    return (struct jwt_claims){
        .type = JWT_ACCESS,
        .subject = { { 1, 2, 3 } },
        .session = { { 4, 5, 6 } },
        .id = { { 7, 8, 9 } },
        .email = STR("alice@example.org"),
        .role = STR("ADMIN"),
        .issued_s = NOW_S,
        .expires_s = NOW_S + 900,
    };
}

static struct str signed_sample(void)
{
    struct jwt_claims claims = sample();
    struct str token;

    assert_ok(jwt_sign(keys, arena, &claims, &token));
    return token;
}

static enum err verify(struct str token)
{
    struct jwt_claims claims;

    return jwt_verify(keys, arena, token, JWT_ACCESS, NOW_S, &claims);
}

static void test_jwt__claims_come_back(void **state)
{
    (void)state;
    struct jwt_claims wanted = sample();
    struct jwt_claims got;
    struct str token = signed_sample();

    assert_ok(jwt_verify(keys, arena, token, JWT_ACCESS, NOW_S, &got));
    assert_int_equal(got.type, JWT_ACCESS);
    assert_true(uuid_eq(&got.subject, &wanted.subject));
    assert_true(uuid_eq(&got.session, &wanted.session));
    assert_true(uuid_eq(&got.id, &wanted.id));
    assert_str(got.email, "alice@example.org");
    assert_str(got.role, "ADMIN");
    assert_true(got.issued_s == wanted.issued_s && got.expires_s == wanted.expires_s);
}

static void test_jwt__same_claims_give_the_same_token(void **state)
{
    (void)state;

    assert_true(str_eq(signed_sample(), signed_sample()));
}

static void test_jwt__a_user_without_address_has_an_empty_one(void **state)
{
    (void)state;
    struct jwt_claims claims = sample();
    struct jwt_claims got;
    struct str token;

    claims.email = (struct str){ NULL, 0 };
    assert_ok(jwt_sign(keys, arena, &claims, &token));
    assert_ok(jwt_verify(keys, arena, token, JWT_ACCESS, NOW_S, &got));
    assert_str(got.email, "");
}

/* Every byte, replaced by three others; no change may be accepted. */
static void test_jwt__any_changed_byte_is_refused(void **state)
{
    (void)state;
    static const char others[] = { 'A', '_', '.' };
    struct str token = signed_sample();
    char *copy = arena_cstr(arena, token);
    struct arena *scratch = arena_new(64 * KIB);
    struct jwt_claims claims;

    for (size_t i = 0; i < token.len; i++) {
        for (size_t j = 0; j < sizeof(others); j++) {
            if (token.ptr[i] == others[j])
                continue;
            copy[i] = others[j];
            assert_err(jwt_verify(keys, scratch, (struct str){ copy, token.len }, JWT_ACCESS, NOW_S, &claims),
                       ERR_TOKEN);
            arena_reset(scratch);
        }
        copy[i] = token.ptr[i];
    }
    assert_ok(verify((struct str){ copy, token.len }));
    arena_free(scratch);
}

static void test_jwt__any_shorter_token_is_refused(void **state)
{
    (void)state;
    struct str token = signed_sample();
    struct arena *scratch = arena_new(64 * KIB);
    struct jwt_claims claims;

    for (size_t len = 0; len < token.len; len++) {
        assert_err(jwt_verify(keys, scratch, str_head(token, len), JWT_ACCESS, NOW_S, &claims), ERR_TOKEN);
        arena_reset(scratch);
    }
    arena_free(scratch);
}

static void add_encoded(struct buf *out, const char *text)
{
    digest_base64url(out, text, strlen(text));
}

/* A token with this header and these claims, really signed by our key. */
static struct str really_signed(const char *header, const char *claims)
{
    struct key_set *set = keys_borrow(keys);
    struct buf token, signature;
    struct str result;

    buf_init(&token, 100 * KIB);
    buf_init(&signature, 1000);
    add_encoded(&token, header);
    buf_add_byte(&token, '.');
    add_encoded(&token, claims);
    assert_ok(key_sign(set->signing, buf_str(&token), &signature));
    buf_add_byte(&token, '.');
    digest_base64url(&token, signature.ptr, signature.len);
    result = arena_str(arena, buf_str(&token));
    buf_release(&token);
    buf_release(&signature);
    key_set_put(set);
    return result;
}

static const char *own_kid(void)
{
    struct buf kid;
    const char *copy;

    buf_init(&kid, 1000);
    keys_kids(keys, &kid);
    copy = arena_cstr(arena, buf_str(&kid));
    buf_release(&kid);
    return copy;
}

static const char good_claims[] =
    "{\"iss\":\"parley\",\"sub\":\"01020300-0000-0000-0000-000000000000\",\"email\":\"\",\"role\":\"USER\","
    "\"sid\":\"04050600-0000-0000-0000-000000000000\",\"jti\":\"07080900-0000-0000-0000-000000000000\","
    "\"type\":\"access\",\"iat\":1700000000,\"nbf\":1700000000,\"exp\":1700000900}";

static const char *good_header(void)
{
    return arena_printf(arena, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", own_kid());
}

static void test_jwt__header_says_exactly_what_we_write(void **state)
{
    (void)state;
    static const char *const formats[] = {
        "{\"alg\":\"none\",\"typ\":\"JWT\",\"kid\":\"%s\"}",
        "{\"alg\":\"None\",\"typ\":\"JWT\",\"kid\":\"%s\"}",
        "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}",
        "{\"alg\":\"RS512\",\"typ\":\"JWT\",\"kid\":\"%s\"}",
        "{\"alg\":\"PS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}",
        "{\"alg\":\"rs256\",\"typ\":\"JWT\",\"kid\":\"%s\"}",
        "{\"alg\":[\"RS256\"],\"typ\":\"JWT\",\"kid\":\"%s\"}",
        "{\"typ\":\"JWT\",\"kid\":\"%s\"}",
        "{\"alg\":\"RS256\",\"kid\":\"%s\"}",
        "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%s\",\"jku\":\"https://example.org/keys\"}",
        "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%s\",\"jwk\":{\"kty\":\"RSA\"}}",
        "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%s\",\"x5u\":\"https://example.org/\"}",
        "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%s\",\"crit\":[\"exp\"]}",
        "{\"alg\":\"none\",\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}",
        "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%s\"} ",
        "[\"RS256\",\"JWT\",\"%s\"]",
    };

    assert_ok(verify(really_signed(good_header(), good_claims)));
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        char header[400];
        bool last_blank = i == 14; /* blanks around JSON are allowed: the control that this test can pass */

        (void)snprintf(header, sizeof(header), formats[i], own_kid());
        assert_err(verify(really_signed(header, good_claims)), last_blank ? ERR_OK : ERR_TOKEN);
    }
}

static void test_jwt__unknown_key_ids_are_refused(void **state)
{
    (void)state;
    char *kid = arena_alloc(arena, 10 * KIB);
    static const char *const kids[] = { "\"\"",
                                        "null",
                                        "1",
                                        "\"../../../../../../etc/passwd\"",
                                        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
                                        "\"private\"",
                                        "\"%s\"",
                                        "{}" };

    for (size_t i = 0; i < COUNT_OF(kids); i++)
        assert_err(verify(really_signed(arena_printf(arena, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":%s}", kids[i]),
                                        good_claims)),
                   ERR_TOKEN);
    memset(kid, 'A', 10 * KIB - 1);
    kid[10 * KIB - 1] = '\0';
    assert_err(verify(really_signed(arena_printf(arena, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", kid),
                                    good_claims)),
               ERR_TOKEN);
}

/* The classic: HMAC keyed with the public key's text, which everybody has. */
static void test_jwt__hs256_with_the_public_key_is_refused(void **state)
{
    (void)state;
    static const char *const algorithms[] = { "HS256", "RS256" };
    struct key_set *set = keys_borrow(keys);
    uint8_t mac[SHA256_BYTES];
    struct buf pem, token;

    buf_init(&pem, KEY_PEM_MAX_BYTES);
    buf_init(&token, TOKEN_MAX_BYTES);
    assert_ok(key_write(set->verifying[0], KEY_PUBLIC, &pem));
    key_set_put(set);
    for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
        buf_clear(&token);
        add_encoded(&token,
                    arena_printf(arena, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"%s\"}", algorithms[i], own_kid()));
        buf_add_byte(&token, '.');
        add_encoded(&token, good_claims);
        digest_hmac(buf_str(&pem), buf_str(&token), mac);
        buf_add_byte(&token, '.');
        digest_base64url(&token, mac, sizeof(mac));
        assert_err(verify(buf_str(&token)), ERR_TOKEN);
    }
    buf_release(&pem);
    buf_release(&token);
}

static void test_jwt__empty_signature_is_refused(void **state)
{
    (void)state;
    struct str token = really_signed(good_header(), good_claims);
    size_t last = token.len;

    while (token.ptr[last - 1] != '.')
        last--;
    assert_err(verify(str_head(token, last)), ERR_TOKEN);
    assert_err(verify(str_head(token, last - 1)), ERR_TOKEN);
}

static void test_jwt__another_servers_key_is_refused(void **state)
{
    (void)state;
    struct keys_fixture other;
    struct jwt_claims claims = sample();
    struct keys *other_keys;
    struct str token;

    fixture_init(&other);
    other_keys = fixture_open(&other);
    assert_ok(jwt_sign(other_keys, arena, &claims, &token));
    assert_err(verify(token), ERR_TOKEN);
    keys_free(other_keys);
    fixture_release(&other);
}

static void test_jwt__every_claim_is_needed_and_typed(void **state)
{
    (void)state;
    static const char *const names[] = { "iss", "sub", "email", "role", "sid", "jti", "type", "iat", "nbf", "exp" };
    static const char *const values[] = { "null", "1.5", "\"x\"", "[]", "true" };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *key = arena_printf(arena, "\"%s\":", names[i]);
        const char *at = strstr(good_claims, key);
        const char *end;

        assert_non_null(at);
        end = strpbrk(at, ",}");
        for (size_t j = 0; j < COUNT_OF(values); j++) {
            const char *claims = arena_printf(arena, "%.*s%s%s%s", (int)(at - good_claims), good_claims, key, values[j],
                                              end);
            bool free_text = (strcmp(names[i], "email") == 0 || strcmp(names[i], "role") == 0) && j == 2;

            assert_err(verify(really_signed(good_header(), claims)), free_text ? ERR_OK : ERR_TOKEN);
        }
        assert_err(verify(really_signed(good_header(), arena_printf(arena, "%.*s\"other\":1%s", (int)(at - good_claims),
                                                                    good_claims, end))),
                   ERR_TOKEN);
    }
}

static void test_jwt__duplicate_claims_are_refused(void **state)
{
    (void)state;
    const char *claims = arena_printf(arena, "{\"role\":\"ADMIN\",%s", good_claims + 1);

    assert_err(verify(really_signed(good_header(), claims)), ERR_TOKEN);
}

static void test_jwt__another_issuer_is_refused(void **state)
{
    (void)state;
    char *claims = arena_cstr(arena, str_from(good_claims));

    memcpy(strstr(claims, "parley"), "Parley", 6);
    assert_err(verify(really_signed(good_header(), claims)), ERR_TOKEN);
}

static void test_jwt__each_type_has_its_own_door(void **state)
{
    (void)state;
    static const enum jwt_type types[] = { JWT_ACCESS, JWT_REFRESH, JWT_2FA };
    struct jwt_claims claims = sample();
    struct jwt_claims got;
    struct str token;

    for (size_t i = 0; i < COUNT_OF(types); i++) {
        claims.type = types[i];
        assert_ok(jwt_sign(keys, arena, &claims, &token));
        for (size_t j = 0; j < COUNT_OF(types); j++)
            assert_err(jwt_verify(keys, arena, token, types[j], NOW_S, &got), i == j ? ERR_OK : ERR_TOKEN);
    }
}

static void test_jwt__time_has_sharp_edges(void **state)
{
    (void)state;
    struct jwt_claims got;
    struct str token = signed_sample();

    assert_ok(jwt_verify(keys, arena, token, JWT_ACCESS, NOW_S + 899, &got));
    assert_err(jwt_verify(keys, arena, token, JWT_ACCESS, NOW_S + 900, &got), ERR_TOKEN);
    assert_ok(jwt_verify(keys, arena, token, JWT_ACCESS, NOW_S - 60, &got));
    assert_err(jwt_verify(keys, arena, token, JWT_ACCESS, NOW_S - 61, &got), ERR_TOKEN);
}

static void test_jwt__longer_than_any_token_is_refused(void **state)
{
    (void)state;
    char *long_text = arena_alloc(arena, TOKEN_MAX_BYTES + 1);
    struct str good = signed_sample();

    memset(long_text, 'A', TOKEN_MAX_BYTES + 1);
    memcpy(long_text, good.ptr, good.len);
    assert_err(verify((struct str){ long_text, TOKEN_MAX_BYTES + 1 }), ERR_TOKEN);
    assert_err(verify((struct str){ NULL, 0 }), ERR_TOKEN);
    assert_err(verify(STR("..")), ERR_TOKEN);
    assert_err(verify(STR("....")), ERR_TOKEN);
}

static int open_keys(void **state)
{
    (void)state;
    fixture_init(&fixture);
    keys = fixture_open(&fixture);
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    keys_free(keys);
    fixture_release(&fixture);
    return 0;
}

static int make_arena(void **state)
{
    (void)state;
    arena = arena_new(8 * MIB);
    return arena == NULL ? -1 : 0;
}

static int free_arena(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_jwt__claims_come_back),
        TEST(test_jwt__same_claims_give_the_same_token),
        TEST(test_jwt__a_user_without_address_has_an_empty_one),
        TEST(test_jwt__any_changed_byte_is_refused),
        TEST(test_jwt__any_shorter_token_is_refused),
        TEST(test_jwt__header_says_exactly_what_we_write),
        TEST(test_jwt__unknown_key_ids_are_refused),
        TEST(test_jwt__hs256_with_the_public_key_is_refused),
        TEST(test_jwt__empty_signature_is_refused),
        TEST(test_jwt__another_servers_key_is_refused),
        TEST(test_jwt__every_claim_is_needed_and_typed),
        TEST(test_jwt__duplicate_claims_are_refused),
        TEST(test_jwt__another_issuer_is_refused),
        TEST(test_jwt__each_type_has_its_own_door),
        TEST(test_jwt__time_has_sharp_edges),
        TEST(test_jwt__longer_than_any_token_is_refused),
    };
    return cmocka_run_group_tests(tests, open_keys, free_keys);
}
