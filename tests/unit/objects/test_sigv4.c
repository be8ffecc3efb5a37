#include "parley/objects/sigv4.h"

#include "unit.h"

#include "objects/arena_fixture.h"

#include "parley/core/clock.h"

/*
 * The worked examples of the Amazon S3 API Reference, "Signature Calculations for the Authorization Header" and
 * "Authenticating Requests: Using Query Parameters", with the key that they are published with.
 */
static const struct sigv4_key example_key = {
    .access_key = STR_INIT("AKIAIOSFODNN7EXAMPLE"),
    .secret_key = STR_INIT("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    .region = STR_INIT("us-east-1"),
};
#define EXAMPLE_HOST "examplebucket.s3.amazonaws.com"
#define EXAMPLE_STAMP "20130524T000000Z"

static int64_t example_now_us(void)
{
    int64_t now_us = 0;
    assert_ok(clock_parse(STR("2013-05-24T00:00:00Z"), &now_us));
    return now_us;
}

static struct str authorize(struct sigv4_request request)
{
    struct str value = { NULL, 0 };
    request.now_us = example_now_us();
    assert_ok(sigv4_authorize(a, &example_key, &request, &value));
    return value;
}

static void test_sigv4__signs_get_object_with_range(void **state)
{
    (void)state;
    struct sigv4_pair headers[] = { { STR("x-amz-date"), STR(EXAMPLE_STAMP) },
                                    { STR("range"), STR("bytes=0-9") },
                                    { STR("x-amz-content-sha256"), STR(SIGV4_EMPTY_SHA256) },
                                    { STR("host"), STR(EXAMPLE_HOST) } };
    struct str value = authorize((struct sigv4_request){ .method = "GET",
                                                         .path = STR("/test.txt"),
                                                         .headers = headers,
                                                         .header_count = COUNT_OF(headers),
                                                         .payload = SIGV4_EMPTY_SHA256 });
    assert_str(value, "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                      "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                      "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

static void test_sigv4__signs_put_object(void **state)
{
    (void)state;
    static const char payload[] = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    struct sigv4_pair headers[] = { { STR("date"), STR("Fri, 24 May 2013 00:00:00 GMT") },
                                    { STR("host"), STR(EXAMPLE_HOST) },
                                    { STR("x-amz-content-sha256"), str_from(payload) },
                                    { STR("x-amz-date"), STR(EXAMPLE_STAMP) },
                                    { STR("x-amz-storage-class"), STR("REDUCED_REDUNDANCY") } };
    struct str value = authorize((struct sigv4_request){ .method = "PUT",
                                                         .path = STR("/test$file.text"),
                                                         .headers = headers,
                                                         .header_count = COUNT_OF(headers),
                                                         .payload = payload });
    assert_true(
        str_ends_with(value, STR("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")));
}

static void check_bucket_request(const struct sigv4_pair *query, size_t count, const char *signature)
{
    struct sigv4_pair headers[] = { { STR("host"), STR(EXAMPLE_HOST) },
                                    { STR("x-amz-content-sha256"), STR(SIGV4_EMPTY_SHA256) },
                                    { STR("x-amz-date"), STR(EXAMPLE_STAMP) } };
    struct str value = authorize((struct sigv4_request){ .method = "GET",
                                                         .path = STR("/"),
                                                         .query = query,
                                                         .query_count = count,
                                                         .headers = headers,
                                                         .header_count = COUNT_OF(headers),
                                                         .payload = SIGV4_EMPTY_SHA256 });
    assert_true(str_ends_with(value, str_from(signature)));
}

static void test_sigv4__signs_a_parameter_without_value(void **state)
{
    (void)state;
    struct sigv4_pair query[] = { { STR("lifecycle"), STR("") } };
    check_bucket_request(query, 1, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

static void test_sigv4__sorts_parameters(void **state)
{
    (void)state;
    struct sigv4_pair query[] = { { STR("prefix"), STR("J") }, { STR("max-keys"), STR("2") } };
    check_bucket_request(query, 2, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void test_sigv4__presigns_get_object(void **state)
{
    (void)state;
    struct str query = { NULL, 0 };
    struct sigv4_pair headers[] = { { STR("host"), STR(EXAMPLE_HOST) } };
    struct sigv4_request request = {
        .method = "GET", .path = STR("/test.txt"), .headers = headers, .header_count = 1, .now_us = example_now_us()
    };
    assert_ok(sigv4_presign(a, &example_key, &request, 86400, &query));
    assert_str(
        query,
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

static void test_sigv4__encodes_once_and_keeps_slashes_of_paths(void **state)
{
    (void)state;
    struct str path;
    assert_ok(sigv4_path(a, STR("/b/a b+c%2F\xc3\xa9~"), &path));
    assert_str(path, "/b/a%20b%2Bc%252F%C3%A9~");
}

static void test_sigv4__says_when_the_arena_is_full(void **state)
{
    (void)state;
    struct arena *small = arena_new(64);
    struct str value = { NULL, 0 };
    struct sigv4_pair headers[] = { { STR("host"), STR(EXAMPLE_HOST) } };
    struct sigv4_request request = {
        .method = "GET", .path = STR("/"), .headers = headers, .header_count = 1, .payload = SIGV4_UNSIGNED
    };
    assert_err(sigv4_authorize(small, &example_key, &request, &value), ERR_NO_MEMORY);
    assert_err(sigv4_presign(small, &example_key, &request, 60, &value), ERR_NO_MEMORY);
    assert_null(value.ptr);
    arena_free(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sigv4__signs_get_object_with_range),
        cmocka_unit_test(test_sigv4__signs_put_object),
        cmocka_unit_test(test_sigv4__signs_a_parameter_without_value),
        cmocka_unit_test(test_sigv4__sorts_parameters),
        cmocka_unit_test(test_sigv4__presigns_get_object),
        cmocka_unit_test(test_sigv4__encodes_once_and_keeps_slashes_of_paths),
        cmocka_unit_test(test_sigv4__says_when_the_arena_is_full),
    };
    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
