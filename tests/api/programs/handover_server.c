/*
 * A server whose handlers reply in pieces and hand connections over, for test_handover.py: the room http and the gate as
 * they are, and in the place of the hub one thread that does what it is told. Usage: handover_server SOCKET WORKERS
 *
 *   GET /ping                       answered at once
 *   GET /pieces/{count}/{fails_at}  so many rows; the piece of that number (1, 2, …) fails, 0: none
 *   ANY /stream, /park              handed over
 *   POST /do/{what}                 said to all connections that are there: tick, end, abort (streams), answer, turn (parked)
 *
 * Standard output says "ready", and what becomes of each connection: "taken", "gone", "ended".
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parley/core/limits.h"
#include "parley/gate/gate.h"
#include "parley/gate/page_reply.h"
#include "parley/http/fcgi_record.h"
#include "parley/http/server.h"

/* ---- the thread that has the connections ---- */

struct link {
    struct handover connection; /* of a stream; of a parked request it is parked->connection */
    struct parked *parked;
    int64_t sent_bytes;
    struct link *next;
};

static struct hub {
    pthread_mutex_t lock; /* guards what follows */
    struct link *links;
    char told[32]; /* "": nothing; "stop": the end */
    int epoll_fd, event_fd;
    pthread_t thread;
} hub = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void say(const char *text)
{
    printf("%s\n", text);
    fflush(stdout);
}

static struct handover *connection_of(struct link *link)
{
    return link->parked != NULL ? &link->parked->connection : &link->connection;
}

static bool send_all(struct link *link, const struct buf *records)
{
    struct pollfd polled = { .fd = connection_of(link)->fd, .events = POLLOUT };
    size_t done = 0;

    while (done < records->len && poll(&polled, 1, 10000) == 1) {
        ssize_t sent = send(polled.fd, records->ptr + done, records->len - done, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            return false;
        done += sent > 0 ? (size_t)sent : 0;
    }
    link->sent_bytes += (int64_t)done;
    return done == records->len;
}

static void take(void *arg, const struct handover *handover)
{
    struct link *link = calloc(1, sizeof(*link));
    struct epoll_event event = { .events = EPOLLRDHUP, .data.ptr = link };

    (void)arg;
    if (link == NULL)
        abort();
    link->connection = *handover;
    if (handover->way == REPLY_PARKED)
        link->parked = parked_new(handover);
    pthread_mutex_lock(&hub.lock);
    link->next = hub.links;
    hub.links = link;
    if (epoll_ctl(hub.epoll_fd, EPOLL_CTL_ADD, handover->fd, &event) != 0)
        abort();
    say("taken");
    pthread_mutex_unlock(&hub.lock);
}

/* Under the lock. */
static void link_end(struct link *link, const char *reason)
{
    struct link **place = &hub.links;

    while (*place != link)
        place = &(*place)->next;
    *place = link->next;
    handover_end(connection_of(link), link->sent_bytes, reason);
    free(link->parked);
    free(link);
    say(str_eq_c(str_from(reason), "client gone") ? "gone" : "ended");
}

/* What one connection is told; the reason for its end, or NULL: it goes on. */
static const char *obey(struct link *link, struct str told, struct buf *records)
{
    static const struct parked_answer answer = { 200, "ok", "application/json", STR_INIT("{\"late\":true}") };
    bool parked = connection_of(link)->way == REPLY_PARKED;
    uint16_t id = connection_of(link)->request_id;

    if (str_eq_c(told, "tick") && !parked) {
        fcgi_record_stdout(records, id, STR("data: tick\n\n"));
    } else if (str_eq_c(told, "turn") && parked) {
        parked_stream(link->parked, "text/event-stream", records);
        fcgi_record_stdout(records, id, STR("data: turned\n\n"));
    } else if (str_eq_c(told, "answer") && parked) {
        parked_reply(link->parked, &answer, records);
        return "done";
    } else if (str_eq_c(told, "abort") && !parked) {
        fcgi_record_abort(records, id);
        return "aborted";
    } else if ((str_eq_c(told, "end") && !parked) || str_eq_c(told, "stop")) {
        fcgi_record_stdout(records, id, STR("event: end\n\n"));
        fcgi_record_end(records, id);
        return "done";
    }
    return NULL;
}

/* Under the lock. */
static void tell_all(struct str told)
{
    struct link *next;

    for (struct link *link = hub.links; link != NULL; link = next) {
        struct buf records;
        const char *reason;

        next = link->next;
        buf_init(&records, MIB);
        reason = obey(link, told, &records);
        if (!send_all(link, &records))
            reason = "client gone";
        buf_release(&records);
        if (reason != NULL)
            link_end(link, reason);
    }
}

static void *run(void *arg)
{
    bool stopped = false;

    (void)arg;
    while (!stopped) {
        struct epoll_event event;
        uint64_t count;

        if (epoll_wait(hub.epoll_fd, &event, 1, -1) != 1)
            continue;
        pthread_mutex_lock(&hub.lock);
        if (event.data.ptr != NULL) {
            link_end(event.data.ptr, "client gone");
        } else if (read(hub.event_fd, &count, sizeof(count)) > 0) {
            stopped = str_eq_c(str_from(hub.told), "stop");
            tell_all(str_from(hub.told));
        }
        pthread_mutex_unlock(&hub.lock);
    }
    return NULL;
}

static void tell(struct str what)
{
    const uint64_t one = 1;

    pthread_mutex_lock(&hub.lock);
    snprintf(hub.told, sizeof(hub.told), "%.*s", STR_FMT(what));
    if (write(hub.event_fd, &one, sizeof(one)) < 0)
        abort();
    pthread_mutex_unlock(&hub.lock);
}

/* ---- handlers ---- */

struct row {
    int64_t id;
    struct str text;
};
static const struct field row_fields[] = {
    { "id", FIELD_INT, .offset = offsetof(struct row, id) },
    { "text", FIELD_STR, .offset = offsetof(struct row, text) },
};
static const struct spec row_spec = { SPEC_INIT("Row", struct row, row_fields) };

static enum err rows_find(struct ctx *ctx, const struct call *call, const struct page *page, struct list *ret_list)
{
    int64_t after = page->after.key_count > 0 ? page->after.keys[0] : 0;

    if (call->numbers[1] == 1 + after / PAGE_MAX)
        return fail(ctx, ERR_DATABASE);
    for (int64_t id = after + 1; id <= call->numbers[0] && id <= after + page->limit; id++) {
        struct row *row = list_add(ctx->arena, ret_list, sizeof(*row));
        if (row == NULL)
            return fail(ctx, ERR_NO_MEMORY);
        *row = (struct row){ id, STR("some text, so that a piece has more than libfcgi keeps back") };
    }
    return ERR_OK;
}

static enum err pieces_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    static const struct page_source source = { .list = rows_find,
                                               .spec = &row_spec,
                                               .row_bytes = sizeof(struct row),
                                               .key_count = 1,
                                               .key_offsets = { offsetof(struct row, id) } };

    return page_reply_all(ctx, call, &source, NULL, reply);
}

static enum err ping(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)ctx;
    (void)call;
    json_out_raw(&reply->json, STR("{\"pong\":true}"));
    return ERR_OK;
}

static enum err stream(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)ctx;
    (void)call;
    reply_stream(reply, "text/event-stream", NULL);
    buf_add_c(&reply->body, "data: first\n\n");
    return ERR_OK;
}

static enum err park(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)ctx;
    (void)call;
    reply_header(reply, "X-Made", "by the handler");
    reply_park(reply, NULL);
    return ERR_OK;
}

static enum err told(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)ctx;
    (void)reply;
    tell(call->words[0]);
    return ERR_OK;
}

#define FREE \
    .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_FREE, .summary = "s", \
    .tag = "t"
static const struct route rows[] = {
    { GET, "/ping", ping, FREE, .status = 200 },
    { GET, "/pieces/{count:int}/{fails_at:int}", pieces_get, FREE, .reply = &row_spec, .reply_shape = REPLY_LIST,
      .status = 200 },
    { GET, "/stream", stream, FREE, .status = 200 },
    { GET, "/park", park, FREE, .status = 200 },
    { POST, "/park", park, FREE, .flags = ROUTE_RAW_BODY, .status = 200 },
    { POST, "/do/{what:word}", told, FREE, .status = 204 },
};
static const struct route_table table = { rows, COUNT_OF(rows) };
static const struct route_table *const tables[] = { &table };

/* ---- beginning and end ---- */

static bool hub_start(void)
{
    struct epoll_event event = { .events = EPOLLIN };

    hub.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    hub.event_fd = eventfd(0, EFD_CLOEXEC);
    return epoll_ctl(hub.epoll_fd, EPOLL_CTL_ADD, hub.event_fd, &event) == 0 &&
           pthread_create(&hub.thread, NULL, run, NULL) == 0;
}

static void hub_stop(void)
{
    tell(STR("stop"));
    pthread_join(hub.thread, NULL);
    close(hub.epoll_fd);
    close(hub.event_fd);
}

static struct config_box *config_make(void)
{
    const struct config_load_opts opts = { .environment = (char *[]){ NULL }, .env_file = "/dev/null" };
    struct config *config = NULL;
    struct buf faults;

    buf_init(&faults, MIB);
    if (config_load(&opts, &faults, &config) != ERR_OK)
        fprintf(stderr, "%s\n", faults.ptr);
    buf_release(&faults);
    return config != NULL ? config_box_new(config) : NULL;
}

static int serve(const char *socket_path, int worker_count, const sigset_t *signals)
{
    struct app app = { .config = config_make() };
    const struct gate_opts gate_opts = { .app = &app, .tables = tables, .table_count = 1, .taker = { take, NULL } };
    struct server_opts opts = { .socket_path = socket_path,
                                .backlog = 1024,
                                .worker_count = worker_count,
                                .processor_count = worker_count,
                                .handle = gate_handle,
                                .done = gate_done,
                                .take = gate_take };
    struct server *server = NULL;
    struct gate *gate = NULL;
    struct buf faults;
    int number;

    buf_init(&faults, MIB);
    if (app.config == NULL || !hub_start() || gate_new(&gate_opts, &faults, &gate) != ERR_OK) {
        fprintf(stderr, "no start: %s\n", faults.ptr);
        return 1;
    }
    opts.arg = gate;
    if (server_new(&opts, &faults, &server) != ERR_OK) {
        fprintf(stderr, "no start: %s\n", faults.ptr);
        return 1;
    }
    say("ready");
    (void)sigwait(signals, &number);
    if (server_stop(server) != ERR_OK)
        return 1;
    hub_stop();
    server_free(server);
    gate_free(gate);
    config_box_free(app.config);
    buf_release(&faults);
    return 0;
}

int main(int argc, char **argv)
{
    sigset_t signals;
    int64_t worker_count = 0;

    if (argc != 3 || str_to_int64(str_from(argv[2]), &worker_count) != ERR_OK) {
        fprintf(stderr, "usage: handover_server SOCKET WORKERS\n");
        return 2;
    }
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    return serve(argv[1], (int)worker_count, &signals);
}
