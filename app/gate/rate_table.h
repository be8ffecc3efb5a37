/*
 * Buckets of tokens in this process, by key: a bounded table. A bucket is one number, the moment at which it will be full
 * again (the virtual scheduling algorithm of ITU-T I.371); a token taken moves it by the time in which one comes back. So
 * a bucket costs 16 bytes, refills without a timer, and once it is full is the same as one that does not exist.
 *
 * Memory grows in steps with the buckets that are not full, up to RATE_TABLE_MAX_BYTES, and shrinks again. A bucket that
 * is not full is never evicted, since a flood of new keys would otherwise reset everybody's limits; when there is no room,
 * new keys are refused until there is. Any thread.
 */
#ifndef PARLEY_APP_GATE_RATE_TABLE_H
#define PARLEY_APP_GATE_RATE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/attrs.h"
#include "parley/core/err.h"

struct rate_table;

/* NULL without memory. */
struct rate_table *rate_table_new(void);
void rate_table_free(struct rate_table *table);
/* Bytes that the whole table takes at present. */
size_t rate_table_bytes(struct rate_table *table);

/* How a kind of bucket fills. */
struct rate_limit {
    int64_t count;    /* tokens in a full bucket */
    int64_t token_us; /* one comes back in this time */
};

/* Which bucket, and when. key: a keyed hash; now_us: clock_monotonic_us, never going back by more than a moment. */
struct rate_spot {
    uint64_t key;
    struct rate_limit limit;
    int64_t now_us;
};

struct rate_state {
    bool has_room;         /* there was a token */
    int64_t until_full_us; /* afterwards; 0: it is full */
    /* Tokens given out since the last synchronisation, which is due now (domain/record/rate_sync.h); -1: it is not due. */
    int64_t to_report_count;
};

/*
 * Takes `wanted` tokens (0: only looks, 1) where there is one. Tokens given out are counted until the next synchronisation,
 * which is due once they are a thirty-second part of the bucket, or where the bucket is new; then the count is in
 * to_report_count, without the token of this call, and begins again at 0.
 */
struct rate_state rate_table_take(struct rate_table *table, const struct rate_spot *spot, int64_t wanted);
/* Gives one token back. */
void rate_table_give_back(struct rate_table *table, const struct rate_spot *spot);
/* What a synchronisation found, other processes' tokens included: the bucket is not full for until_full_us from now. */
void rate_table_learn(struct rate_table *table, const struct rate_spot *spot, int64_t until_full_us);

#endif
