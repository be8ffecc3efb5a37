#include "unit.h"

#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../../app/http/crew.h"

/* A thread that answers one request after another, which it finds at once. The test itself is another one. */
struct other {
    struct member member;
    pthread_t thread;
    atomic_int answered_count;
};

struct fixture {
    struct crew crew;
    struct member own;
    struct other other;
    struct sockaddr_un address;
    int listen_fd;
};

static void *answer_all(void *arg)
{
    struct other *other = arg;

    while (crew_accept(&other->member)) {
        crew_turn(&other->member, DUTY_COMPUTES);
        atomic_fetch_add(&other->answered_count, 1);
    }
    crew_leave(&other->member);
    return NULL;
}

/* The test rests, and the other thread answers. */
static void start(struct fixture *f, int worker_count, int processor_count)
{
    struct crew_opts opts = { f->listen_fd, worker_count, processor_count };

    assert_ok(crew_init(&f->crew, &opts));
    crew_enlist(&f->crew, &f->own);
    assert_true(crew_accept(&f->own));
    crew_turn(&f->own, DUTY_RESTS);
    crew_enlist(&f->crew, &f->other.member);
    assert_int_equal(pthread_create(&f->other.thread, NULL, answer_all, &f->other), 0);
    while (atomic_load(&f->other.answered_count) < 2)
        sched_yield();
}

/* Until the other thread's duty is this one: for good, if it is DUTY_SLEEPS, as it has begun. */
static void wait_until_other(struct fixture *f, enum duty duty)
{
    bool is_so = false;

    while (!is_so) {
        sched_yield();
        pthread_mutex_lock(&f->crew.lock);
        is_so = f->other.member.duty == duty;
        pthread_mutex_unlock(&f->crew.lock);
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
    crew_turn(&f->own, DUTY_COMPUTES);
    wait_until_other(f, DUTY_SLEEPS);
}

static void test_crew__who_is_one_too_many_sleeps_until_somebody_waits(void **state)
{
    struct fixture *f = *state;

    start(f, 4, 1);
    send_other_to_sleep(f);
    for (int i = 0; i < 100; i++) {
        assert_true(crew_accept(&f->own));
        crew_turn(&f->own, DUTY_COMPUTES);
    }
    wait_until_other(f, DUTY_SLEEPS);
    crew_turn(&f->own, DUTY_WAITS);
    wait_until_other_answers(f);
    crew_turn(&f->own, DUTY_COMPUTES);
    wait_until_other(f, DUTY_SLEEPS);
}

static void test_crew__as_many_as_processors_stay_up(void **state)
{
    struct fixture *f = *state;

    start(f, 4, 2);
    crew_turn(&f->own, DUTY_COMPUTES);
    for (int i = 0; i < 200; i++)
        wait_until_other_answers(f);
}

static void test_crew__who_rests_makes_room_and_who_is_back_takes_it_again(void **state)
{
    struct fixture *f = *state;

    start(f, 1, 4);
    send_other_to_sleep(f);
    crew_turn(&f->own, DUTY_WAITS);
    wait_until_other(f, DUTY_SLEEPS);
    crew_turn(&f->own, DUTY_RESTS);
    wait_until_other_answers(f);
    crew_turn(&f->own, DUTY_COMPUTES);
    wait_until_other(f, DUTY_SLEEPS);
}

static void test_crew__a_connection_that_nobody_takes_gets_a_sleeper_up(void **state)
{
    struct fixture *f = *state;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    start(f, 4, 1);
    send_other_to_sleep(f);
    assert_int_equal(connect(fd, (struct sockaddr *)&f->address, sizeof(f->address)), 0);
    wait_until_other_answers(f);
    close(fd);
}

static void test_crew__stopping_gets_everybody_up(void **state)
{
    struct fixture *f = *state;

    start(f, 4, 1);
    send_other_to_sleep(f);
    crew_stop(&f->crew);
    pthread_join(f->other.thread, NULL);
    f->other.thread = 0;
    assert_false(crew_wait_gone(&f->crew, 0));
    assert_false(crew_accept(&f->own));
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->address.sun_family = AF_UNIX;
    /* An abstract name (unix(7)): it needs no folder. */
    snprintf(f->address.sun_path + 1, sizeof(f->address.sun_path) - 1, "parley-test-crew-%d", (int)getpid());
    f->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(f->listen_fd, (struct sockaddr *)&f->address, sizeof(f->address)), 0);
    assert_int_equal(listen(f->listen_fd, 8), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    crew_stop(&f->crew);
    if (f->other.thread != 0)
        pthread_join(f->other.thread, NULL);
    crew_leave(&f->own);
    assert_true(crew_wait_gone(&f->crew, 0));
    crew_forget(&f->own);
    crew_forget(&f->other.member);
    crew_destroy(&f->crew);
    close(f->listen_fd);
    free(f);
    return 0;
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_crew__who_is_one_too_many_sleeps_until_somebody_waits),
        TEST(test_crew__as_many_as_processors_stay_up),
        TEST(test_crew__who_rests_makes_room_and_who_is_back_takes_it_again),
        TEST(test_crew__a_connection_that_nobody_takes_gets_a_sleeper_up),
        TEST(test_crew__stopping_gets_everybody_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
