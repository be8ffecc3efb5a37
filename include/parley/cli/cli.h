/*
 * The command line: what every subcommand is given, and what they share. Exit codes: 0 done, 1 failed, 2 wrong use;
 * in the latter two one line (or one per fault) has been written to standard error.
 */
#ifndef PARLEY_CLI_CLI_H
#define PARLEY_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "parley/core/config.h"
#include "parley/core/task.h"

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_WRONG_USE = 2 };

struct buf;
struct cli;
struct db;

/* One subcommand. */
struct command {
    const char *name;
    const char *summary; /* a line of `parley --help` */
    const char *usage;   /* what `parley NAME --help` prints */
    int (*run)(struct cli *cli);
};

/* An option of a subcommand: "--admin", or with a value "--format table" and "--format=table". */
struct cli_option {
    const char *name;   /* with its dashes; NULL ends the list */
    const char **value; /* where its value goes; NULL for an option without one */
    bool *given;        /* may be NULL */
};

struct cli {
    const struct command *command;
    struct config_load_opts config_opts;
    char **words; /* what stands behind the subcommand, NULL-ended; after cli_parse without options */
    int word_count;
};

/*
 * Takes the options out of cli->words. False after wrong use, which has been told. --help prints the usage and ends the
 * program with 0.
 */
bool cli_parse(struct cli *cli, const struct cli_option *options);
/* Prints "parley NAME: …; see parley NAME --help" and returns CLI_WRONG_USE. */
int cli_wrong_use(const struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);
/* Prints "parley NAME: …", a line for each line of the text, and returns CLI_FAILED. */
int cli_fail(const struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);

/* The configuration; NULL after telling every fault. The caller frees. */
struct config *cli_config(const struct cli *cli);
/* The same in a box, as struct app has it; config_box_free. */
struct config_box *cli_config_box(const struct cli *cli);

/* Makes VAR_DIR and the socket's folder (0750) where they are missing. False after telling what is wrong. */
bool cli_make_dirs(const struct cli *cli, const struct config *config);

/*
 * Opens the database, which must be at the newest version: subcommands do not migrate by the way. ret_error_text: one line.
 * On failure nothing is open.
 */
enum err cli_db_open(const struct config *config, struct buf *ret_error_text, struct db **ret_db) MUST_CHECK;

/* The parts of the program that a subcommand needs for working on the database; zeroed before they are opened. */
struct cli_runtime {
    struct app app;
    struct task task;
};
/* False after telling what is wrong; cli_runtime_close must be called in any case. */
bool cli_runtime_open(const struct cli *cli, struct cli_runtime *runtime);
void cli_runtime_close(struct cli_runtime *runtime);

#endif
