/* Against a real S3 server, named by PARLEY_TEST_S3_ENDPOINT, _ACCESS_KEY and _SECRET_KEY; skipped without one. */
#include "unit.h"

#include "egress/egress_fixture.h"

#include <pthread.h>

#include "objects/store_fixture.h"
#include "parley/core/rand.h"

static struct store_fixture f;
static char bucket[40];

static int begin(void **state)
{
    (void)state;
    fixture_begin(&f);
    if (getenv("PARLEY_TEST_S3_ENDPOINT") == NULL)
        return 0;
    f.config.minio_endpoint = getenv("PARLEY_TEST_S3_ENDPOINT");
    f.config.minio_access_key = getenv("PARLEY_TEST_S3_ACCESS_KEY");
    f.config.minio_secret_key = getenv("PARLEY_TEST_S3_SECRET_KEY");
    f.config.minio_bucket_name = bucket;
    fixture_open(&f);
    assert_string_equal(f.error_text.ptr, "");
    return 0;
}

static int end(void **state)
{
    (void)state;
    fixture_end(&f);
    return 0;
}

static void need_server(void)
{
    if (f.store == NULL)
        skip();
}

/* One request by an address alone, as a client makes it. */
static int ask(struct str url, const char *method, const char *const *headers, struct str body, struct buf *ret_body)
{
    struct egress *egress = NULL;
    struct egress_reply reply;
    struct egress_request request = { .method = method,
                                      .url = arena_cstr(f.arena, url),
                                      .headers = headers,
                                      .body = body,
                                      .connect_timeout_ms = 5000,
                                      .total_timeout_ms = 20000,
                                      .trust = EGRESS_OPERATOR };
    assert_ok(egress_new(&(struct egress_opts){ .idle_max = 1 }, &egress));
    egress_reply_init(&reply);
    assert_ok(egress_run(egress, &request, &reply));
    if (ret_body != NULL)
        buf_add(ret_body, buf_str(&reply.body));
    int status = reply.status;
    egress_reply_release(&reply);
    egress_free(egress);
    return status;
}

static void test_s3__stores_and_gives_back(void **state)
{
    (void)state;
    need_server();
    static const int64_t sizes[] = { 0,
                                     1,
                                     70000,
                                     STORE_PUT_PART_BYTES - 1,
                                     STORE_PUT_PART_BYTES,
                                     STORE_PUT_PART_BYTES + 1,
                                     3 * STORE_PUT_PART_BYTES + 5 };
    check_sizes(&f, sizes, COUNT_OF(sizes));
    assert_string_equal(store_kind(f.store), "s3");
    assert_ok(store_ping(f.store));
}

static void test_s3__tells_the_digest_of_what_went_in_one_piece(void **state)
{
    (void)state;
    need_server();
    uint8_t wanted[32];
    struct store_info info;
    assert_ok(put_gen(&f, "w/digest", 5000, 1));
    assert_ok(store_stat(f.store, f.arena, STR("w/digest"), &info));
    gen_digest(5000, wanted);
    assert_true(info.has_sha256);
    assert_memory_equal(info.sha256, wanted, 32);
    assert_ok(put_gen(&f, "w/digest", 2 * STORE_PUT_PART_BYTES, 1));
    assert_ok(store_stat(f.store, f.arena, STR("w/digest"), &info));
    assert_false(info.has_sha256);
}

static void test_s3__reads_ranges(void **state)
{
    (void)state;
    need_server();
    struct check check = { 0 };
    assert_ok(put_gen(&f, "w/range", 600000, 1));
    check_range(&f, "w/range", 10, 20, 20);
    check_range(&f, "w/range", 599990, 100, 10);
    check_range(&f, "w/range", 599990, -1, 10);
    check_range(&f, "w/range", 700000, 100, 0);
    check_range(&f, "w/range", 5, 0, 0);
    assert_err(store_get(f.store, f.arena, STR("w/none"), 0, -1, check_write, &check), ERR_NOT_FOUND);
}

static enum err refuse_all(void *arg, const void *bytes, size_t len)
{
    (void)arg, (void)bytes, (void)len;
    return ERR_CLIENT_GONE;
}

static void test_s3__hands_on_the_error_of_the_sink(void **state)
{
    (void)state;
    need_server();
    assert_ok(put_gen(&f, "w/sink", 600000, 1));
    assert_err(store_get(f.store, f.arena, STR("w/sink"), 0, -1, refuse_all, NULL), ERR_CLIENT_GONE);
}

static void test_s3__deletes(void **state)
{
    (void)state;
    need_server();
    assert_ok(put_gen(&f, "w/gone", 10, 1));
    assert_ok(store_delete(f.store, f.arena, STR("w/gone")));
    check_absent(&f, "w/gone");
    assert_ok(store_delete(f.store, f.arena, STR("w/gone")));
}

static void test_s3__leaves_nothing_of_what_failed(void **state)
{
    (void)state;
    need_server();
    int64_t size = 0;
    uint8_t sha256[32];
    static const struct {
        struct gen gen;
        int64_t known, max;
        enum err wanted;
    } cases[] = {
        { { .size_bytes = 1000, .end = ERR_CLIENT_GONE }, -1, 1 << 30, ERR_CLIENT_GONE },
        { { .size_bytes = 20000000, .end = ERR_CLIENT_GONE }, -1, 1 << 30, ERR_CLIENT_GONE },
        { { .size_bytes = 20000000 }, -1, 19999999, ERR_TOO_LARGE },
        { { .size_bytes = 20000000 }, 20000001, 1 << 30, ERR_UPLOAD_MISMATCH },
        { { .size_bytes = 20000000 }, 19999999, 1 << 30, ERR_UPLOAD_MISMATCH },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct gen gen = cases[i].gen;
        struct store_put_opts opts = { .key = STR("workspace_2/failed"),
                                       .content_type = STR("a/b"),
                                       .size_bytes = cases[i].known,
                                       .max_bytes = cases[i].max,
                                       .source = gen_read,
                                       .arg = &gen };
        assert_err(store_put(f.store, f.arena, &opts, &size, sha256), cases[i].wanted);
        check_absent(&f, "workspace_2/failed");
    }
}

/* ---- addresses for clients ---- */

static struct str presign_put(struct str key, int64_t size, const uint8_t *sha256, const char *ret_headers[3])
{
    struct str url;
    struct store_header headers[STORE_HEADERS_MAX];
    size_t count = 0;
    struct store_presign_put_opts opts = { .key = key,
                                           .content_type = STR("text/plain"),
                                           .size_bytes = size,
                                           .sha256 = sha256,
                                           .expires_s = 60,
                                           .now_us = clock_now_us() };
    assert_ok(store_presign_put(f.store, f.arena, &opts, &url, headers, &count));
    assert_int_equal(count, sha256 != NULL ? 2 : 1);
    for (size_t i = 0; i < count; i++)
        ret_headers[i] = arena_printf(f.arena, "%.*s: %.*s", STR_FMT(headers[i].name), STR_FMT(headers[i].value));
    ret_headers[count] = NULL;
    return url;
}

static void test_s3__lets_clients_put_the_promised_bytes_only(void **state)
{
    (void)state;
    need_server();
    uint8_t sha256[32];
    const char *headers[3];
    digest_sha256(STR("hello"), sha256);
    struct str url = presign_put(STR("w/direct"), 5, sha256, headers);
    assert_int_equal(ask(url, "PUT", headers, STR("hellO"), NULL), 400);
    assert_int_equal(ask(url, "PUT", headers, STR("hello!"), NULL), 403);
    assert_int_equal(ask(url, "PUT", headers, STR("hell"), NULL), 403);
    headers[1] = NULL; /* without the digest that was signed */
    assert_int_equal(ask(url, "PUT", headers, STR("hello"), NULL) / 100, 4);
    check_absent(&f, "w/direct");
    url = presign_put(STR("w/direct"), 5, sha256, headers);
    assert_int_equal(ask(url, "PUT", headers, STR("hello"), NULL), 200);
    struct store_info info;
    assert_ok(store_stat(f.store, f.arena, STR("w/direct"), &info));
    assert_true(info.size_bytes == 5 && info.has_sha256);
    assert_memory_equal(info.sha256, sha256, 32);
}

static void test_s3__binds_the_type_and_the_key(void **state)
{
    (void)state;
    need_server();
    const char *headers[3];
    static const char *const other[] = { "Content-Type: text/html", NULL };
    struct str url = presign_put(STR("w/typed"), 7, NULL, headers);
    assert_int_equal(ask(url, "PUT", other, STR("hello w"), NULL), 403);
    assert_int_equal(ask(url, "GET", NULL, (struct str){ NULL, 0 }, NULL) / 100, 4);
    char *moved = arena_cstr(f.arena, url);
    memcpy(strstr(moved, "w/typed"), "w/mover", 7);
    assert_int_equal(ask(str_from(moved), "PUT", headers, STR("hello w"), NULL), 403);
    assert_int_equal(ask(url, "PUT", headers, STR("hello w"), NULL), 200);
}

static void test_s3__lets_clients_get_with_a_name(void **state)
{
    (void)state;
    need_server();
    struct str url;
    struct buf body;
    const char *headers[3];
    assert_int_equal(ask(presign_put(STR("w/named"), 5, NULL, headers), "PUT", headers, STR("hello"), NULL), 200);
    struct store_download_opts opts = { .key = STR("w/named"),
                                        .filename = STR("\xc3\xa9t\xc3\xa9 & co;=+.txt"),
                                        .content_type = STR("text/plain; charset=utf-8"),
                                        .disposition = "attachment",
                                        .expires_s = 60,
                                        .now_us = clock_now_us() };
    assert_ok(store_presign_get(f.store, f.arena, &opts, &url));
    buf_init(&body, 1000);
    assert_int_equal(ask(url, "GET", NULL, (struct str){ NULL, 0 }, &body), 200);
    assert_str(buf_str(&body), "hello");
    buf_release(&body);
    opts.now_us -= 61 * US_PER_S;
    assert_ok(store_presign_get(f.store, f.arena, &opts, &url));
    assert_int_equal(ask(url, "GET", NULL, (struct str){ NULL, 0 }, NULL), 403);
    assert_null(store_accel_path(f.store, f.arena, STR("w/named")).ptr);
}

static void test_s3__signs_for_the_name_that_clients_know(void **state)
{
    (void)state;
    need_server();
    struct str url;
    struct store *store = NULL;
    f.config.minio_public_endpoint = "https://files.example.org";
    f.config.minio_addressing = ADDRESSING_PATH;
    assert_ok(store_open(&f.config, NULL, &f.error_text, &store));
    struct store_download_opts opts = { .key = STR("w/a"),
                                        .filename = STR("a"),
                                        .content_type = STR("text/plain"),
                                        .disposition = "inline",
                                        .expires_s = 60,
                                        .now_us = clock_now_us() };
    assert_ok(store_presign_get(store, f.arena, &opts, &url));
    assert_true(str_starts_with(url, str_from(arena_printf(f.arena, "https://files.example.org/%s/w/a?", bucket))));
    store_close(store);
}

/* ---- uploads in parts ---- */

static void send_part(struct str key, struct str id, int number, char byte, size_t size)
{
    struct str url;
    struct store_part_opts opts = { .key = key,
                                    .upload_id = id,
                                    .number = number,
                                    .size_bytes = (int64_t)size,
                                    .expires_s = 60,
                                    .now_us = clock_now_us() };
    char *bytes = malloc(size + 1);
    assert_non_null(bytes);
    memset(bytes, byte, size + 1);
    assert_ok(store_multipart_presign(f.store, f.arena, &opts, &url));
    assert_int_equal(ask(url, "PUT", NULL, (struct str){ bytes, size + 1 }, NULL), 403);
    assert_int_equal(ask(url, "PUT", NULL, (struct str){ bytes, size }, NULL), 200);
    free(bytes);
}

static void test_s3__puts_parts_together(void **state)
{
    (void)state;
    need_server();
    struct str key = STR("w/film"), id;
    struct store_part *parts;
    struct store_info info;
    size_t count = 9;
    assert_ok(store_multipart_begin(f.store, f.arena, key, STR("video/mp4"), &id));
    assert_ok(store_multipart_list(f.store, f.arena, key, id, &parts, &count));
    assert_int_equal(count, 0);
    send_part(key, id, 2, 'b', 7);
    send_part(key, id, 1, 'a', 5 * MIB);
    assert_ok(store_multipart_list(f.store, f.arena, key, id, &parts, &count));
    assert_int_equal(count, 2);
    assert_int_equal(parts[0].number, 1);
    assert_true(parts[0].size_bytes == (int64_t)(5 * MIB));
    struct store_part wrong[2] = { parts[0], parts[1] };
    wrong[1].etag = STR("\"00000000000000000000000000000000\"");
    assert_err(store_multipart_complete(f.store, f.arena, key, id, wrong, 2), ERR_UPLOAD_INCOMPLETE);
    assert_ok(store_multipart_complete(f.store, f.arena, key, id, parts, count));
    assert_ok(store_stat(f.store, f.arena, key, &info));
    assert_true(info.size_bytes == (int64_t)(5 * MIB) + 7);
    assert_err(store_multipart_list(f.store, f.arena, key, id, &parts, &count), ERR_NOT_FOUND);
    assert_err(store_multipart_complete(f.store, f.arena, key, id, wrong, 2), ERR_NOT_FOUND);
}

static void test_s3__says_when_parts_are_too_small(void **state)
{
    (void)state;
    need_server();
    struct str key = STR("w/small"), id;
    struct store_part *parts;
    size_t count = 0;
    assert_ok(store_multipart_begin(f.store, f.arena, key, STR("video/mp4"), &id));
    send_part(key, id, 1, 'a', 7);
    send_part(key, id, 2, 'b', 7);
    assert_ok(store_multipart_list(f.store, f.arena, key, id, &parts, &count));
    assert_err(store_multipart_complete(f.store, f.arena, key, id, parts, count), ERR_UPLOAD_INCOMPLETE);
    assert_ok(store_multipart_abort(f.store, f.arena, key, id));
}

static void test_s3__forgets_uploads_that_are_given_up(void **state)
{
    (void)state;
    need_server();
    struct str key = STR("w/given-up"), id;
    struct store_part *parts;
    size_t count = 0;
    int64_t swept = -1;
    assert_ok(store_multipart_begin(f.store, f.arena, key, STR("video/mp4"), &id));
    send_part(key, id, 1, 'a', 7);
    assert_ok(store_multipart_abort(f.store, f.arena, key, id));
    assert_ok(store_multipart_abort(f.store, f.arena, key, id));
    assert_err(store_multipart_list(f.store, f.arena, key, id, &parts, &count), ERR_NOT_FOUND);
    assert_err(store_multipart_list(f.store, f.arena, key, STR("no/such&id="), &parts, &count), ERR_NOT_FOUND);
    assert_ok(store_sweep(f.store, f.arena, clock_now_us(), &swept));
}

static void *open_one(void *arg)
{
    struct store *store = NULL;
    struct buf error_text;
    buf_init(&error_text, 1000);
    *(enum err *)arg = store_open(&f.config, NULL, &error_text, &store);
    store_close(store);
    buf_release(&error_text);
    return NULL;
}

static void test_s3__makes_one_bucket_for_many_that_start_at_once(void **state)
{
    (void)state;
    need_server();
    enum { OPENERS = 8 };
    pthread_t threads[OPENERS];
    enum err errs[OPENERS];
    char fresh[60];
    snprintf(fresh, sizeof(fresh), "%s-many", bucket);
    f.config.minio_bucket_name = fresh;
    for (int i = 0; i < OPENERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, open_one, &errs[i]), 0);
    for (int i = 0; i < OPENERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < OPENERS; i++)
        assert_ok(errs[i]);
}

static void check_refused(const char *with)
{
    struct store *store = NULL;
    struct buf error_text;
    buf_init(&error_text, 1000);
    assert_err(store_open(&f.config, NULL, &error_text, &store), ERR_STORAGE);
    if (strstr(error_text.ptr, with) == NULL)
        fail_msg("%s", error_text.ptr);
    buf_release(&error_text);
}

static void test_s3__stops_the_start_where_it_is_refused(void **state)
{
    (void)state;
    need_server();
    f.config.minio_secret_key = "wrong";
    check_refused("MINIO_SECRET_KEY");
    f.config.minio_access_key = "wrong";
    check_refused("MINIO_ACCESS_KEY");
    f.config.minio_access_key = "";
    check_refused("MINIO_ACCESS_KEY");
}

#define S3_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static int group_init(void **state)
{
    snprintf(bucket, sizeof(bucket), "unit-%08llx", (unsigned long long)rand_below(UINT32_MAX));
    return egress_setup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        S3_TEST(test_s3__stores_and_gives_back),
        S3_TEST(test_s3__tells_the_digest_of_what_went_in_one_piece),
        S3_TEST(test_s3__reads_ranges),
        S3_TEST(test_s3__hands_on_the_error_of_the_sink),
        S3_TEST(test_s3__deletes),
        S3_TEST(test_s3__leaves_nothing_of_what_failed),
        S3_TEST(test_s3__lets_clients_put_the_promised_bytes_only),
        S3_TEST(test_s3__binds_the_type_and_the_key),
        S3_TEST(test_s3__lets_clients_get_with_a_name),
        S3_TEST(test_s3__signs_for_the_name_that_clients_know),
        S3_TEST(test_s3__puts_parts_together),
        S3_TEST(test_s3__says_when_parts_are_too_small),
        S3_TEST(test_s3__forgets_uploads_that_are_given_up),
        S3_TEST(test_s3__makes_one_bucket_for_many_that_start_at_once),
        S3_TEST(test_s3__stops_the_start_where_it_is_refused),
    };
    return cmocka_run_group_tests(tests, group_init, egress_teardown);
}
