#include "unit.h"

#include "objects/files_fixture.h"

static void test_files__grants_what_it_signed(void **state)
{
    (void)state;
    struct str url;
    struct store_local_grant grant;
    struct store_download_opts opts = { .key = STR("w/a"),
                                        .filename = STR("\xc3\xa9&x=1.txt"),
                                        .content_type = STR("text/plain; charset=utf-8"),
                                        .disposition = "inline",
                                        .expires_s = 60,
                                        .now_us = now_us };
    assert_ok(store_presign_get(f.store, f.arena, &opts, &url));
    struct store_local_request request = local_request(url, 0);
    request.action = STORE_LOCAL_GET;
    assert_ok(store_local_verify(f.store, f.arena, &request, &grant));
    assert_str(grant.key, "w/a");
    assert_str(grant.content_type, "text/plain; charset=utf-8");
    assert_str(grant.disposition, "inline; filename=\"_&x=1.txt\"; filename*=UTF-8''%C3%A9%26x%3D1.txt");
    assert_null(grant.upload_id.ptr);
    request.action = STORE_LOCAL_PUT;
    assert_err(store_local_verify(f.store, f.arena, &request, &grant), ERR_FORBIDDEN);
}

static struct str sign_put(const uint8_t *sha256, int64_t size)
{
    struct str url;
    struct store_header headers[STORE_HEADERS_MAX];
    size_t count = 0;
    struct store_presign_put_opts opts = { .key = STR("w/a"),
                                           .content_type = STR("text/plain"),
                                           .size_bytes = size,
                                           .sha256 = sha256,
                                           .expires_s = 60,
                                           .now_us = now_us };
    assert_ok(store_presign_put(f.store, f.arena, &opts, &url, headers, &count));
    assert_int_equal(count, 1);
    assert_str(headers[0].name, "Content-Type");
    return url;
}

static void test_files__refuses_what_it_did_not_sign(void **state)
{
    (void)state;
    struct store_local_grant grant;
    struct store_local_request good = local_request(sign_put(NULL, 10), 10), request;
    assert_ok(store_local_verify(f.store, f.arena, &good, &grant));
    request = good;
    request.now_us = now_us + 60 * US_PER_S;
    assert_err(store_local_verify(f.store, f.arena, &request, &grant), ERR_FORBIDDEN);
    request.now_us--;
    assert_ok(store_local_verify(f.store, f.arena, &request, &grant));
    request = good;
    request.content_length = 11;
    assert_err(store_local_verify(f.store, f.arena, &request, &grant), ERR_FORBIDDEN);
    request = good;
    request.path = STR("w/b");
    assert_err(store_local_verify(f.store, f.arena, &request, &grant), ERR_FORBIDDEN);
    request = good;
    request.query = (struct str){ NULL, 0 };
    assert_err(store_local_verify(f.store, f.arena, &request, &grant), ERR_FORBIDDEN);
    request.query = str_from(arena_printf(f.arena, "%.*s&size=11", STR_FMT(good.query)));
    assert_err(store_local_verify(f.store, f.arena, &request, &grant), ERR_FORBIDDEN);
    request.query = str_from(arena_printf(f.arena, "size=11&%.*s", STR_FMT(good.query)));
    assert_err(store_local_verify(f.store, f.arena, &request, &grant), ERR_FORBIDDEN);
}

static void test_files__refuses_each_changed_byte(void **state)
{
    (void)state;
    struct store_local_grant grant;
    struct store_local_request request = local_request(sign_put(NULL, 10), 10);
    char *text = arena_cstr(f.arena, request.query);
    for (size_t i = 0; i < request.query.len; i++) {
        struct store_local_request changed = request;
        text[i] ^= 1;
        changed.query = (struct str){ text, request.query.len };
        if (store_local_verify(f.store, f.arena, &changed, &grant) != ERR_FORBIDDEN)
            fail_msg("byte %zu", i);
        text[i] ^= 1;
        changed.query = str_head(request.query, i);
        assert_err(store_local_verify(f.store, f.arena, &changed, &grant), ERR_FORBIDDEN);
    }
}

static enum err receive(struct str url, int64_t claimed, int64_t sent)
{
    struct store_local_request request = local_request(url, claimed);
    struct store_local_grant grant;
    struct gen gen = { .size_bytes = sent };
    struct str etag;
    enum err e = store_local_verify(f.store, f.arena, &request, &grant);
    return e != ERR_OK ? e : store_local_receive(f.store, f.arena, &grant, gen_read, &gen, &etag);
}

static void test_files__takes_the_promised_bytes_only(void **state)
{
    (void)state;
    uint8_t sha256[32];
    gen_digest(1000, sha256);
    struct str url = sign_put(sha256, 1000);
    assert_err(receive(url, 1000, 999), ERR_UPLOAD_MISMATCH);
    assert_err(receive(url, 1000, 1001), ERR_UPLOAD_MISMATCH);
    check_absent(&f, "w/a");
    assert_ok(receive(url, 1000, 1000));
    check_range(&f, "w/a", 0, -1, 1000);
    sha256[0] ^= 1;
    assert_err(receive(sign_put(sha256, 1000), 1000, 1000), ERR_UPLOAD_MISMATCH);
    assert_int_equal(count_in(".tmp"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILES_TEST(test_files__grants_what_it_signed),
        FILES_TEST(test_files__refuses_what_it_did_not_sign),
        FILES_TEST(test_files__refuses_each_changed_byte),
        FILES_TEST(test_files__takes_the_promised_bytes_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
