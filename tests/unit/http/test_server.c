#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "fcgi_client.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/http/server.h"

enum { WORKERS = 4 };

struct fixture {
    char folder[64];
    char path[128];
    struct server *server;
    atomic_int done_count, gone_count, started_count;
    _Atomic(enum err) last_body_err;
    pthread_mutex_t gate; /* held by a test to keep /wait waiting */
};

static void handle(void *arg, struct http_request *req, struct arena *a, struct reply *reply)
{
    struct fixture *f = arg;
    struct str body;
    enum err e;

    atomic_fetch_add(&f->started_count, 1);
    if (str_eq_c(http_path(req), "/wait")) {
        pthread_mutex_lock(&f->gate);
        pthread_mutex_unlock(&f->gate);
    }
    if (str_eq_c(http_path(req), "/rest")) {
        void *rest = server_yield_begin();
        while (!server_client_gone(rest))
            sched_yield();
        server_yield_end();
    }
    if (str_eq_c(http_path(req), "/large")) {
        for (int i = 0; i < 100000; i++)
            buf_add_c(&reply->body, "0123456789");
        return;
    }
    e = http_body_all(req, a, MIB, &body);
    atomic_store(&f->last_body_err, e);
    if (e != ERR_OK) {
        reply->status = err_info(e)->http_status;
        return;
    }
    reply_header(reply, "X-Test", "yes");
    reply->content_type = "text/plain";
    buf_add_c(&reply->body, "body=");
    buf_add(&reply->body, body);
}

static void done(void *arg, struct http_request *req, struct arena *a, const struct reply *reply, enum err sent,
                 int64_t took_us)
{
    struct fixture *f = arg;

    (void)req;
    (void)a;
    (void)reply;
    (void)took_us;
    if (sent != ERR_OK)
        atomic_fetch_add(&f->gone_count, 1);
    atomic_fetch_add(&f->done_count, 1);
}

static enum err start(struct fixture *f, struct server **ret_server)
{
    struct buf error_text;
    struct server_opts opts = { .socket_path = f->path,
                                .backlog = 64,
                                .worker_count = WORKERS,
                                .yielding_max = WORKERS,
                                .processor_count = 2,
                                .handle = handle,
                                .done = done,
                                .arg = f };
    enum err e;

    buf_init(&error_text, 1000);
    e = server_new(&opts, &error_text, ret_server);
    assert_int_equal(e == ERR_OK, error_text.len == 0);
    buf_release(&error_text);
    return e;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    snprintf(f->folder, sizeof(f->folder), "/tmp/parley-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof(f->path), "%s/run/s.sock", f->folder);
    pthread_mutex_init(&f->gate, NULL);
    assert_ok(start(f, &f->server));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char path[160];

    if (f->server != NULL) {
        server_stop(f->server);
        server_free(f->server);
    }
    assert_int_equal(access(f->path, F_OK), -1);
    snprintf(path, sizeof(path), "%s.lock", f->path);
    unlink(path);
    snprintf(path, sizeof(path), "%s/run", f->folder);
    rmdir(path);
    rmdir(f->folder);
    pthread_mutex_destroy(&f->gate);
    free(f);
    return 0;
}

static int begin(const struct fixture *f, const char *method, const char *uri, const char *length)
{
    const char *params[] = { "REQUEST_METHOD", method, "REQUEST_URI", uri, "CONTENT_LENGTH", length, NULL };
    int fd = fcgi_connect(f->path);

    assert_true(fd >= 0);
    assert_true(fcgi_begin(fd, params));
    return fd;
}

static void wait_for(atomic_int *count, int wanted)
{
    while (atomic_load(count) < wanted)
        sched_yield();
}

static void test_server__answers_with_headers_and_body(void **state)
{
    int fd = begin(*state, "POST", "/a", "5");
    struct fcgi_answer answer;

    assert_true(fcgi_body(fd, "hello", 5) && fcgi_body_end(fd));
    answer = fcgi_finish(fd);
    assert_true(answer.complete);
    assert_string_equal(answer.bytes.ptr, "Status: 200 OK\r\nX-Test: yes\r\nContent-Type: text/plain\r\n"
                                          "Content-Length: 10\r\n\r\nbody=hello");
    buf_release(&answer.bytes);
}

static void test_server__head_has_the_length_but_no_body(void **state)
{
    int fd = begin(*state, "HEAD", "/a", "");
    struct fcgi_answer answer;

    assert_true(fcgi_body_end(fd));
    answer = fcgi_finish(fd);
    assert_non_null(strstr(answer.bytes.ptr, "Content-Length: 5\r\n\r\n"));
    assert_null(strstr(answer.bytes.ptr, "body="));
    buf_release(&answer.bytes);
}

/* More than one record and more than the socket takes at once. */
static void test_server__a_large_answer_comes_whole(void **state)
{
    int fd = begin(*state, "GET", "/large", "");
    struct fcgi_answer answer;
    struct str body;

    assert_true(fcgi_body_end(fd));
    answer = fcgi_finish(fd);
    assert_true(answer.complete);
    body = str_tail(buf_str(&answer.bytes), (size_t)(strstr(answer.bytes.ptr, "\r\n\r\n") + 4 - answer.bytes.ptr));
    assert_int_equal(body.len, 1000000);
    for (size_t i = 0; i < body.len; i++)
        assert_int_equal(body.ptr[i], '0' + (char)(i % 10));
    buf_release(&answer.bytes);
}

static void test_server__a_body_that_is_cut_short_is_told_apart(void **state)
{
    struct fixture *f = *state;
    int fd = begin(f, "POST", "/a", "10");
    struct fcgi_answer answer;

    assert_true(fcgi_body(fd, "hello", 5) && fcgi_body_end(fd));
    answer = fcgi_finish(fd);
    assert_int_equal(atomic_load(&f->last_body_err), ERR_CLIENT_GONE);
    buf_release(&answer.bytes);
}

static void test_server__a_connection_that_breaks_in_the_body_frees_the_worker(void **state)
{
    struct fixture *f = *state;

    for (int i = 1; i <= 3 * WORKERS; i++) {
        int fd = begin(f, "POST", "/a", "10");
        assert_true(fcgi_body(fd, "hello", 5));
        close(fd);
        wait_for(&f->done_count, i);
        assert_int_equal(atomic_load(&f->last_body_err), ERR_CLIENT_GONE);
    }
}

static void test_server__no_more_than_content_length_is_read(void **state)
{
    int fd = begin(*state, "POST", "/a", "5");
    struct fcgi_answer answer;

    assert_true(fcgi_body(fd, "hello, and more", 15) && fcgi_body_end(fd));
    answer = fcgi_finish(fd);
    assert_non_null(strstr(answer.bytes.ptr, "\r\n\r\nbody=hello"));
    assert_null(strstr(answer.bytes.ptr, "more"));
    buf_release(&answer.bytes);
}

static void test_server__a_client_that_leaves_before_the_answer_is_noticed(void **state)
{
    struct fixture *f = *state;
    int fd;

    for (int i = 1; i <= 2 * WORKERS; i++) {
        fd = begin(f, "GET", "/large", "");
        assert_true(fcgi_body_end(fd));
        wait_for(&f->started_count, i);
        close(fd);
        wait_for(&f->done_count, i);
    }
    assert_int_equal(atomic_load(&f->gone_count), 2 * WORKERS);
}

static void test_server__who_rests_holds_no_worker_and_learns_when_its_client_leaves(void **state)
{
    struct fixture *f = *state;
    struct fcgi_answer answer;
    int resting[WORKERS];
    int fd;

    for (int i = 0; i < WORKERS; i++) {
        resting[i] = begin(f, "GET", "/rest", "");
        assert_true(fcgi_body_end(resting[i]));
    }
    wait_for(&f->started_count, WORKERS);
    fd = begin(f, "GET", "/a", "");
    assert_true(fcgi_body_end(fd));
    answer = fcgi_finish(fd);
    assert_true(answer.complete);
    buf_release(&answer.bytes);
    for (int i = 0; i < WORKERS; i++) {
        wait_for(&f->done_count, 1 + i);
        assert_int_equal(atomic_load(&f->done_count), 1 + i);
        close(resting[i]);
    }
    wait_for(&f->done_count, 1 + WORKERS);
}

static void test_server__only_a_worker_can_rest(void **state)
{
    (void)state;
    assert_null(server_yield_begin());
    assert_false(server_client_gone(NULL));
    server_yield_end();
}

static void test_server__garbage_is_dropped_and_the_next_request_answered(void **state)
{
    struct fixture *f = *state;
    struct fcgi_answer answer;
    int fd;

    for (int i = 0; i < 2 * WORKERS; i++) {
        fd = fcgi_connect(f->path);
        fcgi_write(fd, "GET / HTTP/1.1\r\n\r\n", 18);
        close(fd);
    }
    fd = begin(f, "GET", "/a", "");
    assert_true(fcgi_body_end(fd));
    answer = fcgi_finish(fd);
    assert_true(answer.complete);
    buf_release(&answer.bytes);
}

static void *hammer(void *arg)
{
    struct fixture *f = arg;
    uintptr_t wrong = 0;

    for (int i = 0; i < 100; i++) {
        const char *uri = i % 10 == 0 ? "/large" : "/a";
        int fd = begin(f, "POST", uri, "5");
        struct fcgi_answer answer;
        bool sent = fcgi_body(fd, "hello", 5) && fcgi_body_end(fd);
        answer = fcgi_finish(fd);
        wrong += !sent || !answer.complete || answer.bytes.len < (i % 10 == 0 ? 1000000 : 60);
        buf_release(&answer.bytes);
    }
    return (void *)wrong;
}

static void test_server__many_clients_at_once_get_all_their_bytes(void **state)
{
    pthread_t threads[16];

    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, *state), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        void *wrong = NULL;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
}

static void *stopper(void *arg)
{
    struct fixture *f = arg;

    server_stop(f->server);
    return NULL;
}

static void test_server__stop_finishes_what_runs(void **state)
{
    struct fixture *f = *state;
    struct fcgi_answer answer;
    pthread_t thread;
    int fd;

    pthread_mutex_lock(&f->gate);
    fd = begin(f, "GET", "/wait", "");
    assert_true(fcgi_body_end(fd));
    wait_for(&f->started_count, 1);
    assert_int_equal(pthread_create(&thread, NULL, stopper, f), 0);
    /* Nobody gets in from the moment the server stops. */
    for (int other = 0; other >= 0;) {
        other = fcgi_connect(f->path);
        if (other >= 0)
            close(other);
    }
    pthread_mutex_unlock(&f->gate);
    answer = fcgi_finish(fd);
    assert_true(answer.complete);
    buf_release(&answer.bytes);
    pthread_join(thread, NULL);
}

static void test_server__a_living_servers_socket_is_not_taken_over(void **state)
{
    struct fixture *f = *state;
    struct server *second = NULL;

    assert_err(start(f, &second), ERR_CONFLICT);
    assert_null(second);
    close(begin(f, "GET", "/a", ""));
}

static void test_server__a_dead_servers_socket_is_replaced(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    server_stop(f->server);
    server_free(f->server);
    f->server = NULL;
    memcpy(address.sun_path, f->path, strlen(f->path) + 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    assert_ok(start(f, &f->server));
    close(begin(f, "GET", "/a", ""));
}

static void test_server__the_socket_is_for_owner_and_group_only(void **state)
{
    struct fixture *f = *state;
    struct stat info;

    assert_int_equal(stat(f->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0660);
}

static void test_server__a_path_longer_than_a_socket_may_have_is_named(void **state)
{
    struct fixture *f = *state;
    struct fixture other = *f;
    struct server *second = NULL;

    memset(other.path, 'x', 110);
    other.path[0] = '/';
    other.path[110] = '\0';
    assert_err(start(&other, &second), ERR_UNAVAILABLE);
}

/* Stands before libc's: the next so many accepts find no descriptor free. */
static atomic_int refusals_left;

int accept_or_refuse(int fd, struct sockaddr *address, socklen_t *address_bytes) __asm__("accept");

int accept_or_refuse(int fd, struct sockaddr *address, socklen_t *address_bytes)
{
    int left = atomic_load(&refusals_left);

    while (left > 0)
        if (atomic_compare_exchange_weak(&refusals_left, &left, left - 1)) {
            errno = EMFILE;
            return -1;
        }
    return (int)syscall(SYS_accept4, fd, address, address_bytes, 0);
}

static void assert_answered(const struct fixture *f)
{
    int fd = begin(f, "GET", "/a", "");
    struct fcgi_answer answer;

    assert_true(fcgi_body_end(fd));
    answer = fcgi_finish(fd);
    assert_true(answer.complete);
    buf_release(&answer.bytes);
}

/* Each worker meets the refusal several times, and is there when there are descriptors again. */
static void test_server__running_out_of_descriptors_ends_no_worker(void **state)
{
    atomic_store(&refusals_left, 3 * WORKERS);
    while (atomic_load(&refusals_left) > 0)
        assert_answered(*state);
    for (int i = 0; i < 2 * WORKERS; i++)
        assert_answered(*state);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_server__answers_with_headers_and_body),
        TEST(test_server__head_has_the_length_but_no_body),
        TEST(test_server__a_large_answer_comes_whole),
        TEST(test_server__a_body_that_is_cut_short_is_told_apart),
        TEST(test_server__a_connection_that_breaks_in_the_body_frees_the_worker),
        TEST(test_server__no_more_than_content_length_is_read),
        TEST(test_server__a_client_that_leaves_before_the_answer_is_noticed),
        TEST(test_server__who_rests_holds_no_worker_and_learns_when_its_client_leaves),
        TEST(test_server__only_a_worker_can_rest),
        TEST(test_server__garbage_is_dropped_and_the_next_request_answered),
        TEST(test_server__many_clients_at_once_get_all_their_bytes),
        TEST(test_server__stop_finishes_what_runs),
        TEST(test_server__a_living_servers_socket_is_not_taken_over),
        TEST(test_server__a_dead_servers_socket_is_replaced),
        TEST(test_server__the_socket_is_for_owner_and_group_only),
        TEST(test_server__a_path_longer_than_a_socket_may_have_is_named),
        TEST(test_server__running_out_of_descriptors_ends_no_worker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
