#include "parley/domain/assist/budget.h"

#include <stdatomic.h>

#include "db/scratch.h"
#include "parley/db/migrate.h"
#include "parley/domain/assist/usage.h"

enum { USER = 7, WORKSPACE = 8, KEY = 9, COST = 100 };

static void tables_make(struct scratch *s)
{
    int steps;

    assert_ok(migrate_up(s->db, MIGRATE_NEWEST, &s->error_text, &steps));
}

static void budget_put(struct work *w, enum budget_kind kind, int64_t id, int64_t limit_micros)
{
    assert_ok(db_exec(&w->ctx, SQL_BUDGET_SET,
                      DB_ARGS(DB_INT(kind), DB_INT(id), DB_NULL, DB_NULL, DB_INT(BUDGET_DAY), DB_INT(limit_micros),
                              DB_INT(budget_period_end_us(BUDGET_DAY, w->ctx.now_us))),
                      NULL));
}

static struct budget budget_of(struct work *w, enum budget_kind kind, int64_t id)
{
    struct budget budget;

    assert_ok(budget_get(&w->ctx, &(struct budget_subject){ .kind = kind, .id = id }, &budget));
    return budget;
}

static void check(struct work *w, enum budget_kind kind, int64_t id, int64_t spent, int64_t reserved)
{
    struct budget budget = budget_of(w, kind, id);

    assert_int_equal(budget.spent_micros, spent);
    assert_int_equal(budget.reserved_micros, reserved);
}

/* One transaction of an answer. */
struct step {
    int64_t generation_id, micros;
    bool settled;
};

static enum err claim_in(struct ctx *ctx, void *arg)
{
    struct step *step = arg;

    return budget_claim(
        ctx,
        &(struct budget_claim){
            .workspace_id = WORKSPACE, .user_id = USER, .key_id = KEY, .model_id = 1, .reserved_micros = step->micros },
        &step->generation_id);
}

static enum err settle_in(struct ctx *ctx, void *arg)
{
    struct step *step = arg;

    return budget_settle(ctx, step->generation_id, step->micros, &step->settled);
}

static enum err raise_in(struct ctx *ctx, void *arg)
{
    const struct step *step = arg;

    return budget_raise(ctx, step->generation_id, step->micros);
}

static enum err run(struct work *w, db_fn fn, struct step *step)
{
    w->problem = (struct problem){ .err = ERR_OK };
    return db_run(&w->ctx, fn, step);
}

static void work_begin(struct work *w, struct scratch *s)
{
    work_init(w, s);
    w->ctx.now_us = clock_now_us();
}

/* ---- tests ---- */

static void test_budget__none_lets_any_amount_through(void **state)
{
    struct scratch *s = scratch_of(state);
    struct step step = { .micros = INT64_C(1) << 50 };
    struct work w;

    tables_make(s);
    work_begin(&w, s);
    assert_ok(run(&w, claim_in, &step));
    assert_ok(run(&w, settle_in, &step));
    assert_true(step.settled);
    work_release(&w);
}

static void test_budget__is_reserved_and_settled_once(void **state)
{
    struct scratch *s = scratch_of(state);
    struct step step = { .micros = COST };
    struct work w;

    tables_make(s);
    work_begin(&w, s);
    for (int kind = 0; kind < BUDGET_KIND_COUNT_; kind++)
        budget_put(&w, (enum budget_kind)kind,
                   kind == BUDGET_OF_KEY    ? KEY
                   : kind == BUDGET_OF_USER ? USER
                                            : WORKSPACE,
                   250);
    assert_ok(run(&w, claim_in, &step));
    check(&w, BUDGET_OF_WORKSPACE, WORKSPACE, 0, COST);
    step.micros = 50;
    assert_ok(run(&w, raise_in, &step));
    check(&w, BUDGET_OF_KEY, KEY, 0, 150);
    step.micros = 101;
    assert_err(run(&w, raise_in, &step), ERR_BUDGET_EXHAUSTED);
    check(&w, BUDGET_OF_KEY, KEY, 0, 150);
    step.micros = 30;
    for (int i = 0; i < 3; i++) {
        assert_ok(run(&w, settle_in, &step));
        assert_int_equal(step.settled, i == 0);
        check(&w, BUDGET_OF_USER, USER, 30, 0);
    }
    assert_err(run(&w, raise_in, &step), ERR_NOT_FOUND);
    work_release(&w);
}

/* Of three the last has no room: nothing is taken aside in the others, and what is said tells which one it was. */
static void test_budget__refused_by_one_changes_none(void **state)
{
    struct scratch *s = scratch_of(state);
    struct step step = { .micros = COST };
    struct work w;

    tables_make(s);
    work_begin(&w, s);
    budget_put(&w, BUDGET_OF_KEY, KEY, 1000);
    budget_put(&w, BUDGET_OF_USER, USER, 1000);
    budget_put(&w, BUDGET_OF_WORKSPACE, WORKSPACE, COST - 1);
    assert_err(run(&w, claim_in, &step), ERR_BUDGET_EXHAUSTED);
    assert_non_null(strstr(w.problem.detail, "this workspace has 99 millionths"));
    check(&w, BUDGET_OF_KEY, KEY, 0, 0);
    check(&w, BUDGET_OF_USER, USER, 0, 0);
    work_release(&w);
}

static void test_budget__begins_anew_with_its_period(void **state)
{
    struct scratch *s = scratch_of(state);
    struct step first = { .micros = COST }, second = { .micros = COST };
    struct work w;

    tables_make(s);
    work_begin(&w, s);
    budget_put(&w, BUDGET_OF_USER, USER, COST);
    assert_ok(run(&w, claim_in, &first));
    assert_ok(run(&w, settle_in, &first));
    assert_err(run(&w, claim_in, &second), ERR_BUDGET_EXHAUSTED);
    w.ctx.now_us += US_PER_DAY;
    check(&w, BUDGET_OF_USER, USER, 0, 0);
    assert_ok(run(&w, claim_in, &second));
    check(&w, BUDGET_OF_USER, USER, 0, COST);
    assert_int_equal(budget_of(&w, BUDGET_OF_USER, USER).resets_us, budget_period_end_us(BUDGET_DAY, w.ctx.now_us));
    /* What began yesterday and ends today is of today. */
    w.ctx.now_us += US_PER_DAY;
    second.micros = 60;
    assert_ok(run(&w, settle_in, &second));
    check(&w, BUDGET_OF_USER, USER, 60, 0);
    work_release(&w);
}

static void test_budget__made_meanwhile_is_charged_and_gives_nothing_back(void **state)
{
    struct scratch *s = scratch_of(state);
    struct step before = { .micros = COST }, after = { .micros = COST };
    struct work w;

    tables_make(s);
    work_begin(&w, s);
    assert_ok(run(&w, claim_in, &before));
    budget_put(&w, BUDGET_OF_USER, USER, 1000);
    assert_ok(run(&w, claim_in, &after));
    assert_ok(run(&w, settle_in, &before));
    check(&w, BUDGET_OF_USER, USER, COST, COST);
    assert_ok(run(&w, settle_in, &after));
    check(&w, BUDGET_OF_USER, USER, 2 * COST, 0);
    work_release(&w);
}

static atomic_int taken, refused;

enum { CROWD = 50, CALLS_EACH = 2 };

static void *claim_often(void *arg)
{
    struct scratch_thread *thread = arg;
    struct work w;

    work_begin(&w, thread->s);
    for (int i = 0; i < CALLS_EACH; i++) {
        struct step step = { .micros = COST };
        enum err e = run(&w, claim_in, &step);

        if (e == ERR_OK)
            atomic_fetch_add(&taken, 1);
        else if (e == ERR_BUDGET_EXHAUSTED)
            atomic_fetch_add(&refused, 1);
        else
            thread->wrong_count++;
    }
    work_release(&w);
    return NULL;
}

static void test_budget__for_ten_lets_ten_of_a_hundred_through(void **state)
{
    struct scratch *s = scratch_of(state);
    struct work w;

    tables_make(s);
    work_begin(&w, s);
    budget_put(&w, BUDGET_OF_KEY, KEY, INT64_C(100) * COST);
    budget_put(&w, BUDGET_OF_USER, USER, INT64_C(10) * COST);
    budget_put(&w, BUDGET_OF_WORKSPACE, WORKSPACE, INT64_C(100) * COST);
    taken = refused = 0;
    scratch_threads(s, CROWD, claim_often);
    assert_int_equal(taken, 10);
    assert_int_equal(refused, CROWD * CALLS_EACH - 10);
    check(&w, BUDGET_OF_KEY, KEY, 0, INT64_C(10) * COST);
    check(&w, BUDGET_OF_USER, USER, 0, INT64_C(10) * COST);
    check(&w, BUDGET_OF_WORKSPACE, WORKSPACE, 0, INT64_C(10) * COST);
    work_release(&w);
}

static int64_t time_of(const char *text)
{
    int64_t time_us = 0;

    assert_ok(clock_parse(str_from(text), &time_us));
    return time_us;
}

static void test_budget__periods_end_where_the_calendar_says(void **state)
{
    static const struct {
        enum budget_period period;
        const char *time, *end;
    } rows[] = {
        { BUDGET_DAY, "2026-11-30T23:59:59.999999Z", "2026-12-01T00:00:00Z" },
        { BUDGET_DAY, "2026-11-30T00:00:00Z", "2026-12-01T00:00:00Z" },
        { BUDGET_MONTH, "2026-11-30T12:00:00Z", "2026-12-01T00:00:00Z" },
        { BUDGET_MONTH, "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z" },
        { BUDGET_MONTH, "2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z" },
        { BUDGET_MONTH, "2100-02-28T12:00:00Z", "2100-03-01T00:00:00Z" },
        { BUDGET_MONTH, "1970-01-01T00:00:00Z", "1970-02-01T00:00:00Z" },
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(budget_period_end_us(rows[i].period, time_of(rows[i].time)), time_of(rows[i].end));
}

/* ---- usage, whose days are settled in the same transactions ---- */

static enum err use_in(struct ctx *ctx, void *arg)
{
    return usage_add(ctx, arg);
}

static struct usage_sum sum_of(struct work *w, enum usage_by by, int64_t user_id)
{
    const struct usage_opts opts = { .by = by, .user_id = user_id, .from_us = w->ctx.now_us, .end_us = w->ctx.now_us };
    struct list list;

    assert_ok(usage_report(&w->ctx, &opts, &list));
    assert_int_equal(list.count, 1);
    return *(struct usage_sum *)list.items;
}

static void test_usage__is_summed_up_by_days(void **state)
{
    struct scratch *s = scratch_of(state);
    struct usage_entry entry = { .workspace_id = WORKSPACE,
                                 .user_id = USER,
                                 .key_id = KEY,
                                 .provider = STR("local"),
                                 .model = STR("tiny"),
                                 .prompt_tokens = 10,
                                 .completion_tokens = 5,
                                 .cost_micros = 3,
                                 .is_estimated = true,
                                 .outcome = STR("stopped"),
                                 .first_token_ms = -1 };
    struct work w;

    tables_make(s);
    work_begin(&w, s);
    for (int i = 0; i < 3; i++)
        assert_ok(db_run(&w.ctx, use_in, &entry));
    for (int by = USAGE_BY_USER; by <= USAGE_BY_DAY; by++) {
        struct usage_sum sum = sum_of(&w, (enum usage_by)by, by % 2 == 0 ? USER : 0);

        assert_int_equal(sum.request_count, 3);
        assert_int_equal(sum.estimated_count, 3);
        assert_int_equal(sum.prompt_tokens, 30);
        assert_int_equal(sum.completion_tokens, 15);
        assert_int_equal(sum.cost_micros, 9);
        assert_int_equal(sum.key_id, by == USAGE_BY_KEY ? KEY : INT64_MIN);
        assert_int_equal(sum.day_us, by == USAGE_BY_DAY ? w.ctx.now_us / US_PER_DAY * US_PER_DAY : 0);
        assert_true(by == USAGE_BY_MODEL ? str_eq_c(sum.model, "tiny") : sum.model.ptr == NULL);
    }
    work_release(&w);
}

#define BOTH(test) SQLITE_TEST(test), MYSQL_TEST(test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_budget__none_lets_any_amount_through),
        BOTH(test_budget__is_reserved_and_settled_once),
        BOTH(test_budget__refused_by_one_changes_none),
        BOTH(test_budget__begins_anew_with_its_period),
        BOTH(test_budget__made_meanwhile_is_charged_and_gives_nothing_back),
        BOTH(test_budget__for_ten_lets_ten_of_a_hundred_through),
        cmocka_unit_test(test_budget__periods_end_where_the_calendar_says),
        BOTH(test_usage__is_summed_up_by_days),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
