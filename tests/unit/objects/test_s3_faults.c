/* What S3 servers do when they are not well, played by a script. */
#include "unit.h"

#include "egress/egress_fixture.h"

#include "../../../app/objects/s3_private.h"
#include "egress/fake_server.h"
#include "objects/store_fixture.h"
#include "parley/core/clock.h"

#define REPLY(status, body_len, body) "HTTP/1.1 " status "\r\nContent-Length: " body_len "\r\n\r\n" body
#define EMPTY(status) REPLY(status, "0", "")
#define SLOW_DOWN REPLY("503 Slow Down", "36", "<Error><Code>SlowDown</Code></Error>")
#define BUCKET EMPTY("200 OK") /* the answer to the look at the bucket */
#define BEGUN \
    REPLY("200 OK", "91", "<InitiateMultipartUploadResult><UploadId>u&amp;1</UploadId></InitiateMultipartUploadResult>")
#define PART "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: \"e1\"\r\n\r\n"
#define BROKEN_END REPLY("200 OK", "41", "<Error><Code>InternalError</Code></Error>")

static struct store_fixture f;
static struct fake_server server;
static char endpoint[40];
enum { BIG = 2 * STORE_PUT_PART_BYTES + 100 };

static void begin(const char *const *script)
{
    fixture_begin(&f);
    fake_start(&server, script);
    snprintf(endpoint, sizeof(endpoint), "127.0.0.1:%d", server.port);
    f.config.minio_endpoint = endpoint;
    f.config.minio_access_key = "key";
    f.config.minio_secret_key = "secret";
    fixture_open(&f);
}

static void end(void)
{
    fixture_end(&f);
    fake_stop(&server);
}

static bool was_asked(int number, const char *line)
{
    return strncmp(server.requests[number], line, strlen(line)) == 0;
}

static void check_fault(const char *wanted)
{
    struct buf error_text;
    buf_init(&error_text, 1000);
    store_fault(f.store, &error_text);
    assert_string_equal(error_text.ptr, wanted);
    buf_release(&error_text);
}

static void test_s3__asks_once_more_when_it_shall_slow_down(void **state)
{
    (void)state;
    static const char *const script[] = { BUCKET, SLOW_DOWN, PART, SLOW_DOWN, SLOW_DOWN, NULL };
    begin(script);
    assert_ok(put_gen(&f, "w/a", 1000, 1));
    assert_err(put_gen(&f, "w/a", 1000, 1), ERR_STORAGE);
    check_fault("The object store answered 503 SlowDown");
    end();
    assert_int_equal(server.asked_count, 5);
    assert_int_equal(server.body_bytes[2], 1000);
}

static void test_s3__asks_once_more_when_the_connection_died(void **state)
{
    (void)state;
    static const char *const script[] = { BUCKET, FAKE_HANG_UP, FAKE_HANG_UP, PART, NULL };
    begin(script);
    assert_ok(put_gen(&f, "w/a", 1000, 1));
    end();
    assert_int_equal(server.asked_count, 4); /* the second of them by curl, since the connection was a kept one */
}

/* One limit for whoever meets it first, over all tries; then a short one. */
static void test_s3__that_hangs_is_not_waited_for_again(void **state)
{
    (void)state;
    static const char *const script[] = { BUCKET, FAKE_SILENCE, FAKE_SILENCE, EMPTY("200 OK"), PART, NULL };
    struct s3 *s3;
    int64_t began_us;
    begin(script);
    s3 = (struct s3 *)f.store;
    s3->silent_max_s = s3->hung_max_s = 1; /* curl sees silence some seconds late: its speed is an average */
    assert_err(put_gen(&f, "w/a", 1000, 1), ERR_STORAGE);
    began_us = clock_monotonic_us();
    assert_err(store_delete(f.store, f.arena, STR("w/a")), ERR_STORAGE);
    assert_in_range(clock_monotonic_us() - began_us, 0,
                    10 * US_PER_S);                        /* far below the limit of a store that is well */
    assert_ok(store_delete(f.store, f.arena, STR("w/a"))); /* it is well again */
    assert_int_equal(s3->hung_us, 0);
    assert_ok(put_gen(&f, "w/a", 1000, 1));
    end();
    assert_int_equal(server.asked_count, 5);
}

static void test_s3__does_not_begin_an_upload_twice(void **state)
{
    (void)state;
    static const char *const script[] = { BUCKET, SLOW_DOWN, NULL };
    struct str id;
    begin(script);
    assert_err(store_multipart_begin(f.store, f.arena, STR("w/a"), STR("a/b"), &id), ERR_STORAGE);
    end();
    assert_int_equal(server.asked_count, 2);
}

static void test_s3__gives_up_an_upload_whose_part_failed(void **state)
{
    (void)state;
    static const char *const script[] = { BUCKET,
                                          BEGUN,
                                          SLOW_DOWN,
                                          SLOW_DOWN,
                                          SLOW_DOWN,
                                          SLOW_DOWN, /* two parts are on their way, each asked twice */
                                          EMPTY("204 No Content"),
                                          NULL };
    begin(script);
    assert_err(put_gen(&f, "w/a", BIG, 0), ERR_STORAGE);
    end();
    for (int i = 2; i < 6; i++)
        assert_true(was_asked(i, "PUT /test-objects/w/a?partNumber="));
    assert_true(was_asked(6, "DELETE /test-objects/w/a?uploadId=u%261 "));
}

static void test_s3__gives_up_an_upload_whose_source_failed(void **state)
{
    (void)state;
    static const char *const script[] = { BUCKET, BEGUN, PART, PART, EMPTY("204 No Content"), NULL };
    struct gen gen = { .size_bytes = 2 * STORE_PUT_PART_BYTES,
                       .end = ERR_CLIENT_GONE }; /* while the second part is on its way */
    struct store_put_opts opts = { .key = STR("w/a"),
                                   .content_type = STR("a/b"),
                                   .size_bytes = -1,
                                   .max_bytes = 1 << 30,
                                   .source = gen_read,
                                   .arg = &gen };
    int64_t size = 0;
    uint8_t sha256[32];
    begin(script);
    assert_err(store_put(f.store, f.arena, &opts, &size, sha256), ERR_CLIENT_GONE);
    end();
    assert_true(was_asked(4, "DELETE /test-objects/w/a?uploadId=u%261 "));
}

static void test_s3__removes_an_object_whose_completion_is_unknown(void **state)
{
    (void)state;
    static const char *const script[] = {
        BUCKET, BEGUN, PART, PART, PART, FAKE_HANG_UP, EMPTY("404 Not Found"), EMPTY("204 No Content"), NULL
    };
    begin(script);
    assert_err(put_gen(&f, "w/a", BIG, 0), ERR_STORAGE);
    end();
    assert_true(was_asked(5, "POST /test-objects/w/a?uploadId=u%261 "));
    assert_true(was_asked(6, "DELETE /test-objects/w/a?uploadId=u%261 "));
    assert_true(was_asked(7, "DELETE /test-objects/w/a HTTP"));
}

static void test_s3__reads_the_fault_behind_a_200(void **state)
{
    (void)state;
    static const char *const script[] = { BUCKET, BROKEN_END, REPLY("200 OK", "4", "what"), NULL };
    struct store_part part = { .number = 1, .etag = STR("\"e\"") };
    begin(script);
    assert_err(store_multipart_complete(f.store, f.arena, STR("w/a"), STR("u"), &part, 1), ERR_STORAGE);
    check_fault("The object store could not put the parts together InternalError");
    assert_err(store_multipart_complete(f.store, f.arena, STR("w/a"), STR("u"), &part, 1), ERR_STORAGE);
    end();
}

static void test_s3__tells_a_missing_bucket_from_a_missing_object(void **state)
{
    (void)state;
    static const char *const script[] = {
        BUCKET, REPLY("404 Not Found", "37", "<Error><Code>NoSuchKey</Code></Error>"),
        REPLY("404 Not Found", "40", "<Error><Code>NoSuchBucket</Code></Error>"),
        REPLY("403 Forbidden", "50", "<Error><Code>SignatureDoesNotMatch</Code></Error> "), NULL
    };
    struct check check = { 0 };
    begin(script);
    assert_err(store_get(f.store, f.arena, STR("w/a"), 0, -1, check_write, &check), ERR_NOT_FOUND);
    assert_err(store_get(f.store, f.arena, STR("w/a"), 0, -1, check_write, &check), ERR_STORAGE);
    check_fault("The bucket is not there (MINIO_BUCKET_NAME)");
    assert_err(store_delete(f.store, f.arena, STR("w/a")), ERR_STORAGE);
    check_fault("The object store refuses the signature (MINIO_SECRET_KEY, MINIO_REGION)");
    end();
}

/* A reply whose length is counted here. The server's thread may still look at it when the store is closed. */
static const char *reply_of(const char *body)
{
    static char replies[4][2000];
    static size_t count;
    char *reply = replies[count++ % COUNT_OF(replies)];

    assert_true((size_t)snprintf(reply, sizeof(replies[0]), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
                                 strlen(body), body) < sizeof(replies[0]));
    return reply;
}

static void test_s3__lists_parts_page_by_page(void **state)
{
    (void)state;
    const char *script[] = { BUCKET, "", "", NULL };
    struct store_part *parts;
    size_t count = 0;
    begin(script);
    script[1] = reply_of(
        "<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker>"
        "<Part><PartNumber>1</PartNumber><ETag>\"a\"</ETag><Size>5</Size></Part></ListPartsResult>");
    script[2] = reply_of("<ListPartsResult><IsTruncated>false</IsTruncated>"
                         "<Part><PartNumber>2</PartNumber><ETag>\"b\"</ETag><Size>6</Size></Part></ListPartsResult>");
    assert_ok(store_multipart_list(f.store, f.arena, STR("w/a"), STR("u"), &parts, &count));
    assert_int_equal(count, 2);
    assert_int_equal(parts[1].size_bytes, 6);
    end();
    assert_true(was_asked(1, "GET /test-objects/w/a?max-parts=1000&part-number-marker=0&uploadId=u "));
    assert_true(was_asked(2, "GET /test-objects/w/a?max-parts=1000&part-number-marker=1&uploadId=u "));
}

#define UPLOAD(key, id, begun) \
    "<Upload><Key>" key "</Key><UploadId>" id "</UploadId><Initiated>" begun "</Initiated></Upload>"

static void test_s3__sweeps_old_uploads_of_our_own(void **state)
{
    (void)state;
    const char *script[] = { BUCKET, "", EMPTY("204 No Content"), "", EMPTY("404 Not Found"), NULL };
    int64_t now_us = 0, count = 0;
    assert_ok(clock_parse(STR("2026-11-20T00:00:00Z"), &now_us));
    begin(script);
    script[1] = reply_of(
        "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>workspace_2/b</NextKeyMarker>"
        "<NextUploadIdMarker>u2</NextUploadIdMarker>" UPLOAD("workspace_1/a", "u1", "2026-11-01T00:00:00.000Z")
            UPLOAD("workspace_2/b", "u2", "2026-11-19T00:00:00.000Z") "</ListMultipartUploadsResult>");
    script[3] = reply_of("<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>" UPLOAD(
        "workspace_OTHER/a", "u3", "2026-11-01T00:00:00.000Z")
                             UPLOAD("workspace_3/c", "u4", "2026-11-01T00:00:00.000Z") "</ListMultipartUploadsResult>");
    assert_ok(store_sweep(f.store, f.arena, now_us, &count));
    assert_int_equal(count, 2);
    end();
    assert_true(was_asked(1, "GET /test-objects?max-uploads=100&prefix=workspace_&uploads= "));
    assert_true(was_asked(2, "DELETE /test-objects/workspace_1/a?uploadId=u1 "));
    assert_non_null(strstr(server.requests[3], "key-marker=workspace_2%2Fb"));
    assert_true(was_asked(4, "DELETE /test-objects/workspace_3/c?uploadId=u4 "));
}

static void test_s3__does_not_repeat_a_download_that_began(void **state)
{
    (void)state;
    static const char *const script[] = {
        BUCKET, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nConnection: close\r\n\r\nonly this", FAKE_HANG_UP, NULL
    };
    struct check check = { 0 };
    begin(script);
    assert_err(store_get(f.store, f.arena, STR("w/a"), 0, -1, check_write, &check), ERR_STORAGE);
    assert_int_equal(check.count_bytes, 9);
    end();
    assert_int_equal(server.asked_count, 2);
}

static void test_s3__starts_while_the_server_is_away(void **state)
{
    (void)state;
    static const char *const script[] = { BUCKET, NULL };
    struct store_info info;
    begin(script);
    end(); /* from here on nobody listens at that port */
    fixture_begin(&f);
    f.config.minio_endpoint = endpoint;
    f.config.minio_access_key = "key";
    f.config.minio_secret_key = "secret";
    fixture_open(&f);
    assert_string_equal(f.error_text.ptr, "The object store cannot be reached: the connection was refused");
    assert_err(store_stat(f.store, f.arena, STR("w/a"), &info), ERR_STORAGE);
    assert_err(store_ping(f.store), ERR_STORAGE);
    fixture_end(&f);
}

static void test_s3__makes_the_bucket_when_it_comes_back(void **state)
{
    (void)state;
    static const char *const script[] = { FAKE_HANG_UP,
                                          FAKE_HANG_UP,
                                          EMPTY("404 Not Found"),
                                          REPLY("409 Conflict", "51",
                                                "<Error><Code>BucketAlreadyOwnedByYou</Code></Error>"),
                                          PART,
                                          NULL };
    begin(script);
    assert_string_equal(f.error_text.ptr, "The object store cannot be reached: the connection broke");
    assert_ok(put_gen(&f, "w/a", 10, 1));
    end();
    assert_true(was_asked(2, "HEAD /test-objects HTTP"));
    assert_true(was_asked(3, "PUT /test-objects HTTP"));
    assert_true(was_asked(4, "PUT /test-objects/w/a HTTP"));
}

static void test_s3__names_the_region_of_a_new_bucket(void **state)
{
    (void)state;
    static const char *const script[] = { EMPTY("404 Not Found"), EMPTY("200 OK"), NULL };
    fixture_begin(&f);
    fake_start(&server, script);
    snprintf(endpoint, sizeof(endpoint), "http://127.0.0.1:%d/", server.port);
    f.config.minio_endpoint = endpoint;
    f.config.minio_access_key = "key";
    f.config.minio_secret_key = "secret";
    f.config.minio_region = "eu-central-1";
    fixture_open(&f);
    end();
    assert_non_null(strstr(server.requests[1], "<LocationConstraint>eu-central-1</LocationConstraint>"));
    assert_non_null(strstr(server.requests[1], "/eu-central-1/s3/aws4_request"));
}

static void test_s3__asks_the_buckets_own_host(void **state)
{
    (void)state;
    struct str url;
    fixture_begin(&f);
    f.config.minio_endpoint = "https://s3.example.test:443";
    f.config.minio_public_endpoint = "http://cdn.example.test:80/";
    f.config.minio_access_key = "key";
    f.config.minio_secret_key = "secret";
    f.config.minio_addressing = ADDRESSING_VIRTUAL;
    fixture_open(&f);
    assert_true(str_starts_with(buf_str(&f.error_text), STR("The object store cannot be reached: ")));
    struct store_part_opts opts = {
        .key = STR("w/a"), .upload_id = STR("u"), .number = 1, .size_bytes = 5, .expires_s = 60
    };
    assert_ok(store_multipart_presign(f.store, f.arena, &opts, &url));
    assert_true(str_starts_with(url, STR("http://test-objects.cdn.example.test/w/a?")));
    fixture_end(&f);
}

static void test_s3__refuses_settings_that_make_no_sense(void **state)
{
    (void)state;
    static const char *const endpoints[] = { "http://",   "a b",       "host:0",     "host:65536", "host:", "host:x",
                                             "user@host", "host/path", "ftp://host", "[::1",       "host?x" };
    static const char *const buckets[] = { "ab", "Upper", "a_b", ".abc", "-abc", "a/b" };
    fixture_begin(&f);
    f.config.minio_access_key = "key";
    f.config.minio_secret_key = "secret";
    for (size_t i = 0; i < COUNT_OF(endpoints) + COUNT_OF(buckets); i++) {
        struct buf error_text;
        buf_init(&error_text, 1000);
        f.config.minio_endpoint = i < COUNT_OF(endpoints) ? endpoints[i] : "localhost:1";
        f.config.minio_bucket_name = i < COUNT_OF(endpoints) ? "test-objects" : buckets[i - COUNT_OF(endpoints)];
        if (store_open(&f.config, NULL, &error_text, &f.store) != ERR_STORAGE ||
            strstr(error_text.ptr, "MINIO_") == NULL)
            fail_msg("%s %s: %s", f.config.minio_endpoint, f.config.minio_bucket_name, error_text.ptr);
        buf_release(&error_text);
    }
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_s3__asks_once_more_when_it_shall_slow_down),
        cmocka_unit_test(test_s3__asks_once_more_when_the_connection_died),
        cmocka_unit_test(test_s3__that_hangs_is_not_waited_for_again),
        cmocka_unit_test(test_s3__does_not_begin_an_upload_twice),
        cmocka_unit_test(test_s3__gives_up_an_upload_whose_part_failed),
        cmocka_unit_test(test_s3__gives_up_an_upload_whose_source_failed),
        cmocka_unit_test(test_s3__removes_an_object_whose_completion_is_unknown),
        cmocka_unit_test(test_s3__reads_the_fault_behind_a_200),
        cmocka_unit_test(test_s3__tells_a_missing_bucket_from_a_missing_object),
        cmocka_unit_test(test_s3__lists_parts_page_by_page),
        cmocka_unit_test(test_s3__sweeps_old_uploads_of_our_own),
        cmocka_unit_test(test_s3__does_not_repeat_a_download_that_began),
        cmocka_unit_test(test_s3__starts_while_the_server_is_away),
        cmocka_unit_test(test_s3__makes_the_bucket_when_it_comes_back),
        cmocka_unit_test(test_s3__names_the_region_of_a_new_bucket),
        cmocka_unit_test(test_s3__asks_the_buckets_own_host),
        cmocka_unit_test(test_s3__refuses_settings_that_make_no_sense),
    };
    return cmocka_run_group_tests(tests, egress_setup, egress_teardown);
}
