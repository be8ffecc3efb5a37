#include "unit.h"

#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../../app/http/worker_pool.h"

/* A thread that answers one request after another, which it finds at once. The test itself is another one. */
struct other {
    struct worker_slot slot;
    pthread_t thread;
    atomic_int answered_count;
};

struct fixture {
    struct worker_pool pool;
    struct worker_slot own;
    struct other other;
    struct sockaddr_un address;
    int listen_fd;
};

static void *answer_all(void *arg)
{
    struct other *other = arg;

    while (worker_pool_accept(&other->slot)) {
        worker_pool_set_state(&other->slot, WORKER_RUNNING);
        atomic_fetch_add(&other->answered_count, 1);
    }
    worker_pool_leave(&other->slot);
    return NULL;
}

/* The test rests, and the other thread answers. */
static void start(struct fixture *f, int worker_count, int processor_count)
{
    struct worker_pool_opts opts = { f->listen_fd, -1, worker_count, processor_count };

    assert_ok(worker_pool_init(&f->pool, &opts));
    worker_pool_enlist(&f->pool, &f->own);
    assert_true(worker_pool_accept(&f->own));
    worker_pool_set_state(&f->own, WORKER_PARKED);
    worker_pool_enlist(&f->pool, &f->other.slot);
    assert_int_equal(pthread_create(&f->other.thread, NULL, answer_all, &f->other), 0);
    while (atomic_load(&f->other.answered_count) < 2)
        sched_yield();
}

/* Until the other thread's state is this one: for good, if it is WORKER_SLEEPING, as it has begun. */
static void wait_until_other(struct fixture *f, enum worker_state state)
{
    bool is_so = false;

    while (!is_so) {
        sched_yield();
        pthread_mutex_lock(&f->pool.lock);
        is_so = f->other.slot.state == state;
        pthread_mutex_unlock(&f->pool.lock);
    }
}

static void wait_until_other_answers(struct fixture *f)
{
    int before = atomic_load(&f->other.answered_count);

    while (atomic_load(&f->other.answered_count) == before)
        sched_yield();
}

/* The test computes and stays with it, so that the other thread is one too many. */
static void send_other_to_sleep(struct fixture *f)
{
    worker_pool_set_state(&f->own, WORKER_RUNNING);
    wait_until_other(f, WORKER_SLEEPING);
}

static void test_worker_pool__who_is_one_too_many_sleeps_until_somebody_waits(void **state)
{
    struct fixture *f = *state;

    start(f, 4, 1);
    send_other_to_sleep(f);
    for (int i = 0; i < 100; i++) {
        assert_true(worker_pool_accept(&f->own));
        worker_pool_set_state(&f->own, WORKER_RUNNING);
    }
    wait_until_other(f, WORKER_SLEEPING);
    worker_pool_set_state(&f->own, WORKER_BLOCKED);
    wait_until_other_answers(f);
    worker_pool_set_state(&f->own, WORKER_RUNNING);
    wait_until_other(f, WORKER_SLEEPING);
}

static void test_worker_pool__as_many_as_processors_stay_up(void **state)
{
    struct fixture *f = *state;

    start(f, 4, 2);
    worker_pool_set_state(&f->own, WORKER_RUNNING);
    for (int i = 0; i < 200; i++)
        wait_until_other_answers(f);
}

static void test_worker_pool__who_rests_makes_room_and_who_is_back_takes_it_again(void **state)
{
    struct fixture *f = *state;

    start(f, 1, 4);
    send_other_to_sleep(f);
    worker_pool_set_state(&f->own, WORKER_BLOCKED);
    wait_until_other(f, WORKER_SLEEPING);
    worker_pool_set_state(&f->own, WORKER_PARKED);
    wait_until_other_answers(f);
    worker_pool_set_state(&f->own, WORKER_RUNNING);
    wait_until_other(f, WORKER_SLEEPING);
}

static void test_worker_pool__a_connection_that_nobody_takes_gets_a_sleeper_up(void **state)
{
    struct fixture *f = *state;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    start(f, 4, 1);
    send_other_to_sleep(f);
    assert_int_equal(connect(fd, (struct sockaddr *)&f->address, sizeof(f->address)), 0);
    wait_until_other_answers(f);
    close(fd);
}

static void test_worker_pool__stopping_gets_everybody_up(void **state)
{
    struct fixture *f = *state;

    start(f, 4, 1);
    send_other_to_sleep(f);
    worker_pool_stop(&f->pool);
    pthread_join(f->other.thread, NULL);
    f->other.thread = 0;
    assert_false(worker_pool_wait_gone(&f->pool, 0));
    assert_false(worker_pool_accept(&f->own));
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->address.sun_family = AF_UNIX;
    /* An abstract name (unix(7)): it needs no folder. */
    snprintf(f->address.sun_path + 1, sizeof(f->address.sun_path) - 1, "parley-test-pool-%d", (int)getpid());
    f->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(f->listen_fd, (struct sockaddr *)&f->address, sizeof(f->address)), 0);
    assert_int_equal(listen(f->listen_fd, 8), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    worker_pool_stop(&f->pool);
    if (f->other.thread != 0)
        pthread_join(f->other.thread, NULL);
    worker_pool_leave(&f->own);
    assert_true(worker_pool_wait_gone(&f->pool, 0));
    worker_pool_forget(&f->own);
    worker_pool_forget(&f->other.slot);
    worker_pool_destroy(&f->pool);
    close(f->listen_fd);
    free(f);
    return 0;
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_worker_pool__who_is_one_too_many_sleeps_until_somebody_waits),
        TEST(test_worker_pool__as_many_as_processors_stay_up),
        TEST(test_worker_pool__who_rests_makes_room_and_who_is_back_takes_it_again),
        TEST(test_worker_pool__a_connection_that_nobody_takes_gets_a_sleeper_up),
        TEST(test_worker_pool__stopping_gets_everybody_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
