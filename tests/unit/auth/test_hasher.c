#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>

#include "parley/auth/hasher.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/thread.h"

/*
 * Two programs to a processor that do nothing but compute, at most for so long: a thread at SCHED_IDLE beside them would
 * need minutes for a hash.
 */
enum { BUSY_MAX = 128, BUSY_PER_PROCESSOR = 2, BUSY_MAX_S = 40, WAITING_COUNT = 6 };

static struct {
    _Atomic bool stop;
    _Atomic int running_count;
    int count;
    pthread_t threads[BUSY_MAX];
} busy;

static void *be_busy(void *arg)
{
    int64_t until_us = clock_monotonic_us() + BUSY_MAX_S * US_PER_S;

    (void)arg;
    busy.running_count++;
    while (!busy.stop && clock_monotonic_us() < until_us)
        continue;
    busy.running_count--;
    return NULL;
}

static void busy_start(void)
{
    busy.stop = false;
    busy.count = processor_count() * BUSY_PER_PROCESSOR;
    if (busy.count > BUSY_MAX)
        busy.count = BUSY_MAX;
    for (int i = 0; i < busy.count; i++)
        assert_int_equal(pthread_create(&busy.threads[i], NULL, be_busy, NULL), 0);
    while (busy.running_count < busy.count)
        (void)sched_yield();
}

static void busy_stop(void)
{
    busy.stop = true;
    for (int i = 0; i < busy.count; i++)
        assert_int_equal(pthread_join(busy.threads[i], NULL), 0);
}

/* Some 80 ms of work. */
static enum err hash(struct hasher *hasher, const char *client)
{
    char made[PASSWORD_HASH_BYTES] = "";
    enum err e = hasher_run(hasher, STR("correct horse"), STR("$2b$10$abcdefghijklmnopqrstuu"), str_from(client), made);

    if (e == ERR_OK)
        assert_memory_equal(made, "$2b$10$abcdefghijklmnopqrstu", 28);
    return e;
}

struct caller {
    struct hasher *hasher;
    enum err outcome;
    bool were_busy; /* all the programs, when the hash was there */
};

static void *hash_beside_busy(void *arg)
{
    struct caller *caller = arg;

    caller->outcome = hash(caller->hasher, "192.0.2.1");
    caller->were_busy = busy.running_count == busy.count;
    return NULL;
}

static void test_hasher__nobody_starves_behind_busy_programs(void **state)
{
    struct hasher *hasher = hasher_new(NULL);
    struct caller callers[WAITING_COUNT];
    pthread_t threads[WAITING_COUNT];

    (void)state;
    assert_non_null(hasher);
    busy_start();
    for (int i = 0; i < WAITING_COUNT; i++) {
        callers[i] = (struct caller){ .hasher = hasher };
        assert_int_equal(pthread_create(&threads[i], NULL, hash_beside_busy, &callers[i]), 0);
    }
    for (int i = 0; i < WAITING_COUNT; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_ok(callers[i].outcome);
        assert_true(callers[i].were_busy);
    }
    busy_stop();
    hasher_free(hasher);
}

/* Gone as soon as its hash is begun, before which it is asked for once. */
static _Atomic int asked_count;

static void *begin(void)
{
    return NULL;
}

static bool is_gone_when_begun(void *waiter)
{
    (void)waiter;
    return asked_count++ > 0;
}

static void test_hasher__nothing_is_hashed_anew_for_who_has_gone(void **state)
{
    static const struct hasher_hooks hooks = { .blocking_begin = begin, .is_gone = is_gone_when_begun };
    struct hasher *hasher = hasher_new(&hooks);

    (void)state;
    assert_non_null(hasher);
    busy_start();
    asked_count = 0;
    assert_err(hash(hasher, "192.0.2.1"), ERR_CLIENT_GONE);
    assert_int_equal(busy.running_count, busy.count);
    busy_stop();
    hasher_free(hasher);
}

/* More of one network than there is room for, which is full as soon as one of them is refused. */
static _Atomic int refused_count;

static void *crowd_in(void *arg)
{
    char made[PASSWORD_HASH_BYTES];

    if (hasher_run(arg, STR("correct horse"), STR("$2b$12$abcdefghijklmnopqrstuu"), STR("192.0.2.1"), made) == ERR_BUSY)
        refused_count++;
    return NULL;
}

static void test_hasher__a_queue_that_one_network_fills_has_room_for_another(void **state)
{
    struct hasher *hasher = hasher_new(NULL);
    pthread_t threads[HASH_QUEUE_MAX + 128];
    int count = HASH_QUEUE_MAX + processor_count() + 8;
    int refused_before;

    (void)state;
    assert_non_null(hasher);
    assert_true((size_t)count <= COUNT_OF(threads));
    refused_count = 0;
    for (int i = 0; i < count; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, crowd_in, hasher), 0);
    while (refused_count == 0)
        (void)sched_yield();
    assert_ok(hash(hasher, "192.0.2.2"));
    refused_before = refused_count;
    hasher_stop(hasher);
    for (int i = 0; i < count; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    /* Most of the crowd was still waiting when the other's hash was there. */
    assert_true(refused_count - refused_before > HASH_QUEUE_MAX / 2);
    hasher_free(hasher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hasher__nobody_starves_behind_busy_programs),
        cmocka_unit_test(test_hasher__nothing_is_hashed_anew_for_who_has_gone),
        cmocka_unit_test(test_hasher__a_queue_that_one_network_fills_has_room_for_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
