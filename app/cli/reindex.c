#include "parley/domain/talk/reindex.h"

#include "parley/cli/commands.h"
#include "parley/core/clock.h"

enum option { OPTION_RESTART };

/* What has been done so far, in this call. */
struct progress {
    int64_t last_id;
    int64_t message_count, removed_count;
    int64_t told_us; /* monotonic */
};

/* A line a second at most. */
static void progress_tell(struct progress *progress, const struct reindex *reindex)
{
    int64_t now_us = clock_monotonic_us();

    if (now_us - progress->told_us < US_PER_S)
        return;
    progress->told_us = now_us;
    if (reindex->part == REINDEX_RUNS)
        (void)printf("Taking the index apart\n");
    else if (reindex->part == REINDEX_SWEEP)
        (void)printf("Looking for words that stand in no message: %lld removed\n", (long long)progress->removed_count);
    else
        (void)printf("%lld messages, up to number %lld of %lld\n", (long long)progress->message_count,
                     (long long)reindex->message_id, (long long)progress->last_id);
    (void)fflush(stdout);
}

static enum err run(struct task *task, struct reindex *reindex, struct progress *progress)
{
    struct reindex_step step = { .done = false };

    while (!step.done) {
        task_renew(task);
        TRY(reindex_step(&task->ctx, reindex, &step));
        progress->message_count += step.message_count;
        progress->removed_count += step.removed_count;
        progress_tell(progress, reindex);
    }
    return ERR_OK;
}

static int reindex(struct cli *cli, struct cli_runtime *runtime)
{
    struct task *task = &runtime->task;
    enum reindex_from from = cli_option(cli, OPTION_RESTART) != NULL ? REINDEX_ANEW : REINDEX_GO_ON;
    struct progress progress = { .told_us = clock_monotonic_us() };
    struct reindex place;
    bool resumed = false;
    enum err e = reindex_last_id(&task->ctx, &progress.last_id);

    if (e == ERR_OK)
        e = reindex_begin(&task->ctx, from, &place, &resumed);
    if (e == ERR_OK && resumed)
        (void)printf("Going on where it was cut off (--restart begins anew).\n");
    if (e == ERR_OK)
        e = run(task, &place, &progress);
    if (e != ERR_OK)
        return cli_fail(cli, "%s", task_sentence(task, e));
    (void)printf("Done: the words of %lld messages were written, %lld words that stood in no message were removed.\n",
                 (long long)progress.message_count, (long long)progress.removed_count);
    return CLI_OK;
}

static int reindex_run(struct cli *cli)
{
    struct cli_runtime runtime = { .app.db = NULL };
    int result = cli_runtime_open(cli, CLI_WRITES, &runtime) ? reindex(cli, &runtime) : CLI_FAILED;

    cli_runtime_close(&runtime);
    return result;
}

static const struct command_option options[] = {
    [OPTION_RESTART] = { "--restart", NULL, "begin anew where an earlier one was cut off" },
    { NULL, NULL, NULL },
};

const struct command reindex_command = {
    .name = "reindex",
    .summary = "Write the words by which messages are found anew",
    .options = options,
    .text =
        "Servers may run meanwhile. Cut off, it goes on where it was when it is called again. It is needed only where the\n"
        "index was damaged; what was there before an update is indexed by the server itself.",
    .run = reindex_run,
};
