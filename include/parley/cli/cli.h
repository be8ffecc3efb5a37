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
#include "parley/domain/record/principal.h"

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_WRONG_USE = 2 };

struct buf;
struct cli;
struct db;

/*
 * An option of a subcommand: "--admin", or with a value "--format table" and "--format=table". Rows end with one without a
 * name; a row's number is what cli_option takes.
 */
struct command_option {
    const char *name;     /* with its dashes */
    const char *value;    /* what its value is called; NULL: it takes none */
    const char *sentence; /* what it does; without capital and full stop, as all sentences of the tables */
};

/* What stands behind a subcommand: "add" of `parley user add`. Rows end with one without a name. */
struct command_action {
    const char *name;
    const char *words; /* what it wants behind it: "ADDRESS", and in brackets what may be left out; NULL: nothing */
    const char *sentence;
    unsigned options; /* which rows of the command's options belong to it: bits, COMMAND_TAKES of each */
    int (*run)(struct cli *cli);
};
#define COMMAND_TAKES(option) (1U << (option))

enum { COMMAND_OPTIONS_MAX = 16 };

/* One subcommand. Usage, help, completion and the manual page are printed from this row. */
struct command {
    const char *name;
    const char *summary;                  /* a line of `parley help` */
    const char *words;                    /* as of an action, where there are no actions */
    const struct command_action *actions; /* NULL: none; then all options are the command's */
    const struct command_option *options; /* NULL: none */
    const char *text;            /* further paragraphs of its help, each a line, an empty one between two; NULL: none */
    int (*run)(struct cli *cli); /* where there are no actions */
};

struct cli {
    const struct command *command;
    const struct command_action *action; /* NULL where the command has none */
    struct config_load_opts config_opts;
    char **words; /* after cli_run: what stands behind the action, without options, NULL-ended */
    int word_count;
    const char *values[COMMAND_OPTIONS_MAX]; /* of cli_option */
};

/*
 * Holds cli->words against the command's tables, and runs the command or its action. Returns the exit code; wrong use has
 * been told. --help prints the command's help.
 */
int cli_run(struct cli *cli);
/* The value of an option that was given; "" where it takes none. NULL: not given. */
const char *cli_option(const struct cli *cli, int option);
/* Says that there is no such command and which one may be meant; returns CLI_WRONG_USE. */
int cli_no_command(const char *name);
/* Prints "parley NAME: …; see parley NAME --help" and returns CLI_WRONG_USE. */
int cli_wrong_use(const struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);
/* Prints "parley NAME: …", a line for each line of the text, and returns CLI_FAILED. */
int cli_fail(const struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);
/* Writes a text to standard output, whole. CLI_OK, or CLI_FAILED after telling it. */
int cli_print(const struct cli *cli, const struct buf *text);

/* The configuration; NULL after telling every fault. The caller frees. */
struct config *cli_config(const struct cli *cli);
/* The same in a box, as struct app has it; config_box_free. */
struct config_box *cli_config_box(const struct cli *cli);

/* Makes VAR_DIR and the socket's folder (0750) where they are missing. False after telling what is wrong. */
bool cli_make_dirs(const struct cli *cli, const struct config *config);

/*
 * A file of SQLite that is not there is not made by the way: it would belong to whoever asks, and the server's own user could
 * not open it. ERR_OK, also of other databases; ERR_DATABASE with one line in ret_error_text.
 */
enum err cli_db_require(struct db *db, struct buf *ret_error_text) MUST_CHECK;
/*
 * Opens the database, which must be there (cli_db_require) and at the newest version: subcommands do not migrate by the way.
 * ret_error_text: one line.
 * On failure nothing is open.
 */
enum err cli_db_open(const struct config *config, struct buf *ret_error_text, struct db **ret_db) MUST_CHECK;

/* Who acts in the audit log: nobody of the users, by the name "command line". */
extern const struct principal cli_actor;

/* The parts of the program that a subcommand needs for working on the database; zeroed before they are opened. */
struct cli_runtime {
    struct app app;
    struct task task;
};
/* Whoever writes is refused where KEYS_DIR holds another server's keys, as `serve` is: it is the wrong database. */
enum cli_access { CLI_READS, CLI_WRITES };
/* False after telling what is wrong; cli_runtime_close must be called in any case. */
bool cli_runtime_open(const struct cli *cli, enum cli_access access, struct cli_runtime *runtime);
void cli_runtime_close(struct cli_runtime *runtime);
/* The object store beside it (cli_store.c). False after telling what is wrong; cli_store_close must be called in any case. */
bool cli_store_open(const struct cli *cli, struct cli_runtime *runtime);
void cli_store_close(struct cli_runtime *runtime);

#endif
