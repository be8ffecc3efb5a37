#include "unit.h"

#include <string.h>

#include "parley/auth/totp.h"

static const uint8_t rfc_secret[TOTP_SECRET_BYTES] = "12345678901234567890";

static int setup(void **state)
{
    (void)state;
    return totp_init() == ERR_OK ? 0 : -1;
}

/* RFC 6238 appendix B, SHA-1, the last six of its eight digits. */
static const struct vector {
    int64_t time_s;
    const char *code;
} vectors[] = {
    { 59, "287082" },         { 1111111109, "081804" }, { 1111111111, "050471" },
    { 1234567890, "005924" }, { 2000000000, "279037" }, { 20000000000, "353130" },
};

static void test_totp__knows_the_vectors_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        int64_t step = -1;

        assert_ok(totp_find_step(rfc_secret, str_from(vectors[i].code), vectors[i].time_s, &step));
        assert_int_equal(step, vectors[i].time_s / 30);
    }
}

static void test_totp__one_step_of_drift_each_way(void **state)
{
    (void)state;
    const int64_t step = 1234567890 / 30;

    for (int64_t away = -3; away <= 3; away++) {
        int64_t found = -1;
        enum err e = totp_find_step(rfc_secret, STR("005924"), (step + away) * 30 + 29, &found);

        assert_int_equal(e, away >= -1 && away <= 1 ? ERR_OK : ERR_CODE_WRONG);
        assert_int_equal(found, e == ERR_OK ? step : -1);
    }
}

static void test_totp__six_digits_and_nothing_else(void **state)
{
    (void)state;
    static const struct str wrong[] = {
        { NULL, 0 },          STR_INIT(""),        STR_INIT("28708"),   STR_INIT("4287082"),
        STR_INIT("94287082"), STR_INIT("287 082"), STR_INIT("287082 "), STR_INIT("28708a"),
        STR_INIT("-28708"),   STR_INIT("+28708"),  { "287082\0", 7 },   { "28708\0", 6 },
    };

    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        int64_t step = -1;

        assert_err(totp_find_step(rfc_secret, wrong[i], 59, &step), ERR_CODE_WRONG);
        assert_int_equal(step, -1);
    }
}

static void test_totp__another_secret_has_other_codes(void **state)
{
    (void)state;
    uint8_t secret[TOTP_SECRET_BYTES];
    int64_t step;

    memcpy(secret, rfc_secret, sizeof(secret));
    secret[19] ^= 1;
    assert_err(totp_find_step(secret, STR("287082"), 59, &step), ERR_CODE_WRONG);
}

static void test_totp__secrets_are_random_and_typed_as_base32(void **state)
{
    (void)state;
    uint8_t a[TOTP_SECRET_BYTES], b[TOTP_SECRET_BYTES];
    char text[TOTP_SECRET_TEXT_BYTES];

    totp_secret_new(a);
    totp_secret_new(b);
    assert_memory_not_equal(a, b, sizeof(a));
    totp_secret_text(rfc_secret, text);
    assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    memset(a, 0xFF, sizeof(a));
    totp_secret_text(a, text);
    assert_string_equal(text, "77777777777777777777777777777777");
}

static void test_totp__uri_encodes_what_stands_in_names(void **state)
{
    (void)state;
    struct buf uri;

    buf_init(&uri, 1000);
    totp_uri(STR("A: b&c"), STR("al?ce@example.org"), rfc_secret, &uri);
    assert_string_equal(uri.ptr, "otpauth://totp/A%3A%20b%26c:al%3Fce%40example.org"
                                 "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=A%3A%20b%26c"
                                 "&algorithm=SHA1&digits=6&period=30");
    buf_release(&uri);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_totp__knows_the_vectors_of_the_rfc),
        cmocka_unit_test(test_totp__one_step_of_drift_each_way),
        cmocka_unit_test(test_totp__six_digits_and_nothing_else),
        cmocka_unit_test(test_totp__another_secret_has_other_codes),
        cmocka_unit_test(test_totp__secrets_are_random_and_typed_as_base32),
        cmocka_unit_test(test_totp__uri_encodes_what_stands_in_names),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
