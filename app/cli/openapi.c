#include "parley/gate/openapi.h"

#include "parley/cli/commands.h"
#include "parley/core/limits.h"
#include "routes.h"

static int run(struct cli *cli)
{
    struct json_out json;
    struct buf text;
    int status = CLI_OK;

    if (!cli_parse(cli, NULL))
        return CLI_WRONG_USE;
    if (cli->word_count > 0)
        return cli_wrong_use(cli, "takes no arguments");
    buf_init(&text, REPLY_MAX_BYTES);
    json_out_init(&json, &text);
    openapi_write(&json, all_routes, all_routes_count);
    buf_add_byte(&text, '\n');
    if (buf_check(&text) != ERR_OK)
        status = cli_fail(cli, "out of memory");
    else if (fwrite(text.ptr, 1, text.len, stdout) != text.len || fflush(stdout) != 0)
        status = cli_fail(cli, "standard output cannot be written");
    buf_release(&text);
    return status;
}

const struct command openapi_command = {
    .name = "openapi",
    .summary = "Print the OpenAPI document of the HTTP API",
    .usage = "Usage: parley openapi\n\nPrints the OpenAPI 3.1 document of the HTTP API as JSON.\n",
    .run = run,
};
