#include "domain/audit_chain_fixture.h"

#include <stdlib.h>

static void test_audit_verify__whole_chain(void **state)
{
    (void)state;
    struct chain chain;

    chain_init(&chain);
    verify(&chain);
    assert_int_equal(report->fault_count, 0);
    assert_int_equal(report->sealed_count, ROWS);
    assert_int_equal(report->end.position, ROWS);
    assert_memory_equal(&report->end.hash, &chain.end.hash, SHA256_BYTES);
}

static void test_audit_verify__no_rows(void **state)
{
    (void)state;
    struct chain chain = { .count = 0 };

    verify(&chain);
    assert_int_equal(report->fault_count, 0);
}

/* Every column of a row is in its hash. */
static void test_audit_verify__names_a_changed_row(void **state)
{
    (void)state;
    struct chain chain;

    for (int column = 0; column < 15; column++) {
        chain_init(&chain);
        struct audit_link *link = &chain.links[2];
        switch (column) {
        case 0: link->id++; break;
        case 1: link->uuid.bytes[15] = 1; break;
        case 2: link->at_us++; break;
        case 3: link->action = STR("auth.signed_out"); break;
        case 4: link->actor.bytes[0] = 8; break;
        case 5: link->actor_key_id = 1; break;
        case 6: link->target_kind = (struct str){ NULL, 0 }; break;
        case 7: link->target = (struct uuid){ .bytes = { 0 } }; break;
        case 8: link->target_key_id = 5; break;
        case 9: link->request_id = STR("0123456788"); break;
        case 10: link->details = STR("{} "); break;
        case 11: link->personal.name = STR("mallory@example.org"); break;
        case 12: link->personal.ip = STR("192.0.2.2"); break;
        case 13: link->salt = STR("0123456789abcdeg"); break;
        default: /* with a digest that fits */
            link->personal.ip = STR("192.0.2.2");
            assert_ok(audit_personal_digest(link->salt, &link->personal, &chain.digests[2]));
            break;
        }
        verify(&chain);
        assert_only_fault(AUDIT_FAULT_CHANGED, 3);
        assert_int_equal(report->faults[0].id, link->id);
    }
}

/* Text that moves from one column into the next makes another hash. */
static void test_audit_verify__columns_do_not_run_into_each_other(void **state)
{
    (void)state;
    struct chain chain;
    struct audit_hash previous;

    chain_init(&chain);
    chain.count = 2;
    chain.links[1].request_id = STR("0123,4");
    previous = chain.previous[1];
    link_seal(&chain, 1, &previous);
    chain.end = (struct audit_end){ .position = 2, .hash = chain.hashes[1] };
    verify(&chain);
    assert_int_equal(report->fault_count, 0);
    chain.links[1].request_id = STR("0123");
    chain.links[1].details = STR("4,{}");
    verify(&chain);
    assert_only_fault(AUDIT_FAULT_CHANGED, 2);
}

static void test_audit_verify__erased_person_is_no_fault(void **state)
{
    (void)state;
    struct chain chain;

    chain_init(&chain);
    chain.links[2].personal = (struct audit_personal){ .name = { NULL, 0 } };
    chain.links[2].salt = (struct str){ NULL, 0 };
    verify(&chain);
    assert_int_equal(report->fault_count, 0);
}

static void test_audit_verify__name_put_into_an_erased_row_is_a_change(void **state)
{
    (void)state;
    struct chain chain;

    chain_init(&chain);
    chain.links[2].salt = (struct str){ NULL, 0 };
    verify(&chain);
    assert_only_fault(AUDIT_FAULT_CHANGED, 3);
}

static void test_audit_verify__row_changed_and_hashed_again_is_named(void **state)
{
    (void)state;
    struct chain chain;
    struct audit_hash previous;

    chain_init(&chain);
    previous = chain.previous[2];
    chain.links[2].details = STR("{\"a\":1}");
    link_seal(&chain, 2, &previous);
    verify(&chain);
    assert_only_fault(AUDIT_FAULT_REPLACED, 3);
    assert_int_equal(report->faults[0].id, 103);
}

static void test_audit_verify__last_row_changed_and_hashed_again_is_named(void **state)
{
    (void)state;
    struct chain chain;
    struct audit_hash previous;

    chain_init(&chain);
    previous = chain.previous[ROWS - 1];
    chain.links[ROWS - 1].details = STR("{\"a\":1}");
    link_seal(&chain, ROWS - 1, &previous);
    verify(&chain);
    assert_only_fault(AUDIT_FAULT_REPLACED, ROWS);
}

static void test_audit_verify__removed_rows_are_named(void **state)
{
    (void)state;
    struct chain chain;

    chain_init(&chain);
    take_out(&chain, 2);
    take_out(&chain, 2);
    verify(&chain);
    assert_only_fault(AUDIT_FAULT_REMOVED, 3);
    assert_int_equal(report->faults[0].other_position, 4);
}

static void test_audit_verify__removed_row_behind_new_numbers_is_found(void **state)
{
    (void)state;
    struct chain chain;

    chain_init(&chain);
    take_out(&chain, 2);
    renumber(&chain);
    chain.end.position--;
    verify(&chain);
    assert_only_fault(AUDIT_FAULT_REPLACED, 2);
}

static void test_audit_verify__removed_first_row_is_found(void **state)
{
    (void)state;
    struct chain chain;

    chain_init(&chain);
    take_out(&chain, 0);
    verify(&chain);
    assert_only_fault(AUDIT_FAULT_REMOVED, 1);

    renumber(&chain);
    chain.end.position--;
    verify(&chain);
    assert_only_fault(AUDIT_FAULT_BEHEADED, 1);
    assert_int_equal(report->faults[0].id, 102);
}

static void test_audit_verify__removed_last_rows_are_found(void **state)
{
    (void)state;
    struct chain chain;

    chain_init(&chain);
    chain.count -= 2;
    verify(&chain);
    assert_only_fault(AUDIT_FAULT_REMOVED, ROWS - 1);
    assert_int_equal(report->faults[0].other_position, ROWS);
}

static void test_audit_verify__all_rows_removed_is_found(void **state)
{
    (void)state;
    struct chain chain;

    chain_init(&chain);
    chain.count = 0;
    verify(&chain);
    assert_only_fault(AUDIT_FAULT_REMOVED, 1);
}

/* Hashed as if it belonged there; the rows after it are not made again. */
static void test_audit_verify__added_row_is_named(void **state)
{
    (void)state;
    struct chain chain;

    chain_init(&chain);
    memmove(&chain.links[3], &chain.links[2], 4 * sizeof(chain.links[0]));
    chain.count++;
    chain.links[2] = link_of(50);
    assert_ok(audit_personal_digest(STR(salt), &chain.links[2].personal, &chain.digests[ROWS]));
    chain.links[2].digest = audit_hash_str(&chain.digests[ROWS]);
    assert_ok(audit_link_hash(&chain.links[2], chain.links[1].hash, &chain.hashes[ROWS]));
    chain.links[2].previous_hash = chain.links[1].hash;
    chain.links[2].hash = audit_hash_str(&chain.hashes[ROWS]);
    renumber(&chain);
    chain.end.position++;
    verify(&chain);
    assert_only_fault(AUDIT_FAULT_ADDED, 3);
    assert_int_equal(report->faults[0].id, 150);
}

static void test_audit_verify__row_added_at_the_end_is_named(void **state)
{
    (void)state;
    struct chain chain;

    chain_init(&chain);
    chain.links[ROWS] = link_of(ROWS + 1);
    link_seal(&chain, ROWS, &chain.end.hash);
    chain.count++;
    verify(&chain);
    assert_only_fault(AUDIT_FAULT_ADDED, ROWS + 1);
}

static void test_audit_verify__row_added_before_the_first_is_named(void **state)
{
    (void)state;
    struct chain chain;

    chain_init(&chain);
    memmove(&chain.links[1], &chain.links[0], ROWS * sizeof(chain.links[0]));
    chain.links[0].position = -7;
    chain.count++;
    verify(&chain);
    assert_only_fault(AUDIT_FAULT_ADDED, -7);
}

static void test_audit_verify__swapped_rows_are_named(void **state)
{
    (void)state;
    struct chain chain;
    struct audit_link kept;

    chain_init(&chain);
    kept = chain.links[1];
    chain.links[1] = chain.links[3];
    chain.links[3] = kept;
    renumber(&chain);
    verify(&chain);
    /* Rows 4 and 2, and the two that now stand after a stranger. */
    assert_int_equal(report->fault_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_fault(i, AUDIT_FAULT_MOVED, (int64_t)i + 2);
    assert_int_equal(report->faults[0].id, 104);
    assert_int_equal(report->faults[0].other_position, 3);
    assert_int_equal(report->faults[2].id, 102);
    assert_int_equal(report->faults[2].other_position, 1);
}

static void test_audit_verify__first_row_moved_is_named(void **state)
{
    (void)state;
    struct chain chain;
    struct audit_link kept;

    chain_init(&chain);
    kept = chain.links[0];
    chain.links[0] = chain.links[1];
    chain.links[1] = kept;
    renumber(&chain);
    verify(&chain);
    assert_int_equal(report->fault_count, 3);
    assert_fault(0, AUDIT_FAULT_MOVED, 1);
    assert_fault(1, AUDIT_FAULT_MOVED, 2);
    assert_int_equal(report->faults[1].other_position, 0);
}

/* Whoever makes the whole chain again, its end included, does not know what was kept elsewhere. */
static void test_audit_verify__chain_made_anew_is_shown_by_a_known_end(void **state)
{
    (void)state;
    struct chain chain;
    struct audit_hash previous = { .bytes = { 0 } };
    struct audit_end known;

    chain_init(&chain);
    known = (struct audit_end){ .position = 4, .hash = chain.hashes[3] };
    verify_known(&chain, &known);
    assert_int_equal(report->fault_count, 0);

    chain.links[1].details = STR("{\"a\":1}");
    for (size_t i = 0; i < ROWS; i++) {
        link_seal(&chain, i, &previous);
        previous = chain.hashes[i];
    }
    chain.end.hash = previous;
    verify(&chain);
    assert_int_equal(report->fault_count, 0);
    verify_known(&chain, &known);
    assert_only_fault(AUDIT_FAULT_UNKNOWN, 4);
}

static void test_audit_verify__chain_shorter_than_the_known_end(void **state)
{
    (void)state;
    struct chain chain;
    struct audit_end known;

    chain_init(&chain);
    known = chain.end;
    chain.count = 3;
    chain.end = (struct audit_end){ .position = 3, .hash = chain.hashes[2] };
    verify_known(&chain, &known);
    assert_only_fault(AUDIT_FAULT_REMOVED, 4);
    assert_int_equal(report->faults[0].other_position, ROWS);
}

static void test_audit_verify__more_faults_than_are_listed_are_counted(void **state)
{
    (void)state;
    struct chain chain;
    struct audit_walk walk;

    chain_init(&chain);
    audit_walk_begin(&walk, report, NULL);
    for (int i = 0; i < 3 * AUDIT_FAULTS_LISTED_MAX; i++) {
        chain.links[0].position = i + 1;
        assert_ok(audit_walk_row(&walk, &chain.links[0]));
    }
    assert_int_equal(report->sealed_count, 3 * AUDIT_FAULTS_LISTED_MAX);
    assert_int_equal(report->fault_count, 3 * AUDIT_FAULTS_LISTED_MAX - 1);
}

static void test_audit_fault_sentence__names_the_row(void **state)
{
    (void)state;
    struct arena *a = arena_new(65536);
    struct audit_fault fault = { AUDIT_FAULT_CHANGED, .position = 3, .id = 103, .uuid = { .bytes = { 0xAB } } };

    for (int kind = AUDIT_FAULT_CHANGED; kind <= AUDIT_FAULT_UNKNOWN; kind++) {
        fault.kind = (enum audit_fault_kind)kind;
        const char *sentence = audit_fault_sentence(a, &fault);
        assert_non_null(strstr(sentence, "position 3"));
        if (kind != AUDIT_FAULT_REMOVED)
            assert_non_null(strstr(sentence, "row 103 (ab000000-0000-0000-0000-000000000000)"));
    }
    arena_free(a);
}

static int setup(void **state)
{
    (void)state;
    report = malloc(sizeof(*report));
    return report == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    free(report);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_audit_verify__whole_chain),
        cmocka_unit_test(test_audit_verify__no_rows),
        cmocka_unit_test(test_audit_verify__names_a_changed_row),
        cmocka_unit_test(test_audit_verify__columns_do_not_run_into_each_other),
        cmocka_unit_test(test_audit_verify__erased_person_is_no_fault),
        cmocka_unit_test(test_audit_verify__name_put_into_an_erased_row_is_a_change),
        cmocka_unit_test(test_audit_verify__row_changed_and_hashed_again_is_named),
        cmocka_unit_test(test_audit_verify__last_row_changed_and_hashed_again_is_named),
        cmocka_unit_test(test_audit_verify__removed_rows_are_named),
        cmocka_unit_test(test_audit_verify__removed_row_behind_new_numbers_is_found),
        cmocka_unit_test(test_audit_verify__removed_first_row_is_found),
        cmocka_unit_test(test_audit_verify__removed_last_rows_are_found),
        cmocka_unit_test(test_audit_verify__all_rows_removed_is_found),
        cmocka_unit_test(test_audit_verify__added_row_is_named),
        cmocka_unit_test(test_audit_verify__row_added_at_the_end_is_named),
        cmocka_unit_test(test_audit_verify__row_added_before_the_first_is_named),
        cmocka_unit_test(test_audit_verify__swapped_rows_are_named),
        cmocka_unit_test(test_audit_verify__first_row_moved_is_named),
        cmocka_unit_test(test_audit_verify__chain_made_anew_is_shown_by_a_known_end),
        cmocka_unit_test(test_audit_verify__chain_shorter_than_the_known_end),
        cmocka_unit_test(test_audit_verify__more_faults_than_are_listed_are_counted),
        cmocka_unit_test(test_audit_fault_sentence__names_the_row),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
