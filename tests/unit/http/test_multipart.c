#include "unit.h"

#include "fake_request.h"
#include "parley/core/buf.h"
#include "parley/core/limits.h"
#include "parley/http/multipart.h"

#define TYPE "multipart/form-data; boundary=XyZ"

struct reading {
    struct fake_request fake;
    struct multipart *parser;
};

static enum err start(struct reading *r, const char *type, struct str body, size_t piece_bytes)
{
    fake_init(&r->fake, "POST", STR("/"));
    fake_body(&r->fake, type, body);
    r->fake.piece_bytes = piece_bytes;
    return multipart_new(fake_ready(&r->fake), r->fake.arena, &r->parser);
}

static const char two_parts[] = "preamble that nobody reads\r\n"
                                "--XyZ\r\n"
                                "Content-Disposition: form-data; name=\"content\"\r\n"
                                "\r\n"
                                "Hi\r\n--Xy not yet\r\n"
                                "\r\n--XyZ  \t\r\n"
                                "content-disposition: form-data; filename=\"a.txt\"; name=files\r\n"
                                "Content-Type: text/plain\r\n"
                                "\r\n"
                                "\r\n--XyZ--\r\nepilogue";

static void test_multipart__any_piece_size_gives_the_same_parts(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < sizeof(two_parts) + 1; piece++) {
        struct reading r;
        struct multipart_part part;
        struct str text;

        assert_ok(start(&r, TYPE, str_from(two_parts), piece));
        assert_ok(multipart_next(r.parser, &part));
        assert_str(part.name, "content");
        assert_null(part.filename.ptr);
        assert_null(part.content_type.ptr);
        assert_ok(multipart_read_all(r.parser, 100, &text));
        assert_str(text, "Hi\r\n--Xy not yet\r\n");
        assert_ok(multipart_next(r.parser, &part));
        assert_str(part.name, "files");
        assert_str(part.filename, "a.txt");
        assert_str(part.content_type, "text/plain");
        assert_ok(multipart_read_all(r.parser, 100, &text));
        assert_str(text, "");
        assert_err(multipart_next(r.parser, &part), ERR_NOT_FOUND);
        assert_err(multipart_next(r.parser, &part), ERR_NOT_FOUND);
        fake_release(&r.fake);
    }
}

/* Cut anywhere before the last boundary is complete: never a whole message, never a crash. */
static void test_multipart__cut_anywhere_is_refused(void **state)
{
    size_t whole = (size_t)(strstr(two_parts, "--\r\nepilogue") - two_parts) + 2;

    (void)state;
    for (size_t len = 0; len < whole; len++) {
        struct reading r;
        struct multipart_part part;
        enum err e;

        assert_ok(start(&r, TYPE, str_head(str_from(two_parts), len), 7));
        while ((e = multipart_next(r.parser, &part)) == ERR_OK) {}
        assert_int_equal(e, ERR_BAD_REQUEST);
        fake_release(&r.fake);
    }
}

static void test_multipart__a_lost_connection_is_told_apart(void **state)
{
    struct reading r;
    struct multipart_part part;

    (void)state;
    assert_ok(start(&r, TYPE, str_from(two_parts), 7));
    r.fake.body.len = 60;
    assert_ok(multipart_next(r.parser, &part) == ERR_CLIENT_GONE ? ERR_OK : ERR_INTERNAL);
    fake_release(&r.fake);
}

static void test_multipart__content_of_many_windows_comes_whole(void **state)
{
    static const char head[] = "--XyZ\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n";
    enum { LEN = 300000 };
    struct reading r;
    struct multipart_part part;
    struct buf body;
    size_t at = 0;
    size_t got;
    char piece[7001];

    (void)state;
    buf_init(&body, MIB);
    buf_add_c(&body, head);
    for (size_t i = 0; i < LEN; i++)
        buf_add_byte(&body, "\r\n--XyQ"[i * 31 % 7]);
    buf_add_c(&body, "\r\n--XyZ--\r\n");
    assert_ok(start(&r, TYPE, buf_str(&body), 32768));
    assert_ok(multipart_next(r.parser, &part));
    do {
        assert_ok(multipart_read(r.parser, piece, sizeof(piece), &got));
        if (got > 0)
            assert_memory_equal(piece, body.ptr + sizeof(head) - 1 + at, got);
        at += got;
    } while (got > 0);
    assert_int_equal(at, LEN);
    assert_err(multipart_next(r.parser, &part), ERR_NOT_FOUND);
    fake_release(&r.fake);
    buf_release(&body);
}

/* The headers of one part around a Content-Disposition. */
static enum err one_part(struct reading *r, const char *headers, struct multipart_part *ret_part)
{
    static char body[20000];

    snprintf(body, sizeof(body), "--XyZ\r\n%s\r\n\r\ntext\r\n--XyZ--", headers);
    assert_ok(start(r, TYPE, str_from(body), 1000));
    return multipart_next(r->parser, ret_part);
}

static void test_multipart__file_names_of_all_clients_are_understood(void **state)
{
    static const struct {
        const char *disposition, *filename;
    } cases[] = {
        { "form-data; name=f; filename=plain.txt", "plain.txt" },
        { "form-data; name=\"f\"; filename=\"a \\\"b\\\".txt\"", "a \"b\".txt" },
        { "form-data; name=f; filename=\"a\\\\c.txt\"", "c.txt" },
        { "form-data; name=\"f\"; filename=\"a %22b%22.txt\"", "a \"b\".txt" },
        { "form-data; name=\"f\"; filename=\"100%25%41.txt\"", "100%25%41.txt" },
        { "form-data; name=\"f\"; filename=\"C:\\x\\y.txt\"", "y.txt" },
        { "form-data; name=\"f\"; filename=\"dir/sub/y.txt\"", "y.txt" },
        { "form-data; name=\"f\"; filename=\"x\"; filename*=UTF-8''dir%2Fy%5Cz.txt", "z.txt" },
        { "form-data; name=\"f\"; filename=\"dir/\"", "dir/" },
        { "form-data; name=\"f\"; filename=\"../..\"", ".." },
        { "form-data; name=\"f\"; filename=\"gr\xC3\xBC\xC3\x9F.txt\"", "gr\xC3\xBC\xC3\x9F.txt" },
        { "form-data; name=\"f\"; filename=\"x\"; filename*=UTF-8''gr%C3%BC%C3%9F.txt", "gr\xC3\xBC\xC3\x9F.txt" },
        { "form-data; name=\"f\"; filename*=utf-8'de'a%20b; filename=\"x\"", "a b" },
        { "form-data; name=\"f\"; filename=\"\"", "" },
        { "Form-Data ;NAME=\"f\";FILENAME=\"a;b=c\" ; ", "a;b=c" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;
        struct multipart_part part;
        char headers[300];

        snprintf(headers, sizeof(headers), "Content-Disposition: %s", cases[i].disposition);
        assert_ok(one_part(&r, headers, &part));
        assert_str(part.name, "f");
        assert_str(part.filename, cases[i].filename);
        fake_release(&r.fake);
    }
}

static void test_multipart__bad_headers_are_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "X: y",
        "Content-Disposition: attachment; name=f",
        "Content-Disposition: form-data",
        "Content-Disposition: form-data; name=",
        "Content-Disposition: form-data; name=\"\"",
        "Content-Disposition: form-data; name=\"f",
        "Content-Disposition: form-data; name=\"f\"x; filename=y",
        "Content-Disposition: form-data; name=a; name=b",
        "Content-Disposition: form-data; name=\"\xFF\"",
        "Content-Disposition: form-data; name=f; filename=\"\xC3\"",
        "Content-Disposition: form-data; name=f; filename*=latin1''a",
        "Content-Disposition: form-data; name=f; filename*=UTF-8''%C3",
        "Content-Disposition: form-data; name=f; filename*=UTF-8''%00",
        "Content-Disposition: form-data; name=f; filename*=UTF-8",
        "Content-Disposition: form-data; name=f\r\nContent-Disposition: form-data; name=g",
        "Content-Disposition: form-data; name=f\r\nContent-Type: a/b\r\nContent-Type: c/d",
        "Content-Disposition: form-data; name=f\r\nno colon",
        "Content-Disposition: form-data; name=f\nX: y",
        "Content-Disposition: form-data; name=f\r\nX: a\001b",
        "Content-Disposition: form-data; name=f\r\nContent-Transfer-Encoding: base64",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;
        struct multipart_part part;
        enum err e = one_part(&r, cases[i], &part);

        if (e != ERR_BAD_REQUEST)
            print_message("case %zu: %s\n", i, cases[i]);
        assert_int_equal(e, ERR_BAD_REQUEST);
        fake_release(&r.fake);
    }
}

static void test_multipart__headers_without_end_cost_little(void **state)
{
    struct reading r;
    struct multipart_part part;
    struct buf body;

    (void)state;
    buf_init(&body, 4 * MIB);
    buf_add_c(&body, "--XyZ\r\n");
    while (body.len < MIB)
        buf_add_c(&body, "X-Padding: yes yes yes\r\n");
    assert_ok(start(&r, TYPE, buf_str(&body), 4096));
    assert_err(multipart_next(r.parser, &part), ERR_BAD_REQUEST);
    assert_true(r.fake.taken_bytes < 3 * (size_t)MULTIPART_HEADERS_MAX_BYTES + 8192);
    fake_release(&r.fake);
    buf_release(&body);
}

static void test_multipart__too_many_parts_are_refused(void **state)
{
    struct reading r;
    struct multipart_part part;
    struct buf body;
    enum err e = ERR_OK;
    int count = 0;

    (void)state;
    buf_init(&body, MIB);
    for (int i = 0; i < MULTIPART_PARTS_MAX + 1; i++)
        buf_add_c(&body, "--XyZ\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n");
    buf_add_c(&body, "--XyZ--\r\n");
    assert_ok(start(&r, TYPE, buf_str(&body), 4096));
    while ((e = multipart_next(r.parser, &part)) == ERR_OK)
        count++;
    assert_int_equal(count, MULTIPART_PARTS_MAX);
    assert_int_equal(e, ERR_TOO_LARGE);
    fake_release(&r.fake);
    buf_release(&body);
}

static void test_multipart__a_field_longer_than_allowed_is_refused(void **state)
{
    struct reading r;
    struct multipart_part part;
    struct str text;

    (void)state;
    assert_ok(one_part(&r, "Content-Disposition: form-data; name=a", &part));
    assert_err(multipart_read_all(r.parser, 3, &text), ERR_TOO_LARGE);
    fake_release(&r.fake);
    assert_ok(one_part(&r, "Content-Disposition: form-data; name=a", &part));
    assert_ok(multipart_read_all(r.parser, 4, &text));
    assert_str(text, "text");
    fake_release(&r.fake);
}

static void test_multipart__a_part_may_end_right_behind_its_headers(void **state)
{
    struct reading r;
    struct multipart_part part;
    struct str text;

    (void)state;
    assert_ok(start(&r, TYPE,
                    STR("--XyZ\r\nContent-Disposition: form-data; name=a\r\n\r\n--XyZ\r\n"
                        "Content-Disposition: form-data; name=b\r\n\r\nx\r\n--XyZ--"),
                    1));
    assert_ok(multipart_next(r.parser, &part));
    assert_ok(multipart_read_all(r.parser, 10, &text));
    assert_str(text, "");
    assert_ok(multipart_next(r.parser, &part));
    assert_str(part.name, "b");
    fake_release(&r.fake);
}

static void test_multipart__other_types_and_strange_boundaries_are_refused(void **state)
{
    static const char *const refused[] = {
        NULL,
        "application/json",
        "multipart/mixed; boundary=x",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"a b \"",
        "multipart/form-data; boundary=\"a\\\"b\"",
        "multipart/form-data; boundary=a\001b",
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary=12345678901234567890123456789012345678901234567890123456789012345678901",
    };
    static const char *const taken[] = {
        "multipart/form-data; charset=utf-8; boundary=\"a b'()+_,-./:=?z\"",
        "MULTIPART/Form-Data;boundary=1234567890123456789012345678901234567890123456789012345678901234567890",
    };
    struct reading r;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        assert_err(start(&r, refused[i], STR("x"), 1), ERR_MEDIA_TYPE);
        fake_release(&r.fake);
    }
    for (size_t i = 0; i < COUNT_OF(taken); i++) {
        assert_ok(start(&r, taken[i], STR("x"), 1));
        fake_release(&r.fake);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_multipart__any_piece_size_gives_the_same_parts),
        cmocka_unit_test(test_multipart__cut_anywhere_is_refused),
        cmocka_unit_test(test_multipart__a_lost_connection_is_told_apart),
        cmocka_unit_test(test_multipart__content_of_many_windows_comes_whole),
        cmocka_unit_test(test_multipart__file_names_of_all_clients_are_understood),
        cmocka_unit_test(test_multipart__bad_headers_are_refused),
        cmocka_unit_test(test_multipart__headers_without_end_cost_little),
        cmocka_unit_test(test_multipart__too_many_parts_are_refused),
        cmocka_unit_test(test_multipart__a_field_longer_than_allowed_is_refused),
        cmocka_unit_test(test_multipart__a_part_may_end_right_behind_its_headers),
        cmocka_unit_test(test_multipart__other_types_and_strange_boundaries_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
