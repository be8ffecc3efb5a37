/* Asking for a password. Private to app/cli. */
#ifndef PARLEY_APP_CLI_PASSWORD_PROMPT_H
#define PARLEY_APP_CLI_PASSWORD_PROMPT_H

#include "parley/core/buf.h"
#include "parley/core/err.h"

enum password_from { PASSWORD_FROM_TERMINAL, PASSWORD_FROM_STDIN };

/*
 * From the terminal: twice, without echo. From standard input: its first line. ERR_INVALID with *ret_error_text (static):
 * no terminal, the two differ, nothing came. The caller wipes ret_password.
 */
enum err password_prompt(enum password_from from, const char **ret_error_text, struct buf *ret_password) MUST_CHECK;

#endif
