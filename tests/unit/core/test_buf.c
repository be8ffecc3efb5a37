#include "parley/core/buf.h"

#include "unit.h"

static void test_buf__grows_to_its_cap_and_no_further(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    assert_string_equal(b.ptr, "");
    for (int i = 0; i < 1000; i++)
        buf_add_byte(&b, 'x');
    assert_ok(buf_check(&b));
    buf_add_byte(&b, 'y');
    assert_err(buf_check(&b), ERR_NO_MEMORY);
    assert_int_equal(b.len, 1000);
    assert_int_equal(strlen(b.ptr), 1000);
    buf_clear(&b);
    buf_add_c(&b, "again");
    assert_ok(buf_check(&b));
    assert_str(buf_str(&b), "again");
    buf_release(&b);
    buf_release(&b);
}

static void test_buf__writes_numbers(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    buf_add_int(&b, 0);
    buf_add_byte(&b, ' ');
    buf_add_int(&b, INT64_MIN);
    buf_add_byte(&b, ' ');
    buf_add_int(&b, INT64_MAX);
    assert_str(buf_str(&b), "0 -9223372036854775808 9223372036854775807");
    buf_release(&b);
}

static void test_buf__encodes_for_addresses_and_markup(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    buf_add_percent(&b, STR("a/b c~\xC3\xA9"), SLASH_KEEP);
    buf_add_byte(&b, ' ');
    buf_add_percent(&b, STR("a/b"), SLASH_ENCODE);
    buf_add_byte(&b, ' ');
    buf_add_hex(&b, "\x00\xFF", 2);
    buf_add_byte(&b, ' ');
    buf_add_xml(&b, STR("<a href=\"'&'\">"));
    assert_str(buf_str(&b), "a/b%20c~%C3%A9 a%2Fb 00ff &lt;a href=&quot;&#39;&amp;&#39;&quot;&gt;");
    buf_release(&b);
}

static void test_buf__formats_across_a_growth(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100000);
    for (int i = 0; i < 1000; i++)
        buf_addf(&b, "%04d;", i);
    assert_int_equal(b.len, 5000);
    assert_memory_equal(b.ptr + 4995, "0999;", 6);
    buf_release(&b);
}

/* A file of so many bytes, to be read from its beginning. */
static FILE *file_of(size_t bytes)
{
    FILE *file = tmpfile();

    assert_non_null(file);
    for (size_t i = 0; i < bytes; i++)
        assert_int_not_equal(fputc('x', file), EOF);
    assert_int_equal(fseek(file, 0, SEEK_SET), 0);
    return file;
}

static void test_buf__takes_a_file_up_to_its_cap(void **state)
{
    (void)state;
    FILE *file = file_of(10000);
    struct buf b;

    buf_init(&b, 20000);
    assert_ok(buf_add_fd(&b, fileno(file)));
    assert_int_equal(b.len, 10000);
    buf_release(&b);

    rewind(file);
    buf_init(&b, 9999);
    assert_int_equal(buf_add_fd(&b, fileno(file)), ERR_TOO_LARGE);
    buf_release(&b);

    buf_init(&b, 20000);
    assert_int_equal(buf_add_fd(&b, -1), ERR_UNAVAILABLE);
    buf_release(&b);
    (void)fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buf__grows_to_its_cap_and_no_further),
        cmocka_unit_test(test_buf__writes_numbers),
        cmocka_unit_test(test_buf__encodes_for_addresses_and_markup),
        cmocka_unit_test(test_buf__formats_across_a_growth),
        cmocka_unit_test(test_buf__takes_a_file_up_to_its_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
