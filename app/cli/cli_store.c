#include "parley/cli/cli.h"
#include "parley/core/buf.h"
#include "parley/egress/egress.h"
#include "parley/objects/store.h"

enum { FAULT_MAX_BYTES = 4096 };

/* An S3 server that is away is no reason for `serve` not to start; here there is nothing to wait for. */
bool cli_store_open(const struct cli *cli, struct cli_runtime *runtime)
{
    struct buf error_text;
    enum err e;

    buf_init(&error_text, FAULT_MAX_BYTES);
    e = egress_init();
    if (e == ERR_OK)
        e = store_open(runtime->task.ctx.config, runtime->app.keys, &error_text, &runtime->app.store);
    if (e != ERR_OK || error_text.len > 0)
        (void)cli_fail(cli, "the object store: %s", error_text.len > 0 ? error_text.ptr : err_info(e)->sentence);
    e = e == ERR_OK && error_text.len > 0 ? ERR_STORAGE : e;
    buf_release(&error_text);
    return e == ERR_OK;
}

void cli_store_close(struct cli_runtime *runtime)
{
    store_close(runtime->app.store);
    runtime->app.store = NULL;
    egress_cleanup();
}
