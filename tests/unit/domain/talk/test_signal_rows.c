/* What processes tell one another in rows of the database: here two over one SQLite file. */
#include "../../../../app/domain/talk/presence_queue.h"
#include "../../../../app/domain/talk/presence_state.h"
#include "../../../../app/domain/talk/signal_rows.h"

#include "../domain_fixture.h"

#include <pthread.h>

#include "parley/domain/talk/ephemeral.h"

enum { THREADS = 4, ROUNDS = 500 };

/* A process: its own rows, its own number among the nodes. */
struct process {
    struct caller caller;
    struct node node;
    struct signal_rows *rows;
};

struct fixture {
    struct domain_fixture base;
    struct process teller, hearer;
};

static void process_open(struct process *p, struct domain_fixture *base)
{
    bool is_new;

    caller_init(&p->caller, base);
    p->rows = signal_rows_new();
    assert_non_null(p->rows);
    assert_ok(node_beat(&p->caller.ctx, &p->node, &is_new));
    assert_true(is_new);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    fixture_init(&f->base);
    process_open(&f->teller, &f->base);
    process_open(&f->hearer, &f->base);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    signal_rows_free(f->teller.rows);
    signal_rows_free(f->hearer.rows);
    caller_release(&f->teller.caller);
    caller_release(&f->hearer.caller);
    fixture_release(&f->base);
    free(f);
    return 0;
}

static void tell(struct process *p, int64_t user_id)
{
    signal_rows_add(p->rows, &(struct signal_row){ .kind = SIGNAL_PRESENCE, .user_id = user_id });
    assert_ok(signal_rows_write(&p->caller.ctx, p->rows, &p->node));
    assert_true(signal_rows_is_empty(p->rows));
}

/* The users of whom it hears now, one behind the other. */
static const char *hear(struct process *p)
{
    static char found[1024];
    struct signal_row rows[SIGNAL_ROWS_MAX];
    size_t count, len = 0;

    assert_ok(signal_rows_read(&p->caller.ctx, p->rows, &p->node, rows, &count));
    found[0] = '\0';
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(found + len, sizeof(found) - len, "%d ", (int)rows[i].user_id);
    return found;
}

static void test_rows__are_heard_once_and_not_by_who_told(void **state)
{
    struct fixture *f = *state;

    tell(&f->teller, 7);
    f->hearer.caller.ctx.now_us = f->teller.caller.ctx.now_us + SIGNAL_FRESH_S * US_PER_S;
    assert_string_equal(hear(&f->hearer), ""); /* nobody listened then */
    assert_string_equal(hear(&f->teller), "");
    f->teller.caller.ctx.now_us = f->hearer.caller.ctx.now_us;
    tell(&f->teller, 1);
    tell(&f->teller, 2);
    assert_string_equal(hear(&f->hearer), "1 2 ");
    tell(&f->teller, 3);
    assert_string_equal(hear(&f->hearer), "3 ");
    assert_string_equal(hear(&f->hearer), "");
    assert_string_equal(hear(&f->teller), "");
    signal_rows_pause(f->hearer.rows);
    f->hearer.caller.ctx.now_us += SIGNAL_FRESH_S * US_PER_S;
    f->teller.caller.ctx.now_us = f->hearer.caller.ctx.now_us;
    tell(&f->teller, 4);
    assert_string_equal(hear(&f->hearer), "4 "); /* told just before it began to listen */
    assert_string_equal(hear(&f->hearer), "");
}

static void test_rows__that_are_old_are_told_nobody_and_deleted(void **state)
{
    struct fixture *f = *state;
    int64_t count;

    assert_string_equal(hear(&f->hearer), "");
    tell(&f->teller, 1);
    f->hearer.caller.ctx.now_us += (SIGNAL_LIFE_S + 1) * US_PER_S;
    assert_string_equal(hear(&f->hearer), "");
    assert_ok(signals_expire(&f->hearer.caller.ctx, &count));
    assert_int_equal(count, 0);
    f->hearer.caller.ctx.now_us += SIGNAL_KEPT_S * US_PER_S;
    assert_ok(signals_expire(&f->hearer.caller.ctx, &count));
    assert_int_equal(count, 1);
    assert_ok(signals_expire(&f->hearer.caller.ctx, &count));
    assert_int_equal(count, 0);
}

static void test_rows__are_written_only_where_somebody_hears_them(void **state)
{
    struct fixture *f = *state;
    int64_t written, dropped;
    bool is_new;

    assert_ok(node_leave(&f->hearer.caller.ctx, &f->hearer.node));
    tell(&f->teller, 1);
    signal_rows_counts(f->teller.rows, &written, &dropped);
    assert_int_equal(written, 0);
    assert_int_equal(dropped, 0);
    assert_ok(node_beat(&f->hearer.caller.ctx, &f->hearer.node, &is_new));
    assert_string_equal(hear(&f->hearer), "");
    tell(&f->teller, 2);
    assert_string_equal(hear(&f->hearer), "2 "); /* from the moment that it is there */
}

static void test_rows__have_a_bound(void **state)
{
    struct fixture *f = *state;
    int64_t written, dropped;

    assert_string_equal(hear(&f->hearer), "");
    for (int64_t i = 0; i < SIGNAL_ROWS_MAX + 3; i++)
        signal_rows_add(f->teller.rows, &(struct signal_row){ .kind = SIGNAL_TYPING, .user_id = i + 1 });
    assert_ok(signal_rows_write(&f->teller.caller.ctx, f->teller.rows, &f->teller.node));
    tell(&f->teller, 999);
    signal_rows_counts(f->teller.rows, &written, &dropped);
    assert_int_equal(written, SIGNAL_ROWS_MAX + 1);
    assert_int_equal(dropped, 3);
    assert_non_null(strstr(hear(&f->hearer), "1 2 3 "));
    assert_string_equal(hear(&f->hearer), "999 ");
}

static void enter(struct process *p, const struct user *user)
{
    const struct db_value first[] = { DB_INT(p->node.id), DB_INT(p->caller.ctx.now_us) };
    struct presence_args args;

    assert_ok(db_exec(&p->caller.ctx, SQL_PRESENCE_COME,
                      presence_args_fill(&args, first, COUNT_OF(first), &user->id, 1), NULL));
}

static enum err row_count(struct ctx *ctx, const struct db_row *row, void *arg)
{
    (void)ctx;
    (void)row;
    ++*(int *)arg;
    return ERR_OK;
}

static int people_at(struct process *p, int64_t node_id)
{
    int count = 0;

    assert_ok(db_each(&p->caller.ctx, SQL_PRESENCE_OF_NODE, DB_ARGS(DB_INT(node_id), DB_INT(10)), row_count, &count));
    return count;
}

static void test_node__that_was_taken_to_be_dead_begins_anew(void **state)
{
    struct fixture *f = *state;
    struct process *p = &f->teller;
    struct node gone = p->node;
    int64_t id = p->node.id, count;
    struct user user = fixture_user(&p->caller, "member@example.org", USER_ROLE_USER);
    bool is_new;

    enter(p, &user);
    p->caller.ctx.now_us += NODE_BEAT_S * US_PER_S;
    assert_ok(node_beat(&p->caller.ctx, &p->node, &is_new));
    assert_false(is_new);
    assert_true(p->node.may_judge);
    f->hearer.caller.ctx.now_us = p->caller.ctx.now_us;
    assert_ok(node_count_others(&f->hearer.caller.ctx, &f->hearer.node, &count));
    assert_int_equal(count, 1);
    f->hearer.caller.ctx.now_us += (NODE_LIFE_S + 1) * US_PER_S;
    assert_ok(node_count_others(&f->hearer.caller.ctx, &f->hearer.node, &count));
    assert_int_equal(count, 0);
    assert_int_equal(people_at(p, id), 1);
    assert_ok(node_leave(&f->hearer.caller.ctx, &gone));
    p->caller.ctx.now_us += (NODE_LIFE_S + 1) * US_PER_S;
    assert_ok(node_beat(&p->caller.ctx, &p->node, &is_new));
    assert_true(is_new && p->node.id != id);
    assert_false(p->node.may_judge); /* the others may have been as late, for the same reason */
    /* Whom nobody has struck out is still there, and as active as before. */
    assert_int_equal(people_at(p, id), 0);
    assert_int_equal(people_at(p, p->node.id), 1);
}

/* ---- threads ---- */

struct adder {
    struct signal_rows *rows;
    struct presence_queue *queue;
    pthread_t thread;
};

static void *add(void *arg)
{
    const struct adder *adder = arg;

    for (int64_t i = 1; i <= ROUNDS; i++) {
        signal_rows_add(adder->rows, &(struct signal_row){ .kind = SIGNAL_TYPING, .user_id = i });
        presence_queue_add(adder->queue, i);
    }
    return NULL;
}

static void test_queues__of_many_threads_lose_nothing_uncounted(void **state)
{
    struct fixture *f = *state;
    struct process *p = &f->teller;
    struct presence_queue *queue = presence_queue_new();
    struct adder adders[THREADS];
    int64_t ids[PRESENCE_TOLD_MAX], written, dropped;
    bool seen[ROUNDS + 1] = { false };

    assert_non_null(queue);
    for (int i = 0; i < THREADS; i++) {
        adders[i] = (struct adder){ .rows = p->rows, .queue = queue };
        assert_int_equal(pthread_create(&adders[i].thread, NULL, add, &adders[i]), 0);
    }
    for (int i = 0; i < 20; i++) {
        size_t count = presence_queue_take(queue, ids, COUNT_OF(ids));

        for (size_t n = 0; n < count; n++)
            seen[ids[n]] = true;
        assert_ok(signal_rows_write(&p->caller.ctx, p->rows, &p->node));
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(adders[i].thread, NULL), 0);
    assert_ok(signal_rows_write(&p->caller.ctx, p->rows, &p->node));
    signal_rows_counts(p->rows, &written, &dropped);
    assert_int_equal(written + dropped, THREADS * ROUNDS);
    while (!presence_queue_is_empty(queue)) {
        size_t count = presence_queue_take(queue, ids, COUNT_OF(ids));

        for (size_t n = 0; n < count; n++)
            seen[ids[n]] = true;
    }
    for (int i = 1; i <= ROUNDS; i++)
        assert_true(seen[i]);
    presence_queue_free(queue);
}

static void test_queue__gives_each_once_in_their_order_and_has_a_bound(void **state)
{
    struct presence_queue *queue = presence_queue_new();
    int64_t ids[8];
    size_t count = 0;

    (void)state;
    assert_non_null(queue);
    for (int64_t i = 0; i < 6; i++)
        presence_queue_add(queue, 1 + i % 3);
    assert_int_equal(presence_queue_take(queue, ids, 2), 2);
    assert_int_equal(ids[0], 1);
    assert_int_equal(ids[1], 2);
    assert_int_equal(presence_queue_take(queue, ids, COUNT_OF(ids)), 3);
    assert_true(presence_queue_is_empty(queue));
    for (int64_t i = 0; i < PRESENCE_WAITING_MAX + 5; i++)
        presence_queue_add(queue, i + 1);
    while (!presence_queue_is_empty(queue))
        count += presence_queue_take(queue, ids, COUNT_OF(ids));
    assert_int_equal(count, PRESENCE_WAITING_MAX);
    presence_queue_free(queue);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rows__are_heard_once_and_not_by_who_told),
        TEST(test_rows__that_are_old_are_told_nobody_and_deleted),
        TEST(test_rows__are_written_only_where_somebody_hears_them),
        TEST(test_rows__have_a_bound),
        TEST(test_node__that_was_taken_to_be_dead_begins_anew),
        TEST(test_queues__of_many_threads_lose_nothing_uncounted),
        cmocka_unit_test(test_queue__gives_each_once_in_their_order_and_has_a_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
