#include "domain/domain_fixture.h"

#include <pthread.h>

#include "parley/domain/lifecycle/account.h"
#include "parley/domain/lifecycle/setup.h"
#include "parley/domain/lifecycle/user_create.h"

enum { CALLERS = 16 };

static enum err complete(struct caller *c, const char *email, struct str token, struct user *ret_user)
{
    struct user_create_opts opts = { .email = str_from(email), .password = GOOD_PASSWORD };
    struct sign_in_result result;
    enum err e;

    caller_next(c);
    e = setup_complete(&c->ctx, &opts, token, NULL, &result);
    if (e == ERR_OK)
        *ret_user = result.user;
    return e;
}

static void test_setup__is_asked_for_while_there_is_nobody(void **state)
{
    (void)state;
    struct caller c;
    struct user user;
    bool required;

    caller_init(&c, &fixture);
    assert_ok(setup_required(&c.ctx, &required));
    assert_true(required);
    assert_ok(complete(&c, "admin@example.org", (struct str){ NULL, 0 }, &user));
    assert_int_equal(user.role, USER_ROLE_ADMIN);
    assert_ok(setup_required(&c.ctx, &required));
    assert_false(required);
    assert_err(complete(&c, "admin2@example.org", STR("x"), &user), ERR_SETUP_DONE);
    caller_release(&c);
}

static void test_setup__is_done_where_the_command_line_has_made_somebody(void **state)
{
    (void)state;
    struct caller c;
    struct user user;

    caller_init(&c, &fixture);
    (void)fixture_user(&c, "first@example.org", USER_ROLE_ADMIN);
    assert_err(complete(&c, "admin@example.org", STR(""), &user), ERR_SETUP_DONE);
    caller_release(&c);
}

static void test_setup__asks_for_the_token_that_is_set(void **state)
{
    (void)state;
    struct caller c;
    struct user user;
    struct str shown;

    fixture.config.setup_token = "open sesame";
    caller_init(&c, &fixture);
    assert_ok(setup_token_ensure(&c.ctx, &shown));
    assert_null(shown.ptr);
    assert_err(complete(&c, "admin@example.org", (struct str){ NULL, 0 }, &user), ERR_SETUP_TOKEN);
    assert_err(complete(&c, "admin@example.org", STR("open"), &user), ERR_SETUP_TOKEN);
    assert_err(complete(&c, "admin@example.org", STR("open sesamf"), &user), ERR_SETUP_TOKEN);
    assert_ok(complete(&c, "admin@example.org", STR("open sesame"), &user));
    caller_release(&c);
}

static void test_setup__makes_the_same_token_at_each_start(void **state)
{
    (void)state;
    struct caller c;
    struct user user;
    struct str first, second;

    fixture.config.setup_token = "auto";
    caller_init(&c, &fixture);
    assert_ok(setup_token_ensure(&c.ctx, &first));
    assert_ok(setup_token_ensure(&c.ctx, &second));
    assert_int_equal(first.len, 32);
    assert_true(str_eq(first, second));
    assert_err(complete(&c, "admin@example.org", STR("auto"), &user), ERR_SETUP_TOKEN);
    assert_err(complete(&c, "admin@example.org", (struct str){ NULL, 0 }, &user), ERR_SETUP_TOKEN);
    assert_ok(complete(&c, "admin@example.org", first, &user));
    assert_ok(setup_token_ensure(&c.ctx, &second));
    assert_null(second.ptr);
    caller_release(&c);
}

static void test_setup__comes_before_anyone_registers(void **state)
{
    (void)state;
    struct caller c;
    struct sign_in_result result;
    struct user_create_opts opts = { .email = STR("early@example.org"), .password = GOOD_PASSWORD };

    caller_init(&c, &fixture);
    assert_err(account_register(&c.ctx, &opts, (struct str){ NULL, 0 }, NULL, &result), ERR_REGISTRATION_CLOSED);
    caller_release(&c);
}

struct racer {
    int number;
    enum err outcome;
};

static void *race_run(void *arg)
{
    struct racer *racer = arg;
    struct caller c;
    struct user user;

    caller_init(&c, &fixture);
    racer->outcome = complete(&c, arena_printf(c.ctx.arena, "racer%d@example.org", racer->number), STR(""), &user);
    caller_release(&c);
    return NULL;
}

static void test_setup__of_many_at_once_one_wins(void **state)
{
    (void)state;
    struct racer racers[CALLERS];
    pthread_t threads[CALLERS];
    int won = 0;

    for (int i = 0; i < CALLERS; i++) {
        racers[i] = (struct racer){ .number = i };
        assert_int_equal(pthread_create(&threads[i], NULL, race_run, &racers[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < CALLERS; i++) {
        won += racers[i].outcome == ERR_OK;
        if (racers[i].outcome != ERR_OK && racers[i].outcome != ERR_SETUP_DONE)
            fail_msg("%s", err_info(racers[i].outcome)->code);
    }
    assert_int_equal(won, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_setup__is_asked_for_while_there_is_nobody, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_setup__is_done_where_the_command_line_has_made_somebody, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_setup__asks_for_the_token_that_is_set, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_setup__makes_the_same_token_at_each_start, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_setup__comes_before_anyone_registers, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_setup__of_many_at_once_one_wins, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
