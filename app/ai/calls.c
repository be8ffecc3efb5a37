/*
 * Calls of tools, put together out of deltas. Providers disagree about the index: some count it up, some send 0 for each of several
 * calls at once, some none. So an id decides where there is one, and else the last call of that index, or the last of all.
 */
#include "mend.h"
#include "parley/core/limits.h"
#include "read_private.h"

enum { CALL_NAME_MAX_BYTES = 256 }; /* of an id or a name; what is longer is cut */

static struct ai_call *call_find(struct ai_read *read, const struct ai_call_delta *delta)
{
    struct ai_call *call;

    if (delta->is_whole && delta->id.len == 0)
        return NULL;
    for (size_t i = read->call_count; i > 0; i--) {
        call = &read->calls[i - 1];
        if (delta->id.len > 0 && str_eq(buf_str(&call->id), str_head(delta->id, CALL_NAME_MAX_BYTES)))
            return call;
        if (delta->id.len == 0 && (delta->index == NULL || call->index == json_in_integer(delta->index)))
            return call;
    }
    return NULL;
}

static struct ai_call *call_add(struct ai_read *read, const struct ai_call_delta *delta)
{
    struct ai_call *calls, *call;

    if (read->call_count == AI_CALLS_MAX) {
        ai_read_fault(read, AI_FAULT_TOO_LONG);
        return NULL;
    }
    calls = realloc(read->calls, (read->call_count + 1) * sizeof(*calls));
    if (calls == NULL) {
        ai_read_fault(read, AI_FAULT_OUT_OF_MEMORY);
        return NULL;
    }
    read->calls = calls;
    call = &calls[read->call_count++];
    call->index = json_in_integer(delta->index);
    call->half = 0;
    buf_init(&call->id, CALL_NAME_MAX_BYTES);
    buf_init(&call->name, CALL_NAME_MAX_BYTES);
    buf_init(&call->arguments, AI_ANSWER_MAX_BYTES * 2);
    buf_add(&call->id, str_head(delta->id, CALL_NAME_MAX_BYTES));
    return call;
}

void ai_read_call(struct ai_read *read, const struct ai_call_delta *delta)
{
    struct ai_call *call = call_find(read, delta);

    if (!ai_read_count(read, delta->arguments.len))
        return;
    if (call == NULL)
        call = call_add(read, delta);
    if (call == NULL)
        return;
    read->has_token = true;
    if (call->name.len == 0)
        buf_add(&call->name, str_head(delta->name, CALL_NAME_MAX_BYTES));
    mend_join(&call->arguments, &call->half, delta->arguments);
    if (call->id.failed || call->name.failed || call->arguments.failed)
        ai_read_fault(read, AI_FAULT_OUT_OF_MEMORY);
}

void ai_read_calls_flush(struct ai_read *read)
{
    for (size_t i = 0; i < read->call_count; i++)
        mend_finish(&read->calls[i].arguments, &read->calls[i].half);
}

void ai_read_calls_release(struct ai_read *read)
{
    for (size_t i = 0; i < read->call_count; i++) {
        buf_release(&read->calls[i].id);
        buf_release(&read->calls[i].name);
        buf_release(&read->calls[i].arguments);
    }
    free(read->calls);
    read->calls = NULL;
    read->call_count = 0;
}
