/*
 * Which of the threads take requests.
 *
 * At most `worker_count` requests are under way at once; one that rests (server_rest) is not counted. Of these no more
 * compute than there are processors, if that can be had: the kernel gives a connection to the thread that has slept in
 * accept(2) for longest, so each thread beyond the processors costs changes of context (16 threads answered 27,000
 * requests/s, 2 answered 34,000/s). So a thread that seldom waits (core/wait.h), and time after time finds enough others who
 * compute or accept, goes to sleep; it is woken when they wait and nobody is left to accept. Should something take long
 * without having said so, a connection that nobody has taken for WATCH_MS gets a sleeper up.
 */
#ifndef PARLEY_APP_HTTP_CREW_H
#define PARLEY_APP_HTTP_CREW_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "parley/core/err.h"

enum duty { DUTY_SLEEPS, DUTY_ACCEPTS, DUTY_COMPUTES, DUTY_WAITS, DUTY_RESTS, DUTY_COUNT };

struct crew_opts {
    int listen_fd;       /* on which they accept */
    int worker_count;    /* requests under way at once */
    int processor_count; /* threads computing at once, if it can be had */
};

struct crew {
    struct crew_opts opts;
    pthread_t watch;
    atomic_bool stopping;
    pthread_mutex_t lock;   /* guards what follows */
    pthread_cond_t changed; /* a thread has left, or the crew is to stop */
    int counts[DUTY_COUNT];
    struct member
        *asleep;          /* who has slept for the shortest time, and is called first: the others keep no memory warm */
    int64_t accept_count; /* how often a thread has gone to accept */
};

/* One thread of a crew. */
struct member {
    struct crew *crew;
    enum duty duty;        /* guarded by the crew's lock, as are… */
    struct member *below;  /* …who has slept for longer… */
    pthread_cond_t called; /* …and that it is to get up */
    int needless_count;    /* requests, since it last waited, in which it was one too many */
};

/* Starts the watch. ERR_NO_MEMORY: no thread for it. */
enum err crew_init(struct crew *crew, const struct crew_opts *opts) MUST_CHECK;
/* After crew_stop, when nobody is left. */
void crew_destroy(struct crew *crew);
/* Before a thread is started; at its end, or where it could not be started; and when all have left. */
void crew_enlist(struct crew *crew, struct member *ret_member);
void crew_leave(struct member *member);
void crew_forget(struct member *member);
/* Gets everybody up. */
void crew_stop(struct crew *crew);
/* Waits until all have left, at most for so long. False: some have not. */
bool crew_wait_gone(struct crew *crew, int max_s);

/* The thread is about to accept; it may sleep first. False: the crew stops. */
bool crew_accept(struct member *member);
/* What it does from now on, besides sleeping and accepting. Never blocks. */
void crew_turn(struct member *member, enum duty duty);
/* Waits for so long, or until the crew stops. */
void crew_pause(struct crew *crew, int ms);

#endif
