/*
 * Whose an event stream is, what it is of, and what must hold for it to stay open: plain data between whoever knows the
 * rights (domain/events/stream.c) and the hub, which knows the connections and asks.
 */
#ifndef PARLEY_LIVE_STREAM_RIGHTS_H
#define PARLEY_LIVE_STREAM_RIGHTS_H

#include <stdint.h>

#include "parley/core/err.h"
#include "parley/live/event.h"

/* What a stream is told of. */
enum stream_scope {
    STREAM_OF_USER,      /* everything that its user may read */
    STREAM_OF_WORKSPACE, /* of that, what is in one workspace */
    STREAM_OF_CHAT,      /* and in one chat */
};

/* Chats whose message.delta a user's or a workspace's stream is told of. */
enum { STREAM_FOCUS_MAX = 4 };

struct stream_rights {
    enum stream_scope scope;
    int64_t user_id;
    int64_t session_id, key_id; /* one of the two; the other is 0 */
    int64_t workspace_id;       /* 0: of a user's own stream; a key's alone where it is a key's */
    int64_t chat_id;            /* 0: of no chat's stream */
    int64_t focus[STREAM_FOCUS_MAX];
};

/* Why a stream ends, as clients are told, and whether they should come back. */
enum stream_end {
    STREAM_GOES_ON,
    STREAM_END_SESSION, /* the sign-in session or the key is over */
    STREAM_END_ACCESS,  /* no longer a member */
    STREAM_END_DELETED, /* the chat or the workspace is gone */
    STREAM_END_EXPIRED, /* the session's or the key's time is over */
    STREAM_END_RESTART, /* this process stops, or cannot read the log; come back */
    STREAM_END_SLOW,    /* what was missed can be read at coming back */
    STREAM_END_GONE,    /* the client has left, or takes nothing; nobody is told */
    STREAM_END_COUNT_
};

/* The workspaces whose events a user's own stream is told of. */
struct stream_workspaces {
    size_t count;
    int64_t ids[];
};

/* A question about one stream, and the answer. */
struct stream_check {
    struct stream_rights rights;
    enum stream_end end;                  /* STREAM_GOES_ON: the rights hold */
    int64_t until_us;                     /* wall clock: when to look again in any case; INT64_MAX: no such time */
    struct stream_workspaces *workspaces; /* of a user's own stream; malloc'ed, the asker's. NULL: none */
    bool leaves_out;                      /* there are others, which ask for a second factor that the user lacks */
};

/*
 * Looks at the rights of several streams as they are now and fills in their answers; `end`, `until_us` and `workspaces` come
 * empty. On an error nothing is known, and the asker tries again. May wait for the database; one thread at a time.
 */
struct stream_checker {
    enum err (*check)(void *arg, struct stream_check *const *checks, size_t count);
    void *arg;
};

#endif
