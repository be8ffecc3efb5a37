/*
 * A struct ctx outside of any request: what a subcommand, a job, or any other thread of the program works with. It has
 * what a request has (the present configuration, a clock, a problem, an arena with a request's cap, an actor) and is
 * begun, renewed and ended in this one way. A request's own ctx is begun by ctx_begin (ctx.h) over its worker's arena.
 *
 *     struct task task;
 *     enum err e = task_begin(&task, app);
 *
 *     for (; e == ERR_OK && has_more; task_renew(&task))
 *         e = one_batch(&task.ctx);
 *     if (e != ERR_OK)
 *         log_event(…, LOG_C("fault", task_sentence(&task, e)));
 *     task_end(&task);
 *
 * Threads: any, but one at a time; a thread that lives long has a task of its own. While a batch of a task runs, work on
 * the side (keeping a lease) needs a second task, since the first may be inside a transaction.
 */
#ifndef PARLEY_CORE_TASK_H
#define PARLEY_CORE_TASK_H

#include "parley/core/ctx.h"
#include "parley/core/err.h"

/* The caller's storage; not to be moved once begun, since ctx points into it. All zero: one that has not begun. */
struct task {
    struct problem problem;
    struct ctx ctx;
};

/*
 * app: borrowed until task_end; its `config` must be set, whatever else the work needs too. Nobody is the actor: who
 * works in somebody's name sets ctx.actor, borrowed too and kept over task_renew.
 * ERR_NO_MEMORY: no arena. Even then task_sentence and task_end may be called.
 */
enum err task_begin(struct task *task, const struct app *app) MUST_CHECK;
/*
 * Between two batches, outside of any transaction: what the last one left in the arena is gone, the problem is empty, the
 * clock and the configuration are the present ones. A batch is to a task what a request is to a worker; without this the
 * arena fills up and a reload (SIGHUP) is never seen.
 */
void task_renew(struct task *task);
/* Gives back the arena and the configuration. Once more, or before task_begin on a zeroed task, does nothing. */
void task_end(struct task *task);

/* What e means here, as a sentence: the problem's detail where e is the problem's, else e's own. Until renewed or ended. */
const char *task_sentence(const struct task *task, enum err e);

#endif
