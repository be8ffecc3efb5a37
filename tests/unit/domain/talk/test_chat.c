#include "domain/domain_fixture.h"

#include "parley/domain/talk/chat_change.h"
#include "parley/domain/workspaces/workspace.h"
#include "parley/domain/workspaces/workspace_row.h"

static struct caller caller;
static struct user owner, member, guest, other;

/* One workspace with one of each role; `other` is in none. */
static struct membership memberships[4];

static void join_as(const struct membership *location, const struct user *user, enum member_role role)
{
    fixture_join(&caller.ctx, location->workspace_id, user->id, role);
}

static int setup(void **state)
{
    (void)state;
    struct workspace_create_opts opts = { .name = STR("Workspace") };
    struct workspace workspace;

    fixture_init(&fixture);
    caller_init(&caller, &fixture);
    owner = fixture_user(&caller, "owner@example.org", USER_ROLE_USER);
    member = fixture_user(&caller, "member@example.org", USER_ROLE_USER);
    guest = fixture_user(&caller, "guest@example.org", USER_ROLE_USER);
    other = fixture_user(&caller, "other@example.org", USER_ROLE_USER);
    opts.user_id = owner.id;
    assert_ok(workspace_create(&caller.ctx, &opts, &workspace));
    assert_ok(member_find(&caller.ctx, &workspace.uuid, owner.id, &memberships[MEMBER_ROLE_OWNER]));
    join_as(&memberships[MEMBER_ROLE_OWNER], &member, MEMBER_ROLE_MEMBER);
    join_as(&memberships[MEMBER_ROLE_OWNER], &guest, MEMBER_ROLE_GUEST);
    assert_ok(member_find(&caller.ctx, &workspace.uuid, member.id, &memberships[MEMBER_ROLE_MEMBER]));
    assert_ok(member_find(&caller.ctx, &workspace.uuid, guest.id, &memberships[MEMBER_ROLE_GUEST]));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    caller_release(&caller);
    fixture_release(&fixture);
    return 0;
}

static struct chat make_chat(enum member_role role, int64_t user_id, enum chat_join join)
{
    const struct chat_target maker = { .m = &memberships[role], .user_id = user_id };
    const struct chat_settings settings = { .fields = CHAT_TITLE | CHAT_JOIN, .title = STR("Title"), .join = join };
    struct chat chat;

    assert_ok(chat_create(&caller.ctx, &maker, &settings, NULL, &chat));
    return chat;
}

static enum err ask(enum member_role role, const struct user *user, const struct chat *chat, enum chat_right right)
{
    struct chat_ref ref;

    caller_next(&caller);
    return chat_require(&caller.ctx, &memberships[role], user->id, &chat->uuid, right, &ref);
}

struct row {
    enum chat_right right;
    enum err owner, member, guest; /* none of whom has joined; the chat is somebody else's */
};

static void check_rows(const struct chat *chat, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_err(ask(MEMBER_ROLE_OWNER, &owner, chat, rows[i].right), rows[i].owner);
        assert_err(ask(MEMBER_ROLE_MEMBER, &member, chat, rows[i].right), rows[i].member);
        assert_err(ask(MEMBER_ROLE_GUEST, &guest, chat, rows[i].right), rows[i].guest);
    }
}

/* A chat whose maker, a MEMBER, is none of the three who ask. */
static struct chat foreign_chat(enum chat_join join)
{
    join_as(&memberships[MEMBER_ROLE_OWNER], &other, MEMBER_ROLE_MEMBER);
    return make_chat(MEMBER_ROLE_MEMBER, other.id, join);
}

static void test_chat__of_the_workspace_is_everyones(void **state)
{
    (void)state;
    const struct row rows[] = {
        { CHAT_SEE, ERR_OK, ERR_OK, ERR_OK },
        { CHAT_READ, ERR_OK, ERR_OK, ERR_OK },
        { CHAT_WRITE, ERR_OK, ERR_OK, ERR_FORBIDDEN },
        { CHAT_MANAGE, ERR_OK, ERR_FORBIDDEN, ERR_FORBIDDEN },
    };
    struct chat chat = foreign_chat(CHAT_JOIN_WORKSPACE);

    check_rows(&chat, rows, COUNT_OF(rows));
}

static void test_chat__open_is_seen_by_all_and_read_by_who_joined(void **state)
{
    (void)state;
    const struct row rows[] = {
        { CHAT_SEE, ERR_OK, ERR_OK, ERR_OK },
        { CHAT_READ, ERR_NOT_JOINED, ERR_NOT_JOINED, ERR_NOT_JOINED },
        { CHAT_WRITE, ERR_NOT_JOINED, ERR_NOT_JOINED, ERR_FORBIDDEN },
        { CHAT_MANAGE, ERR_OK, ERR_FORBIDDEN, ERR_FORBIDDEN },
    };
    struct chat chat = foreign_chat(CHAT_JOIN_OPEN);

    check_rows(&chat, rows, COUNT_OF(rows));
    assert_err(ask(MEMBER_ROLE_MEMBER, &other, &chat, CHAT_WRITE), ERR_OK);
}

static void test_chat__invite_only_is_unknown_to_all_others(void **state)
{
    (void)state;
    const struct row rows[] = {
        { CHAT_SEE, ERR_CHAT_NOT_FOUND, ERR_CHAT_NOT_FOUND, ERR_CHAT_NOT_FOUND },
        { CHAT_READ, ERR_CHAT_NOT_FOUND, ERR_CHAT_NOT_FOUND, ERR_CHAT_NOT_FOUND },
        { CHAT_WRITE, ERR_CHAT_NOT_FOUND, ERR_CHAT_NOT_FOUND, ERR_CHAT_NOT_FOUND },
        { CHAT_MANAGE, ERR_CHAT_NOT_FOUND, ERR_CHAT_NOT_FOUND, ERR_CHAT_NOT_FOUND },
    };
    struct chat chat = foreign_chat(CHAT_JOIN_INVITE);

    check_rows(&chat, rows, COUNT_OF(rows));
    assert_err(ask(MEMBER_ROLE_MEMBER, &other, &chat, CHAT_MANAGE), ERR_OK);
}

static void test_chat__is_managed_by_its_creator_but_not_as_a_guest(void **state)
{
    (void)state;
    struct chat chat = make_chat(MEMBER_ROLE_MEMBER, member.id, CHAT_JOIN_WORKSPACE);

    assert_err(ask(MEMBER_ROLE_MEMBER, &member, &chat, CHAT_MANAGE), ERR_OK);
    assert_err(ask(MEMBER_ROLE_GUEST, &member, &chat, CHAT_MANAGE), ERR_FORBIDDEN);
}

static void test_chat__of_another_workspace_is_not_found(void **state)
{
    (void)state;
    struct workspace_create_opts opts = { .name = STR("Other"), .user_id = owner.id };
    struct chat chat = make_chat(MEMBER_ROLE_OWNER, owner.id, CHAT_JOIN_WORKSPACE);
    struct workspace elsewhere;
    struct membership there;
    struct chat_ref ref;

    assert_ok(workspace_create(&caller.ctx, &opts, &elsewhere));
    assert_ok(member_find(&caller.ctx, &elsewhere.uuid, owner.id, &there));
    assert_err(chat_require(&caller.ctx, &there, owner.id, &chat.uuid, CHAT_SEE, &ref), ERR_CHAT_NOT_FOUND);
}

static void test_chat__that_is_deleted_is_not_found(void **state)
{
    (void)state;
    struct chat chat = make_chat(MEMBER_ROLE_OWNER, owner.id, CHAT_JOIN_WORKSPACE);
    const struct chat_target target = { .m = &memberships[MEMBER_ROLE_OWNER], .user_id = owner.id, .chat = chat.uuid };

    assert_ok(chat_delete(&caller.ctx, &target));
    assert_err(ask(MEMBER_ROLE_OWNER, &owner, &chat, CHAT_SEE), ERR_CHAT_NOT_FOUND);
    caller_next(&caller);
    assert_err(chat_delete(&caller.ctx, &target), ERR_CHAT_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_chat__##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(of_the_workspace_is_everyones),        TEST(open_is_seen_by_all_and_read_by_who_joined),
        TEST(invite_only_is_unknown_to_all_others), TEST(is_managed_by_its_creator_but_not_as_a_guest),
        TEST(of_another_workspace_is_not_found),    TEST(that_is_deleted_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
