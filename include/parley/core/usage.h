/* What this process and its machine use, as Linux tells it. Any thread; reads memory of the kernel only. */
#ifndef PARLEY_CORE_USAGE_H
#define PARLEY_CORE_USAGE_H

#include <stdint.h>

/* -1: the kernel does not tell. */
struct process_usage {
    int64_t cpu_us;         /* of all threads, user and system */
    int64_t resident_bytes; /* memory */
    int64_t descriptor_count, descriptor_max;
    int64_t thread_count;
    int64_t started_us; /* wall clock */
};
void process_usage(struct process_usage *ret_usage);

struct machine_usage {
    int64_t cpu_busy, cpu_total; /* growing counts of one unit; the share between two readings is what counts */
    int64_t memory_total_bytes, memory_available_bytes;
};
void machine_usage(struct machine_usage *ret_usage);

struct machine_processors {
    int64_t count;
    double mhz; /* of the first one, now; NAN: the kernel does not tell */
};
void machine_processors(struct machine_processors *ret_processors);

/* Of all interfaces but the loopback, since the machine was started; 0 where the kernel does not tell. */
struct machine_network {
    int64_t bytes_sent, bytes_recv;
    int64_t packets_sent, packets_recv;
};
void machine_network(struct machine_network *ret_network);

#endif
