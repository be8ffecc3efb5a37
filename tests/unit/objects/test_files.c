#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <utime.h>

#include "objects/store_fixture.h"

static struct store_fixture f;

static int begin(void **state)
{
    (void)state;
    fixture_begin(&f);
    assert_ok(keys_open(&f.config, &f.fault, &f.keys));
    fixture_open(&f);
    return 0;
}

static int end(void **state)
{
    (void)state;
    fixture_end(&f);
    return 0;
}

/* Entries of a folder below OBJECTS_DIR, but for the dots. */
static int count_in(const char *folder)
{
    char path[200];
    int count = 0;
    snprintf(path, sizeof(path), "%s/%s", f.objects_dir, folder);
    DIR *dir = opendir(path);
    if (dir == NULL)
        return -1;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static void test_files__stores_and_gives_back(void **state)
{
    (void)state;
    static const int64_t sizes[] = { 0, 1, 262143, 262144, 262145, 9000001 };
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        for (int known = 0; known < 2; known++) {
            struct store_info info;
            assert_ok(put_gen(&f, "workspace_1/20261120_aa.txt", sizes[i], known));
            assert_ok(store_stat(f.store, f.arena, STR("workspace_1/20261120_aa.txt"), &info));
            assert_true(info.size_bytes == sizes[i]);
            check_range(&f, "workspace_1/20261120_aa.txt", 0, -1, sizes[i]);
        }
    }
    assert_int_equal(count_in(".tmp"), 0);
    assert_string_equal(store_kind(f.store), "folder");
    assert_ok(store_ping(f.store));
}

static void test_files__reads_ranges(void **state)
{
    (void)state;
    assert_ok(put_gen(&f, "a/b", 600000, 1));
    check_range(&f, "a/b", 10, 20, 20);
    check_range(&f, "a/b", 300000, 290000, 290000);
    check_range(&f, "a/b", 599990, 100, 10);
    check_range(&f, "a/b", 700000, 100, 0);
    check_range(&f, "a/b", 5, 0, 0);
    struct check check = { 0 };
    assert_err(store_get(f.store, f.arena, STR("a/c"), 0, -1, check_write, &check), ERR_NOT_FOUND);
    assert_err(store_get(f.store, f.arena, STR("a"), 0, -1, check_write, &check), ERR_NOT_FOUND);
    assert_err(store_get(f.store, f.arena, STR("a/b/c"), 0, -1, check_write, &check), ERR_NOT_FOUND);
}

static void test_files__lets_nginx_read_and_others_not(void **state)
{
    (void)state;
    struct stat st;
    char path[200];
    mode_t old = umask(077);
    assert_ok(put_gen(&f, "w/one.txt", 10, 1));
    umask(old);
    snprintf(path, sizeof(path), "%s/w/one.txt", f.objects_dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    snprintf(path, sizeof(path), "%s/w", f.objects_dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0750);
}

static void test_files__leaves_nothing_of_what_failed(void **state)
{
    (void)state;
    int64_t size = 0;
    uint8_t sha256[32];
    struct gen gen = { .size_bytes = 500000 };
    struct store_put_opts opts = { .key = STR("w/x"),
                                   .content_type = STR("a/b"),
                                   .size_bytes = -1,
                                   .max_bytes = 499999,
                                   .source = gen_read,
                                   .arg = &gen };
    assert_err(store_put(f.store, f.arena, &opts, &size, sha256), ERR_TOO_LARGE);
    gen = (struct gen){ .size_bytes = 500000, .end = ERR_CLIENT_GONE };
    opts.max_bytes = 1 << 20;
    assert_err(store_put(f.store, f.arena, &opts, &size, sha256), ERR_CLIENT_GONE);
    gen = (struct gen){ .size_bytes = 500000 };
    opts.size_bytes = 500001;
    assert_err(store_put(f.store, f.arena, &opts, &size, sha256), ERR_UPLOAD_MISMATCH);
    gen = (struct gen){ .size_bytes = 500000 };
    opts.size_bytes = 499999;
    assert_err(store_put(f.store, f.arena, &opts, &size, sha256), ERR_UPLOAD_MISMATCH);
    check_absent(&f, "w/x");
    assert_int_equal(count_in(".tmp"), 0);
}

static void test_files__says_that_the_disk_is_full(void **state)
{
    (void)state;
    char fault_text[200];
    struct buf fault;
    if (mount("none", f.objects_dir, "tmpfs", 0, "size=1m") != 0)
        skip();
    store_close(f.store);
    f.store = NULL;
    fixture_open(&f);
    enum err err = put_gen(&f, "w/big", 3000000, 1);
    buf_init(&fault, 1000);
    store_fault(f.store, &fault);
    snprintf(fault_text, sizeof(fault_text), "%s", fault.ptr);
    buf_release(&fault);
    int left = count_in(".tmp");
    enum err small = put_gen(&f, "w/small", 1000, 1);
    store_close(f.store);
    f.store = NULL;
    assert_int_equal(umount(f.objects_dir), 0);
    assert_err(err, ERR_STORAGE);
    assert_string_equal(fault_text, "The disk of the object folder is full");
    assert_int_equal(left, 0);
    assert_ok(small);
}

static void test_files__refuses_keys_that_are_not_ours(void **state)
{
    (void)state;
    static const char *const bad[] = { "",     "/a", "a/",  "a//b", "../a", "a/../b", ".tmp/a",
                                       "a/.b", "A",  "a b", "a\\b", "a%2e", "a\nb",   "\xc3\xa9" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct store_info info;
        if (put_gen(&f, bad[i], 1, 1) != ERR_INVALID)
            fail_msg("taken: %s", bad[i]);
        assert_err(store_stat(f.store, f.arena, str_from(bad[i]), &info), ERR_NOT_FOUND);
        assert_ok(store_delete(f.store, f.arena, str_from(bad[i])));
        assert_null(store_accel_path(f.store, f.arena, str_from(bad[i])).ptr);
    }
    assert_str(store_accel_path(f.store, f.arena, STR("w/a_b-c.d")), "/_objects/w/a_b-c.d");
    char key[202];
    memset(key, 'a', 201);
    key[201] = '\0';
    assert_err(put_gen(&f, key, 1, 1), ERR_INVALID);
    assert_ok(put_gen(&f, key + 1, 1, 1));
}

static void test_files__deletes_and_tidies_up(void **state)
{
    (void)state;
    assert_ok(put_gen(&f, "w/1", 10, 1));
    assert_ok(put_gen(&f, "w/2", 10, 1));
    assert_ok(store_delete(f.store, f.arena, STR("w/1")));
    check_absent(&f, "w/1");
    assert_ok(store_delete(f.store, f.arena, STR("w/1")));
    assert_int_equal(count_in("w"), 1);
    assert_ok(store_delete(f.store, f.arena, STR("w/2")));
    assert_int_equal(count_in("w"), -1);
    assert_ok(store_delete(f.store, f.arena, STR("never/was")));
}

/* --- signed addresses --- */

static const int64_t now_us = INT64_C(1700000000) * US_PER_S;

/* Takes an address of ours apart, as nginx hands it over. */
static struct store_local_request local_request(struct str url, int64_t content_length)
{
    static const char prefix[] = "https://chat.example.org/objects/";
    assert_true(str_starts_with(url, str_from(prefix)));
    struct str rest = str_tail(url, sizeof(prefix) - 1);
    size_t mark = str_index(rest, '?');
    assert_true(mark != SIZE_MAX);
    return (struct store_local_request){ .action = STORE_LOCAL_PUT,
                                         .path = str_head(rest, mark),
                                         .query = str_tail(rest, mark + 1),
                                         .content_length = content_length,
                                         .now_us = now_us };
}

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
    enum err err = store_local_verify(f.store, f.arena, &request, &grant);
    return err != ERR_OK ? err : store_local_receive(f.store, f.arena, &grant, gen_read, &gen, &etag);
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

/* --- uploads in parts --- */

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
    enum err err = store_local_receive(f.store, f.arena, &grant, gen_read, &gen, &etag);
    if (err == ERR_OK)
        assert_int_equal(etag.len, 34);
    return err;
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

/* A process that is killed while it writes leaves a temporary file for the sweep, and nothing under the key. */
static enum err die(void *arg, void *bytes, size_t room_bytes, size_t *ret_len)
{
    (void)arg;
    memset(bytes, 'x', room_bytes);
    *ret_len = room_bytes;
    static int calls;
    if (++calls == 3)
        kill(getpid(), SIGKILL);
    return ERR_OK;
}

static void test_files__leaves_no_half_object_when_killed(void **state)
{
    (void)state;
    int status = 0;
    int64_t count = 0;
    pid_t child = fork();
    if (child == 0) {
        int64_t size = 0;
        uint8_t sha256[32];
        struct store_put_opts opts = {
            .key = STR("w/x"), .content_type = STR("a/b"), .size_bytes = -1, .max_bytes = 1 << 30, .source = die
        };
        _exit(store_put(f.store, f.arena, &opts, &size, sha256) == ERR_OK);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    check_absent(&f, "w/x");
    assert_int_equal(count_in(".tmp"), 1);
    assert_ok(store_sweep(f.store, f.arena, clock_now_us() + US_PER_MINUTE, &count));
    assert_int_equal(count, 1);
}

static void test_files__says_where_it_cannot_be(void **state)
{
    (void)state;
    struct store *store = NULL;
    struct buf fault;
    buf_init(&fault, 1000);
    f.config.objects_dir = "/proc/no/such/folder";
    assert_err(store_open(&f.config, f.keys, &fault, &store), ERR_STORAGE);
    assert_non_null(strstr(fault.ptr, "OBJECTS_DIR"));
    assert_null(store);
    buf_release(&fault);
}

#define FILES_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILES_TEST(test_files__stores_and_gives_back),
        FILES_TEST(test_files__reads_ranges),
        FILES_TEST(test_files__lets_nginx_read_and_others_not),
        FILES_TEST(test_files__leaves_nothing_of_what_failed),
        FILES_TEST(test_files__says_that_the_disk_is_full),
        FILES_TEST(test_files__refuses_keys_that_are_not_ours),
        FILES_TEST(test_files__deletes_and_tidies_up),
        FILES_TEST(test_files__grants_what_it_signed),
        FILES_TEST(test_files__refuses_what_it_did_not_sign),
        FILES_TEST(test_files__refuses_each_changed_byte),
        FILES_TEST(test_files__takes_the_promised_bytes_only),
        FILES_TEST(test_files__puts_parts_together),
        FILES_TEST(test_files__completes_with_the_named_parts_only),
        FILES_TEST(test_files__forgets_uploads_that_are_given_up),
        FILES_TEST(test_files__sweeps_what_is_old),
        FILES_TEST(test_files__leaves_no_half_object_when_killed),
        FILES_TEST(test_files__says_where_it_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
