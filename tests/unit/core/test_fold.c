#include "unit.h"

#include "parley/core/fold.h"
#include "parley/core/limits.h"

static void check(const char *text, const char *wanted)
{
    struct arena *a = arena_new(64 * KIB);
    struct str folded;

    assert_ok(fold_text(a, str_from(text), &folded));
    assert_str(folded, wanted);
    arena_free(a);
}

static void test_fold__makes_what_reads_alike_the_same_bytes(void **state)
{
    (void)state;
    check("Plans 2026", "plans 2026");
    check("ÉCOLE", "école");
    check("e\u0301cole", "école"); /* composed */
    check("Straße", "strasse");
    check("\uFF21\uFF22\uFF23", "abc"); /* full width */
    check("ﬁne", "fine");
    check("ΣΊΣΥΦΟΣ", "σίσυφοσ");
    check("日本", "日本");
    check("50%_off", "50%_off");
}

static void test_fold__of_nothing_is_empty(void **state)
{
    (void)state;
    check("", "");
    check(NULL, "");
}

static void test_fold__past_the_cap_is_refused(void **state)
{
    (void)state;
    struct arena *a = arena_new(16);
    struct str folded;

    assert_err(fold_text(a, STR("A text of more than sixteen bytes"), &folded), ERR_NO_MEMORY);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fold__makes_what_reads_alike_the_same_bytes),
        cmocka_unit_test(test_fold__of_nothing_is_empty),
        cmocka_unit_test(test_fold__past_the_cap_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
