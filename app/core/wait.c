#include "parley/core/wait.h"

#include <assert.h>
#include <stddef.h>

static _Thread_local const struct wait_hooks *hooks;
static _Thread_local int depth;

void wait_hooks_set(const struct wait_hooks *of_thread)
{
    assert(depth == 0);
    hooks = of_thread;
}

void wait_begin(void)
{
    if (depth++ == 0 && hooks != NULL)
        hooks->begin(hooks->arg);
}

void wait_end(void)
{
    assert(depth > 0);
    if (--depth == 0 && hooks != NULL)
        hooks->end(hooks->arg);
}
