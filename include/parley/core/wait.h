/*
 * Waiting: what takes long without the processor (a database, a disk, the network) stands between wait_begin and
 * wait_end, so that whoever shares out the work lets another thread compute meanwhile (app/http/worker_pool.h). Pairs may stand in
 * one another. Locks that say so in locks.def are not held around either. On a thread without hooks nothing happens.
 */
#ifndef PARLEY_CORE_WAIT_H
#define PARLEY_CORE_WAIT_H

struct wait_hooks {
    void (*begin)(void *arg);
    void (*end)(void *arg);
    void *arg;
};

/* For the calling thread, from now on; borrowed for the thread's life. */
void wait_hooks_set(const struct wait_hooks *hooks);

void wait_begin(void);
void wait_end(void);

#endif
