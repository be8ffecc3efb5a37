#include "unit.h"

#include <math.h>

#include "parley/core/clock.h"
#include "parley/gate/spec.h"

struct part {
    struct body body;
    int64_t number;
    struct str etag;
};
static const struct field part_fields[] = {
    { "number", FIELD_INT, FIELD_REQUIRED, .min = 1, .max = 10000, .offset = offsetof(struct part, number) },
    { "etag", FIELD_STR, FIELD_REQUIRED, .min = 1, .max = 3, .offset = offsetof(struct part, etag) },
};
static const struct spec part_spec = {
    .name = "Part", .fields = part_fields, .field_count = 2, .size_bytes = sizeof(struct part)
};

enum colour { RED, GREEN };
static const char *const colours[] = { "red", "green", NULL };

struct all {
    struct body body;
    struct str text, email, password;
    int64_t count;
    double ratio;
    bool on;
    struct uuid id;
    int64_t at_us;
    int colour;
    struct part part;
    struct part *ref;
    struct list parts, tags;
};
enum { A_TEXT, A_EMAIL, A_PASSWORD, A_COUNT, A_RATIO, A_ON, A_ID, A_AT, A_COLOUR, A_PART, A_REF, A_PARTS, A_TAGS };
#define AT(member) .offset = offsetof(struct all, member)
static const struct field all_fields[] = {
    [A_TEXT] = { "text", FIELD_STR, FIELD_REQUIRED | FIELD_NULLABLE, .min = 1, .max = 4, AT(text) },
    [A_EMAIL] = { "email", FIELD_EMAIL, AT(email) },
    [A_PASSWORD] = { "password", FIELD_PASSWORD, .min = 8, .max = 72, AT(password) },
    [A_COUNT] = { "count", FIELD_INT, FIELD_NULLABLE, .min = -5, .max = 0, AT(count) },
    [A_RATIO] = { "ratio", FIELD_REAL, FIELD_NULLABLE, .min = 0, .max = 2, AT(ratio) },
    [A_ON] = { "on", FIELD_BOOL, AT(on) },
    [A_ID] = { "id", FIELD_UUID, FIELD_NULLABLE, AT(id) },
    [A_AT] = { "at", FIELD_TIME, FIELD_NULLABLE, AT(at_us) },
    [A_COLOUR] = { "colour", FIELD_ENUM, FIELD_NULLABLE, .names = colours, .type_name = "Colour", AT(colour) },
    [A_PART] = { "part", FIELD_OBJECT, .spec = &part_spec, AT(part) },
    [A_REF] = { "ref", FIELD_REF, FIELD_NULLABLE, .spec = &part_spec, AT(ref) },
    [A_PARTS] = { "parts", FIELD_LIST, .spec = &part_spec, .min = 1, .max = 2, AT(parts) },
    [A_TAGS] = { "tags", FIELD_LIST, .element = FIELD_STR, AT(tags) },
};
static const struct spec all_spec = {
    .name = "All", .fields = all_fields, .field_count = COUNT_OF(all_fields), .size_bytes = sizeof(struct all)
};
struct fixture {
    struct ctx ctx;
    struct problem problem;
    struct all all;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->ctx.arena = arena_new(8 << 20);
    f->ctx.problem = &f->problem;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    arena_free(f->ctx.arena);
    free(f);
    return 0;
}

static enum err decode_with(struct fixture *f, enum spec_use use, struct str text)
{
    const struct json_in *value;
    const char *reason;

    f->problem = (struct problem){ .err = ERR_OK };
    assert_ok(json_in_parse(f->ctx.arena, text, &value, &reason));
    return spec_decode(&f->ctx, &all_spec, use, value, &f->all);
}

static enum err decode(struct fixture *f, const char *text)
{
    return decode_with(f, SPEC_BODY, str_from(text));
}

static void test_spec__decodes_every_type(void **state)
{
    struct fixture *f = *state;
    const struct part *parts;
    const struct str *tags;

    assert_ok(decode(f, "{\"text\":\"gr\\u00fc\\u00df\",\"email\":\" Alice.B+c@Mail.EXAMPLE.org \","
                        "\"password\":\"12345678\",\"count\":-5,\"ratio\":1.5,\"on\":true,"
                        "\"id\":\"01234567-89AB-cdef-0123-456789abcdef\",\"at\":\"2026-11-20T21:45:13Z\","
                        "\"colour\":\"green\",\"part\":{\"number\":7,\"etag\":\"x\"},"
                        "\"ref\":{\"number\":8,\"etag\":\"y\"},\"parts\":[{\"number\":1,\"etag\":\"a\"},"
                        "{\"number\":2,\"etag\":\"b\"}],\"tags\":[\"p\",\"q\",\"\"]}"));
    assert_int_equal(f->all.body.sent, (1U << COUNT_OF(all_fields)) - 1);
    assert_str(f->all.text, "gr\xC3\xBC\xC3\x9F");
    assert_str(f->all.email, "alice.b+c@mail.example.org");
    assert_str(f->all.password, "12345678");
    assert_int_equal(f->all.count, -5);
    assert_true(f->all.ratio > 1.49 && f->all.ratio < 1.51);
    assert_true(f->all.on);
    assert_int_equal(f->all.id.bytes[15], 0xEF);
    assert_int_equal(f->all.at_us, INT64_C(1795211113000000));
    assert_int_equal(f->all.colour, GREEN);
    assert_int_equal(f->all.part.number, 7);
    assert_true(body_sent(&f->all.part, 1));
    assert_str(f->all.ref->etag, "y");
    assert_int_equal(f->all.parts.count, 2);
    parts = f->all.parts.items;
    assert_str(parts[1].etag, "b");
    assert_int_equal(f->all.tags.count, 3);
    tags = f->all.tags.items;
    assert_str(tags[1], "q");
}

static void test_spec__null_and_absent_are_told_apart(void **state)
{
    struct fixture *f = *state;

    assert_ok(decode(f, "{\"text\":null,\"count\":null,\"ratio\":null,\"id\":null,\"at\":null,\"colour\":null,"
                        "\"ref\":null}"));
    assert_true(body_sent(&f->all, A_TEXT) && body_sent(&f->all, A_REF));
    assert_false(body_sent(&f->all, A_EMAIL) || body_sent(&f->all, A_PARTS));
    assert_null(f->all.text.ptr);
    assert_true(f->all.count == INT_NULL);
    assert_true(isnan(f->all.ratio));
    assert_int_equal(f->all.colour, -1);
    assert_null(f->all.ref);
    assert_int_equal(f->all.at_us, 0);
    assert_null(f->all.email.ptr);
}

static void test_spec__each_fault_has_its_place_and_type(void **state)
{
    static const struct {
        const char *json, *field, *type;
    } cases[] = {
        { "{}", "text", "value_error.missing" },
        { "{\"text\":1}", "text", "type_error.str" },
        { "{\"text\":\"\"}", "text", "value_error.any_str.min_length" },
        { "{\"text\":\"12345\"}", "text", "value_error.any_str.max_length" },
        { "{\"text\":\"a\",\"on\":null}", "on", "type_error.none.not_allowed" },
        { "{\"text\":\"a\",\"on\":1}", "on", "type_error.bool" },
        { "{\"text\":\"a\",\"email\":\"nobody\"}", "email", "value_error.email" },
        { "{\"text\":\"a\",\"password\":\"1234567\"}", "password", "value_error.any_str.min_length" },
        { "{\"text\":\"a\",\"count\":1}", "count", "value_error.number.not_le" },
        { "{\"text\":\"a\",\"count\":-6}", "count", "value_error.number.not_ge" },
        { "{\"text\":\"a\",\"count\":-1.0}", "count", "type_error.integer" },
        { "{\"text\":\"a\",\"count\":\"-1\"}", "count", "type_error.integer" },
        { "{\"text\":\"a\",\"ratio\":2.01}", "ratio", "value_error.number.not_le" },
        { "{\"text\":\"a\",\"ratio\":\"1\"}", "ratio", "type_error.float" },
        { "{\"text\":\"a\",\"id\":\"12\"}", "id", "type_error.uuid" },
        { "{\"text\":\"a\",\"at\":\"yesterday\"}", "at", "value_error.datetime" },
        { "{\"text\":\"a\",\"colour\":\"blue\"}", "colour", "type_error.enum" },
        { "{\"text\":\"a\",\"part\":[]}", "part", "type_error.dict" },
        { "{\"text\":\"a\",\"part\":{\"number\":0,\"etag\":\"x\"}}", "part.number", "value_error.number.not_ge" },
        { "{\"text\":\"a\",\"ref\":{\"number\":1}}", "ref.etag", "value_error.missing" },
        { "{\"text\":\"a\",\"parts\":{}}", "parts", "type_error.list" },
        { "{\"text\":\"a\",\"parts\":[]}", "parts", "value_error.list.min_items" },
        { "{\"text\":\"a\",\"parts\":[1,2,3]}", "parts", "value_error.list.max_items" },
        { "{\"text\":\"a\",\"parts\":[{\"number\":1,\"etag\":\"a\"},{\"number\":1,\"etag\":\"abcd\"}]}", "parts.1.etag",
          "value_error.any_str.max_length" },
        { "{\"text\":\"a\",\"parts\":[{\"number\":1,\"etag\":\"a\",\"more\":1}]}", "parts.0.more",
          "value_error.extra" },
        { "{\"text\":\"a\",\"tags\":[\"x\",null]}", "tags.1", "type_error.none.not_allowed" },
        { "{\"text\":\"a\",\"Text\":\"b\"}", "Text", "value_error.extra" },
        { "{\"text\":\"a\",\"a.b\":1}", "?", "value_error.extra" },
        { "{\"text\":\"a\",\"\":1}", "?", "value_error.extra" },
        { "[]", "", "type_error.dict" },
        { "null", "", "type_error.dict" },
        { "\"x\"", "", "type_error.dict" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_err(decode(f, cases[i].json), ERR_INVALID);
        if (f->problem.fault_count != 1)
            print_message("case %zu: %s\n", i, cases[i].json);
        assert_int_equal(f->problem.fault_count, 1);
        assert_int_equal(f->problem.err, ERR_INVALID);
        assert_string_equal(f->problem.faults[0].where, "body");
        assert_string_equal(f->problem.faults[0].field, cases[i].field);
        assert_string_equal(f->problem.faults[0].type, cases[i].type);
    }
}

static void test_spec__all_faults_are_listed_and_no_value_is_echoed(void **state)
{
    struct fixture *f = *state;

    assert_err(decode(f, "{\"text\":\"sec-ret\",\"email\":\"sec-ret\",\"count\":7,\"part\":{\"etag\":\"sec-ret\"},"
                         "\"colour\":\"sec-ret\",\"id\":\"sec-ret\",\"at\":\"sec-ret\"}"),
               ERR_INVALID);
    assert_int_equal(f->problem.fault_count, 8);
    for (size_t i = 0; i < f->problem.fault_count; i++) {
        assert_null(strstr(f->problem.faults[i].message, "sec-ret"));
        assert_null(strstr(f->problem.faults[i].field, "sec-ret"));
    }
}

static void test_spec__ten_thousand_unknown_fields_are_counted_not_kept(void **state)
{
    struct fixture *f = *state;
    struct buf text;

    buf_init(&text, 1 << 20);
    buf_add_c(&text, "{\"text\":\"a\"");
    for (int i = 0; i < 10000; i++)
        buf_addf(&text, ",\"x%d\":1", i);
    buf_add_c(&text, "}");
    assert_err(decode_with(f, SPEC_BODY, buf_str(&text)), ERR_INVALID);
    assert_int_equal(f->problem.fault_count, 10000);
    assert_true(arena_used_bytes(f->ctx.arena) < 16384);
    assert_ok(decode_with(f, SPEC_OPEN_BODY, buf_str(&text)));
    buf_release(&text);
}

static void test_spec__bytes_that_are_no_text_never_get_here(void **state)
{
    static const struct str bad[] = {
        STR_INIT("{\"text\":\"\\u0000\"}"), STR_INIT("{\"text\":\"\xFF\"}"), STR_INIT("{\"text\":\"\\ud800\"}"),
        STR_INIT("{\"te\\u0000xt\":1}"),    STR_INIT("{\"text\":\"a\0b\"}"), STR_INIT("{\"text\":1,\"text\":2}"),
    };
    struct fixture *f = *state;
    const struct json_in *value;
    const char *reason;

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_err(json_in_parse(f->ctx.arena, bad[i], &value, &reason), ERR_INVALID);
}

static void test_spec__addresses(void **state)
{
    static const char *const good[] = { "a@example.org",
                                        "a.b@x.y",
                                        "a@localhost",
                                        "\xC3\xBC@example.org",
                                        ("a@b\xC3\xBC"
                                         "cher.example"),
                                        "!#$%&'*+-/=?^_`{|}~@example.org" };
    static const char *const bad[] = { "@example.org",
                                       "a@",
                                       "a",
                                       "a@b@c.d",
                                       "a b@c.d",
                                       "a@b..c",
                                       ".a@b.c",
                                       "a.@b.c",
                                       "a..b@c.d",
                                       "a@-b.c",
                                       "a@b-.c",
                                       "a@b.c.",
                                       "a@b_c.d",
                                       "a@b c.d",
                                       "a@example",
                                       "<a@b.c>",
                                       "a@[127.0.0.1]",
                                       "a\\n@b.c",
                                       "\\\"a\\\"@b.c",
                                       "a@b.c\\r\\nX: y" };
    struct fixture *f = *state;
    char text[200];

    for (size_t i = 0; i < COUNT_OF(good); i++) {
        snprintf(text, sizeof(text), "{\"text\":\"a\",\"email\":\"%s\"}", good[i]);
        assert_ok(decode(f, text));
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        snprintf(text, sizeof(text), "{\"text\":\"a\",\"email\":\"%s\"}", bad[i]);
        if (decode(f, text) != ERR_INVALID)
            print_message("taken: %s\n", bad[i]);
        assert_err(decode(f, text), ERR_INVALID);
    }
}

static const struct field query_fields[] = {
    { "text", FIELD_STR, .max = 4, AT(text) },    { "count", FIELD_INT, .min = 1, .max = 9, AT(count) },
    { "ratio", FIELD_REAL, AT(ratio) },           { "on", FIELD_BOOL, AT(on) },
    { "id", FIELD_UUID, FIELD_REQUIRED, AT(id) }, { "colour", FIELD_ENUM, .names = colours, AT(colour) },
};
static const struct spec query_spec = {
    .name = "Query", .fields = query_fields, .field_count = COUNT_OF(query_fields), .size_bytes = sizeof(struct all)
};

static void test_spec__decodes_a_query(void **state)
{
    static const struct http_pair pairs[] = {
        { STR_INIT("count"), STR_INIT("9") },    { STR_INIT("ratio"), STR_INIT("-0.5") },
        { STR_INIT("on"), STR_INIT("1") },       { STR_INIT("id"), STR_INIT("01234567-89ab-cdef-0123-456789abcdef") },
        { STR_INIT("colour"), STR_INIT("red") }, { STR_INIT("other"), STR_INIT("x") },
    };
    struct fixture *f = *state;

    assert_ok(spec_decode_query(&f->ctx, &query_spec, pairs, COUNT_OF(pairs), &f->all));
    assert_int_equal(f->all.count, 9);
    assert_true(f->all.ratio < -0.49 && f->all.on && f->all.colour == RED);
    assert_false(body_sent(&f->all, 0));
}

static void test_spec__a_querys_faults_are_listed(void **state)
{
    static const struct http_pair pairs[] = {
        { STR_INIT("text"), STR_INIT("12345") }, { STR_INIT("count"), STR_INIT("") },
        { STR_INIT("ratio"), STR_INIT("nan") },  { STR_INIT("on"), STR_INIT("yes") },
        { STR_INIT("colour"), STR_INIT("red") }, { STR_INIT("colour"), STR_INIT("red") },
    };
    struct fixture *f = *state;

    assert_err(spec_decode_query(&f->ctx, &query_spec, pairs, COUNT_OF(pairs), &f->all), ERR_INVALID);
    assert_int_equal(f->problem.fault_count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(f->problem.faults[i].where, "query");
        assert_string_equal(f->problem.faults[i].field, query_fields[i].name);
    }
    assert_string_equal(f->problem.faults[5].type, "value_error.repeated");
    assert_string_equal(f->problem.faults[4].type, "value_error.missing");
}

static const struct field reply_fields[] = {
    { "text", FIELD_STR, AT(text) },
    { "email", FIELD_EMAIL, FIELD_OMIT, AT(email) },
    { "count", FIELD_INT, FIELD_NULLABLE, AT(count) },
    { "ratio", FIELD_REAL, AT(ratio) },
    { "on", FIELD_BOOL, AT(on) },
    { "id", FIELD_UUID, AT(id) },
    { "at", FIELD_TIME, FIELD_NULLABLE, AT(at_us) },
    { "naive", FIELD_NAIVE_TIME, FIELD_NULLABLE, AT(at_us) },
    { "colour", FIELD_ENUM, FIELD_NULLABLE, .names = colours, .type_name = "Colour", AT(colour) },
    { "part", FIELD_OBJECT, .spec = &part_spec, AT(part) },
    { "ref", FIELD_REF, FIELD_NULLABLE, .spec = &part_spec, AT(ref) },
    { "parts", FIELD_LIST, .spec = &part_spec, AT(parts) },
    { "tags", FIELD_LIST, .element = FIELD_STR, AT(tags) },
    { "raw", FIELD_RAW, AT(password) },
};
static const struct spec reply_spec = { .name = "Reply",
                                        .fields = reply_fields,
                                        .field_count = COUNT_OF(reply_fields),
                                        .size_bytes = sizeof(struct all),
                                        .doc = "All \"types\"" };

static void encode(const struct all *all, struct buf *out)
{
    struct json_out json;

    json_out_init(&json, out);
    spec_encode(&json, &reply_spec, all);
}

static void test_spec__encodes_every_type(void **state)
{
    struct part parts[] = { { .number = 1, .etag = STR("a") }, { .number = 2 } };
    struct str tags[] = { STR("x"), STR("\"") };
    struct all all = { .text = STR("t\n"),
                       .email = STR("e"),
                       .count = 7,
                       .ratio = 0.5,
                       .on = true,
                       .at_us = INT64_C(1795211113127678),
                       .colour = GREEN,
                       .part = { .number = 3, .etag = STR("p") },
                       .ref = &parts[0],
                       .parts = { parts, 2 },
                       .tags = { tags, 2 },
                       .password = STR("[1]") };
    struct buf out;

    (void)state;
    all.id.bytes[0] = 1;
    buf_init(&out, 4096);
    encode(&all, &out);
    assert_string_equal(
        out.ptr, "{\"text\":\"t\\n\",\"email\":\"e\",\"count\":7,\"ratio\":0.5,\"on\":true,"
                 "\"id\":\"01000000-0000-0000-0000-000000000000\",\"at\":\"2026-11-20T21:45:13.127678Z\","
                 "\"naive\":\"2026-11-20T21:45:13.127678\",\"colour\":\"green\",\"part\":{\"number\":3,\"etag\":\"p\"},"
                 "\"ref\":{\"number\":1,\"etag\":\"a\"},\"parts\":[{\"number\":1,\"etag\":\"a\"},"
                 "{\"number\":2,\"etag\":null}],\"tags\":[\"x\",\"\\\"\"],\"raw\":[1]}");
    buf_release(&out);
}

static void test_spec__nulls_are_written_or_left_out(void **state)
{
    struct all all = { .count = INT_NULL, .ratio = NAN, .colour = -1 };
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    encode(&all, &out);
    assert_string_equal(
        out.ptr, "{\"text\":null,\"count\":null,\"ratio\":null,\"on\":false,\"id\":null,\"at\":null,"
                 "\"naive\":null,\"colour\":null,\"part\":{\"number\":0,\"etag\":null},\"ref\":null,\"parts\":[],"
                 "\"tags\":[],\"raw\":null}");
    buf_release(&out);
}

static void test_spec__schema_says_what_is_read_and_written(void **state)
{
    struct json_out json;
    struct buf out;

    (void)state;
    buf_init(&out, 8192);
    json_out_init(&json, &out);
    spec_schema(&json, &part_spec, SPEC_BODY);
    assert_string_equal(out.ptr,
                        "{\"type\":\"object\",\"properties\":{\"number\":{\"type\":\"integer\",\"format\":\"int64\","
                        "\"minimum\":1,\"maximum\":10000},\"etag\":{\"type\":\"string\",\"minLength\":1,"
                        "\"maxLength\":3}},\"required\":[\"number\",\"etag\"],\"additionalProperties\":false}");
    buf_clear(&out);
    json_out_init(&json, &out);
    spec_schema(&json, &reply_spec, SPEC_REPLY);
    assert_non_null(strstr(out.ptr, "\"description\":\"All \\\"types\\\"\""));
    assert_non_null(
        strstr(out.ptr, "\"colour\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/Colour\"},{\"type\":\"null\"}]}"));
    assert_non_null(
        strstr(out.ptr, "\"ref\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/Part\"},{\"type\":\"null\"}]}"));
    assert_non_null(strstr(out.ptr, "\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}"));
    assert_non_null(strstr(out.ptr, "\"required\":[\"text\",\"count\",\"ratio\""));
    assert_null(strstr(out.ptr, "\"required\":[\"text\",\"email\""));
    buf_clear(&out);
    json_out_init(&json, &out);
    spec_schema(&json, &all_spec, SPEC_OPEN_BODY);
    assert_null(strstr(out.ptr, "additionalProperties"));
    buf_release(&out);
}

static void check_refuses(struct field field, enum spec_use use)
{
    const struct spec spec = { .name = "Bad", .fields = &field, .field_count = 1, .size_bytes = sizeof(struct all) };
    struct buf faults;

    buf_init(&faults, 1000);
    assert_err(spec_check(&spec, use, &faults), ERR_INVALID);
    assert_true(faults.len > 0);
    buf_release(&faults);
}

static void test_spec__rows_that_cannot_be_meant_are_refused(void **state)
{
    struct buf faults;

    (void)state;
    buf_init(&faults, 4000);
    assert_ok(spec_check(&all_spec, SPEC_BODY, &faults));
    assert_ok(spec_check(&query_spec, SPEC_QUERY, &faults));
    assert_ok(spec_check(&reply_spec, SPEC_REPLY, &faults));
    assert_int_equal(faults.len, 0);
    buf_release(&faults);
    check_refuses((struct field){ NULL, FIELD_STR, AT(text) }, SPEC_BODY);
    check_refuses((struct field){ "x", FIELD_NONE_, AT(text) }, SPEC_BODY);
    check_refuses((struct field){ "x", FIELD_STR, .offset = 0 }, SPEC_BODY);
    check_refuses((struct field){ "x", FIELD_STR, .offset = sizeof(struct all) - 8 }, SPEC_REPLY);
    check_refuses((struct field){ "x", FIELD_ENUM, AT(colour) }, SPEC_BODY);
    check_refuses((struct field){ "x", FIELD_OBJECT, AT(part) }, SPEC_BODY);
    check_refuses((struct field){ "x", FIELD_REF, AT(ref) }, SPEC_BODY);
    check_refuses((struct field){ "x", FIELD_LIST, AT(parts) }, SPEC_BODY);
    check_refuses((struct field){ "x", FIELD_RAW, AT(text) }, SPEC_BODY);
    check_refuses((struct field){ "x", FIELD_PASSWORD, AT(text) }, SPEC_REPLY);
    check_refuses((struct field){ "x", FIELD_LIST, .element = FIELD_STR, AT(tags) }, SPEC_QUERY);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_spec__decodes_every_type),
        TEST(test_spec__null_and_absent_are_told_apart),
        TEST(test_spec__each_fault_has_its_place_and_type),
        TEST(test_spec__all_faults_are_listed_and_no_value_is_echoed),
        TEST(test_spec__ten_thousand_unknown_fields_are_counted_not_kept),
        TEST(test_spec__bytes_that_are_no_text_never_get_here),
        TEST(test_spec__addresses),
        TEST(test_spec__decodes_a_query),
        TEST(test_spec__a_querys_faults_are_listed),
        TEST(test_spec__encodes_every_type),
        TEST(test_spec__nulls_are_written_or_left_out),
        TEST(test_spec__schema_says_what_is_read_and_written),
        TEST(test_spec__rows_that_cannot_be_meant_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
