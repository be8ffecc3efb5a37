/*
 * What a running server looks after beside its requests, on a thread of its own: whether the mail server is there and takes
 * our credentials, of which readiness tells, and when the certificate expires, of which the log has a line a day once it is
 * soon. Private to app/cli.
 */
#ifndef PARLEY_APP_CLI_WATCH_H
#define PARLEY_APP_CLI_WATCH_H

#include "parley/core/ctx.h"

struct watch;

/* Starts the thread, which looks at once. app is borrowed until watch_free. NULL without memory or threads. */
struct watch *watch_new(const struct app *app);
/* It looks at everything now. Any thread. */
void watch_wake(struct watch *watch);
/*
 * Ends the thread. ERR_TIMEOUT: it still hangs in a call after STOP_MAX_S; then nothing of app may be closed, and the
 * process ends with _exit. Again is fine.
 */
enum err watch_stop(struct watch *watch) MUST_CHECK;
/* After watch_stop that was ERR_OK, or instead of it. NULL is fine. */
void watch_free(struct watch *watch);

#endif
