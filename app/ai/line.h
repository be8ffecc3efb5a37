/* One provider's line: who is asked next, how many at once, and its breaker. On the loop's thread. Private to app/ai. */
#ifndef PARLEY_APP_AI_LINE_H
#define PARLEY_APP_AI_LINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "breaker.h"
#include "parley/core/err.h"

struct generation;

/* A user's place: those of theirs that wait, oldest first, and how many run. Gone when both are none. */
struct line_user {
    struct line_user *next;
    int64_t user_id;
    struct generation *first, *last;
    int running_count;
};

struct line {
    struct line *next; /* of the engine's */
    int64_t provider_id, version;
    struct line_user *users, **users_end; /* who is first is served first, and goes to the end */
    struct breaker breaker;
    int queued_count, running_count, running_max;
    bool is_served;                              /* engine_serve is at it */
    atomic_llong queued, running, open_until_us; /* the same, for other threads */
    atomic_int fault;
};

void line_init(struct line *line, int64_t provider_id, int64_t version);
/* ERR_BUSY: it is full. ERR_NO_MEMORY. */
enum err line_enter(struct line *line, struct generation *generation) MUST_CHECK;
/* Takes one that waits out of it. */
void line_leave(struct line *line, struct generation *generation);
/* The next that may run, which from now on does; NULL: there is none. */
struct generation *line_next(struct line *line);
/* The next of all that wait, taken out of it; NULL: nobody waits. */
struct generation *line_take(struct line *line);
/* One that ran has ended. */
void line_done(struct line *line, int64_t user_id);
/* Tells other threads how it stands. */
void line_publish(struct line *line);

#endif
