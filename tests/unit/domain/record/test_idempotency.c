#include "domain/domain_fixture.h"

#include <pthread.h>

#include "parley/domain/record/idempotency.h"

struct fixture {
    struct domain_fixture domain;
    struct caller caller;
    int64_t user_id;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    fixture_init(&f->domain);
    caller_init(&f->caller, &f->domain);
    f->user_id = fixture_user(&f->caller, "alice@example.org", USER_ROLE_USER).id;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    caller_release(&f->caller);
    fixture_release(&f->domain);
    free(f);
    return 0;
}

static const struct idempotency_claim *claim_of(struct caller *c, int64_t user_id, const char *key, const char *body)
{
    struct idempotency_request request = {
        .user_id = user_id, .scope = STR("/route"), .key = str_from(key), .body = str_from(body)
    };
    const struct idempotency_claim *claim = NULL;

    assert_ok(idempotency_claim_new(&c->ctx, &request, &claim));
    return claim;
}

struct taking {
    const struct idempotency_claim *claim;
    struct uuid resource_uuid, got;
    enum idempotency state;
    enum err ending; /* what the transaction ends with */
};

static enum err take_in_transaction(struct ctx *ctx, void *arg)
{
    struct taking *t = arg;

    TRY(idempotency_take(ctx, t->claim, &t->resource_uuid, &t->state, &t->got));
    return t->ending;
}

static enum err take(struct caller *c, struct taking *t)
{
    t->resource_uuid = uuid_new();
    caller_next(c);
    return db_run(&c->ctx, take_in_transaction, t);
}

static void test_idempotency__the_same_key_leads_to_the_first_thing(void **state)
{
    struct fixture *f = *state;
    struct taking first = { .claim = claim_of(&f->caller, f->user_id, "k", "body") };
    struct taking second = first;

    assert_ok(take(&f->caller, &first));
    assert_int_equal(first.state, IDEMPOTENCY_NEW);
    assert_true(uuid_eq(&first.got, &first.resource_uuid));
    assert_ok(take(&f->caller, &second));
    assert_int_equal(second.state, IDEMPOTENCY_SEEN);
    assert_true(uuid_eq(&second.got, &first.resource_uuid));
}

static void test_idempotency__another_body_is_refused(void **state)
{
    struct fixture *f = *state;
    struct taking first = { .claim = claim_of(&f->caller, f->user_id, "k", "body") };
    struct taking second = { .claim = claim_of(&f->caller, f->user_id, "k", "other") };

    assert_ok(take(&f->caller, &first));
    assert_err(take(&f->caller, &second), ERR_IDEMPOTENCY_BODY);
    assert_int_equal(f->caller.problem.err, ERR_IDEMPOTENCY_BODY);
}

static void test_idempotency__other_keys_and_callers_are_apart(void **state)
{
    struct fixture *f = *state;
    int64_t bob = fixture_user(&f->caller, "bob@example.org", USER_ROLE_USER).id;
    struct taking takings[] = {
        { .claim = claim_of(&f->caller, f->user_id, "k", "body") },
        { .claim = claim_of(&f->caller, f->user_id, "l", "body") },
        { .claim = claim_of(&f->caller, bob, "k", "body") },
        { .claim = NULL },
        { .claim = NULL },
    };

    for (size_t i = 0; i < COUNT_OF(takings); i++) {
        assert_ok(take(&f->caller, &takings[i]));
        assert_int_equal(takings[i].state, IDEMPOTENCY_NEW);
    }
}

static void test_idempotency__a_rollback_forgets_the_key(void **state)
{
    struct fixture *f = *state;
    struct taking first = { .claim = claim_of(&f->caller, f->user_id, "k", "body"), .ending = ERR_LIMIT };
    struct taking second = { .claim = claim_of(&f->caller, f->user_id, "k", "other") };

    assert_err(take(&f->caller, &first), ERR_LIMIT);
    assert_ok(take(&f->caller, &second));
    assert_int_equal(second.state, IDEMPOTENCY_NEW);
}

static void test_idempotency__a_key_counts_for_a_day(void **state)
{
    struct fixture *f = *state;
    struct taking first = { .claim = claim_of(&f->caller, f->user_id, "k", "body") };
    struct taking later = { .claim = claim_of(&f->caller, f->user_id, "k", "other") };
    int64_t count = 0;

    assert_ok(take(&f->caller, &first));
    f->caller.ctx.now_us += IDEMPOTENCY_KEPT_HOURS * US_PER_HOUR - 1;
    assert_err(take(&f->caller, &later), ERR_IDEMPOTENCY_BODY);
    assert_ok(idempotency_expire(&f->caller.ctx, 10, &count));
    assert_int_equal(count, 0);
    f->caller.ctx.now_us += 1;
    assert_ok(take(&f->caller, &later));
    assert_int_equal(later.state, IDEMPOTENCY_NEW);
    assert_err(take(&f->caller, &first), ERR_IDEMPOTENCY_BODY);
    f->caller.ctx.now_us += IDEMPOTENCY_KEPT_HOURS * US_PER_HOUR;
    assert_ok(idempotency_expire(&f->caller.ctx, 10, &count));
    assert_int_equal(count, 1);
}

static void test_idempotency__a_body_read_later_counts_too(void **state)
{
    struct fixture *f = *state;
    struct idempotency_request request = { .user_id = f->user_id, .scope = STR("/r"), .key = STR("k") };
    const struct idempotency_claim *early, *one, *two, *none;
    uint8_t hash[SHA256_BYTES] = { 1 };
    struct taking first, second;

    assert_ok(idempotency_claim_new(&f->caller.ctx, &request, &early));
    assert_ok(idempotency_with_body(&f->caller.ctx, early, hash, &one));
    hash[31] = 1;
    assert_ok(idempotency_with_body(&f->caller.ctx, early, hash, &two));
    assert_ok(idempotency_with_body(&f->caller.ctx, NULL, hash, &none));
    assert_null(none);
    first = (struct taking){ .claim = one };
    second = (struct taking){ .claim = two };
    assert_ok(take(&f->caller, &first));
    assert_err(take(&f->caller, &second), ERR_IDEMPOTENCY_BODY);
}

struct racer {
    struct fixture *f;
    struct taking taking;
    enum err err;
};

static void *race(void *arg)
{
    struct racer *r = arg;
    struct caller caller;

    caller_init(&caller, &r->f->domain);
    caller.ctx.now_us = r->f->caller.ctx.now_us;
    r->taking.claim = claim_of(&caller, r->f->user_id, "k", "body");
    r->err = take(&caller, &r->taking);
    caller_release(&caller);
    return NULL;
}

static void test_idempotency__of_many_at_once_one_makes_the_thing(void **state)
{
    struct racer racers[16];
    pthread_t threads[COUNT_OF(racers)];
    size_t new_count = 0;

    for (size_t i = 0; i < COUNT_OF(racers); i++) {
        racers[i] = (struct racer){ .f = *state };
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (size_t i = 0; i < COUNT_OF(racers); i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < COUNT_OF(racers); i++) {
        assert_ok(racers[i].err);
        new_count += racers[i].taking.state == IDEMPOTENCY_NEW;
        assert_true(uuid_eq(&racers[i].taking.got, &racers[0].taking.got));
    }
    assert_int_equal(new_count, 1);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_idempotency__the_same_key_leads_to_the_first_thing),
        TEST(test_idempotency__another_body_is_refused),
        TEST(test_idempotency__other_keys_and_callers_are_apart),
        TEST(test_idempotency__a_rollback_forgets_the_key),
        TEST(test_idempotency__a_key_counts_for_a_day),
        TEST(test_idempotency__a_body_read_later_counts_too),
        TEST(test_idempotency__of_many_at_once_one_makes_the_thing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
