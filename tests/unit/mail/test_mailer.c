#include "unit.h"

#include "parley/mail/mailer.h"

/* What a setting of mail is; the others are empty. */
static struct config config_with(const char *url, const char *server)
{
    return (struct config){ .smtp_url = url,
                            .smtp_server = server,
                            .smtp_port = 587,
                            .smtp_user = "",
                            .smtp_password = "",
                            .smtp_ca_file = "",
                            .from_email = "Parley <noreply@example.org>" };
}

static struct mailer *open_ok(const struct config *config)
{
    struct mailer *mailer = NULL;
    struct buf error_text;

    buf_init(&error_text, 1000);
    assert_ok(mailer_open(config, &error_text, &mailer));
    buf_release(&error_text);
    return mailer;
}

static void test_mailer__without_a_server_there_is_none(void **state)
{
    const struct config config = config_with("", "");

    (void)state;
    assert_null(open_ok(&config));
    mailer_close(NULL);
}

static void test_mailer__reads_a_url(void **state)
{
    const struct config config = config_with("smtps://us%40er:p%3Aw@mail.example.org:2465", "");
    struct mailer *mailer = open_ok(&config);
    const struct smtp_server *server = mailer_server(mailer);

    (void)state;
    assert_string_equal(server->host, "mail.example.org");
    assert_string_equal(server->user, "us@er");
    assert_string_equal(server->password, "p:w");
    assert_string_equal(server->own_name, "example.org");
    assert_int_equal(server->port, 2465);
    mailer_close(mailer);
}

/* What goes in the clear, and to whom. */
static void test_mailer__chooses_tls(void **state)
{
    const struct {
        const char *url, *ca_file;
        int port;
        enum smtp_tls tls;
    } cases[] = {
        { "smtps://mail.example.org", "", 465, SMTP_TLS },
        { "smtp://mail.example.org:465", "", 465, SMTP_TLS },
        { "smtp://u:p@mail.example.org", "", 587, SMTP_STARTTLS },
        { "smtp://u:p@127.example.org", "", 587, SMTP_STARTTLS },
        { "smtp://u:p@10.1.2.3:25", "", 25, SMTP_STARTTLS },
        { "smtp://mail.example.org:25", "", 25, SMTP_STARTTLS_OFFERED },
        { "smtp://mail.example.org:25", "/ca.pem", 25, SMTP_STARTTLS },
        { "smtp://u:p@localhost", "", 587, SMTP_PLAIN },
        { "smtp://u:p@127.0.0.1:25", "", 25, SMTP_PLAIN },
        { "smtp://[::1]:25", "", 25, SMTP_PLAIN },
        { "smtp://localhost", "/ca.pem", 587, SMTP_STARTTLS },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct config config = config_with(cases[i].url, "");
        struct mailer *mailer;

        config.smtp_ca_file = cases[i].ca_file;
        mailer = open_ok(&config);
        assert_int_equal(mailer_server(mailer)->tls, cases[i].tls);
        assert_int_equal(mailer_server(mailer)->port, cases[i].port);
        mailer_close(mailer);
    }
}

static void test_mailer__takes_the_single_settings(void **state)
{
    struct config config = config_with("", "mail.example.org");
    struct mailer *mailer;

    (void)state;
    config.smtp_user = "u";
    config.smtp_password = "p";
    mailer = open_ok(&config);
    assert_string_equal(mailer_server(mailer)->user, "u");
    assert_int_equal(mailer_server(mailer)->tls, SMTP_STARTTLS);
    mailer_close(mailer);
}

static void test_mailer__refuses_what_it_cannot_use(void **state)
{
    const char *bad[] = { "smtp://",          "smtp://mail.example.org/x", "smtp://mail.example.org?x=1",
                          "smtp://host:0",    "smtp://u%00:p@host",        "http://mail.example.org",
                          "smtp://host:70000" };
    struct buf error_text;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const struct config config = config_with(bad[i], "");
        struct mailer *mailer = NULL;

        buf_init(&error_text, 1000);
        assert_err(mailer_open(&config, &error_text, &mailer), ERR_INVALID);
        assert_true(str_starts_with(buf_str(&error_text), STR("SMTP_URL must look like")));
        assert_null(mailer);
        buf_release(&error_text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mailer__without_a_server_there_is_none),
        cmocka_unit_test(test_mailer__reads_a_url),
        cmocka_unit_test(test_mailer__chooses_tls),
        cmocka_unit_test(test_mailer__takes_the_single_settings),
        cmocka_unit_test(test_mailer__refuses_what_it_cannot_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
