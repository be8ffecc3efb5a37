#include "parley/core/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "parley/core/clock.h"

enum { PROC_BYTES = 4096 };

/* What a file of /proc begins with; "" where it cannot be read. */
static void proc_read(const char *path, char ret_text[PROC_BYTES])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, ret_text, PROC_BYTES - 1) : 0;

    ret_text[len > 0 ? len : 0] = '\0';
    if (fd >= 0)
        close(fd);
}

/* The number behind a name. */
static int64_t number_after(const char *text, const char *name)
{
    const char *found = strstr(text, name);

    return found != NULL ? strtoll(found + strlen(name), NULL, 10) : -1;
}

static int64_t descriptor_count(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int64_t count = 0;

    if (folder == NULL)
        return -1;
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count - 3; /* ".", ".." and the folder itself */
}

/* Field 22 of /proc/self/stat is the start, in ticks since the machine's own; /proc/stat says when that was. */
static int64_t started_us(void)
{
    char text[PROC_BYTES];
    const char *field;
    int64_t ticks = -1, boot_s;
    FILE *stat;
    char line[256];

    proc_read("/proc/self/stat", text);
    field = strrchr(text, ')');
    for (int i = 2; field != NULL && i < 22; i++)
        field = strchr(field + 1, ' ');
    if (field != NULL)
        ticks = strtoll(field, NULL, 10);
    boot_s = -1;
    stat = fopen("/proc/stat", "re");
    while (stat != NULL && fgets(line, sizeof(line), stat) != NULL)
        if (strncmp(line, "btime ", strlen("btime ")) == 0)
            boot_s = number_after(line, "btime ");
    if (stat != NULL)
        fclose(stat);
    return ticks < 0 || boot_s < 0 ? -1 : boot_s * US_PER_S + ticks * US_PER_S / sysconf(_SC_CLK_TCK);
}

static int64_t us_of(struct timeval time)
{
    return (int64_t)time.tv_sec * US_PER_S + time.tv_usec;
}

void process_usage(struct process_usage *ret_usage)
{
    char text[PROC_BYTES];
    struct rlimit limit = { .rlim_cur = 0 };
    struct rusage used;
    int64_t resident_kib;

    proc_read("/proc/self/status", text);
    resident_kib = number_after(text, "VmRSS:");
    *ret_usage = (struct process_usage){
        .cpu_us = getrusage(RUSAGE_SELF, &used) == 0 ? us_of(used.ru_utime) + us_of(used.ru_stime) : -1,
        .resident_bytes = resident_kib >= 0 ? resident_kib * 1024 : -1,
        .thread_count = number_after(text, "Threads:"),
        .descriptor_count = descriptor_count(),
        .descriptor_max = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (int64_t)limit.rlim_cur : -1,
        .started_us = started_us(),
    };
}

void machine_usage(struct machine_usage *ret_usage)
{
    enum { IDLE = 3, WAITING = 4, FIELDS = 8 }; /* user nice system idle iowait irq softirq steal */
    char text[PROC_BYTES];
    char *rest = text + strlen("cpu ");
    struct machine_usage usage = { .cpu_busy = 0 };

    proc_read("/proc/stat", text);
    for (int i = 0; i < FIELDS && text[0] != '\0'; i++) {
        int64_t ticks = strtoll(rest, &rest, 10);

        usage.cpu_total += ticks;
        usage.cpu_busy += i == IDLE || i == WAITING ? 0 : ticks;
    }
    proc_read("/proc/meminfo", text);
    usage.memory_total_bytes = number_after(text, "MemTotal:") * 1024;
    usage.memory_available_bytes = number_after(text, "MemAvailable:") * 1024;
    *ret_usage = usage;
}

void machine_processors(struct machine_processors *ret_processors)
{
    static const char name[] = "cpu MHz";
    char text[PROC_BYTES];
    const char *found;

    proc_read("/proc/cpuinfo", text);
    found = strstr(text, name);
    if (found != NULL)
        found = strchr(found, ':');
    *ret_processors = (struct machine_processors){
        .count = sysconf(_SC_NPROCESSORS_ONLN),
        .mhz = found != NULL ? strtod(found + 1, NULL) : NAN,
    };
}

/* "  eth0: bytes packets errs drop fifo frame compressed multicast bytes packets …", received before sent. */
static void interface_add(const char *line, struct machine_network *network)
{
    enum { RECV_BYTES, RECV_PACKETS, SENT_BYTES = 8, SENT_PACKETS, FIELDS };
    const char *name = line + strspn(line, " ");
    const char *colon = strchr(name, ':');
    int64_t fields[FIELDS];
    char *rest;

    if (colon == NULL || (colon - name == 2 && strncmp(name, "lo", 2) == 0))
        return;
    rest = (char *)colon + 1;
    for (int i = 0; i < FIELDS; i++)
        fields[i] = strtoll(rest, &rest, 10);
    network->bytes_recv += fields[RECV_BYTES];
    network->packets_recv += fields[RECV_PACKETS];
    network->bytes_sent += fields[SENT_BYTES];
    network->packets_sent += fields[SENT_PACKETS];
}

void machine_network(struct machine_network *ret_network)
{
    struct machine_network network = { .bytes_sent = 0 };
    FILE *file = fopen("/proc/net/dev", "re");
    char line[512];

    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        interface_add(line, &network);
    if (file != NULL)
        fclose(file);
    *ret_network = network;
}
