/* The present snapshot of a process. */
#include <pthread.h>

#include "config_private.h"

struct config_box {
    pthread_mutex_t lock; /* guards `now` and the users of every snapshot */
    struct config_loaded *now;
};

struct config_box *config_box_new(struct config *first)
{
    struct config_box *box = calloc(1, sizeof(*box));

    if (box == NULL)
        return NULL;
    (void)pthread_mutex_init(&box->lock, NULL);
    box->now = config_loaded_of(first);
    return box;
}

/* Drops a reference; the last one frees the snapshot. */
static void drop(struct config_box *box, struct config_loaded *loaded)
{
    int users;

    (void)pthread_mutex_lock(&box->lock);
    users = --loaded->users;
    (void)pthread_mutex_unlock(&box->lock);
    if (users == 0)
        config_free(&loaded->config);
}

void config_box_free(struct config_box *box)
{
    if (box == NULL)
        return;
    drop(box, box->now);
    (void)pthread_mutex_destroy(&box->lock);
    free(box);
}

const struct config *config_get(struct config_box *box)
{
    const struct config *config;

    (void)pthread_mutex_lock(&box->lock);
    box->now->users++;
    config = &box->now->config;
    (void)pthread_mutex_unlock(&box->lock);
    return config;
}

void config_put(struct config_box *box, const struct config *config)
{
    drop(box, config_loaded_of(config));
}

enum err config_differs(const struct config *a, const struct config *b, size_t index, bool *ret_differs)
{
    struct buf text_a;
    struct buf text_b;
    enum err e;

    buf_init(&text_a, 65536);
    buf_init(&text_b, 65536);
    config_value_write(a, index, &text_a);
    config_value_write(b, index, &text_b);
    *ret_differs = !str_eq(buf_str(&text_a), buf_str(&text_b));
    e = buf_check(&text_a);
    if (e == ERR_OK)
        e = buf_check(&text_b);
    buf_release(&text_a);
    buf_release(&text_b);
    return e;
}

/* What only a restart can change stays as it is. */
static enum err keep_old(const struct config_loaded *old, struct config_loaded *next, struct buf *ret_kept)
{
    for (size_t i = 0; i < ROW_COUNT_; i++) {
        bool changed = false;

        if ((config_row_at(i)->flags & CONFIG_RELOAD) != 0)
            continue;
        TRY(config_differs(&old->config, &next->config, i, &changed));
        if (!changed)
            continue;
        TRY(config_value_copy(&next->config, &old->config, i));
        next->origin[i] = old->origin[i];
        buf_addf(ret_kept, "%s%s", ret_kept->len > 0 ? " " : "", config_row_at(i)->name);
    }
    return ERR_OK;
}

enum err config_replace(struct config_box *box, struct config *next, struct buf *ret_kept)
{
    const struct config *old = config_get(box);
    struct config_loaded *loaded = config_loaded_of(next);
    enum err e = keep_old(config_loaded_of(old), loaded, ret_kept);

    if (e != ERR_OK) {
        config_put(box, old);
        config_free(next);
        return e;
    }
    (void)pthread_mutex_lock(&box->lock);
    box->now = loaded;
    (void)pthread_mutex_unlock(&box->lock);
    config_put(box, old); /* ours */
    config_put(box, old); /* and the box's */
    return ERR_OK;
}
