/* Looks at the rights of streams for the hub, in a task of its own. Private to app/cli. */
#ifndef PARLEY_APP_CLI_STREAM_CHECKER_H
#define PARLEY_APP_CLI_STREAM_CHECKER_H

#include "parley/core/ctx.h"
#include "parley/live/stream_rights.h"

/* app: borrowed for as long as the hub asks. */
struct stream_checker stream_checker_of(struct app *app);

#endif
