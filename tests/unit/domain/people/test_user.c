#include "domain/domain_fixture.h"

#include <pthread.h>
#include <string.h>

#include "parley/domain/lifecycle/user_change.h"
#include "parley/domain/lifecycle/user_create.h"
#include "parley/domain/people/email_keys.h"

static void test_user__is_kept_in_lower_case_with_a_name_of_its_own(void **state)
{
    (void)state;
    struct caller c;
    struct user again;

    caller_init(&c, &fixture);
    struct user first = fixture_user(&c, "Ann.Lee@Example.org", USER_ROLE_USER);
    struct user second = fixture_user(&c, "ann.lee@example.com", USER_ROLE_USER);
    assert_str(first.email, "ann.lee@example.org");
    assert_str(first.username, "ann.lee");
    assert_int_equal(second.username.len, first.username.len + 7);
    assert_true(first.is_active && first.is_first_login && !first.tos_accepted && !first.twofa_enabled);
    assert_null(first.first_name.ptr);
    assert_int_equal(first.last_login_us, 0);
    assert_ok(user_get_by_uuid(&c.ctx, &first.uuid, &again));
    assert_int_equal(again.id, first.id);
    caller_release(&c);
}

/* As it was stored before each mailbox had one form. */
static void spell(struct caller *c, const struct user *user, const char *old)
{
    int64_t count = 0;

    assert_ok(db_exec(&c->ctx, SQL_USER_EMAIL_REKEY,
                      DB_ARGS(DB_TEXT(str_from(old)), DB_INT(user->id), DB_TEXT(user->email)), &count));
    assert_int_equal(count, 1);
}

static void test_user__addresses_of_before_are_brought_into_their_one_form(void **state)
{
    (void)state;
    struct email_keys keys = { .is_done = false };
    struct str hash;
    struct caller c;
    struct user found;

    caller_init(&c, &fixture);
    struct user domain = fixture_user(&c, "idn@one.example", USER_ROLE_USER);
    struct user first = fixture_user(&c, "same@one.example", USER_ROLE_USER);
    struct user second = fixture_user(&c, "same@two.example", USER_ROLE_USER);
    spell(&c, &domain, "idn@b\u00dcCHER.example");
    spell(&c, &first, "jos\u00e9@old.example");
    spell(&c, &second, "jos\u00c9@old.example");
    while (!keys.is_done)
        assert_ok(email_keys_page(&c.ctx, &keys));
    assert_ok(user_find_credential(&c.ctx, STR("idn@b\u00fccher.example"), &found, &hash));
    assert_int_equal(found.id, domain.id);
    assert_str(found.email, "idn@xn--bcher-kva.example");
    assert_ok(user_find_credential(&c.ctx, STR("JOS\u00c9@old.example"), &found, &hash));
    assert_int_equal(found.id, first.id);
    assert_int_equal(keys.stuck_count, 1);
    assert_int_equal(keys.stuck[0], second.id);
    /* Done is done: the next start looks at no row. */
    spell(&c, &found, "JOS\u00c9@old.example");
    keys = (struct email_keys){ .is_done = false };
    assert_ok(email_keys_page(&c.ctx, &keys));
    assert_true(keys.is_done);
    assert_err(user_find_credential(&c.ctx, STR("jos\u00e9@old.example"), &found, &hash), ERR_NOT_FOUND);
    caller_release(&c);
}

static void test_user__one_address_is_one_person(void **state)
{
    (void)state;
    struct caller c;
    struct user user;
    struct user_create_opts opts = { .email = STR("ONE@example.org"), .password = GOOD_PASSWORD };

    caller_init(&c, &fixture);
    (void)fixture_user(&c, "one@example.org", USER_ROLE_USER);
    assert_err(user_create(&c.ctx, &opts, &user), ERR_EMAIL_TAKEN);
    opts.email = STR("two@example.org");
    opts.username = STR("one");
    caller_next(&c);
    assert_err(user_create(&c.ctx, &opts, &user), ERR_USERNAME_TAKEN);
    opts.password = STR("short");
    opts.username = STR("two");
    caller_next(&c);
    assert_err(user_create(&c.ctx, &opts, &user), ERR_PASSWORD_RULES);
    caller_release(&c);
}

/* Emails of what a search finds, with blanks between. */
static const char *search(struct caller *c, const char *query, int64_t after_id, int64_t skip_count, int64_t limit)
{
    struct user_list_opts opts = {
        .query = str_from(query), .after_id = after_id, .skip_count = skip_count, .limit = limit
    };
    struct user *users;
    const char *text = "";
    size_t count;

    caller_next(c);
    assert_ok(user_list(&c->ctx, &opts, &users, &count));
    for (size_t i = 0; i < count; i++)
        text = arena_printf(c->ctx.arena, "%s%s%.*s", text, i > 0 ? " " : "", STR_FMT(users[i].email));
    return text;
}

static void test_user__list_finds_by_parts_and_takes_wildcards_as_text(void **state)
{
    (void)state;
    struct caller c;
    struct user_create_opts opts = { .email = STR("q1@example.net"),
                                     .password = GOOD_PASSWORD,
                                     .first_name = STR("Zo\xC3\xAB"),
                                     .last_name = STR("100%_!") };
    struct user user;

    caller_init(&c, &fixture);
    assert_ok(user_create(&c.ctx, &opts, &user));
    (void)fixture_user(&c, "q2@example.net", USER_ROLE_USER);
    struct user third = fixture_user(&c, "q3@example.net", USER_ROLE_USER);
    assert_string_equal(search(&c, "EXAMPLE.NET", 0, 0, 10), "q1@example.net q2@example.net q3@example.net");
    assert_string_equal(search(&c, "example.net", 0, 1, 1), "q2@example.net");
    assert_string_equal(search(&c, "example.net", user.id, 0, 10), "q2@example.net q3@example.net");
    assert_string_equal(search(&c, "zo\xC3\xAB", 0, 0, 10), "q1@example.net");
    assert_string_equal(search(&c, "0%_!", 0, 0, 10), "q1@example.net");
    assert_string_equal(search(&c, "q_@example", 0, 0, 10), "");
    assert_string_equal(search(&c, "q%net", 0, 0, 10), "");
    assert_string_equal(search(&c, "", third.id - 1, 0, 10), "q3@example.net");
    caller_release(&c);
}

static void test_user__change_moves_the_version_and_heeds_it(void **state)
{
    (void)state;
    struct caller c;
    struct user_change change = { .what = USER_CHANGE_FIRST_NAME | USER_CHANGE_TOS,
                                  .first_name = STR("Bea"),
                                  .tos_accepted = true };
    struct user changed, read;

    caller_init(&c, &fixture);
    struct user user = fixture_user(&c, "change@example.org", USER_ROLE_USER);
    c.ctx.now_us += 5;
    change.version = user.version;
    assert_ok(user_change(&c.ctx, &user.uuid, &change, &changed));
    assert_int_equal(changed.version, user.version + 1);
    assert_int_equal(changed.updated_us, c.ctx.now_us);
    assert_err(user_change(&c.ctx, &user.uuid, &change, &changed), ERR_PRECONDITION);
    assert_ok(user_get(&c.ctx, user.id, &read));
    assert_str(read.first_name, "Bea");
    assert_true(read.tos_accepted && read.is_active);
    /* Nothing sent changes nothing; null takes a name away. */
    caller_next(&c);
    assert_ok(user_change(&c.ctx, &user.uuid, &(struct user_change){ .what = 0 }, &changed));
    assert_int_equal(changed.version, user.version + 1);
    assert_ok(user_change(&c.ctx, &user.uuid, &(struct user_change){ .what = USER_CHANGE_FIRST_NAME }, &changed));
    assert_null(changed.first_name.ptr);
    caller_release(&c);
}

static enum err take_away(struct caller *c, const struct user *admin, unsigned what)
{
    struct user_change change = { .what = what, .is_active = false, .role = USER_ROLE_USER };
    struct user user;

    caller_next(c);
    return what == 0 ? user_delete(&c->ctx, &admin->uuid, USER_MESSAGES_KEEP)
                     : user_change(&c->ctx, &admin->uuid, &change, &user);
}

/* Leaves the one administrator whom it returns. */
static struct user only_admin(struct caller *c, const char *email)
{
    struct user_list_opts opts = { .limit = 200 };
    struct user admin = fixture_user(c, email, USER_ROLE_ADMIN), *users;
    size_t count;

    assert_ok(user_list(&c->ctx, &opts, &users, &count));
    for (size_t i = 0; i < count; i++)
        if (users[i].role == USER_ROLE_ADMIN && users[i].id != admin.id)
            assert_ok(take_away(c, &users[i], USER_CHANGE_ROLE));
    return admin;
}

static void test_user__the_last_administrator_stays(void **state)
{
    (void)state;
    static const unsigned ways[] = { 0, USER_CHANGE_ACTIVE, USER_CHANGE_ROLE, USER_CHANGE_ACTIVE | USER_CHANGE_ROLE };
    struct caller c;
    struct user changed;

    caller_init(&c, &fixture);
    struct user admin = only_admin(&c, "last@example.org");
    /* One who is switched off does not count. */
    struct user off = fixture_user(&c, "lastoff@example.org", USER_ROLE_ADMIN);
    assert_ok(take_away(&c, &off, USER_CHANGE_ACTIVE));
    for (size_t i = 0; i < COUNT_OF(ways); i++)
        assert_err(take_away(&c, &admin, ways[i]), ERR_LAST_ADMIN);
    /* A change that leaves them one is fine. */
    caller_next(&c);
    assert_ok(user_change(&c.ctx, &admin.uuid,
                          &(struct user_change){ .what = USER_CHANGE_ROLE, .role = USER_ROLE_ADMIN }, &changed));
    (void)fixture_user(&c, "lastbutone@example.org", USER_ROLE_ADMIN);
    assert_ok(take_away(&c, &admin, USER_CHANGE_ROLE));
    caller_release(&c);
}

struct race {
    struct user admin;
    unsigned what;
    enum err outcome;
};

static void *race_run(void *arg)
{
    struct race *race = arg;
    struct caller c;

    caller_init(&c, &fixture);
    race->outcome = take_away(&c, &race->admin, race->what);
    caller_release(&c);
    return NULL;
}

static void test_user__of_two_administrators_taken_away_at_once_one_stays(void **state)
{
    (void)state;
    struct caller c;
    pthread_t threads[2];

    caller_init(&c, &fixture);
    for (int round = 0; round < 20; round++) {
        const char *first = arena_printf(c.ctx.arena, "race%d@example.org", round);
        const char *second = arena_printf(c.ctx.arena, "racer%d@example.org", round);
        struct race races[2] = { { .admin = only_admin(&c, first) }, { .what = USER_CHANGE_ROLE } };
        races[1].admin = fixture_user(&c, second, USER_ROLE_ADMIN);
        for (int i = 0; i < 2; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, race_run, &races[i]), 0);
        for (int i = 0; i < 2; i++)
            pthread_join(threads[i], NULL);
        assert_true((races[0].outcome == ERR_OK) != (races[1].outcome == ERR_OK));
        assert_int_equal(races[0].outcome == ERR_OK ? races[1].outcome : races[0].outcome, ERR_LAST_ADMIN);
    }
    caller_release(&c);
}

static void test_user__deleted_one_is_found_by_nothing(void **state)
{
    (void)state;
    struct caller c;
    struct user user, found;
    struct str hash;

    caller_init(&c, &fixture);
    user = fixture_user(&c, "gone@example.org", USER_ROLE_USER);
    assert_ok(user_delete(&c.ctx, &user.uuid, USER_MESSAGES_ERASE));
    assert_err(user_get(&c.ctx, user.id, &found), ERR_USER_NOT_FOUND);
    assert_err(user_get_by_uuid(&c.ctx, &user.uuid, &found), ERR_USER_NOT_FOUND);
    assert_err(user_find_credential(&c.ctx, STR("gone@example.org"), &found, &hash), ERR_NOT_FOUND);
    assert_err(user_delete(&c.ctx, &user.uuid, USER_MESSAGES_KEEP), ERR_USER_NOT_FOUND);
    assert_err(user_change(&c.ctx, &user.uuid, &(struct user_change){ .what = USER_CHANGE_TOS }, &found),
               ERR_USER_NOT_FOUND);
    assert_string_equal(search(&c, "gone@", 0, 0, 10), "");
    /* The address is free again. */
    caller_next(&c);
    (void)fixture_user(&c, "gone@example.org", USER_ROLE_USER);
    caller_release(&c);
}

static void test_user__stats_count_accounts(void **state)
{
    (void)state;
    struct caller c;
    struct user_stats before, after;

    caller_init(&c, &fixture);
    assert_ok(user_stats(&c.ctx, &before));
    (void)fixture_user(&c, "stats1@example.org", USER_ROLE_ADMIN);
    struct user off = fixture_user(&c, "stats2@example.org", USER_ROLE_USER);
    struct user gone = fixture_user(&c, "stats3@example.org", USER_ROLE_USER);
    assert_ok(take_away(&c, &off, USER_CHANGE_ACTIVE));
    assert_ok(take_away(&c, &gone, 0));
    assert_ok(user_stats(&c.ctx, &after));
    assert_int_equal(after.total_users, before.total_users + 2);
    assert_int_equal(after.active_users, before.active_users + 1);
    assert_int_equal(after.admin_users, before.admin_users + 1);
    assert_int_equal(after.twofa_enabled_users, 0);
    caller_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_user__is_kept_in_lower_case_with_a_name_of_its_own),
        cmocka_unit_test(test_user__addresses_of_before_are_brought_into_their_one_form),
        cmocka_unit_test(test_user__one_address_is_one_person),
        cmocka_unit_test(test_user__list_finds_by_parts_and_takes_wildcards_as_text),
        cmocka_unit_test(test_user__change_moves_the_version_and_heeds_it),
        cmocka_unit_test(test_user__the_last_administrator_stays),
        cmocka_unit_test(test_user__of_two_administrators_taken_away_at_once_one_stays),
        cmocka_unit_test(test_user__deleted_one_is_found_by_nothing),
        cmocka_unit_test(test_user__stats_count_accounts),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
