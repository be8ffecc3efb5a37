#include "stream_checker.h"

#include "parley/core/task.h"
#include "parley/domain/events/stream_rights.h"

static enum err look(void *arg, struct stream_check *const *checks, size_t count)
{
    struct task task;
    enum err e = task_begin(&task, arg);

    if (e == ERR_OK)
        e = stream_rights_look(&task.ctx, checks, count);
    task_end(&task);
    return e;
}

struct stream_checker stream_checker_of(struct app *app)
{
    return (struct stream_checker){ look, app };
}
