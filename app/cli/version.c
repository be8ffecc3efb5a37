#include "parley/cli/commands.h"

static int run(struct cli *cli)
{
    if (!cli_parse(cli, NULL))
        return CLI_WRONG_USE;
    if (cli->word_count > 0)
        return cli_wrong_use(cli, "takes no arguments");
    (void)puts("parley " PARLEY_VERSION);
    return CLI_OK;
}

const struct command version_command = {
    .name = "version",
    .summary = "Print the version",
    .usage = "Usage: parley version\n\nPrints the program's name and version.\n",
    .run = run,
};
