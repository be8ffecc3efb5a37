#include "doctor.h"

#include <stdarg.h>

#include "parley/auth/keys.h"
#include "parley/cli/commands.h"
#include "parley/core/buf.h"
#include "parley/core/json_out.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/egress/egress.h"

enum { FINDING_MAX_BYTES = 4096 };

void check_result(struct doctor_run *run, const char *format, ...)
{
    char text[FINDING_MAX_BYTES];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    run->result_count++;
    if (run->json == NULL) {
        (void)puts(text);
        return;
    }
    json_out_object(run->json);
    json_out_kv_c(run->json, "part", run->part);
    json_out_kv_c(run->json, "finding", text);
    json_out_object_end(run->json);
}

/* Never makes keys: that is for the server's first start. */
void check_keys(struct doctor_run *run)
{
    const struct config *config = run->config;
    struct buf error_text;

    if (!keys_exist(config)) {
        check_result(run, "%s: there are no keys; start the server once, or copy KEYS_DIR from another host of it",
                     config->keys_dir);
        return;
    }
    buf_init(&error_text, 65536);
    if (keys_open(config, &error_text, &run->app.keys) != ERR_OK)
        check_result(run, "%s", error_text.len > 0 ? error_text.ptr : "the keys cannot be opened: out of memory");
    buf_release(&error_text);
}

static const struct {
    const char *part;
    void (*check)(struct doctor_run *run);
} checks[] = {
    { "files", check_files },     { "settings", check_settings },
    { "streams", check_streams }, { "tls", check_tls },
    { "keys", check_keys },       { "database", check_database },
    { "setup", check_setup },     { "store", check_store },
    { "store", check_bucket },    { "store", check_bucket_origins },
    { "redis", check_redis },     { "mail", check_mail },
};

static int examine(const struct cli *cli, struct config_box *box, struct doctor_run *run)
{
    run->app.config = box;
    if (egress_init() != ERR_OK || task_begin(&run->task, &run->app) != ERR_OK)
        return cli_fail(cli, "out of memory");
    run->config = run->task.ctx.config;
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        run->part = checks[i].part;
        checks[i].check(run);
    }
    task_end(&run->task);
    db_close(run->app.db);
    keys_free(run->app.keys);
    egress_cleanup();
    return run->result_count == 0 ? CLI_OK : CLI_FAILED;
}

static int examine_in_lines(const struct cli *cli, struct config_box *box)
{
    struct doctor_run run = { .json = NULL };
    int result = examine(cli, box, &run);

    if (result == CLI_OK)
        (void)puts("nothing is amiss");
    return result;
}

static int examine_in_json(const struct cli *cli, struct config_box *box)
{
    struct json_out json;
    struct doctor_run run = { .json = &json };
    struct buf text;
    int result, printed;

    buf_init(&text, 4 * MIB);
    json_out_init(&json, &text);
    json_out_object(&json);
    json_out_key(&json, "findings");
    json_out_array(&json);
    result = examine(cli, box, &run);
    json_out_array_end(&json);
    json_out_kv_bool(&json, "healthy", result == CLI_OK);
    json_out_object_end(&json);
    buf_add_byte(&text, '\n');
    printed = cli_print(cli, &text);
    buf_release(&text);
    return printed == CLI_OK ? result : printed;
}

enum option { OPTION_JSON };

static int run(struct cli *cli)
{
    struct config_box *box = cli_config_box(cli);
    int result;

    if (box == NULL)
        return CLI_FAILED;
    result = cli_option(cli, OPTION_JSON) != NULL ? examine_in_json(cli, box) : examine_in_lines(cli, box);
    config_box_free(box);
    return result;
}

static const struct command_option options[] = {
    [OPTION_JSON] = { "--json", NULL, "print an object: healthy, and findings, each with its part and its text" },
    { NULL, NULL, NULL },
};

const struct command doctor_command = {
    .name = "doctor",
    .summary = "Look for what is wrong with this server or makes it weak",
    .options = options,
    .text =
        "Looks at the files and folders, the settings, the TLS certificate and the keys of this server, and connects to "
        "its database, its store, Redis and the mail server with the credentials of the settings. Prints a line for each "
        "thing that does not work, makes the server weak or may lose data: what it is, and what to do. Changes nothing "
        "and sends nothing (`parley mail test` does). The exit code is 0 when nothing is amiss, otherwise 1.",
    .run = run,
};
