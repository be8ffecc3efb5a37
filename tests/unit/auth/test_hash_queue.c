#include "../../../app/auth/hash_queue.h"

#include "unit.h"

/* A queue and enough requests; each is named by where it stands in `requests`. */
struct fixture {
    struct hash_queue queue;
    struct hash_request requests[HASH_QUEUE_MAX + 8];
    int made_count;
};

static struct hash_request *request_from(struct fixture *f, const char *client)
{
    struct hash_request *request = &f->requests[f->made_count++];

    assert_true((size_t)f->made_count <= COUNT_OF(f->requests));
    cidr_network(str_from(client), request->network);
    return request;
}

static struct hash_request *add(struct fixture *f, const char *client)
{
    struct hash_request *request = request_from(f, client);

    assert_null(hash_queue_add(&f->queue, request));
    return request;
}

static void add_many(struct fixture *f, const char *client, int count)
{
    for (int i = 0; i < count; i++)
        (void)add(f, client);
}

static void test_hash_queue__one_network_is_served_in_its_order(void **state)
{
    struct fixture f = { .made_count = 0 };

    (void)state;
    add_many(&f, "192.0.2.1", 3);
    for (int i = 0; i < 3; i++)
        assert_ptr_equal(hash_queue_take(&f.queue), &f.requests[i]);
    assert_null(hash_queue_take(&f.queue));
}

static void test_hash_queue__sixty_of_one_network_delay_another_by_one(void **state)
{
    struct fixture f = { .made_count = 0 };
    struct hash_request *late;

    (void)state;
    add_many(&f, "192.0.2.1", 60);
    (void)hash_queue_take(&f.queue);
    late = add(&f, "192.0.2.2");
    (void)hash_queue_take(&f.queue);
    assert_ptr_equal(hash_queue_take(&f.queue), late);
}

static void test_hash_queue__networks_are_served_in_turn(void **state)
{
    struct fixture f = { .made_count = 0 };
    static const int wanted[] = { 0, 3, 5, 1, 4, 2 };

    (void)state;
    add_many(&f, "192.0.2.1", 3);
    add_many(&f, "192.0.2.2", 2);
    add_many(&f, "192.0.2.3", 1);
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
        assert_ptr_equal(hash_queue_take(&f.queue), &f.requests[wanted[i]]);
}

/* A network that always comes back at once would else be served before those that wait, each time anew. */
static void test_hash_queue__coming_back_does_not_jump_the_queue(void **state)
{
    struct fixture f = { .made_count = 0 };

    (void)state;
    add_many(&f, "192.0.2.1", 2);
    add_many(&f, "192.0.2.2", 3);
    for (int i = 0; i < 4; i++) {
        static const int wanted[] = { 0, 2, 1, 3 };
        assert_ptr_equal(hash_queue_take(&f.queue), &f.requests[wanted[i]]);
        if (i == 2)
            (void)add(&f, "192.0.2.1");
    }
    assert_ptr_equal(hash_queue_take(&f.queue), &f.requests[5]);
    assert_ptr_equal(hash_queue_take(&f.queue), &f.requests[4]);
}

static void test_hash_queue__ipv6_counts_by_network(void **state)
{
    struct fixture f = { .made_count = 0 };
    struct hash_request *other;

    (void)state;
    (void)add(&f, "2001:db8:0:1::1");
    (void)add(&f, "2001:db8:0:1::2");
    (void)add(&f, "2001:db8:0:1::3");
    other = add(&f, "2001:db8:0:2::1");
    (void)hash_queue_take(&f.queue);
    assert_ptr_equal(hash_queue_take(&f.queue), other);
}

static void test_hash_queue__one_network_may_fill_it_but_not_for_itself(void **state)
{
    struct fixture f = { .made_count = 0 };
    struct hash_request *more, *other;

    (void)state;
    add_many(&f, "192.0.2.1", HASH_QUEUE_MAX);
    more = request_from(&f, "192.0.2.1");
    assert_ptr_equal(hash_queue_add(&f.queue, more), more);
    other = request_from(&f, "192.0.2.2");
    assert_ptr_equal(hash_queue_add(&f.queue, other), &f.requests[HASH_QUEUE_MAX - 1]);
    assert_int_equal(f.queue.count, HASH_QUEUE_MAX);
    assert_ptr_equal(hash_queue_take(&f.queue), &f.requests[0]);
    assert_ptr_equal(hash_queue_take(&f.queue), other);
}

static void test_hash_queue__whoever_has_one_place_keeps_it(void **state)
{
    struct fixture f = { .made_count = 0 };
    struct hash_request *more;
    char client[16];

    (void)state;
    for (int i = 0; i < HASH_QUEUE_MAX; i++) {
        (void)snprintf(client, sizeof(client), "192.0.2.%d", i);
        (void)add(&f, client);
    }
    more = request_from(&f, "198.51.100.1");
    assert_ptr_equal(hash_queue_add(&f.queue, more), more);
}

static void test_hash_queue__removing_keeps_the_order(void **state)
{
    struct fixture f = { .made_count = 0 };

    (void)state;
    add_many(&f, "192.0.2.1", 3);
    assert_ptr_equal(hash_queue_remove(&f.queue, 1), &f.requests[1]);
    assert_ptr_equal(hash_queue_take(&f.queue), &f.requests[0]);
    assert_ptr_equal(hash_queue_take(&f.queue), &f.requests[2]);
    assert_null(hash_queue_take(&f.queue));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_queue__one_network_is_served_in_its_order),
        cmocka_unit_test(test_hash_queue__sixty_of_one_network_delay_another_by_one),
        cmocka_unit_test(test_hash_queue__networks_are_served_in_turn),
        cmocka_unit_test(test_hash_queue__coming_back_does_not_jump_the_queue),
        cmocka_unit_test(test_hash_queue__ipv6_counts_by_network),
        cmocka_unit_test(test_hash_queue__one_network_may_fill_it_but_not_for_itself),
        cmocka_unit_test(test_hash_queue__whoever_has_one_place_keeps_it),
        cmocka_unit_test(test_hash_queue__removing_keeps_the_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
