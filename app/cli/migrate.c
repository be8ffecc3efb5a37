#include "parley/db/migrate.h"

#include "parley/cli/commands.h"
#include "parley/core/limits.h"

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

static int work(struct cli *cli, const struct config *config, migrate_fn fn, int version)
{
    struct db *db = NULL;
    struct buf text, fault;
    int result = CLI_OK;
    enum err e;

    buf_init(&text, 1 * MIB);
    buf_init(&fault, 65536);
    e = db_open(config, DB_UNCHECKED, &fault, &db);
    if (e == ERR_OK)
        e = fn(db, version, &text, &fault);
    if (e == ERR_OK)
        (void)fputs(text.ptr, stdout);
    else
        result = cli_fail(cli, "%s", fault.len > 0 ? fault.ptr : err_info(e)->sentence);
    db_close(db);
    buf_release(&text);
    buf_release(&fault);
    return result;
}

static int run(struct cli *cli, migrate_fn fn)
{
    struct config *config;
    int version;
    int result;

    if (!parse_version(cli, &version))
        return cli_wrong_use(cli, "%s wants the number of a version", cli->action->name);
    config = cli_config(cli);
    if (config == NULL)
        return CLI_FAILED;
    result = cli_make_dirs(cli, config) ? work(cli, config, fn, version) : CLI_FAILED;
    config_free(config);
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
    .text = "`parley serve` does `up` by itself unless AUTO_MIGRATE=off.",
};
