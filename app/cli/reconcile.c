#include "parley/domain/lifecycle/reconcile.h"

#include "parley/cli/commands.h"
#include "parley/core/clock.h"

enum option { OPTION_REPAIR };

struct telling {
    int64_t told_us; /* monotonic: a line a second at most of how far it is */
};

static const char *const faults[] = {
    [RECONCILE_ORPHAN] = "An object that no row knows",
    [RECONCILE_MISSING] = "A file whose object is not there, or has another size",
};

static void tell(void *arg, int fault, struct str key, const struct reconcile_report *report)
{
    struct telling *telling = arg;
    int64_t now_us = clock_monotonic_us();

    if (fault >= 0) {
        (void)printf("%s: %.*s\n", faults[fault], STR_FMT(key));
        return;
    }
    if (now_us - telling->told_us < US_PER_S)
        return;
    telling->told_us = now_us;
    (void)printf("%lld objects, %lld files of messages\n", (long long)report->object_count,
                 (long long)report->file_count);
    (void)fflush(stdout);
}

static int outcome_tell(const struct cli *cli, enum reconcile_way way, const struct reconcile_report *report)
{
    int64_t fault_count = report->orphan_count + report->missing_count;

    (void)printf("%lld objects and %lld files were looked at: %lld objects (%lld bytes) that no row knows, %lld files "
                 "whose object is not there.\n",
                 (long long)report->object_count, (long long)report->file_count, (long long)report->orphan_count,
                 (long long)report->orphan_bytes, (long long)report->missing_count);
    if (fault_count == 0)
        return CLI_OK;
    if (way == RECONCILE_TELL)
        return cli_fail(cli, "rows and objects do not agree; --repair makes them");
    (void)printf("The objects were deleted, the files taken off their messages.\n");
    return CLI_OK;
}

static int reconcile_with(struct cli *cli, struct cli_runtime *runtime)
{
    struct telling telling = { .told_us = clock_monotonic_us() };
    const struct reconcile_opts opts = {
        .way = cli_option(cli, OPTION_REPAIR) != NULL ? RECONCILE_REPAIR : RECONCILE_TELL, .tell = tell, .arg = &telling
    };
    struct reconcile_report report;
    enum err e = reconcile(&runtime->task, &opts, &report);

    return e == ERR_OK ? outcome_tell(cli, opts.way, &report) : cli_fail(cli, "%s", task_sentence(&runtime->task, e));
}

static int reconcile_run(struct cli *cli)
{
    struct cli_runtime runtime = { .app.db = NULL };
    bool opened = cli_runtime_open(cli, CLI_WRITES, &runtime) && cli_store_open(cli, &runtime);
    int result = opened ? reconcile_with(cli, &runtime) : CLI_FAILED;

    cli_store_close(&runtime);
    cli_runtime_close(&runtime);
    return result;
}

static const struct command_option options[] = {
    [OPTION_REPAIR] = { "--repair", NULL,
                        "delete objects that no row knows, and take files without an object off their messages" },
    { NULL, NULL, NULL },
};

const struct command reconcile_command = {
    .name = "reconcile",
    .summary = "Hold the files' rows and the objects of the store against each other",
    .options = options,
    .text =
        "Servers may run meanwhile. Each disagreement is a line; where there are any, and nothing is repaired, the exit status is\n"
        "1. There are none as long as nothing but Parley writes to its database and its store: what a restored copy of one of\n"
        "the two has made of them is found here. Of a bucket that is shared, only what has a name of Parley's is looked at.",
    .run = reconcile_run,
};
