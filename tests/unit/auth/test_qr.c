#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "parley/auth/qr.h"

enum { SIDE_MAX = 200 };

/* The modules that an SVG paints dark, as a reader sees them. */
struct picture {
    int side;
    bool dark[SIDE_MAX][SIDE_MAX];
};

static void paint(const char *svg, struct picture *p)
{
    const char *at = strstr(svg, "viewBox=\"0 0 ");

    *p = (struct picture){ .side = 0 };
    assert_non_null(at);
    p->side = (int)strtol(at + strlen("viewBox=\"0 0 "), NULL, 10);
    assert_in_range(p->side, 29, SIDE_MAX);
    at = strstr(svg, "fill=\"#000\" d=\"");
    assert_non_null(at);
    for (at += strlen("fill=\"#000\" d=\""); *at == 'M';) {
        char *end;
        long x = strtol(at + 1, &end, 10), y = strtol(end, &end, 10), width = strtol(end + 1, &end, 10);

        assert_true(x >= 0 && width > 0 && x + width <= p->side && y >= 0 && y < p->side);
        for (long i = x; i < x + width; i++)
            p->dark[y][i] = true;
        at = strchr(end, 'z') + 1;
    }
    assert_string_equal(at, "\"/></svg>");
}

/* ISO/IEC 18004 §6.3.3: a ring around a block of three by three. */
static void assert_finder(const struct picture *p, int x, int y)
{
    for (int i = 0; i < 7; i++)
        for (int j = 0; j < 7; j++) {
            bool ring = i == 0 || i == 6 || j == 0 || j == 6;
            bool block = i >= 2 && i <= 4 && j >= 2 && j <= 4;

            assert_int_equal(p->dark[y + i][x + j], ring || block);
        }
}

static void test_qr__has_its_three_finders_and_a_quiet_border(void **state)
{
    (void)state;
    struct picture p;
    struct buf svg;

    buf_init(&svg, 1 << 20);
    assert_ok(qr_svg(STR("otpauth://totp/Parley:alice%40example.org?secret=GEZDGNBVGY3TQOJQ"), &svg));
    paint(svg.ptr, &p);
    assert_finder(&p, 4, 4);
    assert_finder(&p, p.side - 11, 4);
    assert_finder(&p, 4, p.side - 11);
    for (int i = 0; i < p.side; i++)
        for (int j = 0; j < 4; j++)
            assert_false(p.dark[i][j] || p.dark[j][i] || p.dark[p.side - 1 - j][i] || p.dark[i][p.side - 1 - j]);
    buf_release(&svg);
}

static void test_qr__another_text_is_another_picture(void **state)
{
    (void)state;
    struct buf a, b;

    buf_init(&a, 1 << 20);
    buf_init(&b, 1 << 20);
    assert_ok(qr_svg(STR("one"), &a));
    assert_ok(qr_svg(STR("two"), &b));
    assert_string_not_equal(a.ptr, b.ptr);
    buf_release(&a);
    buf_release(&b);
}

static void test_qr__takes_the_longest_names_and_refuses_more(void **state)
{
    (void)state;
    static char text[2954];
    struct picture p;
    struct buf svg;

    memset(text, '%', sizeof(text));
    for (size_t len = 2300; len <= 2953; len += 653) {
        buf_init(&svg, 1 << 20);
        assert_ok(qr_svg((struct str){ text, len }, &svg));
        paint(svg.ptr, &p);
        assert_int_equal(p.side, 177 + 8);
        buf_release(&svg);
    }
    buf_init(&svg, 1 << 20);
    assert_err(qr_svg((struct str){ text, sizeof(text) }, &svg), ERR_INVALID);
    assert_int_equal(svg.len, 0);
    buf_release(&svg);
    buf_init(&svg, 100);
    assert_err(qr_svg(STR("too long for this buffer"), &svg), ERR_NO_MEMORY);
    buf_release(&svg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_qr__has_its_three_finders_and_a_quiet_border),
        cmocka_unit_test(test_qr__another_text_is_another_picture),
        cmocka_unit_test(test_qr__takes_the_longest_names_and_refuses_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
