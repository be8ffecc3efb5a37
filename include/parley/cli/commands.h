/* The subcommands, one per file of app/cli, and the table of them. */
#ifndef PARLEY_CLI_COMMANDS_H
#define PARLEY_CLI_COMMANDS_H

#include "parley/cli/cli.h"
#include "parley/core/buf.h"

/* In the order of the help; ends with NULL. */
extern const struct command *const commands[];
/* NULL: there is none of this name. */
const struct command *command_find(const char *name);
/* The command whose name is most like a mistyped one; NULL: none is. */
const char *command_name_near(const char *name);
/* The same among actions, or (with its dashes) options; rows may be NULL. */
const char *command_action_near(const struct command_action *rows, const char *name);
const char *command_option_near(const struct command_option *rows, struct str name);

/* Where settings come from, for the help and the manual page. */
#define HELP_SETTINGS \
    "Settings come from the environment, then from FILE (default: .env in the working directory, where there is one), " \
    "then from their defaults."

/* "parley user add ADDRESS [--admin] …", in one line. action: NULL where the command has none. */
void command_synopsis(const struct command *command, const struct command_action *action, struct buf *out);
/* What `parley help` prints. */
void help_write(struct buf *out);
/* What `parley help NAME` prints. */
void help_command_write(const struct command *command, struct buf *out);
/* The manual page parley(1), in roff (man(7)). */
void manual_write(struct buf *out);

#endif
