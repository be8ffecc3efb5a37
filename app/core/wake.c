#include "parley/core/wake.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum err wake_init(struct wake *wake)
{
    atomic_init(&wake->is_set, false);
    wake->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return wake->fd < 0 ? ERR_NO_MEMORY : ERR_OK;
}

void wake_release(struct wake *wake)
{
    if (wake->fd >= 0)
        (void)close(wake->fd);
    wake->fd = -1;
}

void wake_signal(struct wake *wake)
{
    const uint64_t one = 1;

    if (!atomic_exchange(&wake->is_set, true))
        (void)!write(wake->fd, &one, sizeof(one));
}

/* The descriptor is emptied first: a signal between the two is not written, and what it was for is seen by the look. */
bool wake_wait(struct wake *wake, int timeout_ms)
{
    struct pollfd fd = { .fd = wake->fd, .events = POLLIN };
    uint64_t count = 0;

    if (poll(&fd, 1, timeout_ms) <= 0)
        return false;
    (void)!read(wake->fd, &count, sizeof(count));
    return atomic_exchange(&wake->is_set, false);
}
