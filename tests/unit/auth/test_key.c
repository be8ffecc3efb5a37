/* The published examples of RFC 7515 (JWS) and RFC 7638 (thumbprints), and keys that are refused. */
#include "unit.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "../../../app/auth/key.h"
#include "parley/auth/digest.h"
#include "parley/core/limits.h"

static struct arena *arena;

/* A 2048-bit RSA public key with the exponent 65537, from its modulus in base64url: SubjectPublicKeyInfo as PEM. */
static struct key *key_of_modulus(const char *modulus)
{
    static const unsigned char before[] = { 0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48,
                                            0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x01,
                                            0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00 };
    static const unsigned char behind[] = { 0x02, 0x03, 0x01, 0x00, 0x01 };
    const char *error_text = NULL;
    struct key *key = NULL;
    struct str number;
    struct buf der;
    struct buf pem;

    buf_init(&der, 1000);
    buf_init(&pem, 1000);
    assert_ok(digest_base64url_decode(arena, str_from(modulus), &number));
    assert_int_equal(number.len, 256);
    buf_add_bytes(&der, before, sizeof(before));
    buf_add(&der, number);
    buf_add_bytes(&der, behind, sizeof(behind));
    buf_add_c(&pem, "-----BEGIN PUBLIC KEY-----\n");
    for (size_t i = 0; i < der.len; i += 48) {
        digest_base64(&pem, der.ptr + i, der.len - i < 48 ? der.len - i : 48);
        buf_add_byte(&pem, '\n');
    }
    buf_add_c(&pem, "-----END PUBLIC KEY-----\n");
    assert_ok(key_read(buf_str(&pem), KEY_PUBLIC, &error_text, &key));
    buf_release(&der);
    buf_release(&pem);
    return key;
}

/* RFC 7638 §3.1. */
static void test_key__id_is_the_thumbprint(void **state)
{
    (void)state;
    struct key *key = key_of_modulus(
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj"
        "hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ"
        "vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK"
        "nqDKgw");

    assert_string_equal(key_id(key), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    key_free(key);
}

/* RFC 7515 A.2. */
static void test_key__checks_the_signature_of_the_standard(void **state)
{
    (void)state;
    static const struct str signed_part = STR_INIT(
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn"
        "VlfQ");
    struct str signature;
    struct key *key = key_of_modulus(
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pC"
        "gNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg6"
        "65xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRW"
        "yuXpoQ");

    assert_ok(digest_base64url_decode(
        arena,
        STR("cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU"
            "Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_d"
            "O--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig"
            "cN_IoypGlUPQGe77Rw"),
        &signature));
    assert_ok(key_check(key, signed_part, signature));
    assert_err(key_check(key, str_tail(signed_part, 1), signature), ERR_TOKEN);
    assert_err(key_check(key, signed_part, str_head(signature, 255)), ERR_TOKEN);
    assert_err(key_check(key, signed_part, STR("")), ERR_TOKEN);
    key_free(key);
}

static void test_key__comes_back_from_its_files(void **state)
{
    (void)state;
    const char *error_text = NULL;
    struct key *key = key_generate();
    struct key *back = NULL;
    struct buf pem;
    struct buf signature;

    assert_non_null(key);
    buf_init(&pem, KEY_PEM_MAX_BYTES);
    buf_init(&signature, 1000);
    assert_ok(key_sign(key, STR("text"), &signature));
    assert_ok(key_write(key, KEY_PRIVATE, &pem));
    assert_true(str_starts_with(buf_str(&pem), STR("-----BEGIN "
                                                   "PRIVATE KEY-----\n")));
    assert_ok(key_read(buf_str(&pem), KEY_PRIVATE, &error_text, &back));
    assert_string_equal(key_id(back), key_id(key));
    key_free(back);
    buf_clear(&pem);
    assert_ok(key_write(key, KEY_PUBLIC, &pem));
    assert_ok(key_read(buf_str(&pem), KEY_PUBLIC, &error_text, &back));
    assert_ok(key_check(back, STR("text"), buf_str(&signature)));
    key_free(back);
    buf_release(&pem);
    buf_release(&signature);
    key_free(key);
}

static void assert_refused(EVP_PKEY *pkey, const char *wanted)
{
    const char *error_text = NULL;
    struct key *key = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes;
    long len;

    assert_non_null(pkey);
    assert_int_equal(PEM_write_bio_PUBKEY(bio, pkey), 1);
    len = BIO_get_mem_data(bio, &bytes);
    assert_err(key_read((struct str){ bytes, (size_t)len }, KEY_PUBLIC, &error_text, &key), ERR_INVALID);
    assert_string_equal(error_text, wanted);
    BIO_free(bio);
    EVP_PKEY_free(pkey);
}

static void test_key__refuses_what_is_weak_or_no_rsa(void **state)
{
    (void)state;
    const char *error_text = NULL;
    struct key *key = NULL;

    assert_refused(EVP_RSA_gen(1024), "is shorter than 2048 bits");
    assert_refused(EVP_EC_gen("P-256"), "is no RSA key");
    assert_err(key_read(STR("not a key"), KEY_PRIVATE, &error_text, &key), ERR_INVALID);
    assert_string_equal(error_text, "is no unencrypted private key in PEM");
    assert_null(key);
}

static int make_arena(void **state)
{
    (void)state;
    arena = arena_new(1 * MIB);
    return arena == NULL ? -1 : 0;
}

static int free_arena(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key__id_is_the_thumbprint),
        cmocka_unit_test(test_key__checks_the_signature_of_the_standard),
        cmocka_unit_test(test_key__comes_back_from_its_files),
        cmocka_unit_test(test_key__refuses_what_is_weak_or_no_rsa),
    };
    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
