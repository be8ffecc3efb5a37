#include "domain/api_key_fixture.h"

/* ---- making and using ---- */

static void test_api_key__is_a_prefix_and_43_characters(void **state)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct person p;
    struct api_key_made first, second;

    (void)state;
    person_init(&p, "text@example.org", USER_ROLE_ADMIN);
    first = key_of(&p, (struct api_key_new){ .prefix = API_KEY_PREFIX_PARLEY });
    second = key_of(&p, (struct api_key_new){ .prefix = API_KEY_PREFIX_OCTOPUS });
    assert_true(str_starts_with(first.text, STR("parley_")));
    assert_int_equal(first.text.len, strlen("parley_") + 43);
    assert_int_equal(strspn(first.text.ptr + 7, alphabet), 43);
    assert_true(str_starts_with(second.text, STR("octopus_")));
    assert_int_equal(second.text.len, strlen("octopus_") + 43);
    assert_true(api_key_looks_like(first.text) && api_key_looks_like(second.text));
    assert_false(api_key_looks_like(STR("eyJhbGciOiJSUzI1NiJ9")));
    assert_int_not_equal(memcmp(first.text.ptr + 7, second.text.ptr + 8, 43), 0);
    person_release(&p);
}

static void test_api_key__acts_for_its_owner_in_its_workspace(void **state)
{
    struct person p;
    struct api_key_made made;
    struct principal who;

    (void)state;
    person_init(&p, "owner@example.org", USER_ROLE_ADMIN);
    made = key_of(&p, (struct api_key_new){ .scopes = KEY_SCOPE_WRITE });
    assert_ok(use(made.text, "192.0.2.1", 0, &who));
    assert_int_equal(who.credential, CREDENTIAL_API_KEY);
    assert_int_equal(who.user_id, p.user.id);
    assert_true(uuid_eq(&who.user, &p.user.uuid) && uuid_eq(&who.key, &made.key.uuid));
    assert_int_equal(who.key_id, made.key.id);
    assert_int_equal(who.key_scopes, KEY_SCOPE_WRITE);
    assert_int_equal(who.session_id, 0);
    assert_string_equal(who.email, "owner@example.org");
    assert_true(principal_may_enter(&who, &made.key.workspace));
    assert_false(principal_may_enter(&who, &p.user.uuid));
    person_release(&p);
}

static void test_api_key__of_an_administrator_is_one_with_the_scope_only(void **state)
{
    struct person p;
    struct principal who;

    (void)state;
    person_init(&p, "role@example.org", USER_ROLE_ADMIN);
    assert_ok(use(key_of(&p, (struct api_key_new){ .scopes = KEY_SCOPE_ADMIN }).text, "", 0, &who));
    assert_int_equal(who.role, USER_ROLE_ADMIN);
    assert_ok(use(key_of(&p, (struct api_key_new){ .scopes = KEY_SCOPE_READ | KEY_SCOPE_WRITE }).text, "", 0, &who));
    assert_int_equal(who.role, USER_ROLE_USER);
    person_release(&p);
}

static void test_api_key__another_text_is_no_key(void **state)
{
    struct person p;
    struct str text;
    char copy[API_KEY_MAX_BYTES + 2];

    (void)state;
    person_init(&p, "other@example.org", USER_ROLE_ADMIN);
    text = key_of(&p, (struct api_key_new){ .scopes = KEY_SCOPE_READ }).text;
    assert_ok(use_now(text));
    for (size_t i = 0; i < text.len; i++) {
        memcpy(copy, text.ptr, text.len);
        copy[i] ^= 1;
        assert_err(use_now((struct str){ copy, text.len }), ERR_KEY);
    }
    assert_err(use_now(str_head(text, text.len - 1)), ERR_KEY);
    assert_err(use_now(STR("")), ERR_KEY);
    assert_err(use_now((struct str){ NULL, 0 }), ERR_KEY);
    memset(copy, 'x', sizeof(copy));
    assert_err(use_now((struct str){ copy, API_KEY_MAX_BYTES }), ERR_KEY);
    assert_err(use_now((struct str){ copy, API_KEY_MAX_BYTES + 1 }), ERR_KEY);
    person_release(&p);
}

static void test_api_key__ends_when_it_expires(void **state)
{
    struct person p;
    struct api_key_made made;
    struct principal who;
    int64_t end_us;

    (void)state;
    person_init(&p, "expires@example.org", USER_ROLE_ADMIN);
    end_us = p.c.ctx.now_us + US_PER_HOUR;
    made = key_of(&p, (struct api_key_new){ .expires_us = end_us });
    assert_ok(use(made.text, "", end_us - 1, &who));
    assert_err(use(made.text, "", end_us, &who), ERR_KEY_EXPIRED);
    assert_err(use_now(key_of(&p, (struct api_key_new){ .expires_us = 1 }).text), ERR_KEY_EXPIRED);
    person_release(&p);
}

static void test_api_key__is_taken_from_its_addresses_only(void **state)
{
    struct person p;
    struct api_key_made made;
    struct principal who;

    (void)state;
    person_init(&p, "address@example.org", USER_ROLE_ADMIN);
    made = key_of(&p, (struct api_key_new){ .allowed_ips = STR(" 192.0.2.7, 2001:DB8::/32 ") });
    assert_str(made.key.allowed_ips, "192.0.2.7,2001:db8::/32");
    assert_ok(use(made.text, "192.0.2.7", 0, &who));
    assert_ok(use(made.text, "2001:db8::5", 0, &who));
    assert_err(use(made.text, "192.0.2.8", 0, &who), ERR_KEY_ADDRESS);
    assert_err(use(made.text, "", 0, &who), ERR_KEY_ADDRESS);
    person_release(&p);
}

static void test_api_key__remembered_for_one_address_is_not_for_another(void **state)
{
    struct person p;
    struct api_key_made made;
    struct principal who;

    (void)state;
    fixture.app.cache = auth_cache_new();
    person_init(&p, "remembered@example.org", USER_ROLE_ADMIN);
    made = key_of(&p, (struct api_key_new){ .allowed_ips = STR("192.0.2.7") });
    assert_ok(use(made.text, "192.0.2.7", 0, &who));
    assert_ok(use(made.text, "192.0.2.7", 0, &who));
    assert_err(use(made.text, "192.0.2.70", 0, &who), ERR_KEY_ADDRESS);
    assert_err(use(made.text, "", 0, &who), ERR_KEY_ADDRESS);
    person_release(&p);
}

static void test_api_key__is_looked_up_once_while_it_is_remembered(void **state)
{
    struct person p;
    struct api_key_made made;
    struct principal who;
    struct api_key off;

    (void)state;
    fixture.app.cache = auth_cache_new();
    person_init(&p, "lookup@example.org", USER_ROLE_ADMIN);
    made = key_of(&p, (struct api_key_new){ .scopes = KEY_SCOPE_READ });
    assert_ok(use_now(made.text));
    p.c.ctx.statement_count = 0;
    assert_ok(api_key_authenticate(&p.c.ctx, made.text, &who));
    assert_int_equal(p.c.ctx.statement_count, 0);
    assert_ok(api_key_deactivate(&p.c.ctx, made.key.id, &off));
    assert_err(use_now(made.text), ERR_KEY);
    person_release(&p);
}

static void test_api_key__dies_with_what_it_stands_on(void **state)
{
    struct person p, other;
    struct api_key_made made;
    struct user user;

    (void)state;
    person_init(&other, "stays@example.org", USER_ROLE_ADMIN);
    person_init(&p, "leaves@example.org", USER_ROLE_ADMIN);
    made = key_of(&p, (struct api_key_new){ .scopes = KEY_SCOPE_READ });
    assert_ok(use_now(made.text));
    assert_ok(user_change(&other.c.ctx, &p.user.uuid,
                          &(struct user_change){ .what = USER_CHANGE_ACTIVE, .is_active = false }, &user));
    assert_err(use_now(made.text), ERR_KEY);
    assert_ok(user_change(&other.c.ctx, &p.user.uuid,
                          &(struct user_change){ .what = USER_CHANGE_ACTIVE, .is_active = true }, &user));
    assert_ok(use_now(made.text));
    assert_ok(user_delete(&other.c.ctx, &p.user.uuid, USER_MESSAGES_KEEP));
    assert_err(use_now(made.text), ERR_KEY);
    assert_err(api_key_get(&other.c.ctx, made.key.id, &made.key), ERR_KEY_NOT_FOUND);
    person_release(&p);
    person_release(&other);
}

static void test_api_key__last_use_is_written_once_a_minute(void **state)
{
    struct person p;
    struct api_key_made made;
    struct api_key key;
    struct principal who;
    int64_t now_us;

    (void)state;
    person_init(&p, "use@example.org", USER_ROLE_ADMIN);
    now_us = p.c.ctx.now_us;
    made = key_of(&p, (struct api_key_new){ .scopes = KEY_SCOPE_READ });
    assert_ok(use(made.text, "192.0.2.1", now_us, &who));
    assert_ok(use(made.text, "192.0.2.2", now_us + API_KEY_TOUCH_S * US_PER_S - 1, &who));
    assert_ok(api_key_get(&p.c.ctx, made.key.id, &key));
    assert_int_equal(key.last_used_us, now_us);
    assert_str(key.last_used_ip, "192.0.2.1");
    assert_ok(use(made.text, "192.0.2.2", now_us + API_KEY_TOUCH_S * US_PER_S, &who));
    assert_ok(api_key_get(&p.c.ctx, made.key.id, &key));
    assert_int_equal(key.last_used_us, now_us + API_KEY_TOUCH_S * US_PER_S);
    assert_str(key.last_used_ip, "192.0.2.2");
    person_release(&p);
}

/* ---- what is refused when one is made ---- */

static void test_api_key__scopes_have_names(void **state)
{
    static const struct {
        const char *text, *shown;
    } good[] = {
        { "read", "read" },
        { " write , read ", "read,write" },
        { "admin,read,write", "admin,read,write" },
        { "admin", "admin" },
        { "read,read", "read" },
    };
    static const char *const bad[] = {
        "", " ", ",", "read,", "Read", "reading", "read write", "read;write", "all", "*"
    };
    unsigned scopes = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        assert_ok(key_scopes_parse(str_from(good[i].text), &scopes));
        assert_str(key_scopes_text(scopes), good[i].shown);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_err(key_scopes_parse(str_from(bad[i]), &scopes), ERR_INVALID);
}

static void test_api_key__bad_addresses_are_refused(void **state)
{
    const struct api_key_new opts = { .name = STR("x"), .scopes = 1, .allowed_ips = STR("192.0.2.1,10.1.2.3/8") };
    struct person p;
    struct api_key_made made;

    (void)state;
    person_init(&p, "bad@example.org", USER_ROLE_ADMIN);
    assert_err(api_key_create(&p.c.ctx, &opts, &made), ERR_INVALID);
    assert_string_equal(p.c.problem.faults[0].field, "allowed_ips");
    assert_string_equal(p.c.problem.faults[0].message, "item 2 is neither an address nor a network");
    person_release(&p);
}

static void test_api_key__is_made_in_a_workspace_of_the_caller_only(void **state)
{
    struct person p, stranger;
    struct api_key_made made, own;
    struct principal by_key;
    struct api_key_new opts = { .name = STR("x"), .scopes = KEY_SCOPE_ADMIN };

    (void)state;
    person_init(&p, "place@example.org", USER_ROLE_ADMIN);
    person_init(&stranger, "stranger@example.org", USER_ROLE_ADMIN);
    own = key_of(&p, opts);
    made = key_of(&stranger, opts);
    opts.workspace = &made.key.workspace;
    assert_err(api_key_create(&p.c.ctx, &opts, &made), ERR_WORKSPACE_NOT_FOUND);
    opts.workspace = &own.key.workspace;
    assert_ok(api_key_create(&p.c.ctx, &opts, &made));
    assert_ok(use(own.text, "", 0, &by_key));
    p.c.ctx.actor = &by_key;
    assert_ok(api_key_create(&p.c.ctx, &opts, &made));
    assert_int_equal(made.key.created_by_key, own.key.id);
    by_key.key_workspace = p.user.uuid; /* a key of another workspace */
    caller_next(&p.c);
    assert_err(api_key_create(&p.c.ctx, &opts, &made), ERR_WORKSPACE_NOT_FOUND);
    person_release(&p);
    person_release(&stranger);
}

static void test_api_key__an_id_is_never_given_out_again(void **state)
{
    struct person p;
    struct api_key_made first, second;

    (void)state;
    person_init(&p, "ids@example.org", USER_ROLE_ADMIN);
    first = key_of(&p, (struct api_key_new){ .scopes = KEY_SCOPE_READ });
    assert_ok(api_key_delete(&p.c.ctx, first.key.id));
    second = key_of(&p, (struct api_key_new){ .scopes = KEY_SCOPE_READ });
    assert_true(second.key.id > first.key.id);
    person_release(&p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_api_key__is_a_prefix_and_43_characters),
        TEST(test_api_key__acts_for_its_owner_in_its_workspace),
        TEST(test_api_key__of_an_administrator_is_one_with_the_scope_only),
        TEST(test_api_key__another_text_is_no_key),
        TEST(test_api_key__ends_when_it_expires),
        TEST(test_api_key__is_taken_from_its_addresses_only),
        TEST(test_api_key__remembered_for_one_address_is_not_for_another),
        TEST(test_api_key__is_looked_up_once_while_it_is_remembered),
        TEST(test_api_key__dies_with_what_it_stands_on),
        TEST(test_api_key__last_use_is_written_once_a_minute),
        TEST(test_api_key__scopes_have_names),
        TEST(test_api_key__bad_addresses_are_refused),
        TEST(test_api_key__is_made_in_a_workspace_of_the_caller_only),
        TEST(test_api_key__an_id_is_never_given_out_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
