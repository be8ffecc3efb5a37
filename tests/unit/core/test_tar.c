#include "parley/core/tar.h"

#include "unit.h"

static const char *block_at(const struct buf *tar, size_t number)
{
    return tar->ptr + number * TAR_BLOCK_BYTES;
}

static void test_tar__header_is_read_as_it_was_written(void **state)
{
    struct tar_header header;
    struct buf tar;

    (void)state;
    buf_init(&tar, 1 << 20);
    tar_entry_begin(&tar, STR("a/b.txt"), 5, INT64_C(1700000000000000));
    buf_add_c(&tar, "hello");
    tar_entry_end(&tar, 5);
    tar_end(&tar);
    assert_int_equal(tar.len, 4 * TAR_BLOCK_BYTES);
    assert_int_equal(tar_header_read(block_at(&tar, 0), &header), ERR_OK);
    assert_int_equal(header.kind, TAR_FILE);
    assert_int_equal(header.size_bytes, 5);
    assert_string_equal(header.name, "a/b.txt");
    assert_int_equal(tar_header_read(block_at(&tar, 2), &header), ERR_OK);
    assert_int_equal(header.kind, TAR_END_BLOCK);
    buf_release(&tar);
}

static void test_tar__long_names_and_large_sizes_stand_before(void **state)
{
    const int64_t size_bytes = INT64_C(1) << 40;
    struct tar_header header;
    struct str records;
    struct buf tar, name;

    (void)state;
    buf_init(&tar, 1 << 20);
    buf_init(&name, 1 << 10);
    for (int i = 0; i < 60; i++)
        buf_add_c(&name, "é/x");
    tar_entry_begin(&tar, buf_str(&name), size_bytes, 0);
    assert_int_equal(tar_header_read(block_at(&tar, 0), &header), ERR_OK);
    assert_int_equal(header.kind, TAR_EXTENDED);
    records = (struct str){ block_at(&tar, 1), (size_t)header.size_bytes };
    assert_true(str_eq(tar_record(records, "path"), buf_str(&name)));
    assert_true(str_eq_c(tar_record(records, "size"), "1099511627776"));
    assert_null(tar_record(records, "mtime").ptr);
    assert_int_equal(tar_header_read(block_at(&tar, 2), &header), ERR_OK);
    assert_int_equal(header.kind, TAR_FILE);
    buf_release(&name);
    buf_release(&tar);
}

/* POSIX: the number before a record counts itself, also where that makes it a digit longer. */
static void test_tar__records_count_their_own_length(void **state)
{
    (void)state;
    for (size_t len = 80; len < 130; len++) {
        struct tar_header header;
        struct buf tar, name;
        long counted;

        buf_init(&tar, 1 << 20);
        buf_init(&name, 1 << 10);
        buf_add_c(&name, "é");
        for (size_t i = 2; i < len; i++)
            buf_add_byte(&name, 'x');
        tar_entry_begin(&tar, buf_str(&name), 1, 0);
        assert_int_equal(tar_header_read(block_at(&tar, 0), &header), ERR_OK);
        counted = strtol(block_at(&tar, 1), NULL, 10);
        assert_int_equal(block_at(&tar, 1)[counted - 1], '\n');
        assert_int_equal(strtol(block_at(&tar, 1) + counted, NULL, 10) + counted, header.size_bytes);
        buf_release(&name);
        buf_release(&tar);
    }
}

static void test_tar__damage_is_seen(void **state)
{
    struct tar_header header;
    struct buf tar;

    (void)state;
    buf_init(&tar, 1 << 20);
    tar_entry_begin(&tar, STR("name"), 5, 0);
    tar.ptr[3] ^= 1;
    assert_int_equal(tar_header_read(tar.ptr, &header), ERR_INVALID);
    buf_release(&tar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tar__header_is_read_as_it_was_written),
        cmocka_unit_test(test_tar__long_names_and_large_sizes_stand_before),
        cmocka_unit_test(test_tar__records_count_their_own_length),
        cmocka_unit_test(test_tar__damage_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
