/*
 * The thread on which the rights of streams are looked at again: it waits for the database, so that the hub's thread never
 * does. Questions are asked many at a time; while the database is away they are asked again until it is back.
 */
#ifndef PARLEY_APP_LIVE_RIGHTS_WATCH_H
#define PARLEY_APP_LIVE_RIGHTS_WATCH_H

#include <pthread.h>
#include <stdbool.h>

#include "parley/live/hub.h"
#include "parley/live/stream_rights.h"

struct stream;

/* One question; the hub's while it is not asked, the watch's until it is answered. */
struct rights_question {
    struct rights_question *next;
    struct stream *stream;
    int64_t position; /* of the log, when it was asked: what came up to there is in the answer */
    struct stream_check check;
};

struct rights_watch {
    struct hub *hub;
    struct stream_checker checker;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t asked;
    struct rights_question *first, **end;
    bool stopping;
};

/* Starts the thread. */
enum err rights_watch_init(struct rights_watch *watch, struct hub *hub,
                           const struct stream_checker *checker) MUST_CHECK;
/* Ends the thread; what has not been answered is given back, as a list, to be freed by the caller. */
struct rights_question *rights_watch_stop(struct rights_watch *watch);
/* Takes the question over. Its answer comes by stream_looked, on the hub's thread. */
void rights_watch_ask(struct rights_watch *watch, struct rights_question *question);

#endif
