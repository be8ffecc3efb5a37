/* A hub between a made-up reader of the log, a made-up checker of rights, and socket pairs in the place of nginx. */
#ifndef PARLEY_TESTS_LIVE_HUB_FIXTURE_H
#define PARLEY_TESTS_LIVE_HUB_FIXTURE_H

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/live/hub.h"
#include "parley/live/parking.h"

enum {
    PATIENCE_MS = 20000,
    ALICE = 1,
    BOB = 2,
    EVE = 3,
    WORKSPACE = 10,
    OTHER_WORKSPACE = 11,
    CHAT = 100,
    OTHER_CHAT = 101
};
#define EPOCH "0badcafe"

/* What the checker says of every stream, and whether it says anything. */
struct checker {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool shut, fails;
    int asked_count; /* streams */
    enum stream_end end;
    int64_t workspaces[4]; /* of a user's own stream */
    size_t workspace_count;
};

struct fixture {
    struct checker checker;
    struct hub *hub;
    struct live_sink sink;
    int64_t position;
};

/* The client's side of a stream. */
struct peer {
    int fd;
    struct buf heard; /* STDOUT so far */
    bool complete;    /* END_REQUEST has come */
};

static inline enum err check(void *arg, struct stream_check *const *checks, size_t count)
{
    struct checker *checker = arg;
    int64_t workspaces[COUNT_OF(checker->workspaces)];
    size_t workspace_count;
    enum err e = ERR_OK;

    (void)pthread_mutex_lock(&checker->lock);
    /* What it reads, it has read before it is held up. */
    workspace_count = checker->workspace_count;
    memcpy(workspaces, checker->workspaces, sizeof(workspaces));
    checker->asked_count += (int)count;
    (void)pthread_cond_broadcast(&checker->changed);
    while (checker->shut)
        (void)pthread_cond_wait(&checker->changed, &checker->lock);
    if (checker->fails)
        e = ERR_DATABASE;
    for (size_t i = 0; i < count && e == ERR_OK; i++) {
        size_t ids_bytes = workspace_count * sizeof(int64_t);

        checks[i]->end = checker->end;
        if (checks[i]->rights.scope != STREAM_OF_USER)
            continue;
        checks[i]->workspaces = malloc(sizeof(struct stream_workspaces) + ids_bytes);
        checks[i]->workspaces->count = workspace_count;
        memcpy(checks[i]->workspaces->ids, workspaces, ids_bytes);
    }
    (void)pthread_mutex_unlock(&checker->lock);
    return e;
}

static inline void checker_set(struct fixture *f, bool shut, enum stream_end end)
{
    (void)pthread_mutex_lock(&f->checker.lock);
    f->checker.shut = shut;
    f->checker.end = end;
    (void)pthread_cond_broadcast(&f->checker.changed);
    (void)pthread_mutex_unlock(&f->checker.lock);
}

/* A user's own streams are of no workspace from now on. */
static inline void checker_set_out(struct fixture *f)
{
    (void)pthread_mutex_lock(&f->checker.lock);
    f->checker.workspace_count = 0;
    (void)pthread_mutex_unlock(&f->checker.lock);
}

static inline void checker_await(struct fixture *f, int asked_count)
{
    (void)pthread_mutex_lock(&f->checker.lock);
    while (f->checker.asked_count < asked_count)
        (void)pthread_cond_wait(&f->checker.changed, &f->checker.lock);
    (void)pthread_mutex_unlock(&f->checker.lock);
}

static inline int hub_setup(void **state)
{
    static struct fixture f;
    struct hub_opts opts = { .checker = { check, &f.checker },
                             .streams_max = 1000,
                             .streams_per_user_max = 20,
                             .streams_per_address_max = 1000 };

    memset(&f, 0, sizeof(f));
    (void)pthread_mutex_init(&f.checker.lock, NULL);
    (void)pthread_cond_init(&f.checker.changed, NULL);
    f.checker.workspaces[0] = WORKSPACE;
    f.checker.workspace_count = 1;
    if (hub_new(&opts, &f.hub) != ERR_OK)
        return -1;
    f.sink = hub_sink(f.hub);
    f.sink.start(f.sink.arg, EPOCH, 0);
    *state = &f;
    return 0;
}

static inline int hub_teardown(void **state)
{
    struct fixture *f = *state;

    checker_set(f, false, STREAM_GOES_ON);
    hub_stop(f->hub, 10);
    hub_free(f->hub);
    (void)pthread_cond_destroy(&f->checker.changed);
    (void)pthread_mutex_destroy(&f->checker.lock);
    return 0;
}

/* ---- the reader ---- */

/* The next event of the log, with its position as its text. */
static inline void event_tell(struct fixture *f, struct live_event event)
{
    char text[64];

    event.position = ++f->position;
    if (event.audience != LIVE_TO_NOBODY) {
        snprintf(text, sizeof(text), "data: %lld\nid: " EPOCH "-%lld\n\n", (long long)event.position,
                 (long long)event.position);
        event.record = live_record_new(str_from(text));
    }
    f->sink.event(f->sink.arg, &event);
    live_record_drop(event.record);
}

static inline void tell_workspace(struct fixture *f)
{
    event_tell(f, (struct live_event){ .audience = LIVE_TO_WORKSPACE, .workspace_id = WORKSPACE, .chat_id = CHAT });
}

/* ---- streams ---- */

static inline struct handover handover_of(enum reply_way way, int fd)
{
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    return (struct handover){
        .way = way,
        .method = GET,
        .fd = fd,
        .request_id = 1,
        .began_us = clock_monotonic_us(),
        .line = { .method = "GET", .route = "/stream", .status = 200, .code = "ok", .level = LOG_DEBUG }
    };
}

static inline struct peer peer_new(int *ret_fd)
{
    struct peer peer = { .complete = false };
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    buf_init(&peer.heard, 64 * MIB);
    peer.fd = pair[0];
    *ret_fd = pair[1];
    return peer;
}

static inline enum err stream_try(struct fixture *f, const struct stream_opening *wanted, struct peer *ret_peer)
{
    static const struct {
        size_t count;
        int64_t ids[1];
    } workspace = { 1, { WORKSPACE } };
    struct stream_permit permit;
    struct stream_opening opening = *wanted;
    struct handover handover;
    int fd;

    TRY(hub_admit(f->hub, opening.rights.user_id, STR("192.0.2.1"), &permit));
    if (opening.place.generation == 0)
        hub_where(f->hub, &opening.place);
    opening.told = opening.place.position;
    opening.permit = &permit;
    if (opening.until_us == 0)
        opening.until_us = INT64_MAX;
    if (opening.rights.scope == STREAM_OF_USER)
        opening.workspaces = (const struct stream_workspaces *)(const void *)&workspace;
    *ret_peer = peer_new(&fd);
    handover = handover_of(REPLY_STREAM, fd);
    handover.subject = &opening;
    hub_take(f->hub, &handover);
    assert_null(permit.hub);
    return ERR_OK;
}

static inline struct stream_rights rights_of(enum stream_scope scope, int64_t user_id)
{
    return (struct stream_rights){ .scope = scope,
                                   .user_id = user_id,
                                   .session_id = 1000 + user_id,
                                   .workspace_id = scope == STREAM_OF_USER ? 0 : WORKSPACE,
                                   .chat_id = scope == STREAM_OF_CHAT ? CHAT : 0 };
}

static inline struct peer stream_open_rights(struct fixture *f, struct stream_rights rights)
{
    struct peer peer;

    assert_ok(stream_try(f, &(struct stream_opening){ .rights = rights }, &peer));
    return peer;
}

static inline struct peer stream_open(struct fixture *f, enum stream_scope scope, int64_t user_id)
{
    return stream_open_rights(f, rights_of(scope, user_id));
}

static inline bool read_exactly(int fd, void *bytes, size_t len)
{
    while (len > 0) {
        struct pollfd polled = { .fd = fd, .events = POLLIN };
        ssize_t got;

        if (poll(&polled, 1, PATIENCE_MS) != 1)
            fail_msg("nothing came for %d ms\n", PATIENCE_MS);
        got = recv(fd, bytes, len, 0);
        if (got <= 0)
            return false;
        bytes = (char *)bytes + got;
        len -= (size_t)got;
    }
    return true;
}

/* The next record into what was heard; false: the connection has ended. */
static inline bool peer_read(struct peer *peer)
{
    unsigned char head[8];
    size_t len;
    char *room;

    if (!read_exactly(peer->fd, head, sizeof(head)))
        return false;
    len = (size_t)head[4] << 8 | head[5];
    room = buf_room(&peer->heard, len + head[6]);
    if (!read_exactly(peer->fd, room, len + head[6]))
        return false;
    if (head[1] == 6)
        buf_grown(&peer->heard, len);
    peer->complete = peer->complete || head[1] == 3;
    return true;
}

static inline void peer_close(struct peer *peer)
{
    close(peer->fd);
    buf_release(&peer->heard);
}

/* Reads until the text has come. */
static inline void peer_await(struct peer *peer, const char *text)
{
    while (strstr(peer->heard.ptr, text) == NULL)
        if (!peer_read(peer))
            fail_msg("the stream ended before %s: %s\n", text, peer->heard.ptr);
}

/* Reads to the end: a complete answer with this as the reason. */
static inline void peer_await_end(struct peer *peer, const char *why)
{
    char wanted[64];

    while (peer_read(peer))
        ;
    snprintf(wanted, sizeof(wanted), "event: end\ndata: {\"why\":\"%s\",", why);
    if (strstr(peer->heard.ptr, wanted) == NULL || !peer->complete)
        fail_msg("no end by %s: %s\n", why, peer->heard.ptr);
    peer_close(peer);
}

/* The same, where the client comes back from that id. */
static inline void peer_await_end_at(struct peer *peer, const char *why, const char *id)
{
    char wanted[64];

    snprintf(wanted, sizeof(wanted), "id: %s\n\n", id);
    while (peer_read(peer))
        ;
    if (peer->heard.len < strlen(wanted) || strcmp(peer->heard.ptr + peer->heard.len - strlen(wanted), wanted) != 0)
        fail_msg("no end at %s: %s\n", id, peer->heard.ptr);
    peer_await_end(peer, why);
}

/* Everything that was told up to a mark which everybody hears, comments aside: "1 3 " for two events. */
static inline void peer_heard(struct peer *peer, struct buf *ret_numbers)
{
    buf_init(ret_numbers, MIB);
    for (const char *at = peer->heard.ptr; (at = strstr(at, "data: ")) != NULL; at++)
        buf_addf(ret_numbers, "%lld ", strtoll(at + strlen("data: "), NULL, 10));
}

static inline void assert_heard(struct peer *peer, const char *numbers)
{
    struct buf heard;

    peer_heard(peer, &heard);
    assert_string_equal(heard.ptr, numbers);
    buf_release(&heard);
}

static inline struct hub_stats stats_of(struct fixture *f)
{
    struct hub_stats stats;

    hub_stats(f->hub, &stats);
    return stats;
}

/* Waits until the hub has so many streams. */
static inline void await_streams(struct fixture *f, int64_t count)
{
    for (int i = 0; stats_of(f).stream_count != count; i++) {
        assert_true(i < PATIENCE_MS);
        (void)poll(NULL, 0, 1);
    }
}

/* A workspace's stream whose rights are being asked about, without an answer yet. */
static inline struct peer stream_open_asked(struct fixture *f)
{
    struct peer peer = stream_open(f, STREAM_OF_WORKSPACE, ALICE);

    await_streams(f, 1);
    checker_set(f, true, STREAM_GOES_ON);
    event_tell(f, (struct live_event){ .change = LIVE_RIGHTS_CHANGED, .workspace_id = WORKSPACE });
    checker_await(f, 1);
    return peer;
}

#endif
