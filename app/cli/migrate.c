#include "parley/db/migrate.h"

#include "parley/cli/commands.h"
#include "parley/core/limits.h"

/* One of the words behind `migrate`. */
struct action {
    const char *name;
    enum { VERSION_NONE, VERSION_MAY, VERSION_MUST } version;
    enum err (*run)(struct db *db, int version, struct buf *ret_text, struct buf *ret_error_text);
};

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

static const struct action actions[] = {
    { "up", VERSION_MAY, up },
    { "down", VERSION_MUST, down },
    { "status", VERSION_NONE, status },
    { "stamp", VERSION_MUST, stamp },
};

static const struct action *find_action(const struct cli *cli)
{
    for (size_t i = 0; cli->word_count > 0 && i < COUNT_OF(actions); i++) {
        if (strcmp(cli->words[0], actions[i].name) == 0)
            return &actions[i];
    }
    return NULL;
}

/* The second word. */
static bool parse_version(const struct cli *cli, const struct action *action, int *ret_version)
{
    int64_t number;

    *ret_version = MIGRATE_NEWEST;
    if (cli->word_count == 1)
        return action->version != VERSION_MUST;
    if (cli->word_count != 2 || action->version == VERSION_NONE ||
        str_to_int64(str_from(cli->words[1]), &number) != ERR_OK || number < 0 || number > 9999)
        return false;
    *ret_version = (int)number;
    return true;
}

static int work(struct cli *cli, const struct config *config, const struct action *action, int version)
{
    struct db *db = NULL;
    struct buf text, fault;
    int result = CLI_OK;
    enum err e;

    buf_init(&text, 1 * MIB);
    buf_init(&fault, 65536);
    e = db_open(config, DB_UNCHECKED, &fault, &db);
    if (e == ERR_OK)
        e = action->run(db, version, &text, &fault);
    if (e == ERR_OK)
        (void)fputs(text.ptr, stdout);
    else
        result = cli_fail(cli, "%s", fault.len > 0 ? fault.ptr : err_info(e)->sentence);
    db_close(db);
    buf_release(&text);
    buf_release(&fault);
    return result;
}

static int run(struct cli *cli)
{
    const struct action *action;
    struct config *config;
    int version;
    int result;

    if (!cli_parse(cli, NULL))
        return CLI_WRONG_USE;
    action = find_action(cli);
    if (action == NULL)
        return cli_wrong_use(cli, "up, down, status or stamp is missing");
    if (!parse_version(cli, action, &version))
        return cli_wrong_use(
            cli, action->version == VERSION_NONE ? "%s takes no version" : "%s wants the number of a version",
            action->name);
    config = cli_config(cli);
    if (config == NULL)
        return CLI_FAILED;
    result = cli_make_dirs(cli, config) ? work(cli, config, action, version) : CLI_FAILED;
    config_free(config);
    return result;
}

const struct command migrate_command = {
    .name = "migrate",
    .summary = "Bring the database's schema up to date, or back",
    .usage = "Usage: parley migrate up [VERSION] | down VERSION | status | stamp VERSION\n"
             "\n"
             "  up [VERSION]   apply what is missing, up to VERSION (default: the newest)\n"
             "  down VERSION   take back everything above VERSION; the rows in it are lost\n"
             "  status         list the versions and when they were applied\n"
             "  stamp VERSION  mark everything up to VERSION as applied without running it\n"
             "\n"
             "`parley serve` does `up` by itself unless AUTO_MIGRATE=off.\n",
    .run = run,
};
