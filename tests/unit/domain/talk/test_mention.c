#include "unit.h"

#include "parley/domain/talk/mention.h"

/* The names of a text with blanks between them, then "+all" and "+here". */
static void check(const char *text, const char *wanted)
{
    struct mention_names names;
    char found[4096] = "";
    size_t len = 0;

    mention_scan(str_from(text), &names);
    for (size_t i = 0; i < names.count; i++)
        len += (size_t)snprintf(found + len, sizeof(found) - len, "%s%.*s", len > 0 ? " " : "",
                                STR_FMT(names.names[i]));
    (void)snprintf(found + len, sizeof(found) - len, "%s%s", names.all ? "+all" : "", names.here ? "+here" : "");
    assert_string_equal(found, wanted);
}

static void test_mention__names(void **state)
{
    (void)state;
    check("@bob", "bob");
    check("Hello @bob, and @ann-lee.", "bob ann-lee");
    check("(@bob) \"@ann\" @Bob @BOB", "bob ann");
    check("@bob.smith @bob_s @bob-", "bob.smith bob_s bob");
    check("_@bob_ *@ann* **@eve**", "bob ann eve");
    check("\u4f60\u597d@bob\u4f60\u597d", "bob");
    check("a\n@bob\n", "bob");
    check("@all @here", "+all+here");
    check("@ALL hands @allison", "allison+all");
}

static void test_mention__of_nobody(void **state)
{
    (void)state;
    check("", "");
    check("@", "");
    check("@@ @. @- @ bob", "");
    check("bob@example.org", "");
    check("a.b@example.org 1@x _x+@y", "");
    check("https://example.org/@bob https://example.org/?q=@bob", "");
    check("\\@bob", "");
    check("@@bob", "");
}

static void test_mention__in_code_is_text(void **state)
{
    (void)state;
    check("`@bob` @ann", "ann");
    check("``a ` @bob`` @ann", "ann");
    check("` @bob", "bob");               /* nothing closes it */
    check("` @bob\n\n` @ann", "bob ann"); /* another paragraph does not */
    check("\\`@bob`", "bob");
    check("```\n@bob\n```\n@ann", "ann");
    check("~~~ c\n@bob\n~~~~\n@ann", "ann");
    check("```\n@bob\n~~~\n@eve", ""); /* never closed */
    check("````\n@bob\n```\n@eve\n````\n@ann", "ann");
    check("   ```\n@bob\n  ```  \n@ann", "ann");
    check("```a`b\n@bob", "bob");
    check("a ``` @bob ``` @ann", "ann");
    check("a\n```\n@bob\n``` x\n@eve\n```\n@ann", "ann");
}

static void test_mention__too_many_are_text(void **state)
{
    (void)state;
    struct mention_names names;
    char text[8000];
    size_t len = 0;

    for (int i = 0; i < MENTIONS_MAX + 7; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "@user%d ", i);
    (void)snprintf(text + len, sizeof(text) - len, "@all");
    mention_scan(str_from(text), &names);
    assert_int_equal(names.count, MENTIONS_MAX);
    assert_true(names.all);
    (void)snprintf(text, sizeof(text), "@%065d @%064d", 1, 2);
    mention_scan(str_from(text), &names);
    assert_int_equal(names.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mention__names),
        cmocka_unit_test(test_mention__of_nobody),
        cmocka_unit_test(test_mention__in_code_is_text),
        cmocka_unit_test(test_mention__too_many_are_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
