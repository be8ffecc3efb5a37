#include "parley/ai/engine.h"

#include "unit.h"

#include "ai/engine_fixture.h"

static struct fixture *f;
static struct model model;
static struct answer one;

static void begin(void **state, bool tls, const char *path)
{
    f = *state;
    model_init(f, &model, tls, path);
    answer_init(f, &one, &model);
}

static void play(const char *path, const char *what)
{
    provider_tell(&f->provider, "{'path': '/%s/', 'play': %s}", path, what);
}

enum { ALICE = 1, BOB = 2, CROWD = 6 };

/* One place: after Alice's first, Bob's comes before her second. */
static void test_engine_queue__serves_users_in_turn(void **state)
{
    static struct answer answers[CROWD];
    static const int64_t users[CROWD] = { ALICE, ALICE, ALICE, ALICE, BOB, BOB };
    static const int order[CROWD] = { 0, 4, 1, 5, 2, 3 };
    char text[64];

    begin(state, true, "turn");
    model.provider.max_parallel = 1;
    for (int i = 0; i < CROWD; i++) {
        snprintf(text, sizeof(text), "{'openai': ['x'], 'await': 'turn%d'}", i);
        play("turn", text);
    }
    for (int i = 0; i < CROWD; i++) {
        answer_init(f, &answers[i], &model);
        answers[i].order.user_id = users[i];
        answer_start(&answers[i]);
        /* Alice's first runs before the others come. */
        if (i == 0)
            provider_await(&f->provider, "/turn/");
    }
    while (stats_of(f).queued_count < CROWD - 1)
        (void)poll(NULL, 0, 1);
    for (int i = 0; i < CROWD; i++) {
        provider_tell(&f->provider, "{'go': 'turn%d'}", i);
        answer_await_end(&answers[order[i]], AI_COMPLETE, AI_FAULT_NONE);
        for (int j = i + 1; j < CROWD; j++)
            assert_false(answer_has_ended(&answers[order[j]]));
    }
    for (int i = 0; i < CROWD; i++)
        answer_release(&answers[i]);
}

/* Of one user so many run, whatever room there is; others pass them. */
static void test_engine_queue__gives_a_user_so_many_places(void **state)
{
    static struct answer mine[AI_PER_USER_MAX + 1], other;

    begin(state, true, "share");
    provider_tell(&f->provider, "{'path': '/share/', 'times': %d, 'play': {'openai': ['x'], 'await': 'share'}}",
                  AI_PER_USER_MAX + 2);
    for (int i = 0; i <= AI_PER_USER_MAX; i++) {
        answer_init(f, &mine[i], &model);
        answer_start(&mine[i]);
    }
    answer_init(f, &other, &model);
    other.order.user_id = BOB;
    answer_start(&other);
    for (int i = 0; i <= AI_PER_USER_MAX; i++)
        provider_await(&f->provider, "/share/");
    assert_int_equal(stats_of(f).running_count, AI_PER_USER_MAX + 1);
    assert_int_equal(stats_of(f).queued_count, 1);
    provider_tell(&f->provider, "{'go': 'share'}");
    for (int i = 0; i <= AI_PER_USER_MAX; i++) {
        answer_await_end(&mine[i], AI_COMPLETE, AI_FAULT_NONE);
        answer_release(&mine[i]);
    }
    answer_await_end(&other, AI_COMPLETE, AI_FAULT_NONE);
    answer_release(&other);
}

static void test_engine_queue__queues_so_many(void **state)
{
    static struct answer answers[AI_QUEUE_MAX + 2];
    struct engine_stats before;

    begin(state, false, "full");
    before = stats_of(f);
    model.provider.max_parallel = 1;
    play("full", "[{'silence': null}]");
    for (int i = 0; i < AI_QUEUE_MAX + 2; i++) {
        answer_init(f, &answers[i], &model);
        answers[i].order.user_id = i;
        answer_start(&answers[i]);
    }
    answer_await_end(&answers[AI_QUEUE_MAX + 1], AI_FAILED, AI_FAULT_QUEUE_FULL);
    assert_int_equal(stats_of(f).queued_count, AI_QUEUE_MAX);
    for (int i = AI_QUEUE_MAX; i >= 0; i--)
        assert_ok(engine_cancel(f->engine, answers[i].order.id));
    for (int i = 0; i <= AI_QUEUE_MAX; i++)
        answer_await_end(&answers[i], AI_STOPPED, AI_FAULT_STOPPED);
    for (int i = 0; i < AI_QUEUE_MAX + 2; i++)
        answer_release(&answers[i]);
    assert_int_equal(stats_of(f).running_count, 0);
    assert_int_equal(stats_of(f).queued_count, 0);
    assert_int_equal(stats_of(f).stopped_count - before.stopped_count, AI_QUEUE_MAX + 1);
    assert_int_equal(stats_of(f).failed_counts[AI_FAULT_QUEUE_FULL] - before.failed_counts[AI_FAULT_QUEUE_FULL], 1);
}

/* Many at once, from other threads, some of them stopped: each ends once. */
static void *crowd_run(void *arg)
{
    struct answer *answers = arg;

    for (int i = 0; i < 20; i++)
        answer_start(&answers[i]);
    for (int i = 0; i < 20; i += 3)
        assert_ok(engine_cancel(f->engine, answers[i].order.id));
    return NULL;
}

static void test_engine_queue__bears_a_crowd(void **state)
{
    static struct answer answers[4][20];
    pthread_t threads[4];

    begin(state, true, "crowd");
    provider_tell(&f->provider, "{'path': '/crowd/', 'times': 0, 'play': {'openai': ['a', 'b', 'c']}}");
    for (int t = 0; t < 4; t++)
        for (int i = 0; i < 20; i++) {
            answer_init(f, &answers[t][i], &model);
            answers[t][i].order.user_id = i;
        }
    for (int t = 0; t < 4; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, crowd_run, answers[t]), 0);
    for (int t = 0; t < 4; t++)
        pthread_join(threads[t], NULL);
    for (int t = 0; t < 4; t++)
        for (int i = 0; i < 20; i++) {
            if (i % 3 != 0)
                answer_await_end(&answers[t][i], AI_COMPLETE, AI_FAULT_NONE);
            answer_release(&answers[t][i]);
        }
    assert_int_equal(atomic_load(&model.provider.user_count), 1);
}

#ifdef TEST_CLOCK
static void test_engine_queue__waits_so_long_in_the_queue(void **state)
{
    static struct answer two;

    begin(state, false, "queue60");
    model.provider.max_parallel = 1;
    model.provider.first_token_s = model.provider.total_s = 1000;
    play("queue60", "[{'silence': null}]");
    answer_start(&one);
    provider_await(&f->provider, "/queue60/");
    answer_init(f, &two, &model);
    answer_start(&two);
    while (stats_of(f).queued_count == 0)
        (void)poll(NULL, 0, 1);
    pass_s(f, 61);
    answer_await_end(&two, AI_FAILED, AI_FAULT_QUEUE_FULL);
    assert_false(answer_has_ended(&one));
    assert_ok(engine_cancel(f->engine, one.order.id));
    answer_release(&one);
    answer_release(&two);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_engine_queue__serves_users_in_turn),
        cmocka_unit_test(test_engine_queue__gives_a_user_so_many_places),
        cmocka_unit_test(test_engine_queue__queues_so_many),
        cmocka_unit_test(test_engine_queue__bears_a_crowd),
#ifdef TEST_CLOCK
        cmocka_unit_test(test_engine_queue__waits_so_long_in_the_queue),
#endif
    };
    return cmocka_run_group_tests(tests, engine_setup, engine_teardown);
}
