#include "unit.h"

#include "parley/core/limits.h"
#include "parley/http/fcgi_record.h"

static struct buf out;

static int setup(void **state)
{
    (void)state;
    buf_init(&out, MIB);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_release(&out);
    return 0;
}

/* The record that begins at *at, which is moved behind it: version 1, its padding zeros. */
static struct str record_next(size_t *at, int type, unsigned request_id)
{
    const unsigned char *head = (const unsigned char *)out.ptr + *at;
    struct str content = { out.ptr + *at + 8, (size_t)head[4] << 8 | head[5] };

    assert_true(*at + 8 <= out.len);
    assert_int_equal(head[0], 1);
    assert_int_equal(head[1], type);
    assert_int_equal(head[2] << 8 | head[3], request_id);
    assert_int_equal((content.len + head[6]) % 8, 0);
    for (int i = 0; i < head[6]; i++)
        assert_int_equal(content.ptr[content.len + (size_t)i], 0);
    *at += 8 + content.len + head[6];
    assert_true(*at <= out.len);
    return content;
}

static void test_fcgi_record__stdout_of_every_length_comes_back(void **state)
{
    static const size_t lengths[] = { 1, 7, 8, 9, FCGI_RECORD_MAX_BYTES - 1, FCGI_RECORD_MAX_BYTES };
    static char bytes[FCGI_RECORD_MAX_BYTES];

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        size_t at = 0;
        buf_clear(&out);
        fcgi_record_stdout(&out, 0x1234, (struct str){ bytes, lengths[i] });
        assert_int_equal(record_next(&at, 6, 0x1234).len, lengths[i]);
        assert_int_equal(at, out.len);
    }
}

static void test_fcgi_record__what_is_longer_is_several(void **state)
{
    static char bytes[2 * FCGI_RECORD_MAX_BYTES + 1];
    size_t at = 0;

    (void)state;
    memset(bytes, 'x', sizeof(bytes) - 1);
    bytes[sizeof(bytes) - 1] = 'y';
    fcgi_record_stdout(&out, 1, (struct str){ bytes, sizeof(bytes) });
    assert_int_equal(record_next(&at, 6, 1).len, FCGI_RECORD_MAX_BYTES);
    assert_int_equal(record_next(&at, 6, 1).len, FCGI_RECORD_MAX_BYTES);
    assert_int_equal(record_next(&at, 6, 1).ptr[0], 'y');
    assert_int_equal(at, out.len);
}

/* An empty STDOUT record would end the answer. */
static void test_fcgi_record__nothing_is_no_record(void **state)
{
    (void)state;
    fcgi_record_stdout(&out, 1, STR(""));
    assert_int_equal(out.len, 0);
}

static void test_fcgi_record__the_end_is_an_empty_stdout_and_a_complete_request(void **state)
{
    size_t at = 0;
    struct str content;

    (void)state;
    fcgi_record_end(&out, 1);
    assert_int_equal(record_next(&at, 6, 1).len, 0);
    content = record_next(&at, 3, 1);
    assert_int_equal(content.len, 8);
    for (size_t i = 0; i < content.len; i++)
        assert_int_equal(content.ptr[i], 0);
    assert_int_equal(at, out.len);
}

static void test_fcgi_record__an_abort_is_no_end(void **state)
{
    size_t at = 0;

    (void)state;
    fcgi_record_abort(&out, 1);
    assert_int_equal(record_next(&at, 2, 1).len, 0);
    assert_int_equal(at, out.len);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_fcgi_record__stdout_of_every_length_comes_back),
        TEST(test_fcgi_record__what_is_longer_is_several),
        TEST(test_fcgi_record__nothing_is_no_record),
        TEST(test_fcgi_record__the_end_is_an_empty_stdout_and_a_complete_request),
        TEST(test_fcgi_record__an_abort_is_no_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
