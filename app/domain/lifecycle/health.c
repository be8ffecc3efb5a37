#include "parley/domain/lifecycle/health.h"

#include <time.h>

#include "parley/core/blocking.h"
#include "parley/core/clock.h"
#include "parley/core/disk.h"
#include "parley/core/limits.h"
#include "parley/core/usage.h"
#include "parley/db/db.h"

void health_part(struct ctx *ctx, enum part part, struct health_part *ret_part)
{
    int64_t began_us = clock_monotonic_us();

    ret_part->state = readiness_part(ctx, part);
    ret_part->took_us = clock_monotonic_us() - began_us;
}

/* ---- what there is ---- */

static enum err read_counts(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct health_counts *counts = arg;

    (void)ctx;
    counts->user_count = db_row_int(row, HEALTH_COUNTS_USER_COUNT);
    counts->workspace_count = db_row_int(row, HEALTH_COUNTS_WORKSPACE_COUNT);
    counts->chat_count = db_row_int(row, HEALTH_COUNTS_CHAT_COUNT);
    return ERR_OK;
}

enum err health_counts(struct ctx *ctx, struct health_counts *ret_counts)
{
    return db_one(ctx, SQL_HEALTH_COUNTS,
                  DB_ARGS(DB_INT(HEALTH_COUNT_MAX), DB_INT(HEALTH_COUNT_MAX), DB_INT(HEALTH_COUNT_MAX)), read_counts,
                  ret_counts);
}

enum err health_files(struct ctx *ctx, int64_t *ret_count)
{
    return db_number(ctx, SQL_HEALTH_FILES, DB_ARGS(DB_INT(HEALTH_COUNT_MAX)), ret_count);
}

/* ---- the machine ---- */

static double percent(int64_t part, int64_t whole)
{
    int64_t tenths = whole > 0 ? part * 1000 / whole : 0;

    return (double)tenths / 10;
}

void health_system_begin(struct health_look *ret_look)
{
    struct machine_usage usage;

    machine_usage(&usage);
    *ret_look = (struct health_look){ usage.cpu_busy, usage.cpu_total, clock_monotonic_us() };
}

/* A shorter time than this has too few of the kernel's ticks to tell anything. */
static void rest_wait(int64_t since_us)
{
    int64_t left_us = since_us + HEALTH_LOOK_MS * US_PER_MS - clock_monotonic_us();
    struct timespec pause = { .tv_nsec = (long)(left_us * 1000) };

    if (left_us <= 0)
        return;
    blocking_begin();
    nanosleep(&pause, NULL);
    blocking_end();
}

void health_system_end(struct ctx *ctx, const struct health_look *look, struct health_system *ret_system)
{
    struct machine_usage usage;
    int64_t disk_total = disk_total_bytes(ctx->config->var_dir);
    int64_t disk_used = disk_total - disk_free_bytes(ctx->config->var_dir);
    int64_t memory_used;

    rest_wait(look->began_us);
    machine_usage(&usage);
    memory_used = usage.memory_total_bytes - usage.memory_available_bytes;
    *ret_system = (struct health_system){
        .cpu_percent = percent(usage.cpu_busy - look->cpu_busy, usage.cpu_total - look->cpu_total),
        .memory_percent = percent(memory_used, usage.memory_total_bytes),
        .disk_percent = percent(disk_used, disk_total),
        .memory_used_bytes = memory_used,
        .memory_total_bytes = usage.memory_total_bytes,
        .disk_used_bytes = disk_used,
        .disk_total_bytes = disk_total,
    };
}
