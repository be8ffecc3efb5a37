/* The parts of a running server, put together in their order and taken apart in the other. Private to app/cli. */
#ifndef PARLEY_APP_CLI_RUNTIME_H
#define PARLEY_APP_CLI_RUNTIME_H

#include <stdatomic.h>

#include "database_startup.h"
#include "parley/core/ctx.h"
#include "routes.h"
#include "stats_sources.h"

struct event_log;
struct engine;
struct gate;
struct jobs;
struct loop;
struct reload;
struct server;
struct watch;

struct runtime {
    struct app app;
    int database_lock; /* -1: none */
    struct database_startup *start;
    struct routes routes;
    struct gate *gate;
    struct server *_Atomic server;       /* NULL until it answers; figures ask it */
    struct jobs *_Atomic jobs;           /* NULL until they run; requests wake them */
    struct event_log *_Atomic event_log; /* likewise */
    struct loop *loop;                   /* long exchanges with providers of models */
    struct engine *engine;               /* answers, on the loop's thread */
    struct reload *reload;
    struct watch *watch;
    struct after_commit after_commit;
    struct stats_source sources[STATS_SOURCES_MAX];
};

/*
 * Opens and starts all parts; config: taken over, also on failure; opts: where a reload finds the next one, borrowed until
 * runtime_close. On failure ret_error_text has the reason (a line, or one for each faulty row of the route tables), and
 * runtime_close must still be called.
 */
enum err runtime_open(struct runtime *runtime, struct config *config, const struct config_load_opts *opts,
                      struct buf *ret_error_text) MUST_CHECK;
/*
 * Takes no more requests, finishes those under way, ends the jobs and a reload that runs. ERR_TIMEOUT: something hangs; then nothing may be
 * closed, and the process ends with _exit.
 */
enum err runtime_stop(struct runtime *runtime) MUST_CHECK;
void runtime_close(struct runtime *runtime);

#endif
