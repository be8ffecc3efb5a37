#include "domain/domain_fixture.h"

#include <liboath/oath.h>
#include <string.h>

#include "parley/auth/totp.h"
#include "parley/domain/lifecycle/account.h"
#include "parley/domain/trust/challenge.h"
#include "parley/domain/trust/second_factor.h"
#include "parley/domain/trust/totp_reseal.h"

static int setup(void **state)
{
    (void)state;
    fixture_init(&fixture);
    return totp_init() == ERR_OK ? 0 : -1;
}

/* A user with a second factor and the authenticator's half of it. */
struct guarded {
    struct caller c;
    struct user user;
    struct principal principal;
    uint8_t secret[TOTP_SECRET_BYTES];
    struct list codes;
};

static void decode_secret(struct str text, uint8_t ret_secret[TOTP_SECRET_BYTES])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint32_t bits = 0;
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        bits = bits << 5 | (uint32_t)(strchr(letters, text.ptr[i]) - letters);
        if (i % 8 == 1 || i % 8 == 3 || i % 8 == 4 || i % 8 == 6 || i % 8 == 7)
            ret_secret[len++] = (uint8_t)(bits >> (i % 8 == 1   ? 2
                                                   : i % 8 == 3 ? 4
                                                   : i % 8 == 4 ? 1
                                                   : i % 8 == 6 ? 3
                                                                : 0));
    }
    assert_int_equal(len, TOTP_SECRET_BYTES);
}

static struct str code_at(struct guarded *g, int64_t now_us)
{
    char code[TOTP_DIGITS + 1];

    assert_int_equal(oath_totp_generate((const char *)g->secret, sizeof(g->secret), (time_t)(now_us / US_PER_S),
                                        TOTP_STEP_S, 0, TOTP_DIGITS, code),
                     OATH_OK);
    return arena_str(g->c.ctx.arena, str_from(code));
}

static void guarded_init(struct guarded *g, const char *email)
{
    struct second_factor_setup made;

    *g = (struct guarded){ .codes = { NULL, 0 } };
    caller_init(&g->c, &fixture);
    g->user = fixture_user(&g->c, email, USER_ROLE_USER);
    g->principal = (struct principal){ .user_id = g->user.id, .user = g->user.uuid };
    assert_ok(second_factor_setup(&g->c.ctx, &g->principal, &made));
    decode_secret(made.secret, g->secret);
    assert_ok(second_factor_verify(&g->c.ctx, &g->principal, code_at(g, g->c.ctx.now_us), &g->codes));
    assert_int_equal(g->codes.count, 10);
}

static struct str challenge_of(struct guarded *g)
{
    struct session_origin origin = { .ip = STR("192.0.2.1"), .user_agent = STR("test") };
    struct sign_in_result result;

    caller_next(&g->c);
    assert_ok(account_sign_in(&g->c.ctx, g->user.email, GOOD_PASSWORD, &origin, &result));
    assert_non_null(result.challenge_token.ptr);
    return result.challenge_token;
}

static enum err second(struct guarded *g, struct str challenge, struct str code, struct str recovery_code)
{
    struct session_origin origin = { .ip = STR("192.0.2.1"), .user_agent = STR("test") };
    const struct second_factor_code answer = { code, recovery_code };
    struct sign_in_result result;

    caller_next(&g->c);
    return account_sign_in_second(&g->c.ctx, challenge, &answer, &origin, &result);
}

#define NONE ((struct str){ NULL, 0 })

/* Digits that are no code of about now. */
static struct str wrong_code(struct guarded *g)
{
    static const struct str tries[] = { STR_INIT("000000"), STR_INIT("111111"), STR_INIT("222222"),
                                        STR_INIT("333333") };
    int64_t step;

    for (size_t i = 0; i < COUNT_OF(tries); i++)
        if (totp_find_step(g->secret, tries[i], g->c.ctx.now_us / US_PER_S, &step) == ERR_CODE_WRONG)
            return tries[i];
    fail_msg("no wrong code");
    return STR("");
}

static void spend_wrong(struct guarded *g, int count)
{
    struct str challenge = { NULL, 0 };

    for (int i = 0; i < count; i++) {
        if (i % 5 == 0)
            challenge = challenge_of(g);
        assert_err(second(g, challenge, wrong_code(g), NONE), ERR_CODE_WRONG);
    }
}

static void test_second_factor__steps_are_spent_in_order(void **state)
{
    (void)state;
    struct guarded g;
    const int64_t step_us = TOTP_STEP_S * US_PER_S;

    guarded_init(&g, "order@example.org");
    struct str first = code_at(&g, g.c.ctx.now_us);
    struct str next = code_at(&g, g.c.ctx.now_us + step_us);
    assert_err(second(&g, challenge_of(&g), first, NONE), ERR_CODE_WRONG);
    assert_ok(second(&g, challenge_of(&g), next, NONE));
    g.c.ctx.now_us += step_us;
    assert_err(second(&g, challenge_of(&g), next, NONE), ERR_CODE_WRONG);
    assert_ok(second(&g, challenge_of(&g), code_at(&g, g.c.ctx.now_us + step_us), NONE));
    g.c.ctx.now_us += 10 * step_us;
    assert_ok(second(&g, challenge_of(&g), code_at(&g, g.c.ctx.now_us - step_us), NONE));
    caller_release(&g.c);
}

/* Somebody who looks over a shoulder and sends what was seen locks nobody out. */
static void test_second_factor__used_codes_do_not_lock(void **state)
{
    (void)state;
    struct guarded g;

    guarded_init(&g, "used@example.org");
    struct str used = code_at(&g, g.c.ctx.now_us);
    struct str challenge = challenge_of(&g);
    for (int i = 0; i < 15; i++)
        assert_err(second(&g, challenge, used, NONE), ERR_CODE_WRONG);
    assert_ok(second(&g, challenge, code_at(&g, g.c.ctx.now_us + TOTP_STEP_S * US_PER_S), NONE));
    caller_release(&g.c);
}

static void test_second_factor__lock_ends_by_itself_and_is_not_lengthened(void **state)
{
    (void)state;
    struct guarded g;

    guarded_init(&g, "lock@example.org");
    int64_t began_us = g.c.ctx.now_us;
    spend_wrong(&g, SECOND_FACTOR_WRONG_MAX);
    g.c.ctx.now_us = began_us + SECOND_FACTOR_LOCK_S * US_PER_S - 1;
    struct str challenge = challenge_of(&g);
    for (int i = 0; i < 20; i++)
        assert_err(second(&g, challenge, wrong_code(&g), NONE), ERR_LOCKED);
    assert_int_equal(g.c.problem.retry_after_s, 1);
    assert_err(second(&g, challenge, NONE, STR("00000-00000")), ERR_CODE_WRONG);
    g.c.ctx.now_us++;
    assert_ok(second(&g, challenge, code_at(&g, g.c.ctx.now_us), NONE));
    caller_release(&g.c);
}

static void test_second_factor__right_code_begins_the_count_again(void **state)
{
    (void)state;
    struct guarded g;

    guarded_init(&g, "again@example.org");
    spend_wrong(&g, SECOND_FACTOR_WRONG_MAX - 1);
    g.c.ctx.now_us += TOTP_STEP_S * US_PER_S;
    assert_ok(second(&g, challenge_of(&g), code_at(&g, g.c.ctx.now_us), NONE));
    spend_wrong(&g, SECOND_FACTOR_WRONG_MAX - 1);
    g.c.ctx.now_us += TOTP_STEP_S * US_PER_S;
    assert_ok(second(&g, challenge_of(&g), code_at(&g, g.c.ctx.now_us), NONE));
    caller_release(&g.c);
}

static void test_second_factor__recovery_code_does_not_begin_the_count_again(void **state)
{
    (void)state;
    struct guarded g;

    guarded_init(&g, "recovery@example.org");
    spend_wrong(&g, SECOND_FACTOR_WRONG_MAX - 1);
    assert_ok(second(&g, challenge_of(&g), NONE, ((struct str *)g.codes.items)[0]));
    spend_wrong(&g, 1);
    assert_err(second(&g, challenge_of(&g), wrong_code(&g), NONE), ERR_LOCKED);
    caller_release(&g.c);
}

static void test_second_factor__challenge_ends_with_its_time(void **state)
{
    (void)state;
    struct guarded g;
    int64_t count;

    guarded_init(&g, "time@example.org");
    g.c.ctx.now_us = g.c.ctx.now_us / US_PER_S * US_PER_S;
    struct str challenge = challenge_of(&g);
    struct str recovery = ((struct str *)g.codes.items)[0];
    g.c.ctx.now_us += CHALLENGE_LIFE_S * US_PER_S;
    assert_err(second(&g, challenge, NONE, recovery), ERR_CHALLENGE);
    assert_ok(challenge_expire(&g.c.ctx, 100, &count));
    assert_true(count >= 1);
    g.c.ctx.now_us -= 1;
    assert_err(second(&g, challenge, NONE, recovery), ERR_CHALLENGE);
    challenge = challenge_of(&g);
    assert_ok(second(&g, challenge, NONE, recovery));
    caller_release(&g.c);
}

static void test_second_factor__reseal_moves_every_secret_once(void **state)
{
    (void)state;
    struct guarded g;
    struct totp_reseal reseal = { .after_id = 0 };
    struct buf error_text, kid;
    int64_t count = 1, rows = 0;

    guarded_init(&g, "reseal@example.org");
    buf_init(&error_text, 1000);
    buf_init(&kid, 100);
    assert_ok(keys_rotate(&fixture.config, &error_text, &kid));
    assert_ok(keys_reload(fixture.app.keys, &error_text));
    while (count > 0) {
        assert_ok(totp_reseal_page(&g.c.ctx, &reseal, &count));
        rows += count;
    }
    assert_true(reseal.done_count >= 1 && reseal.done_count == rows);
    assert_int_equal(reseal.stuck_count, 0);
    reseal = (struct totp_reseal){ .after_id = 0 };
    assert_ok(totp_reseal_page(&g.c.ctx, &reseal, &count));
    assert_int_equal(reseal.done_count, 0);
    g.c.ctx.now_us += TOTP_STEP_S * US_PER_S;
    assert_ok(second(&g, challenge_of(&g), code_at(&g, g.c.ctx.now_us), NONE));
    buf_release(&error_text);
    buf_release(&kid);
    caller_release(&g.c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_second_factor__steps_are_spent_in_order),
        cmocka_unit_test(test_second_factor__used_codes_do_not_lock),
        cmocka_unit_test(test_second_factor__lock_ends_by_itself_and_is_not_lengthened),
        cmocka_unit_test(test_second_factor__right_code_begins_the_count_again),
        cmocka_unit_test(test_second_factor__recovery_code_does_not_begin_the_count_again),
        cmocka_unit_test(test_second_factor__challenge_ends_with_its_time),
        cmocka_unit_test(test_second_factor__reseal_moves_every_secret_once),
    };

    return cmocka_run_group_tests(tests, setup, fixture_teardown);
}
