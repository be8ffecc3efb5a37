#include "../unit.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/task.h"
#include "parley/domain/record/principal.h"

/* A configuration with this name of the application. */
static struct config *config_named(const char *name)
{
    char setting[96];
    char *environment[] = { setting, NULL };
    const struct config_load_opts opts = { .environment = environment, .env_file = "/dev/null" };
    struct config *config;
    struct buf faults;

    (void)snprintf(setting, sizeof(setting), "APP_NAME=%s", name);
    buf_init(&faults, 4000);
    if (config_load(&opts, &faults, &config) != ERR_OK)
        fail_msg("%s", faults.ptr);
    buf_release(&faults);
    return config;
}

struct fixture {
    struct app app;
    struct task task;
};

static void fixture_init(struct fixture *f)
{
    *f = (struct fixture){ .app.config = config_box_new(config_named("before")) };
    assert_non_null(f->app.config);
    assert_ok(task_begin(&f->task, &f->app));
}

static void fixture_release(struct fixture *f)
{
    task_end(&f->task);
    config_box_free(f->app.config);
}

static void test_task_begin__has_what_a_request_has(void **state)
{
    (void)state;
    int64_t begin_us = clock_now_us();
    struct fixture f;

    fixture_init(&f);
    assert_ptr_equal(f.task.ctx.app, &f.app);
    assert_string_equal(f.task.ctx.config->app_name, "before");
    assert_true(f.task.ctx.now_us >= begin_us);
    assert_non_null(arena_alloc(f.task.ctx.arena, 100));
    assert_null(f.task.ctx.actor);
    fixture_release(&f);
}

static void test_task_renew__empties_problem_and_arena(void **state)
{
    (void)state;
    struct fixture f;

    fixture_init(&f);
    while (arena_alloc(f.task.ctx.arena, 1 * MIB) != NULL)
        continue;
    assert_err(arena_check(f.task.ctx.arena), ERR_NO_MEMORY);
    assert_err(fail(&f.task.ctx, ERR_CONFLICT), ERR_CONFLICT);
    f.task.ctx.statement_count = 3;
    task_renew(&f.task);
    assert_ok(arena_check(f.task.ctx.arena));
    assert_non_null(arena_alloc(f.task.ctx.arena, 1 * MIB));
    assert_ok(f.task.problem.err);
    assert_int_equal(f.task.ctx.statement_count, 0);
    fixture_release(&f);
}

static void test_task_renew__takes_the_present_time_and_settings_and_keeps_the_actor(void **state)
{
    (void)state;
    struct principal actor = { .user_id = 7 };
    struct fixture f;
    struct buf kept;

    fixture_init(&f);
    f.task.ctx.actor = &actor;
    f.task.ctx.now_us = 0;
    buf_init(&kept, 4000);
    assert_ok(config_replace(f.app.config, config_named("after"), &kept));
    buf_release(&kept);
    assert_string_equal(f.task.ctx.config->app_name, "before");
    task_renew(&f.task);
    assert_string_equal(f.task.ctx.config->app_name, "after");
    assert_true(f.task.ctx.now_us > 0);
    assert_ptr_equal(f.task.ctx.actor, &actor);
    fixture_release(&f);
}

static void test_task_end__of_none_and_once_more_does_nothing(void **state)
{
    (void)state;
    struct task none = { .ctx = { .app = NULL } };
    struct fixture f;

    task_end(&none);
    fixture_init(&f);
    task_end(&f.task);
    fixture_release(&f);
}

static void test_task_sentence__is_the_detail_of_its_own_problem_only(void **state)
{
    (void)state;
    struct fixture f;

    fixture_init(&f);
    assert_err(failf(&f.task.ctx, ERR_CONFLICT, "There is one already"), ERR_CONFLICT);
    assert_string_equal(task_sentence(&f.task, ERR_CONFLICT), "There is one already");
    assert_string_equal(task_sentence(&f.task, ERR_DATABASE), err_info(ERR_DATABASE)->sentence);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_task_begin__has_what_a_request_has),
        cmocka_unit_test(test_task_renew__empties_problem_and_arena),
        cmocka_unit_test(test_task_renew__takes_the_present_time_and_settings_and_keeps_the_actor),
        cmocka_unit_test(test_task_end__of_none_and_once_more_does_nothing),
        cmocka_unit_test(test_task_sentence__is_the_detail_of_its_own_problem_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
