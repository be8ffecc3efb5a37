#include "domain/domain_fixture.h"

#include <string.h>

#include "parley/domain/lifecycle/user_change.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/record/audit_chain.h"
#include "parley/domain/record/audit_list.h"
#include "parley/domain/record/audit_verify.h"
#include "parley/domain/record/principal.h"

static struct caller c;
static struct principal alice;

static int setup(void **state)
{
    (void)state;
    fixture_init(&fixture);
    caller_init(&c, &fixture);
    alice = (struct principal){ .user = { .bytes = { 1 } }, .email = "alice@example.org" };
    c.ctx.actor = &alice;
    c.ctx.ip = STR("192.0.2.1");
    memcpy(c.ctx.request_id, "request-1", 10);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    caller_release(&c);
    fixture_release(&fixture);
    return 0;
}

static const struct uuid chat = { .bytes = { 2 } };

static void add(void)
{
    assert_ok(audit_add(
        &c.ctx, &(struct audit_entry){ .action = AUDIT_CHAT_DELETED,
                                       .target_kind = AUDIT_ON_CHAT,
                                       .target = chat,
                                       .details = AUDIT_DETAILS(AUDIT_TEXT("a", STR("\"x\"")), AUDIT_INT("b", 7)) }));
}

static const struct audit_link *rows_get(size_t wanted)
{
    const struct audit_list_opts opts = { .limit = 100 };
    struct list list;

    assert_ok(audit_list(&c.ctx, &opts, &list));
    assert_int_equal(list.count, wanted);
    return list.items;
}

static int64_t seal(void)
{
    int64_t count = -1;

    assert_ok(audit_seal_step(&c.ctx, &count));
    return count;
}

static struct audit_report verify(void)
{
    struct audit_report report;

    assert_ok(audit_verify(&c.ctx, NULL, &report));
    return report;
}

static void test_audit_add__row_says_who_what_and_where(void **state)
{
    (void)state;
    const struct audit_link *row;

    add();
    row = rows_get(1);
    assert_str(row->action, "chat.deleted");
    assert_true(uuid_eq(&row->actor, &alice.user));
    assert_str(row->personal.name, "alice@example.org");
    assert_str(row->personal.ip, "192.0.2.1");
    assert_str(row->target_kind, "chat");
    assert_true(uuid_eq(&row->target, &chat));
    assert_str(row->request_id, "request-1");
    assert_str(row->details, "{\"a\":\"\\\"x\\\"\",\"b\":7}");
    assert_int_equal(row->at_us, c.ctx.now_us);
    assert_null(row->hash.ptr);
}

static void test_audit_add__outside_of_requests_nobody_acts(void **state)
{
    (void)state;
    const struct audit_link *row;

    c.ctx.actor = NULL;
    c.ctx.ip = (struct str){ NULL, 0 };
    c.ctx.request_id[0] = '\0';
    assert_ok(audit_add(&c.ctx, &(struct audit_entry){ .action = AUDIT_SETTINGS_CHANGED }));
    row = rows_get(1);
    assert_true(uuid_eq(&row->actor, &(struct uuid){ .bytes = { 0 } }));
    assert_null(row->personal.name.ptr);
    assert_null(row->personal.ip.ptr);
    assert_null(row->request_id.ptr);
    assert_null(row->target_kind.ptr);
    assert_str(row->details, "{}");
}

static void test_audit_add__keeps_no_address_of_an_anonymous_visitor(void **state)
{
    (void)state;
    const struct audit_link *row;

    alice.kind = USER_KIND_ANONYMOUS;
    alice.email[0] = '\0';
    add();
    row = rows_get(1);
    assert_null(row->personal.ip.ptr);
    assert_null(row->personal.name.ptr);
}

static enum err add_and_fail(struct ctx *ctx, void *arg)
{
    (void)arg;
    TRY(audit_add(ctx, &(struct audit_entry){ .action = AUDIT_USER_ROLE_CHANGED }));
    return ERR_FORBIDDEN;
}

/* What did not happen is neither in the table nor in the log. */
static void test_audit_add__goes_with_its_transaction(void **state)
{
    (void)state;

    assert_err(db_run(&c.ctx, add_and_fail, NULL), ERR_FORBIDDEN);
    (void)rows_get(0);
    assert_int_equal(settled.count, 0);
    assert_null(c.ctx.outcome.audited);
}

static void test_audit_add__remembers_security_events_for_the_log(void **state)
{
    (void)state;

    add();
    assert_int_equal(settled.count, 0);
    assert_ok(audit_add(&c.ctx, &(struct audit_entry){ .action = AUDIT_REFRESH_REUSED, .target = chat }));
    assert_int_equal(settled.count, 1);
    assert_int_equal(settled.outcome.audited->action, AUDIT_REFRESH_REUSED);
    assert_true(uuid_eq(&settled.outcome.audited->target, &chat));
    assert_str(settled.outcome.audited->ip, "192.0.2.1");
    assert_null(settled.outcome.audited->next);
    assert_null(c.ctx.outcome.audited);
}

static void test_audit_note__leaves_the_problem_alone(void **state)
{
    (void)state;

    assert_err(fail(&c.ctx, ERR_LOGIN), ERR_LOGIN);
    audit_note(&c.ctx, &(struct audit_entry){ .action = AUDIT_SIGN_IN_FAILED });
    assert_int_equal(c.problem.err, ERR_LOGIN);
    assert_str(rows_get(1)->action, "auth.sign_in_failed");
    db_hold(fixture.app.db);
    settled.count = 0;
    audit_note(&c.ctx, &(struct audit_entry){ .action = AUDIT_SIGN_IN_FAILED });
    db_release(fixture.app.db);
    assert_int_equal(c.problem.err, ERR_LOGIN);
    assert_int_equal(settled.count, 1); /* the log hears of it all the same */
    assert_null(settled.outcome.audited->next);
}

static void test_audit_seal__seals_in_batches_and_the_chain_is_whole(void **state)
{
    (void)state;
    struct audit_report report;

    for (int i = 0; i < AUDIT_SEAL_BATCH_ROWS + 5; i++)
        add();
    report = verify();
    assert_int_equal(report.unsealed_count, AUDIT_SEAL_BATCH_ROWS + 5);
    assert_int_equal(seal(), AUDIT_SEAL_BATCH_ROWS);
    assert_int_equal(seal(), 5);
    assert_int_equal(seal(), 0);
    report = verify();
    assert_int_equal(report.fault_count, 0);
    assert_int_equal(report.sealed_count, AUDIT_SEAL_BATCH_ROWS + 5);
    assert_int_equal(report.unsealed_count, 0);
    assert_int_equal(report.end.position, AUDIT_SEAL_BATCH_ROWS + 5);
    arena_reset(c.ctx.arena);
    assert_int_equal(audit_hash_hex(&c.ctx, rows_get(100)->hash).len, 2 * SHA256_BYTES);
}

static void test_audit_verify_part__goes_on_where_it_stopped(void **state)
{
    (void)state;
    struct audit_report report;
    struct audit_end end;
    int64_t checked = 0;
    int parts = 0;
    bool is_complete;

    for (int i = 0; i < 2 * AUDIT_SEAL_BATCH_ROWS + 5; i++)
        add();
    while (seal() > 0)
        continue;
    end = verify().end;
    assert_ok(audit_verify_part(&c.ctx, NULL, 0, &report, &is_complete));
    assert_false(is_complete);
    for (parts = 1, checked = report.sealed_count; !is_complete; parts++) {
        const struct audit_end from = report.end;

        assert_int_equal(from.position, checked);
        assert_ok(audit_verify_part(&c.ctx, &from, 0, &report, &is_complete));
        assert_int_equal(report.fault_count, 0);
        checked += report.sealed_count - 1; /* the row from which it goes on is looked at again */
    }
    assert_true(parts >= 3);
    assert_int_equal(checked, 2 * AUDIT_SEAL_BATCH_ROWS + 5);
    assert_int_equal(report.end.position, end.position);
    assert_memory_equal(report.end.hash.bytes, end.hash.bytes, SHA256_BYTES);
}

/* A user with a few rows, whose deletion is another's. */
static struct user delete_with_rows(int rows)
{
    struct user user = fixture_user(&c, "bob@example.org", USER_ROLE_USER);
    struct principal bob = { .user = user.uuid, .email = "bob@example.org" };

    c.ctx.actor = &bob;
    for (int i = 0; i < rows; i++) {
        add();
        c.ctx.now_us++;
    }
    c.ctx.actor = NULL;
    c.ctx.ip = STR("198.51.100.7");
    audit_note(&c.ctx, &(struct audit_entry){
                           .action = AUDIT_SIGN_IN_FAILED, .target_kind = AUDIT_ON_USER, .target = user.uuid });
    c.ctx.ip = STR("192.0.2.1");
    c.ctx.actor = &alice;
    add();
    assert_true(seal() > 0);
    assert_ok(user_delete(&c.ctx, &user.uuid, USER_MESSAGES_KEEP));
    return user;
}

static size_t named_rows(const struct uuid *actor)
{
    const struct audit_list_opts opts = { .limit = 2000, .actor = *actor };
    struct list list;
    size_t count = 0;

    assert_ok(audit_list(&c.ctx, &opts, &list));
    for (size_t i = 0; i < list.count; i++) {
        const struct audit_link *row = (const struct audit_link *)list.items + i;
        count += row->personal.name.ptr != NULL || row->personal.ip.ptr != NULL;
    }
    return count;
}

static void test_audit_forget_user__erases_names_and_the_chain_holds(void **state)
{
    (void)state;
    struct user bob;
    const struct audit_list_opts failed = { .limit = 10, .action = STR("auth.sign_in_failed") };
    struct list list;

    (void)fixture_user(&c, "root@example.org", USER_ROLE_ADMIN);
    bob = delete_with_rows(3);
    assert_int_equal(named_rows(&bob.uuid), 0);
    assert_true(named_rows(&alice.user) > 0);
    assert_ok(audit_list(&c.ctx, &failed, &list));
    assert_null(((const struct audit_link *)list.items)->personal.ip.ptr);
    while (seal() > 0)
        continue;
    assert_int_equal(verify().fault_count, 0);
}

static void test_audit_note__without_memory_says_nothing(void **state)
{
    (void)state;
    struct arena *kept = c.ctx.arena;

    c.ctx.arena = arena_new(1);
    audit_note(&c.ctx, &(struct audit_entry){ .action = AUDIT_SIGN_IN_FAILED,
                                              .details = AUDIT_DETAILS(AUDIT_TEXT("reason", STR("password"))) });
    arena_free(c.ctx.arena);
    c.ctx.arena = kept;
    assert_int_equal(c.problem.err, ERR_OK);
    (void)rows_get(0);
}

/* rows: how many the deleted user has. */
static void check_late_row(int rows)
{
    struct principal late = { .email = "bob@example.org" };
    int64_t count = -1;

    (void)fixture_user(&c, "root@example.org", USER_ROLE_ADMIN);
    late.user = delete_with_rows(rows).uuid;
    assert_true((named_rows(&late.user) > 0) == (rows > ERASE_BATCH_ROWS));
    c.ctx.actor = &late; /* a request that was under way */
    add();
    assert_ok(audit_erase_step(&c.ctx, &count));
    assert_int_equal(count, 0); /* not yet */
    c.ctx.now_us += AUDIT_ERASE_AGAIN_S * US_PER_S;
    do
        assert_ok(audit_erase_step(&c.ctx, &count));
    while (count > 0);
    assert_int_equal(named_rows(&late.user), 0);
    while (seal() > 0)
        continue;
    assert_int_equal(verify().fault_count, 0);
}

static void test_audit_erase_step__takes_late_rows(void **state)
{
    (void)state;
    check_late_row(2);
}

static void test_audit_erase_step__takes_what_a_large_log_has_left(void **state)
{
    (void)state;
    check_late_row(ERASE_BATCH_ROWS + 50);
}

static void test_audit_list__filters_and_pages(void **state)
{
    (void)state;
    struct audit_list_opts opts = { .limit = 2 };
    const struct audit_link *rows;
    struct list list;
    int64_t first_us = c.ctx.now_us;

    for (int i = 0; i < 5; i++) {
        add();
        c.ctx.now_us += i % 2; /* some at the same time */
    }
    assert_ok(audit_add(&c.ctx, &(struct audit_entry){ .action = AUDIT_SIGNED_OUT }));
    for (int i = 0, seen = 0; seen < 6; i++) {
        assert_ok(audit_list(&c.ctx, &opts, &list));
        assert_int_equal(list.count, 2);
        rows = list.items;
        seen += 2;
        assert_int_equal(rows[0].id, 6 - 2 * i);
        assert_int_equal(rows[1].id, 5 - 2 * i);
        opts.next_us = rows[1].at_us;
        opts.next_id = rows[1].id;
    }
    assert_ok(audit_list(&c.ctx, &opts, &list));
    assert_int_equal(list.count, 0);

    opts = (struct audit_list_opts){ .limit = 9, .action = STR("chat.deleted"), .actor = alice.user, .target = chat };
    assert_ok(audit_list(&c.ctx, &opts, &list));
    assert_int_equal(list.count, 5);
    opts = (struct audit_list_opts){ .limit = 9, .action = STR("chat.deleted"), .actor = alice.user };
    assert_ok(audit_list(&c.ctx, &opts, &list));
    assert_int_equal(list.count, 5);
    opts = (struct audit_list_opts){ .limit = 9, .after_us = first_us, .before_us = first_us + 2 };
    assert_ok(audit_list(&c.ctx, &opts, &list));
    assert_int_equal(list.count, 2);
}

static void test_audit_list_of_keys__is_about_keys(void **state)
{
    (void)state;
    struct audit_key_list_opts opts = { .limit = 10 };
    struct list list;

    add();
    for (int key = 1; key <= 3; key++)
        assert_ok(audit_add(&c.ctx, &(struct audit_entry){ .action = key == 2 ? AUDIT_KEY_DELETED : AUDIT_KEY_CREATED,
                                                           .target_kind = AUDIT_ON_API_KEY,
                                                           .target = chat,
                                                           .target_key_id = key }));
    assert_ok(audit_list_of_keys(&c.ctx, &opts, &list));
    assert_int_equal(list.count, 3);
    assert_int_equal(((const struct audit_link *)list.items)->target_key_id, 3);
    opts.key_id = 2;
    assert_ok(audit_list_of_keys(&c.ctx, &opts, &list));
    assert_int_equal(list.count, 1);
    opts = (struct audit_key_list_opts){ .limit = 10, .skip_count = 1, .action = STR("api_key.created") };
    assert_ok(audit_list_of_keys(&c.ctx, &opts, &list));
    assert_int_equal(list.count, 1);
    assert_int_equal(((const struct audit_link *)list.items)->target_key_id, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_audit_add__row_says_who_what_and_where, setup, teardown),
        cmocka_unit_test_setup_teardown(test_audit_add__outside_of_requests_nobody_acts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_audit_add__keeps_no_address_of_an_anonymous_visitor, setup, teardown),
        cmocka_unit_test_setup_teardown(test_audit_add__goes_with_its_transaction, setup, teardown),
        cmocka_unit_test_setup_teardown(test_audit_add__remembers_security_events_for_the_log, setup, teardown),
        cmocka_unit_test_setup_teardown(test_audit_note__leaves_the_problem_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_audit_seal__seals_in_batches_and_the_chain_is_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(test_audit_verify_part__goes_on_where_it_stopped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_audit_forget_user__erases_names_and_the_chain_holds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_audit_note__without_memory_says_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_audit_erase_step__takes_late_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_audit_erase_step__takes_what_a_large_log_has_left, setup, teardown),
        cmocka_unit_test_setup_teardown(test_audit_list__filters_and_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_audit_list_of_keys__is_about_keys, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
