#include "domain/api_key_fixture.h"

#include "parley/domain/lifecycle/setup.h"
#include "parley/domain/lifecycle/user_create.h"

static const struct str nothing = { NULL, 0 };

static enum err try(struct caller *c, struct str token, struct api_key_made *ret_made)
{
    caller_next(c);
    return bootstrap(&c->ctx, token, ret_made);
}

static void test_bootstrap__makes_a_bot_and_its_key(void **state)
{
    struct caller c;
    struct api_key_made made;
    struct principal who;
    struct user bot;
    bool required;

    (void)state;
    caller_init(&c, &fixture);
    assert_ok(try(&c, nothing, &made));
    assert_str(made.key.name, "Master API Key");
    assert_str(key_scopes_text(made.key.scopes), "admin,read,write");
    assert_true(str_starts_with(made.text, STR("octopus_")));
    assert_ok(use(made.text, "", 0, &who));
    assert_int_equal(who.kind, USER_KIND_BOT);
    assert_int_equal(who.role, USER_ROLE_ADMIN);
    assert_ok(user_get(&c.ctx, who.user_id, &bot));
    assert_null(bot.email.ptr);
    assert_ok(setup_required(&c.ctx, &required));
    assert_false(required);
    assert_err(try(&c, nothing, &made), ERR_BOOTSTRAP_DONE);
    caller_release(&c);
}

static void test_bootstrap__takes_the_master_key_of_the_settings(void **state)
{
    struct caller c;
    struct api_key_made made;

    (void)state;
    fixture.config.master_api_key = "sixteen-characters";
    caller_init(&c, &fixture);
    assert_ok(try(&c, nothing, &made));
    assert_str(made.text, "sixteen-characters");
    assert_ok(use_now(STR("sixteen-characters")));
    caller_release(&c);
}

static void test_bootstrap__makes_a_key_in_place_of_the_standard_one(void **state)
{
    struct caller c;
    struct api_key_made made;

    (void)state;
    fixture.config.master_api_key = "default-api-key";
    caller_init(&c, &fixture);
    assert_ok(try(&c, nothing, &made));
    assert_true(str_starts_with(made.text, STR("octopus_")));
    assert_err(use_now(STR("default-api-key")), ERR_KEY);
    caller_release(&c);
}

static void test_bootstrap__is_over_where_there_is_somebody(void **state)
{
    struct caller c;
    struct api_key_made made;

    (void)state;
    caller_init(&c, &fixture);
    (void)fixture_user(&c, "first@example.org", USER_ROLE_USER);
    assert_err(try(&c, nothing, &made), ERR_BOOTSTRAP_DONE);
    assert_err(try(&c, STR("a token where none is set"), &made), ERR_BOOTSTRAP_DONE);
    caller_release(&c);
}

static void test_bootstrap__asks_for_the_token_that_is_set(void **state)
{
    struct caller c;
    struct api_key_made made;

    (void)state;
    fixture.config.setup_token = "open sesame";
    caller_init(&c, &fixture);
    assert_err(try(&c, nothing, &made), ERR_SETUP_TOKEN);
    assert_err(try(&c, STR("open sesamf"), &made), ERR_SETUP_TOKEN);
    assert_ok(try(&c, STR("open sesame"), &made));
    assert_err(try(&c, STR("open sesame"), &made), ERR_BOOTSTRAP_DONE);
    assert_err(try(&c, nothing, &made), ERR_BOOTSTRAP_DONE);
    caller_release(&c);
}

static void test_bootstrap__with_the_token_works_beside_people_too(void **state)
{
    const struct user_create_opts opts = { .email = STR("admin@example.org"), .password = GOOD_PASSWORD };
    struct caller c;
    struct api_key_made made;
    struct sign_in_result result;

    (void)state;
    fixture.config.setup_token = "open sesame";
    caller_init(&c, &fixture);
    assert_ok(setup_complete(&c.ctx, &opts, STR("open sesame"), NULL, &result));
    assert_err(try(&c, nothing, &made), ERR_BOOTSTRAP_DONE);
    assert_err(try(&c, STR("wrong"), &made), ERR_SETUP_TOKEN);
    assert_ok(try(&c, STR("open sesame"), &made));
    assert_err(try(&c, STR("open sesame"), &made), ERR_BOOTSTRAP_DONE);
    caller_release(&c);
}

static enum err first_of_all(struct racer *racer)
{
    const struct user_create_opts opts = { .email = STR("racer@example.org"), .password = GOOD_PASSWORD };
    struct api_key_made made;
    struct sign_in_result result;
    enum err e;

    if (racer->number % 4 != 0)
        return bootstrap(&racer->c.ctx, nothing, &made);
    e = setup_complete(&racer->c.ctx, &opts, nothing, NULL, &result);
    return e == ERR_SETUP_DONE ? ERR_BOOTSTRAP_DONE : e;
}

static void test_bootstrap__and_setup_at_once_make_one_administrator(void **state)
{
    struct caller c;
    struct user_stats stats;

    (void)state;
    caller_init(&c, &fixture);
    assert_int_equal(race(first_of_all, NULL, NULL, ERR_BOOTSTRAP_DONE), 1);
    assert_ok(user_stats(&c.ctx, &stats));
    assert_int_equal(stats.total_users, 1);
    caller_release(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_bootstrap__makes_a_bot_and_its_key),
        TEST(test_bootstrap__takes_the_master_key_of_the_settings),
        TEST(test_bootstrap__makes_a_key_in_place_of_the_standard_one),
        TEST(test_bootstrap__is_over_where_there_is_somebody),
        TEST(test_bootstrap__asks_for_the_token_that_is_set),
        TEST(test_bootstrap__with_the_token_works_beside_people_too),
        TEST(test_bootstrap__and_setup_at_once_make_one_administrator),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
