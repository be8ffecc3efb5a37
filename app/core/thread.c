#include "parley/core/thread.h"

#include <sched.h>
#include <signal.h>

enum err thread_start(size_t stack_bytes, void *(*fn)(void *arg), void *arg, pthread_t *ret_thread)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    int failed;

    if (pthread_attr_init(&attributes) != 0)
        return ERR_NO_MEMORY;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_attr_setstacksize(&attributes, stack_bytes);
    if (failed == 0)
        failed = pthread_create(ret_thread, &attributes, fn, arg);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return failed == 0 ? ERR_OK : ERR_NO_MEMORY;
}

int processor_count(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

    return count > 1 ? count : 1;
}
