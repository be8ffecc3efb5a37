#include <stdlib.h>

#include "loop_private.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/thread.h"

enum { SLEEP_MAX_MS = 60000 };

/* ---- timers ---- */

void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t at_us)
{
    timer_heap_set(&loop->timers, timer, at_us);
}

void loop_timer_clear(struct loop *loop, struct loop_timer *timer)
{
    timer_heap_clear(&loop->timers, timer);
}

static void timers_run(struct loop *loop)
{
    int64_t now_us = clock_monotonic_us();
    struct loop_timer *timer;

    while ((timer = loop->timers.first) != NULL && timer->at_us <= now_us) {
        timer_heap_clear(&loop->timers, timer);
        timer->fn(timer->arg);
    }
}

/* ---- the thread ---- */

void loop_post(struct loop *loop, struct loop_item *item)
{
    bool was_empty;

    item->next = NULL;
    (void)pthread_mutex_lock(&loop->lock);
    was_empty = loop->items == NULL;
    *loop->items_end = item;
    loop->items_end = &item->next;
    (void)pthread_mutex_unlock(&loop->lock);
    if (was_empty)
        (void)curl_multi_wakeup(loop->multi);
}

static void items_run(struct loop *loop)
{
    struct loop_item *items, *item;

    (void)pthread_mutex_lock(&loop->lock);
    items = loop->items;
    loop->items = NULL;
    loop->items_end = &loop->items;
    (void)pthread_mutex_unlock(&loop->lock);
    while ((item = items) != NULL) {
        items = item->next;
        item->run(item);
    }
}

static int sleep_ms(const struct loop *loop)
{
    const struct loop_timer *next = loop->timers.first;
    int64_t left_us = next != NULL ? next->at_us - clock_monotonic_us() : SLEEP_MAX_MS * US_PER_MS;

    if (left_us <= 0 || loop->fresh != NULL)
        return 0;
    return left_us >= SLEEP_MAX_MS * US_PER_MS ? SLEEP_MAX_MS : (int)((left_us + US_PER_MS - 1) / US_PER_MS);
}

static void *run(void *arg)
{
    struct loop *loop = arg;
    int running;

    while (!loop->stops) {
        items_run(loop);
        timers_run(loop);
        loop_call_add_fresh(loop);
        (void)curl_multi_perform(loop->multi, &running);
        loop_call_tell_ended(loop);
        loop_call_break_all(&loop->cancelled);
        if (!loop->stops)
            (void)curl_multi_poll(loop->multi, NULL, 0, sleep_ms(loop), NULL);
    }
    return NULL;
}

/* ---- beginning and end ---- */

static void release(struct loop *loop)
{
    if (loop->multi != NULL)
        (void)curl_multi_cleanup(loop->multi);
    (void)pthread_mutex_destroy(&loop->lock);
    socket_table_release(&loop->sockets);
    free(loop->ca_file);
    free(loop);
}

static enum err init(struct loop *loop, const char *ca_file)
{
    loop->items_end = &loop->items;
    (void)pthread_mutex_init(&loop->lock, NULL);
    if (ca_file != NULL && ca_file[0] != '\0') {
        loop->ca_file = strdup(ca_file);
        if (loop->ca_file == NULL)
            return ERR_NO_MEMORY;
    }
    loop->multi = curl_multi_init();
    if (loop->multi == NULL)
        return ERR_NO_MEMORY;
    curl_multi_setopt(loop->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)LOOP_STREAMS_MAX);
    curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, (long)LOOP_IDLE_MAX);
    return thread_start(WORKER_STACK_BYTES, run, loop, &loop->thread);
}

enum err loop_new(const char *ca_file, struct loop **ret_loop)
{
    struct loop *loop = calloc(1, sizeof(*loop));
    enum err e;

    if (loop == NULL)
        return ERR_NO_MEMORY;
    e = init(loop, ca_file);
    if (e != ERR_OK) {
        release(loop);
        return e;
    }
    *ret_loop = loop;
    return ERR_OK;
}

static void stop_run(struct loop_item *item)
{
    struct loop *loop = (struct loop *)((char *)item - offsetof(struct loop, stop_item));

    loop->stops = true;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    loop->stop_item.run = stop_run;
    loop_post(loop, &loop->stop_item);
    (void)pthread_join(loop->thread, NULL);
    items_run(loop);
    loop_call_break_all(&loop->fresh);
    loop_call_break_all(&loop->running);
    release(loop);
}
