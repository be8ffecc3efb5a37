/*
 * Waiting: what takes long without the processor (a database, a disk, the network) stands between blocking_begin and
 * blocking_end, so that whoever shares out the work lets another thread compute meanwhile (app/http/worker_pool.h). Pairs may stand in
 * one another. Locks that say so in locks.def are not held around either. On a thread without hooks nothing happens.
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
