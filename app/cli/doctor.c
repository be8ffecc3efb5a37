#include "doctor.h"

#include <stdarg.h>

#include "parley/auth/keys.h"
#include "parley/cli/commands.h"
#include "parley/core/buf.h"
#include "parley/db/db.h"
#include "parley/egress/egress.h"

void check_result(struct doctor_run *run, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    (void)putchar('\n');
    run->result_count++;
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

static void (*const checks[])(struct doctor_run *run) = {
    check_files, check_settings, check_tls, check_keys, check_database, check_setup, check_bucket,
};

static int examine(struct cli *cli, struct config_box *box)
{
    struct doctor_run run = { .app.config = box };

    if (egress_init() != ERR_OK || task_begin(&run.task, &run.app) != ERR_OK)
        return cli_fail(cli, "out of memory");
    run.config = run.task.ctx.config;
    for (size_t i = 0; i < COUNT_OF(checks); i++)
        checks[i](&run);
    task_end(&run.task);
    db_close(run.app.db);
    keys_free(run.app.keys);
    egress_cleanup();
    if (run.result_count == 0)
        (void)puts("nothing is amiss");
    return run.result_count == 0 ? CLI_OK : CLI_FAILED;
}

static int run(struct cli *cli)
{
    struct config_box *box;
    int result;

    box = cli_config_box(cli);
    if (box == NULL)
        return CLI_FAILED;
    result = examine(cli, box);
    config_box_free(box);
    return result;
}

const struct command doctor_command = {
    .name = "doctor",
    .summary = "Look for what makes this server weak",
    .text =
        "Looks at the files and folders, the settings, the TLS certificate, the keys, the database and the bucket of this "
        "server. Prints a line for each thing that makes it weak or may lose data: what it is, and what to do. Changes "
        "nothing. The exit code is 0 when nothing is amiss, otherwise 1.",
    .run = run,
};
