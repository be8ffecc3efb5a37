/* Rows of one spec inline in another. */
#include "unit.h"

#include "parley/gate/spec.h"

struct name_body {
    struct body body;
    struct str first, last;
};
static const struct field name_fields[] = {
    { "first", FIELD_STR, FIELD_REQUIRED, .offset = offsetof(struct name_body, first) },
    { "last", FIELD_STR, .offset = offsetof(struct name_body, last) },
};
static const struct spec name_spec = { SPEC_INIT("Name", struct name_body, name_fields) };

struct person_body {
    struct body body;
    int64_t age;
    struct name_body name;
    struct str note;
};
enum { PERSON_AGE, PERSON_NAME, PERSON_NOTE };
#define PERSON_FIELD(member) .offset = offsetof(struct person_body, member)
static const struct field person_fields[] = {
    [PERSON_AGE] = { "age", FIELD_INT, PERSON_FIELD(age) },
    [PERSON_NAME] = { SPEC_INLINE(&name_spec), PERSON_FIELD(name) },
    [PERSON_NOTE] = { "note", FIELD_STR, FIELD_REQUIRED, PERSON_FIELD(note) },
};
static const struct spec person_spec = { SPEC_INIT("Person", struct person_body, person_fields) };

struct fixture {
    struct ctx ctx;
    struct problem problem;
    struct person_body person;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->ctx.arena = arena_new(1 << 20);
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

static enum err decode(struct fixture *f, const char *text)
{
    const struct json_in *value;
    const char *reason;

    f->problem = (struct problem){ .err = ERR_OK };
    assert_ok(json_in_parse(f->ctx.arena, str_from(text), &value, &reason));
    return spec_decode(&f->ctx, &person_spec, SPEC_BODY, value, &f->person);
}

static void test_spec_inline__rows_are_read_from_the_same_object(void **state)
{
    struct fixture *f = *state;

    assert_ok(decode(f, "{\"last\":\"L\",\"note\":\"n\",\"first\":\"F\"}"));
    assert_str(f->person.name.first, "F");
    assert_str(f->person.name.last, "L");
    assert_str(f->person.note, "n");
    assert_int_equal(f->person.body.sent, 1U << PERSON_NOTE);
    assert_int_equal(f->person.name.body.sent, 3);
}

static void test_spec_inline__faults_of_its_rows_stand_beside_ours(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(decode(f, "{\"last\":7,\"other\":1}"), ERR_INVALID);
    assert_int_equal(f->problem.fault_count, 4);
    assert_string_equal(f->problem.faults[0].field, "first");
    assert_string_equal(f->problem.faults[1].field, "last");
    assert_string_equal(f->problem.faults[2].field, "note");
    assert_string_equal(f->problem.faults[3].field, "other");
}

static void assert_written(struct buf *out, const char *expected)
{
    assert_ok(buf_check(out));
    assert_str(buf_str(out), expected);
    buf_release(out);
}

static void test_spec_inline__rows_are_written_into_the_same_object(void **state)
{
    const struct person_body person = { .age = 7, .name = { .first = STR("F"), .last = STR("L") }, .note = STR("n") };
    struct json_out json;
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    json_out_init(&json, &out);
    spec_encode(&json, &person_spec, &person);
    assert_written(&out, "{\"age\":7,\"first\":\"F\",\"last\":\"L\",\"note\":\"n\"}");
}

static void test_spec_inline__the_schema_has_its_rows(void **state)
{
    struct json_out json;
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    json_out_init(&json, &out);
    spec_schema(&json, &person_spec, SPEC_BODY);
    assert_written(&out,
                   "{\"type\":\"object\",\"properties\":{\"age\":{\"type\":\"integer\",\"format\":\"int64\"},"
                   "\"first\":{\"type\":\"string\"},\"last\":{\"type\":\"string\"},\"note\":{\"type\":\"string\"}},"
                   "\"required\":[\"first\",\"note\"],\"additionalProperties\":false}");
}

static void test_spec_inline__rows_that_cannot_be_meant_are_refused(void **state)
{
    static const struct field repeats[] = {
        { "last", FIELD_STR, PERSON_FIELD(note) },
        { SPEC_INLINE(&name_spec), PERSON_FIELD(name) },
    };
    static const struct field named[] = { { "name", .type = FIELD_INLINE, .spec = &name_spec, PERSON_FIELD(name) } };
    static const struct field empty[] = { { .type = FIELD_INLINE, PERSON_FIELD(name) } };
    static const struct field over[] = { { SPEC_INLINE(&name_spec), .offset = 0 } };
    static const struct spec bad[] = {
        { SPEC_INIT("Repeats", struct person_body, repeats) },
        { SPEC_INIT("Named", struct person_body, named) },
        { SPEC_INIT("Empty", struct person_body, empty) },
        { SPEC_INIT("Over", struct person_body, over) },
    };
    struct buf faults;

    (void)state;
    buf_init(&faults, 4096);
    assert_ok(spec_check(&person_spec, SPEC_BODY, &faults));
    assert_int_equal(spec_check(&person_spec, SPEC_QUERY, &faults), ERR_INVALID);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(spec_check(&bad[i], SPEC_BODY, &faults), ERR_INVALID);
    buf_release(&faults);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_spec_inline__rows_are_read_from_the_same_object),
        TEST(test_spec_inline__faults_of_its_rows_stand_beside_ours),
        TEST(test_spec_inline__rows_are_written_into_the_same_object),
        TEST(test_spec_inline__the_schema_has_its_rows),
        TEST(test_spec_inline__rows_that_cannot_be_meant_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
