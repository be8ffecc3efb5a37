#include "line.h"

#include <assert.h>
#include <stdlib.h>

#include "generation.h"
#include "parley/core/limits.h"

void line_init(struct line *line, int64_t provider_id, int64_t version)
{
    *line = (struct line){ .provider_id = provider_id, .version = version };
    line->users_end = &line->users;
}

/* ---- users ---- */

/* The link that points to a user; the one at the end where there is none. */
static struct line_user **user_find(struct line *line, int64_t user_id)
{
    struct line_user **link = &line->users;

    while (*link != NULL && (*link)->user_id != user_id)
        link = &(*link)->next;
    return link;
}

static void user_append(struct line *line, struct line_user *user)
{
    user->next = NULL;
    *line->users_end = user;
    line->users_end = &user->next;
}

static struct line_user *user_unlink(struct line *line, struct line_user **link)
{
    struct line_user *user = *link;

    assert(user != NULL);
    *link = user->next;
    if (user->next == NULL)
        line->users_end = link;
    return user;
}

static void user_drop_idle(struct line *line, struct line_user **link)
{
    if ((*link)->first == NULL && (*link)->running_count == 0)
        free(user_unlink(line, link));
}

static struct generation *user_pop(struct line *line, struct line_user *user)
{
    struct generation *generation = user->first;

    user->first = generation->queue_next;
    if (user->first == NULL)
        user->last = NULL;
    line->queued_count--;
    return generation;
}

/* ---- the line ---- */

enum err line_enter(struct line *line, struct generation *generation)
{
    struct line_user *user = *user_find(line, generation->user_id);

    if (line->queued_count >= AI_QUEUE_MAX)
        return ERR_BUSY;
    if (user == NULL) {
        user = calloc(1, sizeof(*user));
        if (user == NULL)
            return ERR_NO_MEMORY;
        user->user_id = generation->user_id;
        user_append(line, user);
    }
    generation->queue_next = NULL;
    if (user->last != NULL)
        user->last->queue_next = generation;
    else
        user->first = generation;
    user->last = generation;
    line->queued_count++;
    return ERR_OK;
}

void line_leave(struct line *line, struct generation *generation)
{
    struct line_user **link = user_find(line, generation->user_id);
    struct generation *before = NULL, *at = (*link)->first;

    for (; at != generation; at = at->queue_next)
        before = at;
    if (before != NULL)
        before->queue_next = generation->queue_next;
    else
        (*link)->first = generation->queue_next;
    if ((*link)->last == generation)
        (*link)->last = before;
    line->queued_count--;
    user_drop_idle(line, link);
}

struct generation *line_next(struct line *line)
{
    struct line_user **link = &line->users;
    struct line_user *user;

    while (*link != NULL && ((*link)->first == NULL || (*link)->running_count >= AI_PER_USER_MAX))
        link = &(*link)->next;
    if (*link == NULL)
        return NULL;
    user = user_unlink(line, link);
    user_append(line, user);
    user->running_count++;
    line->running_count++;
    return user_pop(line, user);
}

struct generation *line_take(struct line *line)
{
    struct line_user **link = &line->users;
    struct generation *generation;

    while (*link != NULL && (*link)->first == NULL)
        link = &(*link)->next;
    if (*link == NULL)
        return NULL;
    generation = user_pop(line, *link);
    user_drop_idle(line, link);
    return generation;
}

void line_done(struct line *line, int64_t user_id)
{
    struct line_user *user = user_unlink(line, user_find(line, user_id));

    line->running_count--;
    user->running_count--;
    /* Behind those who came while it ran. */
    if (user->first != NULL || user->running_count > 0)
        user_append(line, user);
    else
        free(user);
}

void line_publish(struct line *line)
{
    bool is_open = line->breaker.open_until_us != 0;

    atomic_store_explicit(&line->queued, line->queued_count, memory_order_relaxed);
    atomic_store_explicit(&line->running, line->running_count, memory_order_relaxed);
    atomic_store_explicit(&line->open_until_us, line->breaker.open_until_us, memory_order_relaxed);
    atomic_store_explicit(&line->fault, (int)(is_open ? line->breaker.fault : AI_FAULT_NONE), memory_order_relaxed);
}
