#include "parley/cli/commands.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/egress/egress.h"
#include "parley/mail/mailer.h"

enum { REPLIES_MAX_BYTES = 65536, TEXT_MAX_BYTES = 4096 };

/* What the server said, a line each, as the last thing it knows. */
static void print_replies(const struct buf *replies)
{
    struct str rest = buf_str(replies);
    struct str line;

    while (str_split(&rest, '\n', &line)) {
        line = str_trim(line);
        if (line.len > 0 && !str_has_control(line))
            (void)printf("  %.*s\n", STR_FMT(line));
    }
}

static int tell(const struct cli *cli, const struct mailer *mailer, const struct smtp_result *result)
{
    const struct smtp_server *server = mailer_server(mailer);

    if (result->outcome == SMTP_SENT) {
        (void)printf("%s:%d has taken it. If it does not arrive, look into that server's log.\n", server->host,
                     server->port);
        return CLI_OK;
    }
    if (result->status >= 400)
        return cli_fail(cli, "%s:%d: %s (it answered %d)", server->host, server->port, result->error_text,
                        result->status);
    return cli_fail(cli, "%s:%d: %s", server->host, server->port, result->error_text);
}

static int send_test(const struct cli *cli, const struct config *config, struct mailer *mailer)
{
    char text[TEXT_MAX_BYTES];
    struct buf replies;
    const struct mailer_watch watch = { .replies = &replies };
    struct smtp_result result;
    struct mail_message message = {
        .id = uuid_new(),
        .date_us = clock_now_us(),
        .to = str_from(cli->words[0]),
        .subject = STR("A test"),
        .text = str_from(text),
    };
    enum err e;

    (void)snprintf(text, sizeof(text), "This is a test by %s at %s.\n\nIts mail arrives.\n", config->app_name,
                   config->public_url);
    buf_init(&replies, REPLIES_MAX_BYTES);
    e = mailer_send(mailer, &message, &watch, &result);
    print_replies(&replies);
    buf_release(&replies);
    return e == ERR_OK ? tell(cli, mailer, &result) : cli_fail(cli, "%s", err_info(e)->sentence);
}

static int open_and_send(const struct cli *cli, const struct config *config)
{
    struct mailer *mailer;
    struct buf error_text;
    int result;
    enum err e;

    buf_init(&error_text, TEXT_MAX_BYTES);
    e = mailer_open(config, &error_text, &mailer);
    if (e != ERR_OK)
        result = cli_fail(cli, "%s", error_text.len > 0 ? error_text.ptr : err_info(e)->sentence);
    else if (mailer == NULL)
        result = cli_fail(cli, "no mail server is set: set SMTP_URL (or SMTP_SERVER) and FROM_EMAIL");
    else
        result = send_test(cli, config, mailer);
    mailer_close(mailer);
    buf_release(&error_text);
    return result;
}

static int test_run(struct cli *cli)
{
    struct config *config;
    int result;

    if (!mail_address_is_sane(str_from(cli->words[0])))
        return cli_wrong_use(cli, "that is not an e-mail address");
    config = cli_config(cli);
    if (config == NULL)
        return CLI_FAILED;
    result = egress_init() == ERR_OK ? open_and_send(cli, config) : cli_fail(cli, "out of memory");
    egress_cleanup();
    config_free(config);
    return result;
}

static const struct command_action actions[] = {
    { "test", "ADDRESS", "send a mail to ADDRESS now, by the server of the settings, and print what it says", 0,
      test_run },
    { NULL, NULL, NULL, 0, NULL },
};

const struct command mail_command = {
    .name = "mail",
    .summary = "Send a test by the mail server of the settings",
    .actions = actions,
};
