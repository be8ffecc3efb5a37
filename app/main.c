/* The program: global options, then one of the subcommands. */
#include <unistd.h>

#include "parley/cli/commands.h"

static int wrong_use(const char *what, const char *word)
{
    (void)fprintf(stderr, "parley: %s%s; see parley --help\n", what, word);
    return CLI_WRONG_USE;
}

static int run_command(int argc, char **argv, const char *env_file)
{
    struct cli cli = {
        .command = command_find(argv[0]),
        .config_opts = { .environment = environ, .env_file = env_file },
        .words = argv + 1,
        .word_count = argc - 1,
    };

    return cli.command != NULL ? cli_run(&cli) : cli_no_command(argv[0]);
}

int main(int argc, char **argv)
{
    static const char option[] = "--env-file=";
    const char *env_file = NULL;
    int at = 1;

    for (; at < argc && argv[at][0] == '-'; at++) {
        if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0)
            return run_command(1, (char *[]){ "help", NULL }, NULL);
        if (strcmp(argv[at], "--version") == 0)
            return run_command(1, (char *[]){ "version", NULL }, NULL);
        if (strncmp(argv[at], option, sizeof(option) - 1) == 0)
            env_file = argv[at] + sizeof(option) - 1;
        else if (strcmp(argv[at], "--env-file") == 0 && at + 1 < argc)
            env_file = argv[++at];
        else if (strcmp(argv[at], "--env-file") == 0)
            return wrong_use("--env-file needs a value", "");
        else
            return wrong_use("there is no option ", argv[at]);
    }
    if (at >= argc)
        return wrong_use("a command is missing", "");
    return run_command(argc - at, argv + at, env_file);
}
