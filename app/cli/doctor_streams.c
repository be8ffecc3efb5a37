#include <sys/resource.h>
#include <unistd.h>

#include "doctor.h"
#include "parley/core/limits.h"
#include "parley/core/str.h"

/*
 * A stream takes two connections of nginx, one to the client and one to Parley; a fifth more is for requests. NGINX_KEPT:
 * descriptors that nginx/render keeps for files and sockets that are no connections.
 */
enum { CONNECTIONS_PER_10_STREAMS = 24, NGINX_KEPT = 128 };

/* The defaults are bounds, of which nobody has said that so many streams are wanted. */
static bool is_chosen(const struct config *config)
{
    static const char *const names[] = { "STREAMS_MAX", "NGINX_WORKERS", "NGINX_WORKER_CONNECTIONS" };

    for (size_t i = 0; i < config_row_count(); i++)
        for (size_t n = 0; n < COUNT_OF(names); n++)
            if (strcmp(config_row_at(i)->name, names[n]) == 0 && strcmp(config_source(config, i), "default") != 0)
                return true;
    return false;
}

static int64_t descriptor_max(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max > INT32_MAX ? INT32_MAX : (int64_t)limit.rlim_max;
}

static int64_t process_count(const struct config *config)
{
    struct str rest = str_from(config->fcgi_sockets);
    struct str item;
    int64_t count = 0;

    while (str_split(&rest, ',', &item))
        count += str_trim(item).len > 0 ? 1 : 0;
    return count > 0 ? count : 1;
}

/* As many as there are processors, where it is "auto". */
static int64_t worker_count(const struct config *config)
{
    int64_t count;

    if (str_to_int64(str_from(config->nginx_workers), &count) != ERR_OK)
        count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? count : 1;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Which limit it is that a worker has too few connections by, and what it should be. */
static void report(struct doctor_run *run, int64_t streams, int64_t connections, int64_t wanted_each)
{
    const struct config *c = run->config;
    int64_t bearable = connections * worker_count(c) * 10 / CONNECTIONS_PER_10_STREAMS / process_count(c);
    bool is_by_files = connections < c->nginx_worker_connections;

    check_result(run,
                 "a worker of nginx has %lld connections, and wants %lld for its share of the %lld event streams that "
                 "Parley lets open: where it has none left, every request gets 500; %s=%lld, or STREAMS_MAX=%lld",
                 (long long)connections, (long long)wanted_each, (long long)streams,
                 is_by_files ? "set LimitNOFILE (ulimit -Hn)" : "set NGINX_WORKER_CONNECTIONS",
                 (long long)(is_by_files ? wanted_each + NGINX_KEPT : wanted_each), (long long)bearable);
}

void check_streams(struct doctor_run *run)
{
    const struct config *c = run->config;
    int64_t streams = smaller(c->streams_max, descriptor_max() - STREAM_DESCRIPTORS_KEPT) * process_count(c);
    int64_t connections = smaller(c->nginx_worker_connections, descriptor_max() - NGINX_KEPT);
    int64_t wanted = streams * CONNECTIONS_PER_10_STREAMS / 10, workers = worker_count(c);

    if (is_chosen(c) && connections * workers < wanted)
        report(run, streams, connections, (wanted + workers - 1) / workers);
}
