/* A text of several lines in the log. Private to app/cli. */
#ifndef PARLEY_APP_CLI_LOG_LINES_H
#define PARLEY_APP_CLI_LOG_LINES_H

#include "parley/core/buf.h"
#include "parley/core/log.h"

/* An event for each line of the text that is not empty, with the line under this key. Any thread. */
void log_lines(enum log_level level, const char *message, const char *key, const struct buf *text);

#endif
