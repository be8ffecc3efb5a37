#include "parley/db/migrate.h"

#include "parley/auth/keys.h"
#include "parley/cli/commands.h"
#include "parley/core/limits.h"
#include "parley/core/task.h"
#include "parley/domain/lifecycle/key_ownership.h"

/* What an action does; text and error_text: lines. */
typedef enum err (*migrate_fn)(struct db *db, int version, struct buf *ret_text, struct buf *ret_error_text);

static void add_steps(int steps, const char *what, struct buf *out)
{
    if (steps == 0)
        buf_add_c(out, "There was nothing to do.\n");
    else
        buf_addf(out, "%d %s %s.\n", steps, steps == 1 ? "version" : "versions", what);
}

static enum err up(struct db *db, int version, struct buf *ret_text, struct buf *ret_error_text)
{
    int steps = 0;

    TRY(migrate_up(db, version, ret_error_text, &steps));
    add_steps(steps, "applied", ret_text);
    return ERR_OK;
}

static enum err down(struct db *db, int version, struct buf *ret_text, struct buf *ret_error_text)
{
    int steps = 0;

    TRY(migrate_down(db, version, ret_error_text, &steps));
    add_steps(steps, "taken back", ret_text);
    return ERR_OK;
}

static enum err stamp(struct db *db, int version, struct buf *ret_text, struct buf *ret_error_text)
{
    TRY(migrate_stamp(db, version, ret_error_text));
    buf_add_c(ret_text, "Marked as done.\n");
    return ERR_OK;
}

static enum err status(struct db *db, int version, struct buf *ret_text, struct buf *ret_error_text)
{
    (void)version;
    return migrate_status(db, ret_text, ret_error_text);
}

/* The word behind the action; MIGRATE_NEWEST without one. */
static bool parse_version(const struct cli *cli, int *ret_version)
{
    int64_t number;

    *ret_version = MIGRATE_NEWEST;
    if (cli->word_count == 0)
        return true;
    if (str_to_int64(str_from(cli->words[0]), &number) != ERR_OK || number < 0 || number > 9999)
        return false;
    *ret_version = (int)number;
    return true;
}

/* Without keys here there is nothing to compare. */
static enum err refuse_foreign_keys(struct app *app, const struct config *config, struct buf *ret_error_text)
{
    struct task task;
    enum err e;

    if (!keys_exist(config))
        return ERR_OK;
    TRY(keys_open(config, ret_error_text, &app->keys));
    e = task_begin(&task, app);
    if (e == ERR_OK)
        e = key_ownership_look_before(&task.ctx, ret_error_text);
    task_end(&task);
    return e;
}

static int work(struct cli *cli, struct app *app, migrate_fn fn, int version)
{
    const struct config *config = config_get(app->config);
    struct buf text, fault;
    int result = CLI_OK;
    enum err e;

    buf_init(&text, 1 * MIB);
    buf_init(&fault, 65536);
    e = db_open(config, DB_UNCHECKED, &fault, &app->db);
    if (e == ERR_OK && fn == status)
        e = cli_db_require(app->db, &fault);
    else if (e == ERR_OK)
        e = refuse_foreign_keys(app, config, &fault);
    if (e == ERR_OK)
        e = fn(app->db, version, &text, &fault);
    if (e == ERR_OK)
        (void)fputs(text.ptr, stdout);
    else
        result = cli_fail(cli, "%s", fault.len > 0 ? fault.ptr : err_info(e)->sentence);
    db_close(app->db);
    keys_free(app->keys);
    config_put(app->config, config);
    buf_release(&text);
    buf_release(&fault);
    return result;
}

static int run(struct cli *cli, migrate_fn fn)
{
    struct app app = { .db = NULL };
    const struct config *config;
    int version;
    int result;

    if (!parse_version(cli, &version))
        return cli_wrong_use(cli, "%s wants the number of a version", cli->action->name);
    app.config = cli_config_box(cli);
    if (app.config == NULL)
        return CLI_FAILED;
    config = config_get(app.config);
    result = cli_make_dirs(cli, config) ? work(cli, &app, fn, version) : CLI_FAILED;
    config_put(app.config, config);
    config_box_free(app.config);
    return result;
}

static int up_run(struct cli *cli)
{
    return run(cli, up);
}

static int down_run(struct cli *cli)
{
    return run(cli, down);
}

static int status_run(struct cli *cli)
{
    return run(cli, status);
}

static int stamp_run(struct cli *cli)
{
    return run(cli, stamp);
}

static const struct command_action actions[] = {
    { "up", "[VERSION]", "apply what is missing, up to VERSION (default: the newest)", 0, up_run },
    { "down", "VERSION", "take back everything above VERSION; the rows in it are lost", 0, down_run },
    { "status", NULL, "list the versions and when they were applied", 0, status_run },
    { "stamp", "VERSION", "mark everything up to VERSION as applied without running it", 0, stamp_run },
    { NULL, NULL, NULL, 0, NULL },
};

const struct command migrate_command = {
    .name = "migrate",
    .summary = "Bring the database's schema up to date, or back",
    .actions = actions,
    .text =
        "`parley serve` does `up` by itself unless AUTO_MIGRATE=off. A database of other keys than those in KEYS_DIR is "
        "left alone, as it is by `serve`.",
};
