#include "parley/core/json_in.h"
#include "parley/core/json_out.h"
#include "parley/core/limits.h"
#include "parley/core/problem.h"
#include "unit.h"

static void test_json__writes_commas_where_they_belong(void **state)
{
    (void)state;
    struct buf b;
    struct json_out j;
    buf_init(&b, 10000);
    json_out_init(&j, &b);
    json_out_object(&j);
    json_out_kv_int(&j, "a", -1);
    json_out_key(&j, "b");
    json_out_array(&j);
    json_out_object(&j);
    json_out_object_end(&j);
    json_out_bool(&j, true);
    json_out_null(&j);
    json_out_real(&j, 0.7);
    json_out_array(&j);
    json_out_array_end(&j);
    json_out_array_end(&j);
    json_out_kv_str(&j, "c", str_from(NULL));
    json_out_kv_time(&j, "d", 0);
    json_out_kv_time(&j, "e", INT64_C(1700000000123456));
    json_out_object_end(&j);
    assert_str(buf_str(&b), "{\"a\":-1,\"b\":[{},true,null,0.7,[]],\"c\":null,\"d\":null,"
                            "\"e\":\"2023-11-14T22:13:20.123456Z\"}");
    buf_release(&b);
}

static void test_json__escapes_what_must_be(void **state)
{
    (void)state;
    struct buf b;
    struct json_out j;
    buf_init(&b, 10000);
    json_out_init(&j, &b);
    json_out_str(&j, STR("\"\\\n\r\t\x01/\xE2\x80\xA8\xE2\x80\xA9\xE2\x82\xAC"));
    assert_str(buf_str(&b), "\"\\\"\\\\\\n\\r\\t\\u0001/\\u2028\\u2029\xE2\x82\xAC\"");
    buf_release(&b);
}

static enum err parse(struct arena *a, const char *text, const struct json_in **ret_root)
{
    const char *reason = NULL;
    enum err e = json_in_parse(a, str_from(text), ret_root, &reason);
    assert_non_null(reason);
    return e;
}

/* Every byte at every place of texts around the width in which they are looked through. */
static void test_json__escapes_at_every_place(void **state)
{
    (void)state;
    struct buf out;

    buf_init(&out, 4096);
    for (int c = 1; c < 0x80; c++) {
        for (size_t len = 1; len <= 18; len++) {
            for (size_t at = 0; at < len; at++) {
                char text[32], wanted[64], escaped[8] = { (char)c, '\0' };
                struct json_out j;
                memset(text, 'a', len);
                text[at] = (char)c;
                if (c == '"' || c == '\\')
                    (void)snprintf(escaped, sizeof(escaped), "\\%c", c);
                else if (c == '\n' || c == '\r' || c == '\t')
                    (void)snprintf(escaped, sizeof(escaped), "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
                else if (c < 0x20)
                    (void)snprintf(escaped, sizeof(escaped), "\\u%04x", (unsigned)c);
                (void)snprintf(wanted, sizeof(wanted), "\"%.*s%s%.*s\"", (int)at, text, escaped, (int)(len - at - 1),
                               text + at + 1);
                buf_clear(&out);
                json_out_init(&j, &out);
                json_out_str(&j, (struct str){ text, len });
                assert_string_equal(out.ptr, wanted);
            }
        }
    }
    buf_release(&out);
}

static void test_json__reads_every_kind(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    const struct json_in *root = NULL;
    assert_ok(parse(a, "{\"s\":\"x\",\"i\":-5,\"r\":1.5,\"t\":true,\"n\":null,\"l\":[1,2]}", &root));
    assert_str(json_in_string(json_in_member(root, "s")), "x");
    assert_true(json_in_integer(json_in_member(root, "i")) == -5);
    assert_true(json_in_number(json_in_member(root, "r")) > 1.4);
    assert_true(json_in_boolean(json_in_member(root, "t")));
    assert_int_equal(json_in_kind(json_in_member(root, "n")), JSON_NULL_KIND);
    assert_int_equal(json_in_count(json_in_member(root, "l")), 2);
    assert_true(json_in_integer(json_in_at(json_in_member(root, "l"), 1)) == 2);
    assert_null(json_in_member(root, "missing"));
    assert_int_equal(json_in_count(root), 6);
    arena_free(a);
}

static void test_json__refuses_what_is_not_clean(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    const struct json_in *root = NULL;
    const char *bad[] = { "",        "{",  "{\"a\":1,\"a\":2}",      "{\"a\":\"\\u0000\"}", "\"\xC0\xAF\"", "1 2",
                          "{'a':1}", "01", "99999999999999999999999" };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_err(parse(a, bad[i], &root), ERR_INVALID);
    arena_free(a);
}

static void test_json__depth_is_bounded(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    const struct json_in *root = NULL;
    char text[2 * JSON_DEPTH_MAX + 3];
    memset(text, '[', JSON_DEPTH_MAX);
    memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    text[2 * JSON_DEPTH_MAX] = '\0';
    assert_ok(parse(a, text, &root));
    memset(text, '[', JSON_DEPTH_MAX + 1);
    memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    text[2 * JSON_DEPTH_MAX + 2] = '\0';
    assert_err(parse(a, text, &root), ERR_INVALID);
    assert_ok(parse(a, "\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"", &root));
    arena_free(a);
}

static void test_json__the_first_problem_stays(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 16);
    struct problem p = { .err = ERR_OK };
    assert_err(problem_fail(&p, a, ERR_CHAT_NOT_FOUND, NULL), ERR_CHAT_NOT_FOUND);
    assert_err(problem_fail(&p, a, ERR_INTERNAL, "never %d", 1), ERR_INTERNAL);
    assert_int_equal(p.err, ERR_CHAT_NOT_FOUND);
    assert_string_equal(p.detail, "Chat not found");
    assert_err(problem_add(&p, (struct fault){ "body", "a", "missing", "Field required" }), ERR_INVALID);
    assert_int_equal(p.err, ERR_CHAT_NOT_FOUND);
    assert_int_equal(p.fault_count, 1);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json__writes_commas_where_they_belong), cmocka_unit_test(test_json__escapes_what_must_be),
        cmocka_unit_test(test_json__escapes_at_every_place),          cmocka_unit_test(test_json__reads_every_kind),
        cmocka_unit_test(test_json__refuses_what_is_not_clean),       cmocka_unit_test(test_json__depth_is_bounded),
        cmocka_unit_test(test_json__the_first_problem_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
