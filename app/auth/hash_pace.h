/*
 * How a hashing thread leaves its processor to others: a timer's signal interrupts the hash, and the handler sleeps there.
 *
 * SCHED_IDLE yields to whoever wakes on the thread's own processor, and that is not all: a processor that hashes is never
 * idle, so it fetches nothing that waits on the other ones; and where the kernel shares by session or service (autogroup,
 * cgroups) an idle thread that is alone in its group has the group's whole share. So a hash sleeps for a moment now and
 * then, which sets its processor free; but only while somebody wants one, which shows in that a hash was interrupted
 * (getrusage's involuntary changes of context). Pausing always made a hash take a quarter longer on an idle machine.
 */
#ifndef PARLEY_APP_AUTH_HASH_PACE_H
#define PARLEY_APP_AUTH_HASH_PACE_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum hash_pace_kind {
    HASH_PACE_YIELDING, /* at SCHED_IDLE: pauses while another thread wants the processor */
    HASH_PACE_LIMITED,  /* at normal priority: uses no more than its share of one processor */
};

/* Read by the signal handler. */
struct hash_pace_seen {
    int64_t now_us;
    long interrupted_count;             /* of the own thread; only where it yields */
    int64_t own_cpu_us, process_cpu_us; /* only where it is limited */
};

struct hash_pace {
    enum hash_pace_kind kind;
    _Atomic int64_t *wanted_until_us; /* shared by all; until this time another thread is taken to want a processor */
    bool has_timer;                   /* else (no memory in the kernel) it hashes without pausing */
    timer_t timer;
    volatile sig_atomic_t is_ticking; /* between begin and end */
    bool was_interrupted;             /* before the last tick */
    struct hash_pace_seen seen;       /* when the hash began; but the interruptions are counted from tick to tick */
};

/* Before the first pace of the process. */
void hash_pace_handle_signals(void);
/* Of the calling thread; what is in here stays at its address. */
void hash_pace_init(struct hash_pace *pace, enum hash_pace_kind kind, _Atomic int64_t *wanted_until_us);
void hash_pace_release(struct hash_pace *pace);
/* Around each hash. */
void hash_pace_begin(struct hash_pace *pace);
void hash_pace_end(struct hash_pace *pace);

/* For how long the handler should sleep; may be 0. */
int64_t hash_pace_pause_us(struct hash_pace *pace, const struct hash_pace_seen *seen);

#endif
