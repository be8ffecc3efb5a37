/* trace_read: traceparent and tracestate, a line feed between. What is taken can be sent on, and says the same there. */
#include <assert.h>

#include "parley/core/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A header of one line, read by whoever is asked. */
static struct str value_of(const char *line, struct str name)
{
    struct str text = str_from(line);

    assert(str_starts_with(text, name) && str_index(text, '\n') == SIZE_MAX && str_index(text, '\r') == SIZE_MAX);
    return str_tail(text, name.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str state = { (const char *)data, size }, parent;
    struct trace_headers headers;
    struct trace trace, next;

    if (!str_split(&state, '\n', &parent) || trace_read(parent, state, &trace) != ERR_OK)
        return 0;
    assert(str_eq_c(str_trim(state), trace.state) || trace.state[0] == '\0');
    trace_headers(&trace, &headers);
    state = trace.state[0] != '\0' ? value_of(headers.state, STR("tracestate: ")) : (struct str){ NULL, 0 };
    if (trace_read(value_of(headers.parent, STR("traceparent: ")), state, &next) != ERR_OK)
        __builtin_trap();
    assert(memcmp(trace.id, next.id, sizeof(next.id)) == 0 && trace.flags == next.flags);
    assert(strcmp(trace.state, next.state) == 0);
    return 0;
}
