#include "unit.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include <sys/stat.h>

#include "parley/core/path.h"

static char *folder;

static int setup(void **state)
{
    const char *base = getenv("TMPDIR");
    static char name[PATH_MAX];

    (void)state;
    umask(0);
    snprintf(name, sizeof(name), "%s/parley-path-XXXXXX", base != NULL ? base : "/tmp");
    folder = mkdtemp(name);
    return folder != NULL ? 0 : -1;
}

static mode_t mode_of(const char *path)
{
    struct stat info;

    assert_int_equal(stat(path, &info), 0);
    assert_true(S_ISDIR(info.st_mode));
    return info.st_mode & 0777;
}

static void clean(const char *const *names)
{
    for (; *names != NULL; names++)
        assert_int_equal(rmdir(*names), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void test_path__makes_what_is_missing_with_the_folders_above(void **state)
{
    static const char *const names[] = { "a/b/c", "a/b", "a", NULL };

    (void)state;
    assert_int_equal(chdir(folder), 0);
    assert_ok(path_make_dir("a/b/c", 0700));
    assert_int_equal(mode_of("a/b/c"), 0700);
    assert_int_equal(mode_of("a/b"), 0750);
    /* What is there stays as it is. */
    assert_ok(path_make_dir("a/b", 0700));
    assert_int_equal(mode_of("a/b"), 0750);
    clean(names);
}

static void test_path__makes_the_folder_of_a_file_and_not_the_file(void **state)
{
    static const char *const names[] = { "d/e", "d", NULL };

    (void)state;
    assert_int_equal(chdir(folder), 0);
    assert_ok(path_make_parent("d/e/f", 0700));
    assert_int_equal(mode_of("d/e"), 0700);
    assert_int_equal(access("d/e/f", F_OK), -1);
    assert_ok(path_make_parent("file", 0700));
    assert_ok(path_make_parent("/file", 0700));
    assert_int_equal(access("file", F_OK), -1);
    clean(names);
}

static void test_path__says_why_not(void **state)
{
    static char long_path[PATH_MAX + 2];
    static const char *const names[] = { NULL };

    (void)state;
    assert_int_equal(chdir(folder), 0);
    errno = 0;
    assert_int_equal(path_make_dir("/proc/none/such", 0700), ERR_STORAGE);
    assert_true(errno == ENOENT || errno == EACCES || errno == EPERM);
    memset(long_path, 'x', sizeof(long_path) - 1);
    assert_int_equal(path_make_dir(long_path, 0700), ERR_STORAGE);
    assert_int_equal(errno, ENAMETOOLONG);
    clean(names);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
    const struct CMUnitTest tests[] = {
        TEST(test_path__makes_what_is_missing_with_the_folders_above),
        TEST(test_path__makes_the_folder_of_a_file_and_not_the_file),
        TEST(test_path__says_why_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
