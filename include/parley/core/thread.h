/* Threads, and the processors to run them on. */
#ifndef PARLEY_CORE_THREAD_H
#define PARLEY_CORE_THREAD_H

#include <pthread.h>
#include <stddef.h>

#include "parley/core/attrs.h"
#include "parley/core/err.h"

/*
 * Starts a thread that gets no signals: they are for the thread that waits for them. Any thread.
 *   stack_bytes  only touched pages cost memory
 * ERR_NO_MEMORY: no memory, or no more threads.
 */
enum err thread_start(size_t stack_bytes, void *(*fn)(void *arg), void *arg, pthread_t *ret_thread) MUST_CHECK;

/* How many processors this process may use, at least 1. Any thread. */
int processor_count(void);

#endif
