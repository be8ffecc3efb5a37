#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "parley/core/arena.h"
#include "parley/core/json_in.h"
#include "parley/core/limits.h"
#include "parley/core/log.h"

static char path[64];
static char text[1 << 20];

/* All that is in the file now. */
static char *logged(void)
{
    FILE *file = fopen(path, "r");
    size_t len = fread(text, 1, sizeof(text) - 1, file);

    text[len] = '\0';
    (void)fclose(file);
    return text;
}

static void begin(enum log_level level, enum log_format format)
{
    struct log_opts opts = { level, format, path };

    assert_int_equal(truncate(path, 0), 0);
    assert_ok(log_open(&opts));
}

static void test_log__logfmt_quotes_what_needs_it(void **state)
{
    (void)state;

    begin(LOG_INFO, LOG_LOGFMT);
    log_event(LOG_WARN, "two words", LOG_C("plain", "a/b?c"), LOG_C("blank", "a b"), LOG_C("empty", ""),
              LOG_C("quote", "a\"b\\c"), LOG_C("equals", "a=b"), LOG_C("line", "a\nlevel=error\r\t\x01\x7f"),
              LOG_C("umlaut", "\xC3\xA4"), LOG_STR("broken", ((struct str){ "a\xFFz\x00y", 5 })),
              LOG_STR("absent", ((struct str){ NULL, 0 })), LOG_INT("number", INT64_MIN));
    assert_non_null(strstr(logged(),
                           " level=warn msg=\"two words\" plain=a/b?c blank=\"a b\" empty=\"\" "
                           "quote=\"a\\\"b\\\\c\" equals=\"a=b\" line=\"a\\nlevel=error\\r\\t\\u0001\\u007f\" "
                           "umlaut=\"\xC3\xA4\" broken=\"a\xEF\xBF\xBDz\\u0000y\" absent=\"\" "
                           "number=-9223372036854775808\n"));
    assert_memory_equal(text, "ts=20", 5);
}

static void test_log__json_lines_are_json(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 * MIB);
    const struct json_in *root;
    const char *reason;

    begin(LOG_INFO, LOG_JSON);
    log_event(LOG_ERROR, "it \"broke\"", LOG_C("text", "a\nb\x01\\"), LOG_STR("broken", ((struct str){ "\xC3", 1 })),
              LOG_INT("number", 42), LOG_STR("absent", ((struct str){ NULL, 0 })));
    assert_ok(json_in_parse(a, str_from(logged()), &root, &reason));
    assert_str(json_in_string(json_in_member(root, "level")), "error");
    assert_str(json_in_string(json_in_member(root, "msg")), "it \"broke\"");
    assert_str(json_in_string(json_in_member(root, "text")), "a\nb\x01\\");
    assert_str(json_in_string(json_in_member(root, "broken")), "\xEF\xBF\xBD");
    assert_int_equal(json_in_integer(json_in_member(root, "number")), 42);
    assert_int_equal(json_in_kind(json_in_member(root, "absent")), JSON_NULL_KIND);
    arena_free(a);
}

/* However long the values, and wherever the line gets full. */
static void test_log__long_values_are_cut_and_stay_json(void **state)
{
    (void)state;
    struct arena *a = arena_new(4 * MIB);
    static char filler[LOG_LINE_MAX_BYTES + 100];
    const struct json_in *root;
    const char *reason;

    memset(filler, '"', sizeof(filler));
    for (size_t len = LOG_LINE_MAX_BYTES / 2 - 120; len < LOG_LINE_MAX_BYTES / 2 + 20; len++) {
        begin(LOG_INFO, LOG_JSON);
        log_event(LOG_INFO, "full", LOG_STR("long", ((struct str){ filler, len })), LOG_INT("number", INT64_MIN),
                  LOG_C("more", "\xE2\x82\xAC\xE2\x82\xAC"), LOG_C("last", "\x01\x01"));
        assert_ok(json_in_parse(a, str_from(logged()), &root, &reason));
        assert_true(strlen(text) <= LOG_LINE_MAX_BYTES);
        assert_int_equal(text[strlen(text) - 1], '\n');
        arena_reset(a);
    }
    arena_free(a);
}

static void test_log__level_holds_back(void **state)
{
    (void)state;

    begin(LOG_WARN, LOG_LOGFMT);
    log_text(LOG_INFO, "hidden");
    log_text(LOG_WARN, "seen");
    log_set_level(LOG_DEBUG);
    log_text(LOG_DEBUG, "seen too");
    assert_null(strstr(logged(), "hidden"));
    assert_non_null(strstr(text, "msg=seen\n"));
    assert_non_null(strstr(text, "msg=\"seen too\"\n"));
}

static void test_log__reopen_follows_a_rotation(void **state)
{
    (void)state;
    char old_path[80];

    begin(LOG_INFO, LOG_LOGFMT);
    log_text(LOG_INFO, "before");
    (void)snprintf(old_path, sizeof(old_path), "%s.1", path);
    assert_int_equal(rename(path, old_path), 0);
    log_text(LOG_INFO, "between");
    log_reopen();
    log_text(LOG_INFO, "behind");
    assert_null(strstr(logged(), "before"));
    assert_null(strstr(text, "between"));
    assert_non_null(strstr(text, "msg=behind\n"));
    assert_int_equal(unlink(old_path), 0);
}

static void test_log__a_folder_that_is_not_there_is_told(void **state)
{
    (void)state;
    struct log_opts opts = { LOG_INFO, LOG_LOGFMT, "/nonexistent/parley.log" };

    begin(LOG_INFO, LOG_LOGFMT);
    assert_err(log_open(&opts), ERR_UNAVAILABLE);
    log_text(LOG_INFO, "still here");
    assert_non_null(strstr(logged(), "still here"));
}

/* Also when the line could not be written. */
static void test_log__errno_is_kept(void **state)
{
    (void)state;
    struct log_opts opts = { LOG_INFO, LOG_LOGFMT, "/dev/full" };

    assert_ok(log_open(&opts));
    errno = EXDEV;
    log_text(LOG_INFO, "x");
    assert_int_equal(errno, EXDEV);
}

static void *write_many(void *arg)
{
    for (int i = 0; i < 500; i++)
        log_event(LOG_INFO, "line", LOG_C("who", arg), LOG_INT("n", i));
    return NULL;
}

static void test_log__lines_of_many_threads_do_not_mix(void **state)
{
    (void)state;
    static char *const names[] = { "aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccc" };
    pthread_t threads[COUNT_OF(names)];
    struct str rest, line;
    int count = 0;

    begin(LOG_INFO, LOG_LOGFMT);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, names[i]), 0);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    rest = str_from(logged());
    while (str_split(&rest, '\n', &line)) {
        if (line.len == 0)
            continue;
        assert_true(str_starts_with(line, STR("ts=20")));
        count++;
    }
    assert_int_equal(count, 500 * (int)COUNT_OF(names));
}

static int make_file(void **state)
{
    (void)state;
    (void)snprintf(path, sizeof(path), "/tmp/parley-log-XXXXXX");
    return close(mkstemp(path));
}

static int remove_file(void **state)
{
    struct log_opts opts = { LOG_INFO, LOG_LOGFMT, NULL };

    (void)state;
    (void)unlink(path);
    return log_open(&opts) == ERR_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log__logfmt_quotes_what_needs_it),
        cmocka_unit_test(test_log__json_lines_are_json),
        cmocka_unit_test(test_log__long_values_are_cut_and_stay_json),
        cmocka_unit_test(test_log__level_holds_back),
        cmocka_unit_test(test_log__reopen_follows_a_rotation),
        cmocka_unit_test(test_log__a_folder_that_is_not_there_is_told),
        cmocka_unit_test(test_log__errno_is_kept),
        cmocka_unit_test(test_log__lines_of_many_threads_do_not_mix),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
