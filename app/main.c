/* The program: global options, then one of the subcommands. */
#include <unistd.h>

#include "parley/cli/commands.h"

static const struct command *const commands[] = {
    &serve_command, &migrate_command, &config_command, &openapi_command, &user_command,
    &key_command,   &audit_command,   &doctor_command, &version_command,
};

static void print_help(void)
{
    (void)fputs("Parley is a private chat server behind nginx.\n"
                "\n"
                "Usage: parley [--env-file FILE] COMMAND …\n"
                "\n"
                "Commands:\n",
                stdout);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        (void)printf("  %-9s %s\n", commands[i]->name, commands[i]->summary);
    (void)fputs(
        "\n"
        "Settings come from the environment, then from FILE (default: .env in the working directory, where there\n"
        "is one), then from their defaults. `parley COMMAND --help` tells more.\n",
        stdout);
}

static int wrong_use(const char *what, const char *word)
{
    (void)fprintf(stderr, "parley: %s%s; see parley --help\n", what, word);
    return CLI_WRONG_USE;
}

static int run_command(int argc, char **argv, const char *env_file)
{
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        struct cli cli = {
            .command = commands[i],
            .config_opts = { .environment = environ, .env_file = env_file },
            .words = argv + 1,
            .word_count = argc - 1,
        };

        if (strcmp(argv[0], commands[i]->name) == 0)
            return commands[i]->run(&cli);
    }
    return wrong_use("there is no command ", argv[0]);
}

int main(int argc, char **argv)
{
    static const char option[] = "--env-file=";
    const char *env_file = NULL;
    int at = 1;

    for (; at < argc && argv[at][0] == '-'; at++) {
        if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0) {
            print_help();
            return CLI_OK;
        }
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
