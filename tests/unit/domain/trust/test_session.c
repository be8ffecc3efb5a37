#include "domain/domain_fixture.h"

#include <string.h>

#include "parley/domain/lifecycle/user_change.h"
#include "parley/domain/trust/revocation.h"
#include "parley/domain/trust/session_refresh.h"

struct add_call {
    struct user user;
    struct session_origin origin;
    struct session_grant grant;
};

static enum err add_in_transaction(struct ctx *ctx, void *arg)
{
    struct add_call *call = arg;

    return session_add(ctx, &call->user, &call->origin, &call->grant);
}

/* A new session and its tokens. */
static struct session_tokens sign_in(struct caller *c, const struct user *user, struct session_grant *ret_grant)
{
    struct add_call call = { .user = *user, .origin = { .ip = STR("192.0.2.1"), .user_agent = STR("curl/7.88") } };
    struct session_tokens tokens;

    caller_next(c);
    assert_ok(db_run(&c->ctx, add_in_transaction, &call));
    assert_ok(session_sign(&c->ctx, &call.grant, &tokens));
    if (ret_grant != NULL)
        *ret_grant = call.grant;
    return tokens;
}

static enum err authenticate(struct caller *c, struct str token, struct principal *ret_principal)
{
    caller_next(c);
    return session_authenticate(&c->ctx, token, ret_principal);
}

static enum err refresh(struct caller *c, struct str token, struct session_tokens *ret_tokens)
{
    caller_next(c);
    return session_refresh(&c->ctx, token, ret_tokens);
}

static void test_session__token_names_its_user_and_session(void **state)
{
    (void)state;
    struct caller c;
    struct principal p;
    struct session_grant grant;

    caller_init(&c, &fixture);
    struct user user = fixture_user(&c, "Alice@example.org", USER_ROLE_ADMIN);
    struct session_tokens tokens = sign_in(&c, &user, &grant);
    assert_ok(authenticate(&c, tokens.access_token, &p));
    assert_int_equal(p.user_id, user.id);
    assert_int_equal(p.role, USER_ROLE_ADMIN);
    assert_int_equal(p.kind, USER_KIND_PERSON);
    assert_string_equal(p.email, "alice@example.org");
    assert_true(uuid_eq(&p.user, &user.uuid));
    assert_true(uuid_eq(&p.session, &grant.session));
    assert_int_equal(tokens.expires_in_s, 15 * 60);
    caller_release(&c);
}

static void test_session__what_is_no_access_token_is_refused(void **state)
{
    (void)state;
    struct caller c;
    struct principal p;
    char long_text[TOKEN_MAX_BYTES + 1];

    memset(long_text, 'a', sizeof(long_text));
    caller_init(&c, &fixture);
    struct user user = fixture_user(&c, "wrong@example.org", USER_ROLE_USER);
    struct session_tokens tokens = sign_in(&c, &user, NULL);
    assert_err(authenticate(&c, tokens.refresh_token, &p), ERR_TOKEN);
    assert_err(authenticate(&c, STR(""), &p), ERR_TOKEN);
    assert_err(authenticate(&c, STR("a.b.c"), &p), ERR_TOKEN);
    assert_err(authenticate(&c, (struct str){ long_text, sizeof(long_text) }, &p), ERR_TOKEN);
    assert_int_equal(c.problem.err, ERR_TOKEN);
    caller_release(&c);
}

static void test_session__token_ends_with_its_time(void **state)
{
    (void)state;
    struct caller c;
    struct principal p;

    caller_init(&c, &fixture);
    struct user user = fixture_user(&c, "time@example.org", USER_ROLE_USER);
    struct session_tokens tokens = sign_in(&c, &user, NULL);
    int64_t signed_us = c.ctx.now_us / US_PER_S * US_PER_S;
    c.ctx.now_us = signed_us + 15 * US_PER_MINUTE - 1;
    assert_ok(authenticate(&c, tokens.access_token, &p));
    c.ctx.now_us = signed_us + 15 * US_PER_MINUTE;
    assert_err(authenticate(&c, tokens.access_token, &p), ERR_TOKEN);
    caller_release(&c);
}

static void test_session__ended_one_is_refused(void **state)
{
    (void)state;
    struct caller c;
    struct principal p;

    caller_init(&c, &fixture);
    struct user user = fixture_user(&c, "ended@example.org", USER_ROLE_USER);
    struct session_tokens tokens = sign_in(&c, &user, NULL), pair;
    assert_ok(authenticate(&c, tokens.access_token, &p));
    assert_ok(session_end(&c.ctx, p.user_id, &p.user, &p.session));
    assert_err(authenticate(&c, tokens.access_token, &p), ERR_TOKEN);
    assert_err(refresh(&c, tokens.refresh_token, &pair), ERR_TOKEN);
    assert_err(session_end(&c.ctx, p.user_id, &p.user, &p.session), ERR_SESSION_NOT_FOUND);
    caller_release(&c);
}

static void test_session__someone_elses_cannot_be_ended(void **state)
{
    (void)state;
    struct caller c;
    struct principal p;

    caller_init(&c, &fixture);
    struct user user = fixture_user(&c, "mine@example.org", USER_ROLE_USER);
    struct user other = fixture_user(&c, "other@example.org", USER_ROLE_USER);
    struct session_tokens tokens = sign_in(&c, &user, NULL);
    assert_ok(authenticate(&c, tokens.access_token, &p));
    assert_err(session_end(&c.ctx, other.id, &other.uuid, &p.session), ERR_SESSION_NOT_FOUND);
    assert_ok(authenticate(&c, tokens.access_token, &p));
    caller_release(&c);
}

static void test_session__switched_off_user_is_refused_and_a_new_role_shows(void **state)
{
    (void)state;
    struct caller c;
    struct principal p;

    caller_init(&c, &fixture);
    (void)fixture_user(&c, "boss@example.org", USER_ROLE_ADMIN);
    struct user user = fixture_user(&c, "off@example.org", USER_ROLE_USER);
    struct session_tokens tokens = sign_in(&c, &user, NULL), pair;
    fixture.app.cache = auth_cache_new();
    assert_ok(authenticate(&c, tokens.access_token, &p));
    assert_ok(user_change(&c.ctx, &user.uuid,
                          &(struct user_change){ .what = USER_CHANGE_ROLE, .role = USER_ROLE_ADMIN }, &user));
    assert_ok(authenticate(&c, tokens.access_token, &p));
    assert_int_equal(p.role, USER_ROLE_ADMIN);
    assert_ok(user_change(&c.ctx, &user.uuid, &(struct user_change){ .what = USER_CHANGE_ACTIVE, .is_active = false },
                          &user));
    assert_err(authenticate(&c, tokens.access_token, &p), ERR_TOKEN);
    assert_err(refresh(&c, tokens.refresh_token, &pair), ERR_TOKEN);
    /* Sessions that ended with it do not come back. */
    assert_ok(
        user_change(&c.ctx, &user.uuid, &(struct user_change){ .what = USER_CHANGE_ACTIVE, .is_active = true }, &user));
    assert_err(authenticate(&c, tokens.access_token, &p), ERR_TOKEN);
    keyed_cache_free(fixture.app.cache);
    fixture.app.cache = NULL;
    caller_release(&c);
}

static void test_session__found_in_the_cache_costs_no_statement(void **state)
{
    (void)state;
    struct caller c;
    struct principal p;

    caller_init(&c, &fixture);
    struct user user = fixture_user(&c, "cache@example.org", USER_ROLE_USER);
    struct session_tokens tokens = sign_in(&c, &user, NULL);
    fixture.app.cache = auth_cache_new();
    assert_ok(authenticate(&c, tokens.access_token, &p));
    uint32_t statements = c.ctx.statement_count;
    size_t bytes = arena_used_bytes(c.ctx.arena);
    assert_ok(authenticate(&c, tokens.access_token, &p));
    assert_int_equal(c.ctx.statement_count, statements);
    assert_int_equal(arena_used_bytes(c.ctx.arena), bytes);
    assert_int_equal(p.user_id, user.id);
    /* Ending it here empties the cache at once. */
    assert_ok(session_end(&c.ctx, user.id, &user.uuid, &p.session));
    assert_err(authenticate(&c, tokens.access_token, &p), ERR_TOKEN);
    keyed_cache_free(fixture.app.cache);
    fixture.app.cache = NULL;
    caller_release(&c);
}

static void test_session__refresh_gives_a_new_pair_and_two_tabs_the_same(void **state)
{
    (void)state;
    struct caller c;
    struct principal p;
    struct session_tokens second, third;

    caller_init(&c, &fixture);
    struct user user = fixture_user(&c, "tabs@example.org", USER_ROLE_USER);
    struct session_tokens first = sign_in(&c, &user, NULL);
    c.ctx.now_us += 3 * US_PER_S;
    assert_ok(refresh(&c, first.refresh_token, &second));
    assert_false(str_eq(first.refresh_token, second.refresh_token));
    assert_false(str_eq(first.access_token, second.access_token));
    c.ctx.now_us += REFRESH_GRACE_S * US_PER_S;
    assert_ok(refresh(&c, first.refresh_token, &third));
    assert_true(str_eq(second.refresh_token, third.refresh_token));
    assert_true(str_eq(second.access_token, third.access_token));
    assert_ok(authenticate(&c, second.access_token, &p));
    /* The access token of before stays good until its own end. */
    assert_ok(authenticate(&c, first.access_token, &p));
    caller_release(&c);
}

static void test_session__a_refresh_token_used_again_later_ends_the_session(void **state)
{
    (void)state;
    struct caller c;
    struct principal p;
    struct session_tokens second, third;

    caller_init(&c, &fixture);
    struct user user = fixture_user(&c, "thief@example.org", USER_ROLE_USER);
    struct session_tokens first = sign_in(&c, &user, NULL);
    assert_ok(refresh(&c, first.refresh_token, &second));
    c.ctx.now_us += REFRESH_GRACE_S * US_PER_S + 1;
    assert_err(refresh(&c, first.refresh_token, &third), ERR_TOKEN);
    assert_err(refresh(&c, second.refresh_token, &third), ERR_TOKEN);
    assert_err(authenticate(&c, second.access_token, &p), ERR_TOKEN);
    caller_release(&c);
}

static void test_session__a_token_two_steps_old_ends_the_session_even_at_once(void **state)
{
    (void)state;
    struct caller c;
    struct session_tokens second, third, fourth;

    caller_init(&c, &fixture);
    struct user user = fixture_user(&c, "steps@example.org", USER_ROLE_USER);
    struct session_tokens first = sign_in(&c, &user, NULL);
    assert_ok(refresh(&c, first.refresh_token, &second));
    assert_ok(refresh(&c, second.refresh_token, &third));
    assert_err(refresh(&c, first.refresh_token, &fourth), ERR_TOKEN);
    assert_err(refresh(&c, third.refresh_token, &fourth), ERR_TOKEN);
    caller_release(&c);
}

static void test_session__use_prolongs_it_and_disuse_ends_it(void **state)
{
    (void)state;
    struct caller c;
    struct session_tokens tokens;

    caller_init(&c, &fixture);
    struct user user = fixture_user(&c, "long@example.org", USER_ROLE_USER);
    tokens = sign_in(&c, &user, NULL);
    for (int i = 0; i < 3; i++) {
        c.ctx.now_us += 20 * US_PER_DAY;
        assert_ok(refresh(&c, tokens.refresh_token, &tokens));
    }
    c.ctx.now_us += 30 * US_PER_DAY;
    assert_err(refresh(&c, tokens.refresh_token, &tokens), ERR_TOKEN);
    caller_release(&c);
}

static struct session *list(struct caller *c, const struct principal *p, size_t *ret_count)
{
    struct list sessions = { NULL, 0 };

    caller_next(c);
    c->ctx.actor = p;
    assert_ok(session_list(&c->ctx, p->user_id, &sessions));
    *ret_count = sessions.count;
    return sessions.items;
}

static void test_session__use_is_written_down_once_a_minute(void **state)
{
    (void)state;
    struct caller c;
    struct principal p;
    size_t count;

    caller_init(&c, &fixture);
    struct user user = fixture_user(&c, "touch@example.org", USER_ROLE_USER);
    struct session_tokens tokens = sign_in(&c, &user, NULL);
    int64_t began_us = c.ctx.now_us;
    c.ctx.now_us = began_us + 30 * US_PER_S;
    uint32_t statements = c.ctx.statement_count;
    assert_ok(authenticate(&c, tokens.access_token, &p));
    assert_int_equal(c.ctx.statement_count, statements + 1);
    assert_int_equal(list(&c, &p, &count)[0].last_used_us, began_us);
    c.ctx.now_us = began_us + 61 * US_PER_S;
    assert_ok(authenticate(&c, tokens.access_token, &p));
    assert_int_equal(list(&c, &p, &count)[0].last_used_us, began_us + 61 * US_PER_S);
    caller_release(&c);
}

static void test_session__list_shows_ones_own_newest_first(void **state)
{
    (void)state;
    struct caller c;
    struct principal p;
    size_t count;

    caller_init(&c, &fixture);
    struct user user = fixture_user(&c, "list@example.org", USER_ROLE_USER);
    struct user other = fixture_user(&c, "notlisted@example.org", USER_ROLE_USER);
    struct session_tokens first = sign_in(&c, &user, NULL);
    c.ctx.now_us += 1;
    (void)sign_in(&c, &user, NULL);
    (void)sign_in(&c, &other, NULL);
    assert_ok(authenticate(&c, first.access_token, &p));
    struct session *sessions = list(&c, &p, &count);
    assert_int_equal(count, 2);
    assert_false(sessions[0].current);
    assert_true(sessions[1].current);
    assert_str(sessions[1].ip, "192.0.2.1");
    assert_str(sessions[1].user_agent, "curl/7.88");
    assert_ok(session_end_all(&c.ctx, user.id, &user.uuid));
    sessions = list(&c, &p, &count);
    assert_int_equal(count, 1);
    assert_true(sessions[0].current);
    caller_release(&c);
}

static void test_session__what_a_client_calls_itself_is_cut_and_made_printable(void **state)
{
    (void)state;
    struct caller c;
    struct principal p = { 0 };
    char agent[1000];
    size_t count;

    memset(agent, 'x', sizeof(agent));
    agent[0] = '\n';
    agent[1] = (char)0xFF;
    caller_init(&c, &fixture);
    struct add_call call = { .user = fixture_user(&c, "agent@example.org", USER_ROLE_USER),
                             .origin = { .ip = STR(""), .user_agent = { agent, sizeof(agent) } } };
    assert_ok(db_run(&c.ctx, add_in_transaction, &call));
    call.origin = (struct session_origin){ .ip = { NULL, 0 } };
    assert_ok(db_run(&c.ctx, add_in_transaction, &call));
    p.user_id = call.user.id;
    struct session *sessions = list(&c, &p, &count);
    assert_int_equal(count, 2);
    struct str kept = sessions[0].user_agent.len > 0 ? sessions[0].user_agent : sessions[1].user_agent;
    assert_int_equal(kept.len, USER_AGENT_MAX_BYTES);
    assert_memory_equal(kept.ptr, "??xx", 4);
    caller_release(&c);
}

static void test_session__beyond_the_most_the_oldest_ends(void **state)
{
    (void)state;
    struct caller c;
    struct principal p;
    size_t count;

    caller_init(&c, &fixture);
    struct user user = fixture_user(&c, "many@example.org", USER_ROLE_USER);
    struct session_tokens first = sign_in(&c, &user, NULL), second, last;
    c.ctx.now_us += 1;
    second = sign_in(&c, &user, NULL);
    for (int i = 2; i < SESSIONS_PER_USER_MAX + 1; i++) {
        c.ctx.now_us += 1;
        last = sign_in(&c, &user, NULL);
    }
    assert_err(authenticate(&c, first.access_token, &p), ERR_TOKEN);
    assert_ok(authenticate(&c, second.access_token, &p));
    assert_ok(authenticate(&c, last.access_token, &p));
    (void)list(&c, &p, &count);
    assert_int_equal(count, SESSIONS_PER_USER_MAX);
    caller_release(&c);
}

static void test_session__rows_go_a_day_after_their_end(void **state)
{
    (void)state;
    struct caller c;
    struct principal p;
    int64_t gone = 0, before = 0;

    caller_init(&c, &fixture);
    struct user user = fixture_user(&c, "clean@example.org", USER_ROLE_USER);
    struct session_tokens tokens = sign_in(&c, &user, NULL), kept = sign_in(&c, &user, NULL);
    assert_ok(authenticate(&c, tokens.access_token, &p));
    assert_ok(session_expire(&c.ctx, 10000, &before));
    assert_ok(session_end(&c.ctx, user.id, &user.uuid, &p.session));
    c.ctx.now_us += (SESSION_KEPT_S - 1) * US_PER_S;
    assert_ok(session_expire(&c.ctx, 10000, &gone));
    assert_int_equal(gone, 0);
    c.ctx.now_us += 2 * US_PER_S;
    assert_ok(session_expire(&c.ctx, 1, &gone));
    assert_int_equal(gone, 1);
    assert_ok(refresh(&c, kept.refresh_token, &kept));
    caller_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session__rows_go_a_day_after_their_end), /* first: sees no others' rows */
        cmocka_unit_test(test_session__token_names_its_user_and_session),
        cmocka_unit_test(test_session__what_is_no_access_token_is_refused),
        cmocka_unit_test(test_session__token_ends_with_its_time),
        cmocka_unit_test(test_session__ended_one_is_refused),
        cmocka_unit_test(test_session__someone_elses_cannot_be_ended),
        cmocka_unit_test(test_session__switched_off_user_is_refused_and_a_new_role_shows),
        cmocka_unit_test(test_session__found_in_the_cache_costs_no_statement),
        cmocka_unit_test(test_session__refresh_gives_a_new_pair_and_two_tabs_the_same),
        cmocka_unit_test(test_session__a_refresh_token_used_again_later_ends_the_session),
        cmocka_unit_test(test_session__a_token_two_steps_old_ends_the_session_even_at_once),
        cmocka_unit_test(test_session__use_prolongs_it_and_disuse_ends_it),
        cmocka_unit_test(test_session__use_is_written_down_once_a_minute),
        cmocka_unit_test(test_session__list_shows_ones_own_newest_first),
        cmocka_unit_test(test_session__what_a_client_calls_itself_is_cut_and_made_printable),
        cmocka_unit_test(test_session__beyond_the_most_the_oldest_ends),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
