#include "unit.h"

#include "parley/core/clock.h"
#include "parley/mail/mail_message.h"

struct fixture {
    struct mail_message message;
    struct buf out;
};

static int set_up(void **state)
{
    static struct fixture f;

    f.message = (struct mail_message){
        .id = { { 0x01, 0x93, 0x4b, 0x7c } },
        .date_us = INT64_C(1795234097) * US_PER_S,
        .from = { STR("Parley"), STR("noreply@example.org") },
        .to = STR("alice@example.org"),
        .subject = STR("Hello"),
        .text = STR("One line\n"),
    };
    buf_init(&f.out, 65536);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    buf_release(&f->out);
    return 0;
}

static void write_ok(struct fixture *f)
{
    buf_clear(&f->out);
    assert_ok(mail_message_write(&f->message, &f->out));
}

static void assert_has(const struct fixture *f, const char *part)
{
    if (strstr(f->out.ptr, part) == NULL)
        fail_msg("not there: %s\nin: %s", part, f->out.ptr);
}

static void test_mail_message__is_what_rfc_5322_wants(void **state)
{
    struct fixture *f = *state;

    write_ok(f);
    assert_string_equal(f->out.ptr, "Date: Sat, 21 Nov 2026 04:08:17 +0000\r\n"
                                    "From: \"Parley\"\r\n <noreply@example.org>\r\n"
                                    "To: <alice@example.org>\r\n"
                                    "Subject: Hello\r\n"
                                    "Message-ID: <01934b7c-0000-0000-0000-000000000000@example.org>\r\n"
                                    "Auto-Submitted: auto-generated\r\n"
                                    "MIME-Version: 1.0\r\n"
                                    "Content-Type: text/plain; charset=utf-8\r\n"
                                    "Content-Transfer-Encoding: quoted-printable\r\n"
                                    "\r\n"
                                    "One line\r\n");
}

static void test_mail_message__other_scripts_in_headers_are_encoded_words(void **state)
{
    struct fixture *f = *state;

    f->message.subject = STR("Gr\xc3\xbc\xc3\x9f"
                             "e an alle");
    f->message.from.name = STR("\xe4\xbc\x9a\xe8\xad\xb0");
    write_ok(f);
    assert_has(f, "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe_an_alle?=\r\n");
    assert_has(f, "From: =?utf-8?Q?=E4=BC=9A=E8=AD=B0?=\r\n <noreply@example.org>\r\n");
}

static void test_mail_message__encoded_words_are_folded_between_code_points(void **state)
{
    struct fixture *f = *state;
    char subject[200];
    size_t line_chars = 0;

    for (size_t i = 0; i < sizeof(subject); i += 2)
        memcpy(subject + i, "\xc3\xbc", 2);
    f->message.subject = (struct str){ subject, sizeof(subject) };
    write_ok(f);
    assert_has(f, "=C3=BC?=\r\n =?utf-8?Q?=C3=BC");
    assert_null(strstr(f->out.ptr, "=C3?="));
    for (size_t i = 0; i < f->out.len; i++) {
        line_chars = f->out.ptr[i] == '\n' ? 0 : line_chars + 1;
        assert_true(line_chars <= 77); /* with the CR */
    }
}

static void test_mail_message__line_breaks_cannot_begin_a_header(void **state)
{
    struct fixture *f = *state;

    f->message.subject = STR("Hello\r\nBcc: eve@example.org");
    f->message.from.name = STR("A\nX: y");
    write_ok(f);
    assert_has(f, "Subject: =?utf-8?Q?Hello__Bcc=3A_eve=40example=2Eorg?=\r\n");
    assert_has(f, "From: =?utf-8?Q?A_X=3A_y?=\r\n");
    assert_null(strstr(f->out.ptr, "\nBcc:"));
    assert_null(strstr(f->out.ptr, "\nX:"));
}

static void test_mail_message__what_looks_encoded_is_encoded(void **state)
{
    struct fixture *f = *state;

    f->message.subject = STR("=?utf-8?Q?x?=");
    f->message.from.name = STR("a \"b\" \\c");
    write_ok(f);
    assert_has(f, "Subject: =?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?=\r\n");
    assert_has(f, "From: =?utf-8?Q?a_=22b=22_=5Cc?=\r\n");
}

static void test_mail_message__body_is_quoted_printable(void **state)
{
    struct fixture *f = *state;

    f->message.text = STR("a=b\n\ntail \n\ttab\n.\nFrom x\n\xc3\xbc\nCR\rhere\nlast");
    write_ok(f);
    assert_has(f, "\r\n\r\na=3Db\r\n\r\ntail=20\r\n=09tab\r\n.\r\nFrom x\r\n=C3=BC\r\nCR=0Dhere\r\nlast\r\n");
}

static void test_mail_message__long_lines_are_broken_softly(void **state)
{
    struct fixture *f = *state;
    char text[152];

    memset(text, 'a', sizeof(text));
    f->message.text = (struct str){ text, sizeof(text) };
    write_ok(f);
    assert_has(f, "a=\r\na");
    f->message.text = (struct str){ text, 75 };
    write_ok(f);
    assert_null(strstr(f->out.ptr, "a=\r\n"));
}

static void test_mail_message__bad_addresses_and_times_are_refused(void **state)
{
    struct fixture *f = *state;

    f->message.to = STR("a@b.c>\r\nRCPT TO:<d@e.f>");
    assert_err(mail_message_write(&f->message, &f->out), ERR_INVALID);
    f->message.to = STR("alice@example.org");
    f->message.from.address = STR("nobody");
    assert_err(mail_message_write(&f->message, &f->out), ERR_INVALID);
    f->message.from.address = STR("a@b.c");
    f->message.date_us = -1;
    assert_err(mail_message_write(&f->message, &f->out), ERR_INVALID);
    f->message.date_us = INT64_MAX;
    assert_err(mail_message_write(&f->message, &f->out), ERR_INVALID);
}

static void test_mail_message__too_long_is_said_once(void **state)
{
    struct fixture *f = *state;
    struct buf small;

    buf_init(&small, 100);
    assert_err(mail_message_write(&f->message, &small), ERR_NO_MEMORY);
    buf_release(&small);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_mail_message__is_what_rfc_5322_wants),
        TEST(test_mail_message__other_scripts_in_headers_are_encoded_words),
        TEST(test_mail_message__encoded_words_are_folded_between_code_points),
        TEST(test_mail_message__line_breaks_cannot_begin_a_header),
        TEST(test_mail_message__what_looks_encoded_is_encoded),
        TEST(test_mail_message__body_is_quoted_printable),
        TEST(test_mail_message__long_lines_are_broken_softly),
        TEST(test_mail_message__bad_addresses_and_times_are_refused),
        TEST(test_mail_message__too_long_is_said_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
