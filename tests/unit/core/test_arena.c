#include "parley/core/arena.h"

#include "unit.h"

static void test_arena__pieces_are_aligned_and_apart(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    unsigned char *previous = NULL;
    for (size_t i = 0; i < 1000; i++) {
        unsigned char *piece = arena_alloc(a, 1 + i % 37);
        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece % _Alignof(max_align_t), 0);
        assert_ptr_not_equal(piece, previous);
        memset(piece, (int)i, 1 + i % 37);
        previous = piece;
    }
    arena_free(a);
}

static void test_arena__the_cap_is_sticky_until_reset(void **state)
{
    (void)state;
    struct arena *a = arena_new(4096);
    assert_non_null(arena_alloc(a, 4000));
    assert_null(arena_alloc(a, 4000));
    assert_null(arena_alloc(a, 1));
    assert_err(arena_check(a), ERR_NO_MEMORY);
    arena_reset(a);
    assert_ok(arena_check(a));
    assert_non_null(arena_alloc(a, 4000));
    arena_free(a);
}

static void test_arena__an_overflowing_product_is_refused(void **state)
{
    (void)state;
    struct arena *a = arena_new(4096);
    assert_null(arena_calloc(a, SIZE_MAX / 2, 3));
    assert_err(arena_check(a), ERR_NO_MEMORY);
    arena_free(a);
}

static char order[8];

static void note(void *p)
{
    order[strlen(order)] = *(const char *)p;
}

static void test_arena__deferred_runs_backwards_once(void **state)
{
    (void)state;
    struct arena *a = arena_new(4096);
    memset(order, 0, sizeof(order));
    assert_ok(arena_defer(a, note, (char[]){ '1' }));
    assert_ok(arena_defer(a, note, (char[]){ '2' }));
    arena_reset(a);
    assert_string_equal(order, "21");
    arena_free(a);
    assert_string_equal(order, "21");
}

static void test_arena__a_defer_that_does_not_fit_runs_at_once(void **state)
{
    (void)state;
    struct arena *a = arena_new(8);
    memset(order, 0, sizeof(order));
    assert_err(arena_defer(a, note, (char[]){ 'x' }), ERR_NO_MEMORY);
    assert_string_equal(order, "x");
    arena_free(a);
}

static void test_arena__texts_are_copied(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 16);
    char source[] = "abc";
    struct str copy = arena_str(a, str_from(source));
    source[0] = 'x';
    assert_str(copy, "abc");
    assert_null(arena_str(a, str_from(NULL)).ptr);
    assert_string_equal(arena_cstr(a, str_from(NULL)), "");
    assert_string_equal(arena_printf(a, "%d-%s", 5, "y"), "5-y");
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena__pieces_are_aligned_and_apart),
        cmocka_unit_test(test_arena__the_cap_is_sticky_until_reset),
        cmocka_unit_test(test_arena__an_overflowing_product_is_refused),
        cmocka_unit_test(test_arena__deferred_runs_backwards_once),
        cmocka_unit_test(test_arena__a_defer_that_does_not_fit_runs_at_once),
        cmocka_unit_test(test_arena__texts_are_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
