#include "domain/api_key_fixture.h"

#include "parley/domain/record/audit_list.h"

static const struct api_key_change off = { .what = API_KEY_CHANGE_ACTIVE, .is_active = false };

/* ---- changes ---- */

static void test_change__takes_what_was_sent_and_tells_the_log(void **state)
{
    struct person p;
    struct api_key_made made;
    struct api_key key;
    struct list rows;
    const struct audit_link *row;

    (void)state;
    person_init(&p, "change@example.org", USER_ROLE_ADMIN);
    made = key_of(&p, (struct api_key_new){ .name = STR("Old"), .description = STR("kept") });
    assert_ok(api_key_change(&p.c.ctx, made.key.id,
                             &(struct api_key_change){ .what = API_KEY_CHANGE_NAME | API_KEY_CHANGE_IPS,
                                                       .name = STR("New"),
                                                       .allowed_ips = STR("::ffff:192.0.2.1") },
                             &key));
    assert_str(key.name, "New");
    assert_str(key.description, "kept");
    assert_str(key.allowed_ips, "192.0.2.1");
    assert_ok(audit_list_of_keys(&p.c.ctx, &(struct audit_key_list_opts){ .key_id = made.key.id, .limit = 10 }, &rows));
    assert_int_equal(rows.count, 2);
    row = rows.items;
    assert_str(row->action, "api_key.changed");
    assert_str(row->details, "{\"changes\":{\"name\":{\"old\":\"Old\",\"new\":\"New\"},"
                             "\"allowed_ips\":{\"old\":null,\"new\":\"192.0.2.1\"}}}");
    person_release(&p);
}

static void test_change__of_nothing_is_not_told(void **state)
{
    struct person p;
    struct api_key_made made;
    struct api_key key;
    struct list rows;

    (void)state;
    person_init(&p, "nothing@example.org", USER_ROLE_ADMIN);
    made = key_of(&p, (struct api_key_new){ .name = STR("Same") });
    assert_ok(api_key_change(&p.c.ctx, made.key.id,
                             &(struct api_key_change){ .what = API_KEY_CHANGE_NAME, .name = STR("Same") }, &key));
    assert_ok(api_key_deactivate(&p.c.ctx, made.key.id, &key));
    assert_ok(api_key_deactivate(&p.c.ctx, made.key.id, &key));
    assert_false(key.is_active);
    assert_ok(audit_list_of_keys(&p.c.ctx, &(struct audit_key_list_opts){ .key_id = made.key.id, .limit = 10 }, &rows));
    assert_int_equal(rows.count, 2); /* made, switched off */
    person_release(&p);
}

static void test_change__a_key_cannot_end_itself(void **state)
{
    struct person p;
    struct api_key_made made;
    struct api_key key;
    struct principal by_key;

    (void)state;
    person_init(&p, "itself@example.org", USER_ROLE_ADMIN);
    made = key_of(&p, (struct api_key_new){ .scopes = KEY_SCOPE_ADMIN });
    assert_ok(use(made.text, "", 0, &by_key));
    p.c.ctx.actor = &by_key;
    assert_err(api_key_deactivate(&p.c.ctx, made.key.id, &key), ERR_KEY_IN_USE);
    assert_err(api_key_change(&p.c.ctx, made.key.id, &off, &key), ERR_KEY_IN_USE);
    assert_err(api_key_delete(&p.c.ctx, made.key.id), ERR_KEY_IN_USE);
    assert_ok(use_now(made.text));
    person_release(&p);
}

/* ---- rotation ---- */

static void test_rotation__replaces_the_key_at_once(void **state)
{
    struct person p;
    struct api_key_made old, next;
    struct api_key key;

    (void)state;
    person_init(&p, "rotate@example.org", USER_ROLE_ADMIN);
    old = key_of(&p, (struct api_key_new){ .name = STR("Job"),
                                           .description = STR("nightly"),
                                           .scopes = KEY_SCOPE_WRITE,
                                           .expires_us = p.c.ctx.now_us + US_PER_DAY,
                                           .allowed_ips = STR("192.0.2.1") });
    assert_ok(api_key_rotate(&p.c.ctx, old.key.id, API_KEY_PREFIX_OCTOPUS, 0, &next));
    assert_str(next.key.name, "Job (rotated)");
    assert_str(next.key.description, "nightly");
    assert_str(next.key.allowed_ips, "192.0.2.1");
    assert_int_equal(next.key.scopes, KEY_SCOPE_WRITE);
    assert_int_equal(next.key.expires_us, old.key.expires_us);
    assert_true(uuid_eq(&next.key.workspace, &old.key.workspace));
    assert_err(use_now(old.text), ERR_KEY);
    assert_ok(use_now(next.text));
    assert_ok(api_key_get(&p.c.ctx, old.key.id, &key));
    assert_int_equal(key.replaced_by, next.key.id);
    assert_err(api_key_rotate(&p.c.ctx, old.key.id, API_KEY_PREFIX_OCTOPUS, 0, &next), ERR_KEY_OVER);
    person_release(&p);
}

static void test_rotation__leaves_the_old_key_its_grace(void **state)
{
    struct person p;
    struct api_key_made old, next;
    struct principal who;
    int64_t now_us;

    (void)state;
    person_init(&p, "grace@example.org", USER_ROLE_ADMIN);
    now_us = p.c.ctx.now_us;
    old = key_of(&p, (struct api_key_new){ .scopes = KEY_SCOPE_READ });
    assert_ok(api_key_rotate(&p.c.ctx, old.key.id, API_KEY_PREFIX_OCTOPUS, 60, &next));
    assert_int_equal(next.key.expires_us, 0);
    assert_ok(use(old.text, "", now_us + 60 * US_PER_S - 1, &who));
    assert_err(use(old.text, "", now_us + 60 * US_PER_S, &who), ERR_KEY_EXPIRED);
    assert_err(api_key_rotate(&p.c.ctx, old.key.id, API_KEY_PREFIX_OCTOPUS, 60, &next), ERR_KEY_OVER);
    person_release(&p);
}

static void test_rotation__does_not_bring_back_what_is_over(void **state)
{
    struct person p;
    struct api_key_made over, next;
    struct api_key key;

    (void)state;
    person_init(&p, "over@example.org", USER_ROLE_ADMIN);
    over = key_of(&p, (struct api_key_new){ .expires_us = p.c.ctx.now_us });
    assert_err(api_key_rotate(&p.c.ctx, over.key.id, API_KEY_PREFIX_OCTOPUS, 60, &next), ERR_KEY_OVER);
    over = key_of(&p, (struct api_key_new){ .scopes = KEY_SCOPE_READ });
    assert_ok(api_key_deactivate(&p.c.ctx, over.key.id, &key));
    caller_next(&p.c);
    assert_err(api_key_rotate(&p.c.ctx, over.key.id, API_KEY_PREFIX_OCTOPUS, 60, &next), ERR_KEY_OVER);
    person_release(&p);
}

static void test_rotation__cuts_a_name_between_two_characters(void **state)
{
    struct person p;
    struct api_key_made old, next;
    struct buf name;

    (void)state;
    person_init(&p, "name@example.org", USER_ROLE_ADMIN);
    buf_init(&name, 10000);
    for (int i = 0; i < NAME_MAX_CHARS; i++)
        buf_add_c(&name, i % 2 == 0 ? "é" : "🐙");
    old = key_of(&p, (struct api_key_new){ .name = buf_str(&name) });
    assert_ok(api_key_rotate(&p.c.ctx, old.key.id, API_KEY_PREFIX_OCTOPUS, 0, &next));
    assert_true(str_is_utf8(next.key.name));
    assert_int_equal(str_code_points(next.key.name), NAME_MAX_CHARS);
    assert_true(str_ends_with(next.key.name, STR(" (rotated)")));
    buf_release(&name);
    person_release(&p);
}

static enum err rotate(struct racer *racer)
{
    struct api_key_made made;

    return api_key_rotate(&racer->c.ctx, *(const int64_t *)racer->arg, API_KEY_PREFIX_OCTOPUS, 60, &made);
}

static void test_rotation__of_many_at_once_one_makes_a_key(void **state)
{
    struct person p;
    struct api_key_made old;

    (void)state;
    person_init(&p, "race@example.org", USER_ROLE_ADMIN);
    old = key_of(&p, (struct api_key_new){ .scopes = KEY_SCOPE_READ });
    assert_int_equal(race(rotate, &old.key.id, &p.principal, ERR_KEY_OVER), 1);
    person_release(&p);
}

/* ---- the last administrator ---- */

/* A server whose only administrator is a bot. */
static void bot_init(struct caller *c, struct api_key_made *ret_master)
{
    caller_init(c, &fixture);
    assert_ok(bootstrap(&c->ctx, (struct str){ NULL, 0 }, ret_master));
}

static void test_last_admin__of_a_bot_is_its_key(void **state)
{
    struct caller c;
    struct api_key_made master, next;
    struct api_key key;
    struct api_key_change change = { .what = API_KEY_CHANGE_SCOPES, .scopes = KEY_SCOPE_READ };

    (void)state;
    bot_init(&c, &master);
    assert_err(api_key_deactivate(&c.ctx, master.key.id, &key), ERR_LAST_ADMIN);
    caller_next(&c);
    assert_err(api_key_delete(&c.ctx, master.key.id), ERR_LAST_ADMIN);
    caller_next(&c);
    assert_err(api_key_change(&c.ctx, master.key.id, &change, &key), ERR_LAST_ADMIN);
    change = (struct api_key_change){ .what = API_KEY_CHANGE_EXPIRY, .expires_us = c.ctx.now_us };
    caller_next(&c);
    assert_err(api_key_change(&c.ctx, master.key.id, &change, &key), ERR_LAST_ADMIN);
    assert_ok(use_now(master.text));
    assert_ok(api_key_rotate(&c.ctx, master.key.id, API_KEY_PREFIX_OCTOPUS, 3600, &next));
    caller_next(&c);
    assert_err(api_key_delete(&c.ctx, next.key.id), ERR_LAST_ADMIN); /* the old one is about to end */
    assert_ok(api_key_delete(&c.ctx, master.key.id));
    caller_release(&c);
}

static void test_last_admin__may_be_a_person_or_a_key(void **state)
{
    struct person p;
    struct caller c;
    struct api_key_made master;
    struct api_key key;
    struct user user;

    (void)state;
    bot_init(&c, &master);
    person_init(&p, "person@example.org", USER_ROLE_ADMIN);
    assert_ok(user_change(&p.c.ctx, &p.user.uuid, &(struct user_change){ .what = USER_CHANGE_ACTIVE }, &user));
    caller_next(&p.c);
    assert_err(api_key_deactivate(&c.ctx, master.key.id, &key), ERR_LAST_ADMIN);
    assert_ok(user_change(&p.c.ctx, &p.user.uuid,
                          &(struct user_change){ .what = USER_CHANGE_ACTIVE, .is_active = true }, &user));
    caller_next(&c);
    assert_ok(api_key_deactivate(&c.ctx, master.key.id, &key));
    assert_err(user_change(&p.c.ctx, &p.user.uuid, &(struct user_change){ .what = USER_CHANGE_ROLE }, &user),
               ERR_LAST_ADMIN);
    person_release(&p);
    caller_release(&c);
}

static enum err end_one(struct racer *racer)
{
    const int64_t *ids = racer->arg;
    struct api_key key;

    if (racer->number % 2 == 0)
        return api_key_delete(&racer->c.ctx, ids[racer->number]);
    return api_key_deactivate(&racer->c.ctx, ids[racer->number], &key);
}

static void test_last_admin__of_many_keys_ended_at_once_one_stays(void **state)
{
    struct caller c;
    struct api_key_made master;
    struct principal bot;
    int64_t ids[RACERS];

    (void)state;
    bot_init(&c, &master);
    assert_ok(use(master.text, "", 0, &bot));
    ids[0] = master.key.id;
    for (int i = 1; i < RACERS; i++) {
        const struct api_key_new opts = { .name = STR("Further"), .scopes = KEY_SCOPE_ADMIN };
        struct api_key_made made;

        c.ctx.actor = &bot;
        assert_ok(api_key_create(&c.ctx, &opts, &made));
        ids[i] = made.key.id;
    }
    assert_int_equal(race(end_one, ids, NULL, ERR_LAST_ADMIN), RACERS - 1);
    caller_release(&c);
}

/* ---- the clean-up ---- */

static void test_cleanup__switches_off_what_has_expired(void **state)
{
    struct person p;
    struct api_key_made expired, living;
    struct api_key key;
    int64_t count = 0;

    (void)state;
    person_init(&p, "cleanup@example.org", USER_ROLE_ADMIN);
    expired = key_of(&p, (struct api_key_new){ .expires_us = p.c.ctx.now_us });
    living = key_of(&p, (struct api_key_new){ .expires_us = p.c.ctx.now_us + 1 });
    (void)key_of(&p, (struct api_key_new){ .expires_us = 0 });
    assert_ok(api_key_cleanup(&p.c.ctx, &count));
    assert_int_equal(count, 1);
    assert_ok(api_key_get(&p.c.ctx, expired.key.id, &key));
    assert_false(key.is_active);
    assert_ok(api_key_get(&p.c.ctx, living.key.id, &key));
    assert_true(key.is_active);
    assert_ok(api_key_cleanup(&p.c.ctx, &count));
    assert_int_equal(count, 0);
    assert_err(use_now(expired.text), ERR_KEY_EXPIRED);
    person_release(&p);
}

static void test_refusal__is_told_once_a_minute(void **state)
{
    struct person p;
    struct api_key_made made;
    struct principal who;
    struct list rows;
    int64_t now_us;

    (void)state;
    person_init(&p, "refused@example.org", USER_ROLE_ADMIN);
    now_us = p.c.ctx.now_us;
    made = key_of(&p, (struct api_key_new){ .expires_us = 1 });
    for (int i = 0; i < 5; i++)
        assert_err(use(made.text, "192.0.2.9", now_us + i, &who), ERR_KEY_EXPIRED);
    assert_err(use(made.text, "192.0.2.9", now_us + API_KEY_TOUCH_S * US_PER_S, &who), ERR_KEY_EXPIRED);
    assert_ok(audit_list_of_keys(
        &p.c.ctx, &(struct audit_key_list_opts){ .key_id = made.key.id, .action = STR("api_key.refused"), .limit = 10 },
        &rows));
    assert_int_equal(rows.count, 2);
    assert_str(((const struct audit_link *)rows.items)->details, "{\"reason\":\"expired\"}");
    person_release(&p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_change__takes_what_was_sent_and_tells_the_log),
        TEST(test_change__of_nothing_is_not_told),
        TEST(test_change__a_key_cannot_end_itself),
        TEST(test_rotation__replaces_the_key_at_once),
        TEST(test_rotation__leaves_the_old_key_its_grace),
        TEST(test_rotation__does_not_bring_back_what_is_over),
        TEST(test_rotation__cuts_a_name_between_two_characters),
        TEST(test_rotation__of_many_at_once_one_makes_a_key),
        TEST(test_last_admin__of_a_bot_is_its_key),
        TEST(test_last_admin__may_be_a_person_or_a_key),
        TEST(test_last_admin__of_many_keys_ended_at_once_one_stays),
        TEST(test_cleanup__switches_off_what_has_expired),
        TEST(test_refusal__is_told_once_a_minute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
