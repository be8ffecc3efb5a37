/* The folder store for one test, and what lies in it. */
#ifndef PARLEY_TESTS_FILES_FIXTURE_H
#define PARLEY_TESTS_FILES_FIXTURE_H

#include <dirent.h>

#include "objects/store_fixture.h"

static struct store_fixture f;

static inline int begin(void **state)
{
    (void)state;
    fixture_begin(&f);
    assert_ok(keys_open(&f.config, &f.error_text, &f.keys));
    fixture_open(&f);
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    fixture_end(&f);
    return 0;
}

/* Entries of a folder below OBJECTS_DIR, but for the dots. */
static inline int count_in(const char *folder)
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

#define FILES_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static const int64_t now_us = INT64_C(1700000000) * US_PER_S;

/* Takes an address of ours apart, as nginx hands it over. */
static inline struct store_local_request local_request(struct str url, int64_t content_length)
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

#endif
