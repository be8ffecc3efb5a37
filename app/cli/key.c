#include "parley/auth/keys.h"

#include "key_guard.h"
#include "parley/cli/commands.h"
#include "parley/db/db.h"
#include "parley/db/migrate.h"

/* Writes the present keys into the database. */
static enum err adopt(const struct config *config, struct buf *ret_fault)
{
    struct app app = { .config = NULL };
    struct cli_task task = { .ctx = { .app = NULL } };
    enum err e = keys_open(config, ret_fault, &app.keys);

    if (e == ERR_OK)
        e = db_open(config, DB_UNCHECKED, ret_fault, &app.db);
    if (e == ERR_OK)
        e = migrate_check(app.db, ret_fault);
    if (e == ERR_OK)
        e = cli_task_begin(&task, &app, config);
    if (e == ERR_OK)
        e = key_guard_adopt(&task.ctx);
    if (e != ERR_OK && ret_fault->len == 0)
        buf_add_c(ret_fault, cli_task_sentence(&task, e));
    cli_task_end(&task);
    db_close(app.db);
    keys_free(app.keys);
    return e;
}

static int rotate(struct cli *cli, const struct config *config)
{
    struct buf fault, kid;
    int result = CLI_OK;

    buf_init(&fault, 65536);
    buf_init(&kid, 100);
    if (keys_rotate(config, &fault, &kid) != ERR_OK) {
        result = cli_fail(cli, "%s", fault.ptr);
    } else {
        (void)printf("The signing key is now %s.\n"
                     "Send SIGHUP to the running servers, and copy %s to the other hosts. Tokens of the key before\n"
                     "stay good; its public-….pem may be removed in %lld days.\n",
                     kid.ptr, config->keys_dir, (long long)config->refresh_token_expire_days);
        if (adopt(config, &fault) != ERR_OK)
            result = cli_fail(cli, "the database could not be told of the new key (%s); run later: parley key adopt",
                              fault.ptr);
    }
    buf_release(&fault);
    buf_release(&kid);
    return result;
}

static int adopt_and_say(struct cli *cli, const struct config *config)
{
    struct buf fault;
    int result = CLI_OK;

    buf_init(&fault, 65536);
    if (adopt(config, &fault) != ERR_OK)
        result = cli_fail(cli, "%s", fault.ptr);
    else
        (void)printf("The database now belongs to the keys in %s.\n", config->keys_dir);
    buf_release(&fault);
    return result;
}

static int run(struct cli *cli)
{
    struct config *config;
    bool rotating;
    int result;

    if (!cli_parse(cli, NULL))
        return CLI_WRONG_USE;
    rotating = cli->word_count == 1 && strcmp(cli->words[0], "rotate") == 0;
    if (!rotating && (cli->word_count != 1 || strcmp(cli->words[0], "adopt") != 0))
        return cli_wrong_use(cli, "rotate or adopt is missing");
    config = cli_config(cli);
    if (config == NULL)
        return CLI_FAILED;
    result = rotating ? rotate(cli, config) : adopt_and_say(cli, config);
    config_free(config);
    return result;
}

const struct command key_command = {
    .name = "key",
    .summary = "Take a new signing key, or tell the database which keys are its own",
    .usage = "Usage: parley key rotate | adopt\n"
             "\n"
             "  rotate  make a new pair that signs tokens; the public key before stays and still verifies, so that\n"
             "          nobody is signed out. Running servers take the pair at SIGHUP.\n"
             "  adopt   tell the database that the keys in KEYS_DIR are this server's. Needed only where they were\n"
             "          replaced by hand or lost: everybody must then sign in again.\n",
    .run = run,
};
