/* The subcommands, one per file of app/cli. main.c lists them. */
#ifndef PARLEY_CLI_COMMANDS_H
#define PARLEY_CLI_COMMANDS_H

#include "parley/cli/cli.h"

extern const struct command serve_command;
extern const struct command migrate_command;
extern const struct command config_command;
extern const struct command openapi_command;
extern const struct command user_command;
extern const struct command key_command;
extern const struct command audit_command;
extern const struct command doctor_command;
extern const struct command version_command;

#endif
