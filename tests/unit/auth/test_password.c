#include "unit.h"

#include <pthread.h>

#include "keys_fixture.h"
#include "parley/auth/password.h"
#include "parley/core/limits.h"

static struct config *config;
static struct hasher *hasher;

/* A ctx with an arena and a problem of its own. */
struct caller {
    struct app app;
    struct problem problem;
    struct ctx ctx;
};

static void caller_init(struct caller *c)
{
    *c = (struct caller){ .app = { .hasher = hasher } };
    c->ctx = (struct ctx){ .app = &c->app, .config = config, .arena = arena_new(64 * KIB), .problem = &c->problem };
}

static void caller_release(struct caller *c)
{
    arena_free(c->ctx.arena);
}

/* Of the published test vectors of crypt_blowfish. */
static void test_password__known_hashes_fit(void **state)
{
    (void)state;
    static const struct {
        const char *password, *hash;
    } cases[] = {
        { "U*U", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW" },
        { "U*U*", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK" },
        { "U*U*U", "$2b$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a" },
    };
    struct caller c;
    bool rehash = false;

    caller_init(&c);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str hash = str_from(cases[i].hash);

        assert_ok(password_verify(&c.ctx, str_from(cases[i].password), hash, &rehash));
        assert_err(password_verify(&c.ctx, STR("U*"), hash, &rehash), ERR_LOGIN);
    }
    caller_release(&c);
}

static void test_password__own_hash_fits_and_differs_each_time(void **state)
{
    (void)state;
    char first[PASSWORD_HASH_BYTES], second[PASSWORD_HASH_BYTES];
    struct caller c;
    bool rehash = true;

    caller_init(&c);
    assert_ok(password_hash(&c.ctx, STR("correct horse"), first));
    assert_ok(password_hash(&c.ctx, STR("correct horse"), second));
    assert_memory_equal(first, "$2b$04$", 7);
    assert_string_not_equal(first, second);
    assert_ok(password_verify(&c.ctx, STR("correct horse"), str_from(first), &rehash));
    assert_false(rehash);
    assert_err(password_verify(&c.ctx, STR("correct horsf"), str_from(first), &rehash), ERR_LOGIN);
    caller_release(&c);
}

static void test_password__lower_cost_asks_for_a_new_hash(void **state)
{
    (void)state;
    struct config *dearer = fixture_config("/nonexistent", "BCRYPT_ROUNDS=6");
    struct caller c;
    bool rehash = false;

    caller_init(&c);
    c.ctx.config = dearer;
    assert_ok(password_verify(&c.ctx, STR("U*U"), STR("$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
                              &rehash));
    assert_true(rehash);
    caller_release(&c);
    config_free(dearer);
}

static void test_password__no_hash_never_fits(void **state)
{
    (void)state;
    static const char *const hashes[] = {
        "", "*", "x", "$2b$04$", "$1$salt$hash", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWx"
    };
    struct caller c;
    bool rehash;

    caller_init(&c);
    assert_err(password_verify(&c.ctx, STR("unknown"), (struct str){ NULL, 0 }, &rehash), ERR_LOGIN);
    for (size_t i = 0; i < COUNT_OF(hashes); i++)
        assert_err(password_verify(&c.ctx, STR("U*U"), str_from(hashes[i]), &rehash), ERR_LOGIN);
    assert_int_equal(c.problem.err, ERR_OK);
    caller_release(&c);
}

/* 72 bytes count; where bcrypt would cut or stop, nothing is hashed at all. */
static void test_password__nothing_is_cut(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_BYTES];
    char text[PASSWORD_MAX_BYTES + 1];
    struct caller c;
    bool rehash;

    caller_init(&c);
    memset(text, 'a', sizeof(text));
    assert_ok(password_hash(&c.ctx, (struct str){ text, 72 }, hash));
    assert_ok(password_verify(&c.ctx, (struct str){ text, 72 }, str_from(hash), &rehash));
    assert_err(password_verify(&c.ctx, (struct str){ text, 73 }, str_from(hash), &rehash), ERR_LOGIN);
    assert_err(password_verify(&c.ctx, (struct str){ text, 71 }, str_from(hash), &rehash), ERR_LOGIN);
    assert_err(password_hash(&c.ctx, (struct str){ text, 73 }, hash), ERR_PASSWORD_RULES);
    assert_ok(password_hash(&c.ctx, STR("12345678"), hash));
    assert_err(password_verify(&c.ctx, STR("12345678\0tail"), str_from(hash), &rehash), ERR_LOGIN);
    assert_err(password_hash(&c.ctx, STR("12345678\0tail"), hash), ERR_PASSWORD_RULES);
    caller_release(&c);
}

static void test_password__rules(void **state)
{
    (void)state;
    static const struct {
        struct str password;
        enum err wanted;
    } cases[] = {
        { STR_INIT("1234567"), ERR_PASSWORD_RULES },
        { STR_INIT(""), ERR_PASSWORD_RULES },
        { STR_INIT("92745618"), ERR_OK },
        { STR_INIT("12345678"), ERR_PASSWORD_RULES },
        { STR_INIT("PassWord"), ERR_PASSWORD_RULES },
        { STR_INIT("\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F"), ERR_OK },
        { STR_INIT("123456789012345678901234567890123456789012345678901234567890123456789012"), ERR_OK },
        { STR_INIT("1234567890123456789012345678901234567890123456789012345678901234567890123"), ERR_PASSWORD_RULES },
        { STR_INIT("12345678\0tail"), ERR_PASSWORD_RULES },
        { STR_INIT("alice.long@example.org"), ERR_PASSWORD_RULES },
        { STR_INIT("Alice.Long"), ERR_PASSWORD_RULES },
        { STR_INIT("alice.long1"), ERR_OK },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct caller c;

        caller_init(&c);
        assert_err(password_check_rules(&c.ctx, cases[i].password, STR("alice.long@example.org")), cases[i].wanted);
        assert_int_equal(c.problem.err, cases[i].wanted);
        caller_release(&c);
    }
}

enum { CROWD = HASH_QUEUE_MAX + 24 };

static void *hash_in_crowd(void *arg)
{
    struct caller c;
    char hash[PASSWORD_HASH_BYTES];
    enum err *result = arg;

    caller_init(&c);
    *result = password_hash(&c.ctx, STR("correct horse"), hash);
    if (*result == ERR_BUSY && (c.problem.err != ERR_BUSY || c.problem.retry_after_s == 0))
        *result = ERR_INTERNAL;
    caller_release(&c);
    return NULL;
}

/* The cost is such that the crowd is there before many are done. */
static void test_password__a_full_queue_is_busy(void **state)
{
    (void)state;
    struct config *old = config;
    pthread_t threads[CROWD];
    enum err results[CROWD];
    int ok_count = 0, busy_count = 0;
    char *environment[] = { (char *)"BCRYPT_ROUNDS=9", NULL };
    struct config_load_opts opts = { .environment = environment, .env_file = "/dev/null" };
    struct config *small = NULL;
    struct buf faults;

    buf_init(&faults, 1000);
    assert_ok(config_load(&opts, &faults, &small));
    config = small;
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_in_crowd, &results[i]), 0);
    for (int i = 0; i < CROWD; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        ok_count += results[i] == ERR_OK;
        busy_count += results[i] == ERR_BUSY;
    }
    assert_int_equal(ok_count + busy_count, CROWD);
    assert_true(ok_count >= 1);
    assert_true(busy_count >= 1);
    config = old;
    config_free(small);
    buf_release(&faults);
}

static _Atomic int waits_begun, waits_ended;
static _Thread_local bool have_gone;

static void *count_begin(void)
{
    waits_begun++;
    return &have_gone;
}

static void count_end(void)
{
    waits_ended++;
}

static bool has_gone(void *waiter)
{
    return *(const bool *)waiter;
}

static const struct hasher_hooks hooks = { count_begin, count_end, has_gone };

static void *hash_and_leave(void *arg)
{
    have_gone = true;
    return hash_in_crowd(arg);
}

static void test_password__who_has_gone_is_not_waited_for(void **state)
{
    (void)state;
    struct hasher *old = hasher;
    pthread_t threads[HASH_QUEUE_MAX];
    enum err results[HASH_QUEUE_MAX];

    hasher = hasher_new(&hooks);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, i % 3 == 0 ? hash_in_crowd : hash_and_leave, &results[i]),
                         0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_err(results[i], i % 3 == 0 ? ERR_OK : ERR_CLIENT_GONE);
    }
    hasher_free(hasher);
    hasher = old;
}

/* Neither right nor wrong: whoever leaves before the comparison has not guessed. */
static void test_password__who_has_gone_has_not_guessed(void **state)
{
    (void)state;
    struct hasher *old = hasher;
    struct caller c;
    char hash[PASSWORD_HASH_BYTES];
    bool rehash;

    caller_init(&c);
    assert_ok(password_hash(&c.ctx, STR("correct horse"), hash));
    hasher = c.app.hasher = hasher_new(&hooks);
    have_gone = true;
    assert_err(password_verify(&c.ctx, STR("correct horse"), str_from(hash), &rehash), ERR_CLIENT_GONE);
    assert_err(password_verify(&c.ctx, STR("wrong horse"), str_from(hash), &rehash), ERR_CLIENT_GONE);
    assert_err(password_verify(&c.ctx, STR("wrong horse"), (struct str){ NULL, 0 }, &rehash), ERR_CLIENT_GONE);
    have_gone = false;
    assert_ok(password_verify(&c.ctx, STR("correct horse"), str_from(hash), &rehash));
    hasher_free(hasher);
    hasher = old;
    caller_release(&c);
}

static void test_password__a_stopped_queue_lets_everyone_go(void **state)
{
    (void)state;
    struct hasher *old = hasher;
    pthread_t threads[8];
    enum err results[8];

    waits_begun = waits_ended = 0;
    hasher = hasher_new(&hooks);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_in_crowd, &results[i]), 0);
    hasher_stop(hasher);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(results[i] == ERR_OK || results[i] == ERR_BUSY);
    }
    hash_in_crowd(&results[0]);
    assert_err(results[0], ERR_BUSY);
    assert_int_equal(waits_begun, COUNT_OF(threads) + 1);
    assert_int_equal(waits_ended, COUNT_OF(threads) + 1);
    hasher_free(hasher);
    hasher = old;
}

static int start(void **state)
{
    (void)state;
    config = fixture_config("/nonexistent", "BCRYPT_ROUNDS=4");
    hasher = hasher_new(NULL);
    return hasher == NULL ? -1 : 0;
}

static int stop(void **state)
{
    (void)state;
    hasher_free(hasher);
    config_free(config);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_password__known_hashes_fit),
        cmocka_unit_test(test_password__own_hash_fits_and_differs_each_time),
        cmocka_unit_test(test_password__lower_cost_asks_for_a_new_hash),
        cmocka_unit_test(test_password__no_hash_never_fits),
        cmocka_unit_test(test_password__nothing_is_cut),
        cmocka_unit_test(test_password__rules),
        cmocka_unit_test(test_password__a_full_queue_is_busy),
        cmocka_unit_test(test_password__who_has_gone_is_not_waited_for),
        cmocka_unit_test(test_password__who_has_gone_has_not_guessed),
        cmocka_unit_test(test_password__a_stopped_queue_lets_everyone_go),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
