/*
 * What SIGHUP asks for: the log file opened again, settings, keys and certificates taken anew. It may take long (a database
 * that is away, a folder on a network), so it has a thread of its own, and the one that hears SIGTERM goes on listening.
 * Private to app/cli.
 */
#ifndef PARLEY_APP_CLI_RELOAD_H
#define PARLEY_APP_CLI_RELOAD_H

#include "parley/core/config.h"
#include "parley/core/ctx.h"

struct reload;

/* Starts the thread, which waits. app and opts (where the settings come from) are borrowed until reload_free. NULL without
 * memory or threads. */
struct reload *reload_new(const struct app *app, const struct config_load_opts *opts);
/* Asks for one reload that begins after this call; of several that are asked for while one runs, one follows. Any thread. */
void reload_ask(struct reload *reload);
/*
 * No further one begins, and the thread ends behind the one that runs. ERR_TIMEOUT: it still hangs in a call after
 * STOP_MAX_S; reload and everything in app must then be left as they are, and the process ends with _exit. Again is fine.
 */
enum err reload_stop(struct reload *reload) MUST_CHECK;
/* After reload_stop that was ERR_OK, or instead of it. NULL is fine. */
void reload_free(struct reload *reload);

#endif
