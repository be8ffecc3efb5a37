/*
 * Announces that a thread blocks: calls that wait without using the processor (a database, a disk, the network) stand
 * between blocking_begin and blocking_end, so that the worker pool lets another thread compute meanwhile
 * (app/http/worker_pool.h). Pairs may nest. Both take the lock of the worker pool, so neither may be called with a lock of
 * the last order in locks.def. On a thread without hooks nothing happens.
 */
#ifndef PARLEY_CORE_BLOCKING_H
#define PARLEY_CORE_BLOCKING_H

struct blocking_hooks {
    void (*begin)(void *arg);
    void (*end)(void *arg);
    void *arg;
};

/* For the calling thread, from now on; borrowed for the thread's life. */
void blocking_hooks_set(const struct blocking_hooks *hooks);

void blocking_begin(void);
void blocking_end(void);

#endif
