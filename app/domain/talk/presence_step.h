/* Writes down who comes, goes and rests, and says of whom that has changed something. Private to the folder; one thread. */
#ifndef PARLEY_APP_DOMAIN_PRESENCE_STEP_H
#define PARLEY_APP_DOMAIN_PRESENCE_STEP_H

#include "node.h"
#include "parley/live/presence_roll.h"

struct presence_work {
    struct presence_roll *roll;
    struct node node;
    /* Tells all processes, this one too, that these users' presence has changed. */
    void (*changed)(void *arg, const int64_t *user_ids, size_t count);
    void *arg;
};

/*
 * What is due on the roll, PRESENCE_STEP_MAX of each kind at most; what is left of a process that has died; and this process's
 * beat, while it has anybody on its roll. After an error what is not done stays due.
 */
enum err presence_step(struct ctx *ctx, struct presence_work *work) MUST_CHECK;

#endif
