/* Reads the log forward and tells the sink of each row. Private to the folder; one thread. */
#ifndef PARLEY_APP_DOMAIN_EVENT_READER_H
#define PARLEY_APP_DOMAIN_EVENT_READER_H

#include "event_audience.h"
#include "parley/core/task.h"
#include "parley/domain/events/event_log.h"
#include "parley/domain/events/event_position.h"

struct event_reader {
    const struct event_log_opts *opts;
    struct task task;
    struct event_audience *audience;
    struct event_position told; /* the last event that the sink was told of */
    bool has_begun;
    size_t batch_max;     /* fewer where the contents of so many do not fit */
    int64_t looked_us;    /* monotonic: the last look that worked */
    bool is_silent;       /* the sink has been told that no look works */
    bool is_fault_logged; /* since the last look that worked */
};

/* ERR_NO_MEMORY; event_reader_release is fine even then. opts: borrowed. */
enum err event_reader_init(struct event_reader *reader, const struct event_log_opts *opts) MUST_CHECK;
void event_reader_release(struct event_reader *reader);
/*
 * One look: tells of up to EVENT_BATCH_MAX rows, or begins anew where the log does not go on from the last one. *ret_is_more:
 * there may be more. Failures are logged and told to the sink here.
 */
void event_reader_look(struct event_reader *reader, bool *ret_is_more);

#endif
