/* How the parts do, for whoever runs the server; which part is asked in what way is readiness.h's. */
#ifndef PARLEY_DOMAIN_HEALTH_H
#define PARLEY_DOMAIN_HEALTH_H

#include "parley/domain/lifecycle/readiness.h"

struct health_part {
    enum part_state state;
    int64_t took_us; /* that it took to answer */
};
/* readiness_part, with the time that it took. */
void health_part(struct ctx *ctx, enum part part, struct health_part *ret_part);

/* What there is; each counted up to HEALTH_COUNT_MAX only. ERR_DATABASE, ERR_BUSY. */
struct health_counts {
    int64_t user_count, workspace_count, chat_count;
};
enum err health_counts(struct ctx *ctx, struct health_counts *ret_counts) MUST_CHECK;
enum err health_files(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;

/* The machine, as far as it matters here. Percent: 0 to 100. */
struct health_system {
    double cpu_percent; /* busy, of all processors, between the two looks */
    double memory_percent, disk_percent;
    int64_t memory_used_bytes, memory_total_bytes;
    int64_t disk_used_bytes, disk_total_bytes; /* where VAR_DIR is */
};
struct health_look {
    int64_t cpu_busy, cpu_total, began_us;
};
/* Two looks at the processors, at least HEALTH_LOOK_MS apart; what is left of that time the second one waits. */
void health_system_begin(struct health_look *ret_look);
void health_system_end(struct ctx *ctx, const struct health_look *look, struct health_system *ret_system);

#endif
