#include "parley/core/packed_ids.h"

#include "unit.h"

static void assert_same(const struct packed_id *items, size_t count, size_t bytes)
{
    struct packed_ids reading;
    struct packed_id item;
    struct buf out;

    buf_init(&out, count * PACKED_ID_MAX_BYTES + 1);
    packed_ids_write(items, count, &out);
    assert_int_equal(out.len, bytes);
    reading = (struct packed_ids){ .rest = buf_str(&out) };
    for (size_t i = 0; i < count; i++) {
        assert_ok(packed_ids_next(&reading, &item));
        assert_int_equal(item.id, items[i].id);
        assert_int_equal(item.of, items[i].of);
    }
    assert_err(packed_ids_next(&reading, &item), ERR_NOT_FOUND);
    buf_release(&out);
}

static void test_packed_ids__are_read_as_they_were_written(void **state)
{
    static const struct packed_id items[] = { { 1, 1 },   { 2, 127 },       { 129, 128 },
                                              { 257, 1 }, { 16641, 16384 }, { INT64_MAX, INT64_MAX } };

    (void)state;
    assert_same(items, 0, 0);
    assert_same(items, 5, 2 + 2 + 3 + 3 + 6);
    assert_same(items, COUNT_OF(items), 16 + PACKED_ID_MAX_BYTES);
    assert_same(items + 5, 1, PACKED_ID_MAX_BYTES);
}

static void assert_refused(struct str bytes)
{
    struct packed_ids reading = { .rest = bytes };
    struct packed_id item;

    assert_err(packed_ids_next(&reading, &item), ERR_INVALID);
    assert_int_equal(reading.rest.len, bytes.len);
}

static void test_packed_ids__of_other_bytes_are_refused(void **state)
{
    (void)state;
    assert_refused(STR("\x01"));         /* a number is missing */
    assert_refused(STR("\x81"));         /* cut off */
    assert_refused(STR("\x00\x01"));     /* the same id again */
    assert_refused(STR("\x81\x00\x01")); /* more bytes than it takes */
    assert_refused(STR("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
}

static void test_packed_ids__that_are_too_great_together_are_refused(void **state)
{
    struct packed_ids reading = { .rest = STR("\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x01\x01\x01") };
    struct packed_id item;

    (void)state;
    assert_ok(packed_ids_next(&reading, &item));
    assert_int_equal(item.id, INT64_MAX);
    assert_err(packed_ids_next(&reading, &item), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packed_ids__are_read_as_they_were_written),
        cmocka_unit_test(test_packed_ids__of_other_bytes_are_refused),
        cmocka_unit_test(test_packed_ids__that_are_too_great_together_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
