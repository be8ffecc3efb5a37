/*
 * Wakes a thread that waits for work, for a time, or for descriptors: any number of signals before it looks are one. What
 * was made before the signal is seen by whoever looks after wake_wait.
 */
#ifndef PARLEY_CORE_WAKE_H
#define PARLEY_CORE_WAKE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "parley/core/attrs.h"
#include "parley/core/err.h"

struct wake {
    int fd; /* an eventfd */
    atomic_bool is_set;
};

/* ERR_NO_MEMORY: no descriptor is left. */
enum err wake_init(struct wake *wake) MUST_CHECK;
/* Fine on one whose wake_init failed. */
void wake_release(struct wake *wake);
/* Any thread. A system call only where the last signal has been heard. */
void wake_signal(struct wake *wake);
/* Waits for a signal, at most timeout_ms. Whether there was one. One thread. */
bool wake_wait(struct wake *wake, int timeout_ms);

#endif
