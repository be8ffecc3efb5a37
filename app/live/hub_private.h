/* The inside of the hub, for the files of this room. */
#ifndef PARLEY_APP_LIVE_HUB_PRIVATE_H
#define PARLEY_APP_LIVE_HUB_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "admission.h"
#include "parley/live/hub.h"
#include "record.h"
#include "rights_watch.h"
#include "ring.h"
#include "stream.h"
#include "stream_index.h"
#include "wheel.h"

/* Something that another thread wants done on the hub's: run frees it. */
struct inbox_item {
    struct inbox_item *next;
    void (*run)(struct hub *hub, struct inbox_item *item);
};

struct hub_counters {
    atomic_llong stream_count, parked_count, held_count;
    atomic_llong opened_count, event_count, signal_count, dropped_count, written_count, check_count, overrun_count;
    atomic_llong end_counts[STREAM_END_COUNT_];
};

struct hub {
    struct hub_opts opts;
    struct ring ring;
    struct rights_watch watch;
    struct admission admission;
    struct hub_counters counters;
    pthread_t thread;
    int epoll_fd, event_fd;

    pthread_mutex_t inbox_lock; /* guards what follows */
    pthread_cond_t gone;        /* the thread has ended */
    struct inbox_item *inbox, **inbox_end;
    bool closed;   /* the thread takes nothing more… */
    bool finished; /* …and touches nothing more */

    atomic_bool woken;          /* event_fd has been written and not read yet */
    atomic_bool ending;         /* hub_end_all */
    atomic_bool stopping;       /* hub_stop: the thread ends with its last connection */
    atomic_bool cutting;        /* what is left is cut off */
    atomic_bool silent;         /* the reader says that the log cannot be read */
    atomic_int signal_count;    /* in the inbox */
    atomic_ullong ticket_count; /* given out */
    atomic_llong heard_s;       /* the kernel's monotonic clock: the reader's last look that worked; 0: none yet */

    /* ---- the thread's own ---- */
    char epoch[LIVE_EPOCH_LEN + 1];
    int64_t position; /* of the last event of the ring that was told */
    unsigned generation;
    struct wheel wheel;      /* of streams */
    struct wheel late_wheel; /* of parked requests, and of streams whose end waits for the peer */
    struct stream_index by_user, by_workspace, by_chat;
    struct stream_index places;  /* by workspace: users' own streams */
    struct stream_index parked;  /* by ticket */
    struct link unattached;      /* requests with a ticket that are not handed over yet, by timer.link */
    struct link ended;           /* connections to be freed at the end of this turn, by timer.link */
    struct live_record *comment; /* keep-alive */
    int64_t ending_since_us;     /* 0: not ending */
    int64_t ended_count;         /* of streams, since then */
};

/* Has it run on the hub's thread, in the order of posting. False: the thread has ended; the item is the caller's. */
bool hub_post(struct hub *hub, struct inbox_item *item) MUST_CHECK;
void hub_wake(struct hub *hub);
/* Could the reader of the log read it lately? Any thread. */
bool hub_hears_reader(struct hub *hub);
/* The thread; arg: the hub. */
void *hub_thread(void *arg);

/* On the hub's thread: waits for the descriptor's end, and for room where wanted. False: it cannot be watched. */
enum hub_watch { HUB_WATCH_END, HUB_WATCH_ROOM };
bool hub_watch_add(struct hub *hub, struct connection *connection);
void hub_watch_change(struct hub *hub, struct connection *connection, enum hub_watch watch);
/* Nothing is done with the connection any more but freeing it. */
void hub_connection_ended(struct hub *hub, struct connection *connection, enum stream_end end);

/* deliver.c: an event of the ring, and a passing one, to those whom it is for. */
void deliver_event(struct hub *hub, const struct live_event *event);
void deliver_signal(struct hub *hub, const struct live_event *event);
/* Is an event for this stream? */
bool deliver_is_for(const struct stream *stream, const struct live_event *event);
/* What an event changes for one stream. Before and behind its telling; true: the stream may be told it, or more. */
bool deliver_change_before(struct hub *hub, struct stream *stream, const struct live_event *event);
void deliver_change_behind(struct hub *hub, struct stream *stream, const struct live_event *event);

/* parking.c */
void parking_take(struct hub *hub, const struct handover *handover);
/* The process stops: all are told to finish; later, those that were never handed over go. */
void parking_finish_all(struct hub *hub);
void parking_cut_off(struct hub *hub);

#endif
