#include <unistd.h>

#include "fcgi_client.h"
#include "parley/cli/commands.h"
#include "parley/core/json_in.h"
#include "parley/core/limits.h"
#include "server_process.h"

enum {
    REPLY_BYTES = 65536,
    PARSE_BYTES = 1024 * 1024,
    UPTIME_BYTES = 64,
    STAT_BYTES = 1024,
    START_TIME_FIELD = 22,
    COMM_FIELD = 2
};
enum { S_PER_MINUTE = 60, S_PER_HOUR = 3600, S_PER_DAY = 86400 };

/* ---- how long it runs ---- */

static bool read_line(const char *path, char *line, size_t bytes)
{
    FILE *file = fopen(path, "re");
    bool done = file != NULL && fgets(line, (int)bytes, file) != NULL;

    if (file != NULL)
        (void)fclose(file);
    return done;
}

/* proc(5): starttime, in ticks since the machine started, is the 22nd field; the 2nd may hold blanks and ends with ")". */
static int64_t started_ticks(const char *stat)
{
    const char *end = strrchr(stat, ')');
    struct str rest = str_from(end != NULL ? end + 1 : "");
    struct str field = { NULL, 0 };
    int64_t ticks = -1;

    for (int i = COMM_FIELD; i <= START_TIME_FIELD - 1 && str_split(&rest, ' ', &field); i++)
        continue;
    if (!str_split(&rest, ' ', &field) || str_to_int64(field, &ticks) != ERR_OK)
        return -1;
    return ticks;
}

/* -1: /proc does not tell. */
static int64_t uptime_s(pid_t pid)
{
    char path[64], stat[STAT_BYTES], machine[UPTIME_BYTES];
    struct str rest, whole;
    int64_t machine_s, ticks;

    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    if (!read_line(path, stat, sizeof(stat)) || !read_line("/proc/uptime", machine, sizeof(machine)))
        return -1;
    rest = str_from(machine);
    ticks = started_ticks(stat);
    if (ticks < 0 || !str_split(&rest, '.', &whole) || str_to_int64(whole, &machine_s) != ERR_OK)
        return -1;
    return machine_s - ticks / sysconf(_SC_CLK_TCK);
}

static void uptime_text(int64_t s, char *text, size_t bytes)
{
    if (s < 0)
        (void)snprintf(text, bytes, "?");
    else if (s >= S_PER_DAY)
        (void)snprintf(text, bytes, "%lldd %lldh", (long long)(s / S_PER_DAY), (long long)(s % S_PER_DAY / S_PER_HOUR));
    else if (s >= S_PER_HOUR)
        (void)snprintf(text, bytes, "%lldh %lldm", (long long)(s / S_PER_HOUR),
                       (long long)(s % S_PER_HOUR / S_PER_MINUTE));
    else
        (void)snprintf(text, bytes, "%lldm %llds", (long long)(s / S_PER_MINUTE), (long long)(s % S_PER_MINUTE));
}

/* ---- what it says ---- */

struct status_call {
    const struct cli *cli;
    const char *host; /* that of PUBLIC_URL, which is always answered to */
};

static bool print_part(const char *name, const struct json_in *value, void *arg)
{
    (void)arg;
    (void)printf("  %s %.*s", name, STR_FMT(json_in_string(value)));
    return true;
}

/* What stands behind the head of a FastCGI reply. */
static struct str body_of(struct str reply)
{
    struct str rest = reply, line;

    while (str_split(&rest, '\n', &line))
        if (str_trim(line).len == 0)
            return rest;
    return STR("");
}

/* A line of a process; false where it answers no requests, or not as a server of this version does. */
static bool tell(struct arena *a, const struct server_process *process, struct str reply)
{
    const struct json_in *ready = NULL;
    const char *reason = "";
    char up[UPTIME_BYTES];
    struct str status;

    uptime_text(uptime_s(process->pid), up, sizeof(up));
    (void)printf("%s  pid %d  up %s", process->socket, (int)process->pid, up);
    if (json_in_parse(a, body_of(reply), &ready, &reason) != ERR_OK || json_in_member(ready, "parts") == NULL) {
        (void)puts("  not ready: it gives no account of its parts");
        return false;
    }
    status = json_in_string(json_in_member(ready, "status"));
    (void)printf("  %.*s  %.*s", STR_FMT(json_in_string(json_in_member(ready, "version"))), STR_FMT(status));
    json_in_each_member(json_in_member(ready, "parts"), print_part, NULL);
    (void)puts("");
    return !str_eq_c(status, "unhealthy");
}

static bool ask(void *arg, const struct server_process *process)
{
    const struct status_call *call = arg;
    struct arena *a = arena_new(PARSE_BYTES);
    struct buf reply;
    bool ok = false;

    buf_init(&reply, REPLY_BYTES);
    if (a == NULL)
        (void)cli_fail(call->cli, "out of memory");
    else if (fcgi_client_get(process->fd, "/health/ready", call->host, &reply) == ERR_OK)
        ok = tell(a, process, buf_str(&reply));
    else
        (void)cli_fail(call->cli, "%s: process %d does not answer", process->socket, (int)process->pid);
    buf_release(&reply);
    arena_free(a);
    return ok;
}

/* "https://host:port/…" as a Host header: "host:port". */
static void host_of(const char *url, char *host, size_t bytes)
{
    const char *begin = strstr(url, "://");
    struct str rest = str_from(begin != NULL ? begin + 3 : url);

    (void)snprintf(host, bytes, "%.*s", STR_FMT(str_head(rest, str_index(rest, '/'))));
}

static int run(struct cli *cli)
{
    struct config *config = cli_config(cli);
    char host[NAME_MAX_CHARS];
    struct status_call call = { cli, host };
    int result;

    if (config == NULL)
        return CLI_FAILED;
    host_of(config->public_url, host, sizeof(host));
    result = server_process_each(cli, config, ask, &call);
    config_free(config);
    return result;
}

const struct command status_command = {
    .name = "status",
    .summary = "Ask the running server whether it is ready, how long it runs and of which version it is",
    .text =
        "Asks every process of this machine whose socket is in FCGI_SOCKETS, else the one of FCGI_SOCKET, straight over "
        "that socket for /health/ready, and prints a line for each: socket, process, time since its start, version, healthy, "
        "degraded or unhealthy, and each part with ok, degraded, down or off (none is set). The exit code is 0 where all "
        "answer requests, otherwise 1.",
    .run = run,
};
