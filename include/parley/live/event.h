/*
 * What the hub is told: events, in the order of the log, as plain data. Whoever reads the log (domain/events) knows what an
 * event means and who may hear it; the hub knows which connections there are. So here stand a text that is the same for
 * everybody, whom it goes to, and what becomes of streams by it. runtime joins the two by struct live_sink.
 */
#ifndef PARLEY_LIVE_EVENT_H
#define PARLEY_LIVE_EVENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/str.h"

/*
 * The lines of one event as FastCGI STDOUT records (request id 1, as nginx always has it): made once, written to every
 * stream as it is, counted by those who still have to write it.
 */
struct live_record {
    atomic_int users;
    size_t len;
    unsigned char bytes[];
};
/* text: "event: …\ndata: …\nid: …\n\n", copied. One user: the caller. NULL without memory. Any thread. */
struct live_record *live_record_new(struct str text);
/* One user more, and one less: the last frees it. NULL is fine. Any thread. */
struct live_record *live_record_keep(struct live_record *record);
void live_record_drop(struct live_record *record);

/* Whom an event is told. A stream is of a user, of a workspace or of a chat; each has one user. */
enum live_audience {
    LIVE_TO_NOBODY,    /* record is NULL */
    LIVE_TO_WORKSPACE, /* everyone in workspace_id: streams of their users, of the workspace, of chat_id where it is set */
    LIVE_TO_MEMBERS, /* the users in member_ids: their own streams, and theirs of workspace_id and chat_id */
    LIVE_TO_USER,    /* user_id alone: the same streams */
    LIVE_TO_OTHERS,  /* as LIVE_TO_WORKSPACE, but for the users in member_ids */
};

/*
 * What becomes of streams. An id that is 0 stands for any; workspace and chat streams end, a user's own stream ends only
 * by SESSIONS and KEYS and otherwise just hears no more of a workspace. All but JOINED come behind the telling.
 */
enum live_change {
    LIVE_CHANGES_NOTHING,
    LIVE_MEMBER_JOINED,   /* user_id is in workspace_id (chat_id 0) or in chat_id; before the telling */
    LIVE_MEMBER_LEFT,     /* user_id is out of workspace_id and all its chats (chat_id 0), or out of chat_id */
    LIVE_CHAT_ENDED,      /* chat_id is not in workspace_id any more: why "deleted" */
    LIVE_WORKSPACE_ENDED, /* workspace_id with all its chats: why "deleted" */
    LIVE_SESSIONS_ENDED,  /* of user_id: session_id, or (0) all but kept_session_id; streams by keys stay */
    LIVE_KEYS_ENDED,      /* key_id, or (0) all keys of user_id; streams by sessions stay */
    LIVE_RIGHTS_CHANGED, /* streams that fit all of user_id, workspace_id, chat_id and key_id that are set may have lost
                             their right to be open: looked at again before they are told anything later */
    LIVE_KEYS_EXPIRED,   /* keys have come to their end: streams by a key are looked at if theirs is over */
};

/* Borrowed until the call returns, but for record, which a taker keeps by live_record_keep. */
struct live_event {
    int64_t position; /* one more than the last one's */
    enum live_audience audience;
    enum live_change change;
    bool is_delta; /* message.delta: to streams of chat_id, and to others that name it in ?focus= */
    int64_t workspace_id, chat_id, user_id, key_id, session_id, kept_session_id;
    const int64_t *member_ids; /* LIVE_TO_MEMBERS, LIVE_TO_OTHERS: ascending */
    size_t member_count;
    struct live_record *record;
};

enum { LIVE_EPOCH_LEN = 8 };

/* What the reader of the log calls, on its own thread but for is_watched. Must be quick and never waits for a client. */
struct live_sink {
    void *arg;
    /*
     * The log is read from here on: before the first event, and again where it does not go on from what was told (another
     * epoch, a database that was restored, events that are deleted already): then every stream ends and comes back, and
     * finds that it has to read everything again. epoch: LIVE_EPOCH_LEN hex digits, NUL-ended; an event's id is
     * "<epoch>-<position>".
     */
    void (*start)(void *arg, const char *epoch, int64_t position);
    void (*event)(void *arg, const struct live_event *event);
    /* A look at the log has worked, whether or not it found anything: without one for READER_SILENT_MAX_S the reader is dead. */
    void (*looked)(void *arg);
    /* The log could not be read for EVENT_SILENCE_MAX_MS: all streams end with a `retry`. Events may go on after it. */
    void (*silence)(void *arg);
    /* Whether any stream is open: then the log is looked at more often. Any thread. */
    bool (*is_watched)(void *arg);
};

#endif
