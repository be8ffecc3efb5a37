#include "parley/cli/commands.h"
#include "server_process.h"

#include <errno.h>
#include <signal.h>

static bool tell_one(void *arg, const struct server_process *process)
{
    const struct cli *cli = arg;

    if (kill(process->pid, SIGHUP) != 0) {
        (void)cli_fail(cli, "%s: process %d cannot be told: %s", process->socket, (int)process->pid, strerror(errno));
        return false;
    }
    (void)printf("%s: process %d was told; its log says what it took.\n", process->socket, (int)process->pid);
    return true;
}

static int run(struct cli *cli)
{
    struct config *config = cli_config(cli);
    int result;

    if (config == NULL)
        return CLI_FAILED;
    result = server_process_each(cli, config, tell_one, cli);
    config_free(config);
    return result;
}

const struct command reload_command = {
    .name = "reload",
    .summary = "Tell the running server to take settings, keys and log file anew",
    .text =
        "Every process of this machine whose socket is in FCGI_SOCKETS, else the one of FCGI_SOCKET, gets a SIGHUP. In a "
        "container it is run inside: docker compose exec parley parley reload. nginx takes a new certificate by a SIGHUP "
        "of its own.",
    .run = run,
};
