/*
 * A thread that makes one hash at a time and takes no lock: one that SCHED_IDLE keeps from the processors for seconds must
 * hold nothing meanwhile that others need. Only one thread gives it work.
 */
#ifndef PARLEY_APP_AUTH_HASH_THREAD_H
#define PARLEY_APP_AUTH_HASH_THREAD_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "hash_pace.h"
#include "hash_queue.h"
#include "parley/core/err.h"

/* Shared by all hashing threads of a group. */
struct hash_thread_shared {
    sem_t news;                      /* posted whenever a thread has finished a hash */
    _Atomic int64_t wanted_until_us; /* hash_pace.h */
};

struct hash_thread {
    enum hash_pace_kind kind; /* HASH_PACE_YIELDING: at SCHED_IDLE */
    struct hash_thread_shared *shared;
    pthread_t id;
    sem_t given;
    _Atomic bool is_busy, is_ending;
    /* Of the thread while it is busy, else of who gives: */
    struct hash_input input;
    char hash[PASSWORD_HASH_BYTES];
    enum err outcome; /* ERR_INVALID: there is no such setting */
    /* Of who gives: */
    int64_t given_us, given_cpu_us;
};

/* All zero before but kind and shared. ERR_NO_MEMORY: no thread. */
enum err hash_thread_start(struct hash_thread *thread) MUST_CHECK;
/* Waits for the hash that is being made. */
void hash_thread_join(struct hash_thread *thread);
/* Only while it is not busy. */
void hash_thread_give(struct hash_thread *thread, const struct hash_input *input);
/* Whether it starves: it has had a processor for less than half of the time since it was given its hash, and that for long. */
bool hash_thread_is_starved(const struct hash_thread *thread, int64_t now_us);

#endif
