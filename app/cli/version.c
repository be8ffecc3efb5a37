#include "parley/cli/commands.h"

static int run(struct cli *cli)
{
    (void)cli;
    (void)puts("parley " PARLEY_VERSION);
    return CLI_OK;
}

const struct command version_command = {
    .name = "version",
    .summary = "Print the version",
    .run = run,
};
