#include "parley/cli/commands.h"
#include "parley/core/log.h"
#include "parley/domain/events/event_extent.h"

static int new_epoch(struct cli *cli, struct cli_runtime *runtime)
{
    struct event_extent extent;
    enum err e = event_epoch_renew(&runtime->task.ctx);

    if (e == ERR_OK)
        e = event_extent_read(&runtime->task.ctx, &extent);
    if (e != ERR_OK)
        return cli_fail(cli, "%s", task_sentence(&runtime->task, e));
    (void)printf("The event log goes on as %s-%lld; every client reads everything again.\n", extent.last.epoch,
                 (long long)extent.last.number);
    return CLI_OK;
}

static int new_epoch_run(struct cli *cli)
{
    struct cli_runtime runtime = { .app.db = NULL };
    int result = cli_runtime_open(cli, CLI_WRITES, &runtime) ? new_epoch(cli, &runtime) : CLI_FAILED;

    cli_runtime_close(&runtime);
    return result;
}

static const struct command_action actions[] = {
    { "new-epoch", NULL,
      "make the positions that clients have unknown, so that they read everything again: after a backup was put back, whose "
      "positions would be given out a second time. Servers may run meanwhile",
      0, new_epoch_run },
    { NULL, NULL, NULL, 0, NULL },
};

const struct command events_command = {
    .name = "events",
    .summary = "Begin the event log's positions anew",
    .actions = actions,
};
