/*
 * The running processes of this configuration, found by their sockets: the kernel tells who listens there (unix(7),
 * SO_PEERCRED), so there is no file that could name a process that is gone, or another one. Private to app/cli.
 */
#ifndef PARLEY_APP_CLI_SERVER_PROCESS_H
#define PARLEY_APP_CLI_SERVER_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "parley/cli/cli.h"

struct server_process {
    const char *socket; /* its path */
    pid_t pid;
    int fd; /* a connection to it, closed behind the call */
};

/* False: it has told what is wrong, and the others follow. */
typedef bool (*server_process_fn)(void *arg, const struct server_process *process);

/*
 * Calls fn for the process behind each socket of FCGI_SOCKETS, else of FCGI_SOCKET. CLI_FAILED after telling which do not run
 * or cannot be reached; also where fn says so.
 */
int server_process_each(const struct cli *cli, const struct config *config, server_process_fn fn, void *arg);

#endif
