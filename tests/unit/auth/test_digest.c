#include "unit.h"

#include "parley/auth/digest.h"
#include "parley/core/limits.h"

static void assert_digest(const uint8_t digest[SHA256_BYTES], const char *hex)
{
    char text[SHA256_HEX_BYTES];

    digest_hex(digest, text);
    assert_string_equal(text, hex);
}

/* FIPS 180-4's examples. */
static void test_digest__sha256_of_the_standard(void **state)
{
    (void)state;
    uint8_t digest[SHA256_BYTES];

    digest_sha256(STR("abc"), digest);
    assert_digest(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_sha256(STR(""), digest);
    assert_digest(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void test_digest__stream_equals_one_go(void **state)
{
    (void)state;
    uint8_t digest[SHA256_BYTES];
    struct digest *d = digest_new();

    assert_non_null(d);
    digest_add(d, "a", 1);
    digest_add(d, "", 0);
    digest_add(d, "bc", 2);
    digest_end(d, digest);
    assert_digest(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_free(digest_new());
    digest_free(NULL);
}

/* RFC 4231 §4.3, and §4.7 whose key is longer than a block. */
static void test_digest__hmac_of_the_standard(void **state)
{
    (void)state;
    uint8_t digest[SHA256_BYTES];
    char key[131];

    digest_hmac(STR("Jefe"), STR("what do ya want for nothing?"), digest);
    assert_digest(digest, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    digest_hmac((struct str){ key, sizeof(key) }, STR("Test Using Larger Than Block-Size Key - Hash Key First"),
                digest);
    assert_digest(digest, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* RFC 4648 §10. */
static void test_digest__base64_of_the_standard(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *base64;
    } cases[] = { { "", "" },
                  { "f", "Zg==" },
                  { "fo", "Zm8=" },
                  { "foo", "Zm9v" },
                  { "foob", "Zm9vYg==" },
                  { "fooba", "Zm9vYmE=" },
                  { "foobar", "Zm9vYmFy" } };
    struct buf out;

    buf_init(&out, 100);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        buf_clear(&out);
        digest_base64(&out, cases[i].plain, strlen(cases[i].plain));
        assert_str(buf_str(&out), cases[i].base64);
    }
    buf_clear(&out);
    digest_base64url(&out, "\xfb\xff\xbf", 3);
    assert_str(buf_str(&out), "-_-_");
    buf_release(&out);
}

static void test_digest__base64url_comes_back(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 * MIB);
    struct buf out;
    char bytes[67];
    struct str back;

    buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 37);
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        buf_clear(&out);
        digest_base64url(&out, bytes, len);
        assert_ok(digest_base64url_decode(a, buf_str(&out), &back));
        assert_int_equal(back.len, len);
        assert_memory_equal(back.ptr, bytes, len);
    }
    buf_release(&out);
    arena_free(a);
}

static void test_digest__base64url_takes_one_form_only(void **state)
{
    (void)state;
    static const char *const wrong[] = { "Zg==", "Z", "Zh", "Zm9", "Zm9v ", "+/+/", "Zm\n9v", "Zm9vY", "====" };
    struct arena *a = arena_new(1 * MIB);
    struct str back = STR("untouched");

    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_err(digest_base64url_decode(a, str_from(wrong[i]), &back), ERR_INVALID);
        assert_str(back, "untouched");
    }
    arena_free(a);
}

static void test_digest__hex_of_exactly_that_length(void **state)
{
    (void)state;
    uint8_t bytes[3] = { 1, 2, 3 };

    assert_ok(digest_hex_decode(STR("00fFa9"), bytes, 3));
    assert_memory_equal(bytes, "\x00\xff\xa9", 3);
    assert_err(digest_hex_decode(STR("00ff"), bytes, 3), ERR_INVALID);
    assert_err(digest_hex_decode(STR("00ffag"), bytes, 3), ERR_INVALID);
    assert_memory_equal(bytes, "\x00\xff\xa9", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digest__sha256_of_the_standard),
        cmocka_unit_test(test_digest__stream_equals_one_go),
        cmocka_unit_test(test_digest__hmac_of_the_standard),
        cmocka_unit_test(test_digest__base64_of_the_standard),
        cmocka_unit_test(test_digest__base64url_comes_back),
        cmocka_unit_test(test_digest__base64url_takes_one_form_only),
        cmocka_unit_test(test_digest__hex_of_exactly_that_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
