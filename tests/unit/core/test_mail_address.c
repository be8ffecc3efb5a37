#include "unit.h"

#include "parley/core/limits.h"
#include "parley/core/mail_address.h"

static void test_mail_address__takes_what_servers_deliver_to(void **state)
{
    const char *good[] = { "a@b.c",
                           "alice.b+c@mail.example.org",
                           "o'brien@example.org",
                           "x@localhost",
                           ("gr\xc3\xbc\xc3\x9f"
                            "e@example.org"),
                           "a@xn--bcher-kva.example" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(mail_address_is_sane(str_from(good[i])));
}

static void test_mail_address__refuses_what_could_end_a_command_or_a_header(void **state)
{
    const struct str bad[] = { STR("a@b.c\r\nRCPT TO:<d@e.f>"),
                               STR("a@b.c>"),
                               STR("<a@b.c>"),
                               STR("a b@c.d"),
                               STR("a@b.c\n"),
                               STR("a\0@b.c"),
                               STR("a@b\0.c"),
                               STR("a@b@c.d"),
                               STR("\"a\"@b.c"),
                               STR("a@[127.0.0.1]"),
                               STR("b@myxe\xd2\x93.or@bb"), /* other letters in the domain: it goes through IDNA */
                               STR("a@\xd2\x93<b.example"),
                               STR("a@\xd2\x93 b.example"),
                               STR("a\tb@c.d"),
                               STR("a\x7f@b.c"),
                               STR("a\xff@b.c") };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(mail_address_is_sane(bad[i]));
}

static void test_mail_address__refuses_what_is_none(void **state)
{
    const char *bad[] = { "", "@", "a@", "@b.c", "a", "a@b", ".a@b.c", "a.@b.c", "a..b@c.d", "a@.b", "a@b.", "a@-b.c" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(mail_address_is_sane(str_from(bad[i])));
    assert_false(mail_address_is_sane((struct str){ NULL, 0 }));
}

static void test_mail_address__has_the_lengths_of_rfc_5321(void **state)
{
    char text[EMAIL_MAX_BYTES + 2];

    (void)state;
    memset(text, 'a', sizeof(text));
    text[64] = '@';
    for (size_t at = 66; at < sizeof(text); at += 60)
        text[at] = '.';
    assert_true(mail_address_is_sane((struct str){ text, EMAIL_MAX_BYTES }));
    assert_false(mail_address_is_sane((struct str){ text, EMAIL_MAX_BYTES + 1 }));
    assert_false(mail_address_is_sane(STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b.c")));
}

static void test_mail_address__sender_is_read_with_and_without_a_name(void **state)
{
    const struct {
        const char *text, *name, *address;
    } good[] = {
        { "a@b.c", NULL, "a@b.c" },
        { " <a@b.c> ", NULL, "a@b.c" },
        { "Parley <a@b.c>", "Parley", "a@b.c" },
        { "\"Chat, ours\" <a@b.c>", "Chat, ours", "a@b.c" },
        { "\"\" <a@b.c>", NULL, "a@b.c" },
    };
    struct mail_address read;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        assert_ok(mail_address_parse(str_from(good[i].text), &read));
        assert_str(read.address, good[i].address);
        if (good[i].name != NULL)
            assert_str(read.name, good[i].name);
        else
            assert_null(read.name.ptr);
    }
}

static void test_mail_address__sender_of_another_form_is_refused(void **state)
{
    const char *bad[] = { "",
                          "Parley",
                          "Parley <>",
                          "Parley <a@b.c",
                          "Parley a@b.c>",
                          "Parley <a@b.c> x",
                          "Par\nley <a@b.c>",
                          "Par\"ley <a@b.c>",
                          "Par\\ley <a@b.c>",
                          "A <a@b.c>, B <d@e.f>",
                          "A\xff <a@b.c>" };
    struct mail_address read = { .name = STR("untouched") };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_err(mail_address_parse(str_from(bad[i]), &read), ERR_INVALID);
    assert_str(read.name, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mail_address__takes_what_servers_deliver_to),
        cmocka_unit_test(test_mail_address__refuses_what_could_end_a_command_or_a_header),
        cmocka_unit_test(test_mail_address__refuses_what_is_none),
        cmocka_unit_test(test_mail_address__has_the_lengths_of_rfc_5321),
        cmocka_unit_test(test_mail_address__sender_is_read_with_and_without_a_name),
        cmocka_unit_test(test_mail_address__sender_of_another_form_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
