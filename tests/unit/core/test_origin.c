#include "parley/core/origin.h"

#include "unit.h"

static void test_origin__has_the_form_that_browsers_send(void **state)
{
    static const struct {
        const char *text, *wanted; /* NULL: none */
    } cases[] = {
        { "https://chat.example.org", "https://chat.example.org" },
        { "HTTPS://CHAT.example.org:443/", "https://chat.example.org" },
        { "http://localhost:80", "http://localhost" },
        { "http://localhost:443", "http://localhost:443" },
        { "https://b\u00fccher.example", "https://xn--bcher-kva.example" },
        { "capacitor://localhost", "capacitor://localhost" },
        { "tauri://localhost/", "tauri://localhost" },
        { "https://[::1]:8443", "https://[::1]:8443" },
        { "https://*.example.org", NULL },
        { "*", NULL },
        { "https://", NULL },
        { "https:///", NULL },
        { "chat.example.org", NULL },
        { "https://a.example/path", NULL },
        { "https://user@a.example", NULL },
        { "https://a.example:0", NULL },
        { "https://a.example:70000", NULL },
        { "https://a.example:", NULL },
        { "ht tps://a.example", NULL },
        { "https://a b", NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out;
        enum err e;

        buf_init(&out, ORIGIN_MAX_BYTES);
        e = origin_read(str_from(cases[i].text), &out);
        if ((e == ERR_OK) != (cases[i].wanted != NULL) || !str_eq_c(buf_str(&out), e == ERR_OK ? cases[i].wanted : ""))
            fail_msg("%s: %s", cases[i].text, out.ptr);
        buf_release(&out);
    }
    assert_true(origin_is(STR("https://chat.example.org"), STR("https://Chat.Example.org:443/chat")));
    assert_false(origin_is(STR("https://chat.example.org"), STR("http://chat.example.org/chat")));
    assert_false(origin_is(STR("null"), STR("https://chat.example.org")));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_origin__has_the_form_that_browsers_send) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
