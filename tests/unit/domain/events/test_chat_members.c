/* The members of chats, as the reader of the event log remembers them. */
#include "../../../../app/domain/events/chat_members.h"

#include "unit.h"

enum { WORKSPACE = 5 };

static void assert_members_in(struct chat_members *members, int64_t workspace_id, int64_t chat_id, const int64_t *ids,
                              size_t count)
{
    struct chat_member_list list;

    assert_ok(chat_members_find(members, workspace_id, chat_id, &list));
    assert_int_equal(list.count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(list.ids[i], ids[i]);
}
#define ASSERT_MEMBERS_IN(members, workspace_id, chat_id, ...) \
    assert_members_in(members, workspace_id, chat_id, (const int64_t[]){ __VA_ARGS__ }, \
                      sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))
#define ASSERT_MEMBERS(members, chat_id, ...) ASSERT_MEMBERS_IN(members, WORKSPACE, chat_id, __VA_ARGS__)

static void put(struct chat_members *members, int64_t chat_id)
{
    assert_ok(chat_members_put(members, WORKSPACE, chat_id, (const int64_t[]){ 10, 20, 30 }, 3));
}

static void test_chat_members__come_and_go_in_order(void **state)
{
    struct chat_members *members = chat_members_new(100000);

    (void)state;
    assert_non_null(members);
    put(members, 1);
    chat_members_add(members, 1, 25);
    chat_members_add(members, 1, 25);
    chat_members_add(members, 1, 5);
    chat_members_add(members, 1, 40);
    ASSERT_MEMBERS(members, 1, 5, 10, 20, 25, 30, 40);
    chat_members_remove(members, 1, 20);
    chat_members_remove(members, 1, 21);
    chat_members_remove(members, 1, 5);
    ASSERT_MEMBERS(members, 1, 10, 25, 30, 40);
    for (int64_t id = 100; id < 1000; id++)
        chat_members_add(members, 1, id);
    for (int64_t id = 100; id < 1000; id++)
        chat_members_remove(members, 1, id);
    ASSERT_MEMBERS(members, 1, 10, 25, 30, 40);
    chat_members_free(members);
}

static void test_chat_members__unknown_chats_stay_unknown(void **state)
{
    struct chat_members *members = chat_members_new(100000);
    struct chat_member_list list;

    (void)state;
    chat_members_add(members, 1, 10);
    chat_members_remove(members, 1, 10);
    assert_err(chat_members_find(members, WORKSPACE, 1, &list), ERR_NOT_FOUND);
    put(members, 1);
    put(members, 4097); /* in the same bucket */
    chat_members_drop(members, 1);
    assert_err(chat_members_find(members, WORKSPACE, 1, &list), ERR_NOT_FOUND);
    ASSERT_MEMBERS(members, 4097, 10, 20, 30);
    chat_members_clear(members);
    assert_err(chat_members_find(members, WORKSPACE, 4097, &list), ERR_NOT_FOUND);
    chat_members_free(members);
}

static void test_chat_members__who_leaves_a_workspace_is_out_of_its_chats(void **state)
{
    struct chat_members *members = chat_members_new(100000);

    (void)state;
    put(members, 1);
    put(members, 2);
    assert_ok(chat_members_put(members, WORKSPACE + 1, 3, (const int64_t[]){ 20 }, 1));
    chat_members_remove_everywhere(members, WORKSPACE, 20);
    ASSERT_MEMBERS(members, 1, 10, 30);
    ASSERT_MEMBERS(members, 2, 10, 30);
    ASSERT_MEMBERS_IN(members, WORKSPACE + 1, 3, 20);
    chat_members_free(members);
}

static void test_chat_members__of_a_chat_that_has_moved_are_unknown(void **state)
{
    struct chat_members *members = chat_members_new(100000);
    struct chat_member_list list;

    (void)state;
    put(members, 1);
    assert_err(chat_members_find(members, WORKSPACE + 1, 1, &list), ERR_NOT_FOUND);
    assert_ok(chat_members_put(members, WORKSPACE + 1, 1, (const int64_t[]){ 20, 30 }, 2));
    ASSERT_MEMBERS_IN(members, WORKSPACE + 1, 1, 20, 30);
    assert_err(chat_members_find(members, WORKSPACE, 1, &list), ERR_NOT_FOUND);
    chat_members_free(members);
}

static void test_chat_members__what_was_not_looked_at_makes_room(void **state)
{
    struct chat_members *members = chat_members_new(3 * (128 + 8 * sizeof(int64_t)));
    struct chat_member_list list;

    (void)state;
    put(members, 1);
    put(members, 2);
    put(members, 3);
    assert_ok(chat_members_find(members, WORKSPACE, 1, &list));
    put(members, 4);
    assert_err(chat_members_find(members, WORKSPACE, 2, &list), ERR_NOT_FOUND);
    ASSERT_MEMBERS(members, 1, 10, 20, 30);
    ASSERT_MEMBERS(members, 3, 10, 20, 30);
    ASSERT_MEMBERS(members, 4, 10, 20, 30);
    chat_members_free(members);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chat_members__come_and_go_in_order),
        cmocka_unit_test(test_chat_members__unknown_chats_stay_unknown),
        cmocka_unit_test(test_chat_members__who_leaves_a_workspace_is_out_of_its_chats),
        cmocka_unit_test(test_chat_members__of_a_chat_that_has_moved_are_unknown),
        cmocka_unit_test(test_chat_members__what_was_not_looked_at_makes_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
