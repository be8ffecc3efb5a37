#include "rights_watch.h"

#include <stdlib.h>

#include "hub_private.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/thread.h"

enum { AT_ONCE_MAX = 64, AGAIN_MS = 200 };

/* ---- on the hub's thread ---- */

struct answers {
    struct inbox_item item;
    struct rights_question *first;
};

static void answers_run(struct hub *hub, struct inbox_item *item)
{
    struct answers *answers = (struct answers *)item;
    struct rights_question *next;

    for (struct rights_question *q = answers->first; q != NULL; q = next) {
        next = q->next;
        stream_looked(hub, q);
    }
    free(answers);
}

/* ---- on its own ---- */

/* Takes as many as may be asked at once; NULL: it stops. Under the lock. */
static struct rights_question *take(struct rights_watch *watch)
{
    struct rights_question *first, **end;
    int count = 0;

    while (watch->first == NULL && !watch->stopping)
        (void)pthread_cond_wait(&watch->asked, &watch->lock);
    if (watch->stopping)
        return NULL;
    first = watch->first;
    for (end = &first; *end != NULL && count < AT_ONCE_MAX; end = &(*end)->next)
        count++;
    watch->first = *end;
    if (watch->first == NULL)
        watch->end = &watch->first;
    *end = NULL;
    return first;
}

/* Back to where they stood. Under the lock. */
static void put_back(struct rights_watch *watch, struct rights_question *first)
{
    struct rights_question **end = &first->next;

    while (*end != NULL)
        end = &(*end)->next;
    *end = watch->first;
    if (watch->first == NULL)
        watch->end = end;
    watch->first = first;
}

static enum err ask(const struct rights_watch *watch, struct rights_question *first)
{
    struct stream_check *checks[AT_ONCE_MAX];
    size_t count = 0;

    for (struct rights_question *q = first; q != NULL; q = q->next) {
        struct stream_check *check = checks[count++] = &q->check;

        /* An answer that could not be given may stand there. */
        free(check->workspaces);
        *check = (struct stream_check){ .rights = check->rights, .until_us = INT64_MAX };
    }
    return watch->checker.check(watch->checker.arg, checks, count);
}

/* False: they were not answered. */
static bool answer(struct rights_watch *watch, struct rights_question *first)
{
    struct answers *answers = calloc(1, sizeof(*answers));

    if (answers == NULL || ask(watch, first) != ERR_OK) {
        free(answers);
        return false;
    }
    *answers = (struct answers){ { NULL, answers_run }, first };
    if (hub_post(watch->hub, &answers->item))
        return true;
    free(answers);
    return false;
}

static void pause_a_moment(struct rights_watch *watch)
{
    struct timespec until = clock_deadline(clock_monotonic_us() + AGAIN_MS * US_PER_MS);

    while (!watch->stopping && pthread_cond_timedwait(&watch->asked, &watch->lock, &until) == 0)
        ;
}

static void *run(void *arg)
{
    struct rights_watch *watch = arg;
    struct rights_question *first;

    (void)pthread_mutex_lock(&watch->lock);
    while ((first = take(watch)) != NULL) {
        bool answered;

        (void)pthread_mutex_unlock(&watch->lock);
        answered = answer(watch, first);
        (void)pthread_mutex_lock(&watch->lock);
        if (answered)
            continue;
        put_back(watch, first);
        pause_a_moment(watch);
    }
    (void)pthread_mutex_unlock(&watch->lock);
    return NULL;
}

enum err rights_watch_init(struct rights_watch *watch, struct hub *hub, const struct stream_checker *checker)
{
    pthread_condattr_t attributes;
    enum err e;

    *watch = (struct rights_watch){ .hub = hub, .checker = *checker };
    watch->end = &watch->first;
    (void)pthread_mutex_init(&watch->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&watch->asked, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    e = thread_start(WORKER_STACK_BYTES, run, watch, &watch->thread);
    if (e != ERR_OK) {
        (void)pthread_cond_destroy(&watch->asked);
        (void)pthread_mutex_destroy(&watch->lock);
    }
    return e;
}

struct rights_question *rights_watch_stop(struct rights_watch *watch)
{
    (void)pthread_mutex_lock(&watch->lock);
    watch->stopping = true;
    (void)pthread_cond_signal(&watch->asked);
    (void)pthread_mutex_unlock(&watch->lock);
    (void)pthread_join(watch->thread, NULL);
    (void)pthread_cond_destroy(&watch->asked);
    (void)pthread_mutex_destroy(&watch->lock);
    return watch->first;
}

void rights_watch_ask(struct rights_watch *watch, struct rights_question *question)
{
    question->next = NULL;
    (void)pthread_mutex_lock(&watch->lock);
    *watch->end = question;
    watch->end = &question->next;
    (void)pthread_cond_signal(&watch->asked);
    (void)pthread_mutex_unlock(&watch->lock);
}
