/*
 * The newest events of the log: the queue between its reader and the hub's thread, and what streams are brought up to date
 * from. The reader adds; the hub's thread reads. When it is full the oldest go, and who has not seen them finds that out.
 */
#ifndef PARLEY_APP_LIVE_RING_H
#define PARLEY_APP_LIVE_RING_H

#include <pthread.h>
#include <stdbool.h>

#include "parley/core/err.h"
#include "parley/live/event.h"

enum { RING_EVENTS = 4096, RING_MAX_BYTES = 4 * 1024 * 1024, RING_SETS = 64 };

/* The members of a chat, of one event or many. */
struct member_set {
    atomic_int users;
    int64_t chat_id;
    size_t count;
    int64_t ids[];
};

/* An event with what it holds: released by ring_entry_release. */
struct ring_entry {
    struct live_event event;
    struct member_set *members; /* event.member_ids points into it; NULL: none */
};

struct ring {
    pthread_mutex_t lock;               /* guards what follows */
    pthread_cond_t moved;               /* the hub's thread has read on, or the ring has begun */
    struct ring_entry *entries;         /* by position */
    struct member_set *sets[RING_SETS]; /* the last one of some chats, by chat: most events share it */
    char epoch[LIVE_EPOCH_LEN + 1];     /* "": not started */
    unsigned generation;                /* counts starts */
    int64_t oldest, newest;             /* oldest > newest: empty; newest: the position reached */
    int64_t read_position;              /* up to here the hub's thread has read */
    size_t size_bytes;
    bool closed; /* nobody reads any more */
};

enum ring_found { RING_EVENT, RING_END, RING_LOST };

enum err ring_init(struct ring *ring) MUST_CHECK;
void ring_release(struct ring *ring);
/* Begins anew behind a position: what was there is gone. */
void ring_start(struct ring *ring, const char *epoch, int64_t position);
/* Adds an event. Where the hub's thread is far behind it is waited for, RING_WAIT_MS at most. */
void ring_add(struct ring *ring, const struct live_event *event);
/* Waits until it has begun, RING_START_MAX_MS at most; false: it has not. For workers: they say that they block. */
bool ring_await_start(struct ring *ring);
/* Nobody is waited for from now on. */
void ring_close(struct ring *ring);

/*
 * The event behind a position of a generation, with a use of its own. RING_LOST: it has been there, and has gone.
 *   use  RING_READ: the hub's own reading, for which ring_add waits
 */
enum ring_use { RING_PEEK, RING_READ };
enum ring_found ring_next(struct ring *ring, unsigned generation, int64_t position, enum ring_use use,
                          struct ring_entry *ret_entry);
void ring_entry_release(struct ring_entry *entry);
/*
 * Is everything behind the position there, no more than so much, and nothing that takes rights away? Whom an event goes to was
 * said when it was added: who has lost the right to read it since must not be told it from here. Any thread.
 */
bool ring_still_has(struct ring *ring, unsigned generation, int64_t position, int64_t events_max, size_t max_bytes);

/* Epoch, position reached and the number of starts; false: not started. Any thread. */
bool ring_where(struct ring *ring, char ret_epoch[LIVE_EPOCH_LEN + 1], int64_t *ret_position, unsigned *ret_generation);

/* May somebody have lost rights by it? */
bool ring_event_takes_away(const struct live_event *event);
/* Is the user among those whom the event is told? For LIVE_TO_MEMBERS and LIVE_TO_OTHERS. */
bool ring_event_has_member(const struct live_event *event, int64_t user_id);

#endif
