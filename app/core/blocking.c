#include "parley/core/blocking.h"

#include <assert.h>
#include <stddef.h>

static _Thread_local const struct blocking_hooks *hooks;
static _Thread_local int depth;

void blocking_hooks_set(const struct blocking_hooks *of_thread)
{
    assert(depth == 0);
    hooks = of_thread;
}

void blocking_begin(void)
{
    if (depth++ == 0 && hooks != NULL)
        hooks->begin(hooks->arg);
}

void blocking_end(void)
{
    assert(depth > 0);
    if (--depth == 0 && hooks != NULL)
        hooks->end(hooks->arg);
}
