#include "unit.h"

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "objects/files_fixture.h"
#include "waits.h"

static void test_files__stores_and_gives_back(void **state)
{
    (void)state;
    static const int64_t sizes[] = { 0, 1, 262143, 262144, 262145, 9000001 };
    check_sizes(&f, sizes, COUNT_OF(sizes));
    assert_int_equal(count_in(".tmp"), 0);
    assert_string_equal(store_kind(f.store), "folder");
    assert_ok(store_ping(f.store));
}

static void test_files__says_when_it_waits_for_the_disk(void **state)
{
    (void)state;
    struct waits waits;
    waits_watch(&waits);
    assert_ok(put_gen(&f, "a/b", 1000, 1));
    assert_true(waits_count(&waits) >= 2); /* the file and its folder */
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
    struct buf error_text;
    if (mount("none", f.objects_dir, "tmpfs", 0, "size=1m") != 0)
        skip();
    store_close(f.store);
    f.store = NULL;
    fixture_open(&f);
    enum err e = put_gen(&f, "w/big", 3000000, 1);
    buf_init(&error_text, 1000);
    store_fault(f.store, &error_text);
    snprintf(fault_text, sizeof(fault_text), "%s", error_text.ptr);
    buf_release(&error_text);
    int left = count_in(".tmp");
    enum err small = put_gen(&f, "w/small", 1000, 1);
    store_close(f.store);
    f.store = NULL;
    assert_int_equal(umount(f.objects_dir), 0);
    assert_err(e, ERR_DISK_FULL);
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
    struct buf error_text;
    buf_init(&error_text, 1000);
    f.config.objects_dir = "/proc/no/such/folder";
    assert_err(store_open(&f.config, f.keys, &error_text, &store), ERR_STORAGE);
    assert_non_null(strstr(error_text.ptr, "OBJECTS_DIR"));
    assert_null(store);
    buf_release(&error_text);
}

static enum err note_object(void *arg, struct str key, int64_t size_bytes)
{
    int *count = arg;

    (void)key;
    (void)size_bytes;
    (*count)++;
    return ERR_OK;
}

static void test_files__says_why_they_cannot_be_listed(void **state)
{
    struct rlimit before, none;
    int count = 0;
    enum err e;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    e = store_each(f.store, note_object, &count);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_err(e, ERR_STORAGE);
    buf_clear(&f.error_text);
    store_fault(f.store, &f.error_text);
    assert_string_equal(f.error_text.ptr, "Too many open files");
    assert_ok(store_each(f.store, note_object, &count));
    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILES_TEST(test_files__stores_and_gives_back),
        FILES_TEST(test_files__says_when_it_waits_for_the_disk),
        FILES_TEST(test_files__reads_ranges),
        FILES_TEST(test_files__lets_nginx_read_and_others_not),
        FILES_TEST(test_files__leaves_nothing_of_what_failed),
        FILES_TEST(test_files__says_that_the_disk_is_full),
        FILES_TEST(test_files__refuses_keys_that_are_not_ours),
        FILES_TEST(test_files__deletes_and_tidies_up),
        FILES_TEST(test_files__leaves_no_half_object_when_killed),
        FILES_TEST(test_files__says_where_it_cannot_be),
        FILES_TEST(test_files__says_why_they_cannot_be_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
