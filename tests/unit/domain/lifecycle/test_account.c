#include "domain/domain_fixture.h"

#include <string.h>

#include "parley/domain/lifecycle/account.h"
#include "parley/domain/lifecycle/user_change.h"
#include "parley/domain/lifecycle/user_create.h"

static enum err sign_in(struct caller *c, struct str email, struct str password, struct user *ret_user,
                        struct session_tokens *ret_tokens)
{
    struct session_origin origin = { .ip = STR("192.0.2.1"), .user_agent = STR("test") };
    struct sign_in_result result;

    caller_next(c);
    TRY(account_sign_in(&c->ctx, email, password, &origin, &result));
    assert_null(result.challenge_token.ptr);
    *ret_user = result.user;
    *ret_tokens = result.tokens;
    return ERR_OK;
}

static void test_account__sign_in_gives_tokens_of_that_user(void **state)
{
    (void)state;
    struct caller c;
    struct session_tokens tokens;
    struct principal p;
    struct user in;

    caller_init(&c, &fixture);
    struct user user = fixture_user(&c, "alice@example.org", USER_ROLE_USER);
    assert_ok(sign_in(&c, STR("ALICE@example.org"), GOOD_PASSWORD, &in, &tokens));
    assert_int_equal(in.id, user.id);
    assert_int_equal(in.last_login_us, c.ctx.now_us);
    assert_ok(session_authenticate(&c.ctx, tokens.access_token, &p));
    assert_int_equal(p.user_id, user.id);
    caller_release(&c);
}

static void test_account__wrong_password_and_unknown_address_look_the_same(void **state)
{
    (void)state;
    struct caller c;
    struct session_tokens tokens;
    struct user in;

    caller_init(&c, &fixture);
    (void)fixture_user(&c, "known@example.org", USER_ROLE_USER);
    assert_err(sign_in(&c, STR("known@example.org"), STR("wrong horse"), &in, &tokens), ERR_LOGIN);
    const char *wrong = c.problem.detail;
    assert_err(sign_in(&c, STR("nobody@example.org"), GOOD_PASSWORD, &in, &tokens), ERR_LOGIN);
    assert_string_equal(c.problem.detail, wrong);
    assert_err(sign_in(&c, STR("known@example.org"), STR(""), &in, &tokens), ERR_LOGIN);
    caller_release(&c);
}

static void test_account__switched_off_is_told_to_who_knows_the_password_only(void **state)
{
    (void)state;
    struct caller c;
    struct session_tokens tokens;
    struct user user;

    caller_init(&c, &fixture);
    user = fixture_user(&c, "off@example.org", USER_ROLE_USER);
    assert_ok(user_change(&c.ctx, &user.uuid, &(struct user_change){ .what = USER_CHANGE_ACTIVE, .is_active = false },
                          &user));
    assert_err(sign_in(&c, STR("off@example.org"), STR("wrong horse"), &user, &tokens), ERR_LOGIN);
    assert_err(sign_in(&c, STR("off@example.org"), GOOD_PASSWORD, &user, &tokens), ERR_USER_INACTIVE);
    caller_release(&c);
}

static void test_account__first_sign_in_is_over_with_the_second(void **state)
{
    (void)state;
    struct caller c;
    struct session_tokens tokens;
    struct user in;

    caller_init(&c, &fixture);
    (void)fixture_user(&c, "new@example.org", USER_ROLE_USER);
    assert_ok(sign_in(&c, STR("new@example.org"), GOOD_PASSWORD, &in, &tokens));
    assert_true(in.is_first_login);
    assert_ok(sign_in(&c, STR("new@example.org"), GOOD_PASSWORD, &in, &tokens));
    assert_false(in.is_first_login);
    caller_release(&c);
}

static void test_account__a_raised_cost_is_taken_over_at_sign_in(void **state)
{
    (void)state;
    struct caller c;
    struct session_tokens tokens;
    struct user in;
    struct str hash;

    caller_init(&c, &fixture);
    (void)fixture_user(&c, "cost@example.org", USER_ROLE_USER);
    fixture.config.bcrypt_rounds = 5;
    assert_ok(sign_in(&c, STR("cost@example.org"), GOOD_PASSWORD, &in, &tokens));
    assert_ok(user_find_credential(&c.ctx, STR("cost@example.org"), &in, &hash));
    assert_true(str_starts_with(hash, STR("$2b$05$")));
    fixture.config.bcrypt_rounds = 4;
    assert_ok(sign_in(&c, STR("cost@example.org"), GOOD_PASSWORD, &in, &tokens));
    assert_ok(user_find_credential(&c.ctx, STR("cost@example.org"), &in, &hash));
    assert_true(str_starts_with(hash, STR("$2b$05$")));
    caller_release(&c);
}

static void test_account__new_password_ends_the_other_sessions(void **state)
{
    (void)state;
    struct caller c;
    struct session_tokens here, there, tokens;
    struct principal p, other;
    struct user in;
    struct str email = STR("change@example.org");

    caller_init(&c, &fixture);
    (void)fixture_user(&c, email.ptr, USER_ROLE_USER);
    assert_ok(sign_in(&c, email, GOOD_PASSWORD, &in, &here));
    assert_ok(sign_in(&c, email, GOOD_PASSWORD, &in, &there));
    assert_ok(session_authenticate(&c.ctx, here.access_token, &p));
    assert_ok(account_change_password(&c.ctx, &p, GOOD_PASSWORD, STR("better horse")));
    assert_ok(session_authenticate(&c.ctx, here.access_token, &p));
    assert_err(session_authenticate(&c.ctx, there.access_token, &other), ERR_TOKEN);
    assert_err(sign_in(&c, email, GOOD_PASSWORD, &in, &tokens), ERR_LOGIN);
    assert_ok(sign_in(&c, email, STR("better horse"), &in, &tokens));
    caller_release(&c);
}

static void test_account__new_password_needs_the_old_one_and_keeps_the_rules(void **state)
{
    (void)state;
    struct caller c;
    struct session_tokens tokens;
    struct principal p;
    struct user in;

    caller_init(&c, &fixture);
    (void)fixture_user(&c, "rulesrules@example.org", USER_ROLE_USER);
    assert_ok(sign_in(&c, STR("rulesrules@example.org"), GOOD_PASSWORD, &in, &tokens));
    assert_ok(session_authenticate(&c.ctx, tokens.access_token, &p));
    assert_err(account_change_password(&c.ctx, &p, STR("wrong horse"), STR("better horse")), ERR_PASSWORD_WRONG);
    caller_next(&c);
    assert_err(account_change_password(&c.ctx, &p, GOOD_PASSWORD, STR("rulesrules")), ERR_PASSWORD_RULES);
    caller_next(&c);
    assert_err(account_change_password(&c.ctx, &p, GOOD_PASSWORD, STR("short")), ERR_PASSWORD_RULES);
    caller_release(&c);
}

static void test_account__password_from_the_command_line_ends_all_sessions(void **state)
{
    (void)state;
    struct caller c;
    struct session_tokens tokens;
    struct principal p;
    struct user in;

    caller_init(&c, &fixture);
    (void)fixture_user(&c, "cli@example.org", USER_ROLE_USER);
    assert_ok(sign_in(&c, STR("cli@example.org"), GOOD_PASSWORD, &in, &tokens));
    assert_ok(user_set_password(&c.ctx, STR("CLI@example.org"), STR("set by hand")));
    assert_err(session_authenticate(&c.ctx, tokens.access_token, &p), ERR_TOKEN);
    assert_ok(sign_in(&c, STR("cli@example.org"), STR("set by hand"), &in, &tokens));
    assert_err(user_set_password(&c.ctx, STR("none@example.org"), STR("set by hand")), ERR_USER_NOT_FOUND);
    caller_release(&c);
}

static void test_account__registration_is_as_the_setting_says(void **state)
{
    (void)state;
    struct caller c;
    struct user_create_opts opts = { .email = STR("reg@example.org"),
                                     .password = GOOD_PASSWORD,
                                     .role = USER_ROLE_ADMIN };
    struct str none = { NULL, 0 };
    struct sign_in_result result;

    caller_init(&c, &fixture);
    fixture.config.registration = REGISTRATION_CLOSED;
    assert_err(account_register(&c.ctx, &opts, none, NULL, &result), ERR_REGISTRATION_CLOSED);
    fixture.config.registration = REGISTRATION_INVITE;
    caller_next(&c);
    assert_err(account_register(&c.ctx, &opts, none, NULL, &result), ERR_REGISTRATION_CLOSED);
    caller_next(&c);
    assert_err(account_register(&c.ctx, &opts, STR("no such invitation"), NULL, &result), ERR_INVITATION);
    fixture.config.registration = REGISTRATION_OPEN;
    caller_next(&c);
    assert_ok(account_register(&c.ctx, &opts, none, NULL, &result));
    assert_int_equal(result.user.role, USER_ROLE_USER);
    assert_null(result.tokens.access_token.ptr);
    assert_err(account_register(&c.ctx, &opts, none, NULL, &result), ERR_EMAIL_TAKEN);
    caller_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_account__sign_in_gives_tokens_of_that_user),
        cmocka_unit_test(test_account__wrong_password_and_unknown_address_look_the_same),
        cmocka_unit_test(test_account__switched_off_is_told_to_who_knows_the_password_only),
        cmocka_unit_test(test_account__first_sign_in_is_over_with_the_second),
        cmocka_unit_test(test_account__a_raised_cost_is_taken_over_at_sign_in),
        cmocka_unit_test(test_account__new_password_ends_the_other_sessions),
        cmocka_unit_test(test_account__new_password_needs_the_old_one_and_keeps_the_rules),
        cmocka_unit_test(test_account__password_from_the_command_line_ends_all_sessions),
        cmocka_unit_test(test_account__registration_is_as_the_setting_says),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
