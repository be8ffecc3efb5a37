#include "parley/gate/openapi.h"

#include "parley/cli/commands.h"
#include "parley/core/limits.h"
#include "parley/gate/location.h"
#include "routes.h"

static int print(struct cli *cli, const struct config *config, const struct routes *routes)
{
    struct json_out json;
    struct buf text;
    int status;

    buf_init(&text, REPLY_MAX_BYTES);
    json_out_init(&json, &text);
    openapi_write(&json, routes->tables, routes->count, location_public_path(config));
    buf_add_byte(&text, '\n');
    status = cli_print(cli, &text);
    buf_release(&text);
    return status;
}

static int run(struct cli *cli)
{
    struct config *config;
    struct routes routes;
    struct buf faults;
    int status;

    config = cli_config(cli);
    if (config == NULL)
        return CLI_FAILED;
    buf_init(&faults, REPLY_MAX_BYTES);
    status = routes_of(config, &faults, &routes) == ERR_OK ? print(cli, config, &routes)
                                                           : cli_fail(cli, "%s", faults.ptr);
    buf_release(&faults);
    config_free(config);
    return status;
}

const struct command openapi_command = {
    .name = "openapi",
    .summary = "Print the OpenAPI document of the HTTP API",
    .text = "It is OpenAPI 3.1, as JSON, of the routes that are on here.",
    .run = run,
};
