#include "unit.h"

#include <fcntl.h>

#include "objects/files_fixture.h"

static enum err send_part(struct str upload_id, int number, int64_t from, int64_t size)
{
    struct str url, etag;
    struct store_local_grant grant;
    struct store_part_opts opts = { .key = STR("w/film"),
                                    .upload_id = upload_id,
                                    .number = number,
                                    .size_bytes = size,
                                    .expires_s = 60,
                                    .now_us = now_us };
    struct gen gen = { .size_bytes = from + size, .given_bytes = from };
    assert_ok(store_multipart_presign(f.store, f.arena, &opts, &url));
    struct store_local_request request = local_request(url, size);
    assert_ok(store_local_verify(f.store, f.arena, &request, &grant));
    assert_int_equal(grant.part_number, number);
    enum err e = store_local_receive(f.store, f.arena, &grant, gen_read, &gen, &etag);
    if (e == ERR_OK)
        assert_int_equal(etag.len, 34);
    return e;
}

static struct str begin_upload(void)
{
    struct str id;
    assert_ok(store_multipart_begin(f.store, f.arena, STR("w/film"), STR("video/mp4"), &id));
    return id;
}

static void test_files__puts_parts_together(void **state)
{
    (void)state;
    struct store_part *parts;
    size_t count = 9;
    struct str id = begin_upload();
    assert_ok(store_multipart_list(f.store, f.arena, STR("w/film"), id, &parts, &count));
    assert_int_equal(count, 0);
    assert_ok(send_part(id, 3, 2000000, 500));
    assert_ok(send_part(id, 1, 0, 1000000));
    assert_ok(send_part(id, 2, 77, 1000000));      /* wrong bytes first */
    assert_ok(send_part(id, 2, 1000000, 1000000)); /* then the right ones */
    assert_ok(store_multipart_list(f.store, f.arena, STR("w/film"), id, &parts, &count));
    assert_int_equal(count, 3);
    assert_int_equal(parts[0].number, 1);
    assert_int_equal(parts[2].number, 3);
    assert_true(parts[2].size_bytes == 500);
    assert_ok(store_multipart_complete(f.store, f.arena, STR("w/film"), id, parts, count));
    check_range(&f, "w/film", 0, -1, 2000500);
    assert_err(store_multipart_list(f.store, f.arena, STR("w/film"), id, &parts, &count), ERR_NOT_FOUND);
    assert_err(store_multipart_complete(f.store, f.arena, STR("w/film"), id, parts, count), ERR_NOT_FOUND);
    assert_int_equal(count_in(".uploads"), 0);
    assert_int_equal(count_in(".tmp"), 0);
}

static void test_files__completes_with_the_named_parts_only(void **state)
{
    (void)state;
    struct store_part *parts;
    size_t count = 0;
    struct str id = begin_upload();
    assert_ok(send_part(id, 1, 0, 100));
    assert_ok(send_part(id, 2, 100, 100));
    assert_ok(store_multipart_list(f.store, f.arena, STR("w/film"), id, &parts, &count));
    struct store_part wrong[2] = { parts[0], parts[1] };
    wrong[1].etag = STR("\"00000000000000000000000000000000\"");
    assert_err(store_multipart_complete(f.store, f.arena, STR("w/film"), id, wrong, 2), ERR_UPLOAD_INCOMPLETE);
    wrong[1] = parts[1];
    wrong[1].number = 3;
    assert_err(store_multipart_complete(f.store, f.arena, STR("w/film"), id, wrong, 2), ERR_UPLOAD_INCOMPLETE);
    wrong[0] = parts[1];
    wrong[1] = parts[0];
    assert_err(store_multipart_complete(f.store, f.arena, STR("w/film"), id, wrong, 2), ERR_UPLOAD_INCOMPLETE);
    assert_err(store_multipart_complete(f.store, f.arena, STR("w/film"), id, parts, 0), ERR_UPLOAD_INCOMPLETE);
    assert_err(store_multipart_complete(f.store, f.arena, STR("w/other"), id, parts, 2), ERR_NOT_FOUND);
    check_absent(&f, "w/film");
    struct store_part bare = parts[0]; /* clients send etags without quotes too */
    bare.etag = str_head(str_tail(bare.etag, 1), 32);
    assert_ok(store_multipart_complete(f.store, f.arena, STR("w/film"), id, &bare, 1));
    check_range(&f, "w/film", 0, -1, 100);
}

static void test_files__forgets_uploads_that_are_given_up(void **state)
{
    (void)state;
    struct store_part *parts;
    size_t count = 0;
    struct str id = begin_upload();
    assert_ok(send_part(id, 1, 0, 100));
    assert_ok(store_multipart_abort(f.store, f.arena, STR("w/other"), id));
    assert_ok(store_multipart_list(f.store, f.arena, STR("w/film"), id, &parts, &count));
    assert_ok(store_multipart_abort(f.store, f.arena, STR("w/film"), id));
    assert_err(send_part(id, 2, 100, 100), ERR_NOT_FOUND);
    assert_ok(store_multipart_abort(f.store, f.arena, STR("w/film"), id));
    assert_ok(store_multipart_abort(f.store, f.arena, STR("w/film"), STR("../../../../tmp")));
    assert_err(store_multipart_list(f.store, f.arena, STR("w/film"), STR("../.uploads"), &parts, &count),
               ERR_NOT_FOUND);
    assert_int_equal(count_in(".uploads"), 0);
}

static void test_files__takes_no_path_for_an_upload(void **state)
{
    (void)state;
    char path[200];
    struct store_part *parts;
    size_t count = 0;
    assert_ok(put_gen(&f, "w2/key", 1, 1));
    snprintf(path, sizeof(path), "%s/w2/key", f.objects_dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("w/film", file);
    fclose(file);
    assert_err(store_multipart_list(f.store, f.arena, STR("w/film"), STR("../w2"), &parts, &count), ERR_NOT_FOUND);
    assert_ok(store_multipart_abort(f.store, f.arena, STR("w/film"), STR("../w2")));
    check_range(&f, "w2/key", 6, -1, 0); /* still there */
}

static void touch(const char *path, int64_t time_us)
{
    char whole[300];
    struct timespec times[2] = { { .tv_sec = (time_t)(time_us / US_PER_S) },
                                 { .tv_sec = (time_t)(time_us / US_PER_S) } };
    snprintf(whole, sizeof(whole), "%s/%s", f.objects_dir, path);
    int fd = open(whole, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    assert_int_equal(utimensat(AT_FDCWD, whole, times, 0), 0);
}

static void test_files__sweeps_what_is_old(void **state)
{
    (void)state;
    char path[100];
    int64_t count = -1, real_now_us = clock_now_us();
    struct str old = begin_upload(), young = begin_upload();
    assert_ok(send_part(old, 1, 0, 100));
    touch(".tmp/old", real_now_us - 2 * US_PER_DAY);
    touch(".tmp/young", real_now_us - US_PER_HOUR);
    snprintf(path, sizeof(path), ".uploads/%.*s", STR_FMT(old));
    touch(path, real_now_us - 9 * US_PER_DAY);
    snprintf(path, sizeof(path), ".uploads/%.*s", STR_FMT(young));
    touch(path, real_now_us - 7 * US_PER_DAY);
    assert_ok(store_sweep(f.store, f.arena, real_now_us - US_PER_DAY, &count));
    assert_int_equal(count, 2);
    assert_int_equal(count_in(".tmp"), 1);
    assert_int_equal(count_in(".uploads"), 1);
    assert_ok(send_part(young, 1, 0, 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILES_TEST(test_files__puts_parts_together),
        FILES_TEST(test_files__completes_with_the_named_parts_only),
        FILES_TEST(test_files__forgets_uploads_that_are_given_up),
        FILES_TEST(test_files__takes_no_path_for_an_upload),
        FILES_TEST(test_files__sweeps_what_is_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
