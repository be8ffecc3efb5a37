#include "domain/files_fixture.h"

#include "parley/domain/files/attachment_digest.h"
#include "parley/domain/lifecycle/cleanup.h"
#include "parley/domain/lifecycle/erasure.h"
#include "parley/domain/lifecycle/user_change.h"
#include "parley/domain/talk/chat_page.h"
#include "parley/domain/workspaces/workspace_row.h"

static struct message post_as(const struct user *user, const struct membership *m, const struct chat *chat,
                              const char *file)
{
    const struct principal who = principal_of(user);
    struct incoming_files files = { .count = 0 };
    const struct message_draft draft = {
        .location = { .workspace = m, .principal = &who, .chat = chat->uuid },
        .content = STR("text"),
        .files = &files,
    };
    struct message message;

    if (file != NULL)
        assert_ok(files_put(&f, &files, file, STR("bytes")));
    assert_ok(post_draft(&f.caller.ctx, &draft, &message));
    return message;
}

/* Until nothing is left; gives the number of steps. */
static int run_all(enum err (*step)(struct ctx *, int64_t *))
{
    int64_t count = 1;
    int steps = 0;

    f.caller.ctx.now_us = clock_now_us();
    for (; count > 0; steps++)
        assert_ok(step(&f.caller.ctx, &count));
    return steps;
}

static int64_t number(enum sql statement, int64_t id, int64_t workspace_id)
{
    int64_t found = -1;
    enum err e = db_number(&f.caller.ctx, statement, DB_ARGS(DB_INT(id), DB_INT(workspace_id), DB_INT(1000)), &found);

    assert_true(e == ERR_OK || e == ERR_NOT_FOUND);
    return found;
}

static void test_erase_chats__rows_and_objects_go(void **state)
{
    (void)state;
    struct chat chat = files_chat(&f);
    const struct chat_target target = { .m = &f.of_owner, .user_id = f.owner.id, .chat = chat.uuid };
    int before = files_in_store(&f);

    for (int i = 0; i < 25; i++)
        (void)post_as(&f.member, &f.of_member, &chat, "a.txt");
    assert_int_equal(files_in_store(&f), before + 25);
    assert_ok(chat_delete(&f.caller.ctx, &target));
    (void)run_all(erase_chats_step);
    (void)run_all(expire_objects);
    assert_int_equal(files_in_store(&f), before);
    assert_int_equal(number(SQL_CHAT_FIRST_SEQS_END, chat.id, f.of_owner.workspace_id), 0);
}

static void test_erase_chats__in_batches(void **state)
{
    (void)state;
    struct chat chat = files_chat(&f);
    const struct chat_target target = { .m = &f.of_owner, .user_id = f.owner.id, .chat = chat.uuid };

    for (int i = 0; i < ERASE_BATCH_ROWS + 1; i++)
        (void)post_as(&f.member, &f.of_member, &chat, NULL);
    assert_ok(chat_delete(&f.caller.ctx, &target));
    assert_int_equal(run_all(erase_chats_step), 4); /* two of messages, the chat, and nothing */
}

static void test_erase_workspaces__everything_of_it_goes(void **state)
{
    (void)state;
    struct workspace_create_opts opts = { .user_id = f.member.id, .name = STR("Gone") };
    struct workspace workspace;
    struct membership m;
    int before = files_in_store(&f);
    int64_t id;

    assert_ok(workspace_create(&f.caller.ctx, &opts, &workspace));
    assert_ok(member_find(&f.caller.ctx, &workspace.uuid, f.member.id, &m));
    for (int i = 0; i < 2; i++) {
        const struct chat_target maker = { .m = &m, .user_id = f.member.id };
        const struct chat_settings settings = { .fields = CHAT_TITLE, .title = STR("Chat") };
        struct chat chat;
        assert_ok(chat_create(&f.caller.ctx, &maker, &settings, NULL, &chat));
        (void)post_as(&f.member, &m, &chat, "a.txt");
    }
    assert_ok(workspace_delete(&f.caller.ctx, &m, f.member.id, 0));
    (void)run_all(erase_workspaces_step);
    (void)run_all(erase_chats_step);
    (void)run_all(erase_workspaces_step);
    (void)run_all(expire_objects);
    assert_int_equal(files_in_store(&f), before);
    assert_err(db_number(&f.caller.ctx, SQL_WORKSPACE_DELETED_NEXT, DB_NO_ARGS, &id), ERR_NOT_FOUND);
}

static void test_erase_users__what_they_wrote_goes_and_counts_follow(void **state)
{
    (void)state;
    struct chat chat = files_chat(&f), found;
    struct user leaver = fixture_user(&f.caller, "leaver@example.org", USER_ROLE_USER);
    struct membership m;
    int before = files_in_store(&f);

    fixture_join(&f.caller.ctx, f.of_owner.workspace_id, leaver.id, MEMBER_ROLE_MEMBER);
    assert_ok(member_find(&f.caller.ctx, &f.of_owner.workspace, leaver.id, &m));
    (void)post_as(&f.member, &f.of_member, &chat, NULL);
    (void)post_as(&leaver, &m, &chat, "a.txt");
    (void)post_as(&leaver, &m, &chat, NULL);
    (void)post_as(&f.member, &f.of_member, &chat, NULL);
    assert_ok(user_delete(&f.caller.ctx, &leaver.uuid, USER_MESSAGES_ERASE));
    (void)run_all(erase_users_step);
    (void)run_all(expire_objects);
    assert_int_equal(files_in_store(&f), before);
    assert_ok(chat_page_get(&f.caller.ctx, &f.of_member, f.member.id, &chat.uuid, &found));
    assert_int_equal(found.messages.count, 2);
    assert_int_equal(found.message_count, 2);
    assert_int_equal(found.last_seq, 4);
}

/* ---- digests of what came in parts ---- */

static enum err no_pulse(void *arg)
{
    (void)arg;
    return ERR_OK;
}

/* One pass over all files, each step until this time. Gives how many steps found something to do. */
static int digest_steps(int64_t until_us)
{
    const struct attachment_digest_opts opts = { until_us, no_pulse, NULL };
    struct attachment_digest *pass = attachment_digest_new();
    bool more = true;
    int count = -1;

    assert_non_null(pass);
    for (; more; count++) {
        caller_next(&f.caller);
        assert_ok(attachment_digest_step(&f.caller.ctx, pass, &opts, &more));
        assert_true(count < 100);
    }
    attachment_digest_free(pass);
    return count;
}

static void test_attachment_digest__passes_when_nothing_is_unread(void **state)
{
    (void)state;

    assert_int_equal(digest_steps(INT64_MAX), 0);
}

static struct str stored_object(struct str bytes)
{
    struct memory_source source = { bytes };
    struct store_put_opts opts = { .content_type = STR("application/zip"),
                                   .size_bytes = (int64_t)bytes.len,
                                   .max_bytes = (int64_t)bytes.len,
                                   .source = memory_read,
                                   .arg = &source };
    uint8_t sum[SHA256_BYTES];
    int64_t size;

    assert_ok(attachment_new_key(&f.caller.ctx, &f.of_member.workspace, STR("parts.zip"), &opts.key));
    assert_ok(store_put(f.base.app.store, f.caller.ctx.arena, &opts, &size, sum));
    return opts.key;
}

static enum err insert_unread(const struct message *message, struct str bytes, const uint8_t *promised,
                              struct attachment *ret_attachment)
{
    const struct attachment_row row = {
        .binding = { .workspace_id = f.of_member.workspace_id, .message_id = message->id, .user_id = f.member.id },
        .uuid = uuid_new(),
        .key = stored_object(bytes),
        .filename = STR("parts.zip"),
        .content_type = STR("application/zip"),
        .size_bytes = (int64_t)bytes.len,
        .promised_sha256 = promised,
    };

    return attachment_insert(&f.caller.ctx, &row, ret_attachment);
}

static void test_attachment_digest__the_promised_one_is_kept(void **state)
{
    (void)state;
    struct message message = post_as(&f.member, &f.of_member, &f.chat, NULL);
    struct attachment attachment, found;
    const struct principal who = principal_of(&f.member);
    uint8_t promised[SHA256_BYTES];

    digest_sha256(STR("hello"), promised);
    assert_ok(insert_unread(&message, STR("hello"), promised, &attachment));
    assert_int_equal(digest_steps(INT64_MAX), 1);
    assert_ok(attachment_get(&f.caller.ctx, &who, &attachment.uuid, &found));
    assert_str(found.sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
}

enum { LARGE_BYTES = 3 * 1024 * 1024 + 7 };

static void test_attachment_digest__goes_on_where_a_step_has_left_it(void **state)
{
    (void)state;
    struct message message = post_as(&f.member, &f.of_member, &f.chat, NULL);
    struct attachment attachment, found;
    const struct principal who = principal_of(&f.member);
    uint8_t promised[SHA256_BYTES];
    char hex[SHA256_HEX_BYTES];
    char *bytes = malloc(LARGE_BYTES);
    struct str large = { bytes, LARGE_BYTES };

    assert_non_null(bytes);
    for (size_t i = 0; i < LARGE_BYTES; i++)
        bytes[i] = (char)(i * 7 + i / 1000);
    digest_sha256(large, promised);
    assert_ok(insert_unread(&message, large, promised, &attachment));
    assert_true(digest_steps(0) > 2);
    caller_next(&f.caller);
    assert_ok(attachment_get(&f.caller.ctx, &who, &attachment.uuid, &found));
    digest_hex(promised, hex);
    assert_str(found.sha256, hex);
    free(bytes);
}

static void test_attachment_digest__of_a_file_that_has_gone_meanwhile_ends(void **state)
{
    (void)state;
    const struct attachment_digest_opts opts = { 0, no_pulse, NULL };
    struct attachment_digest *pass = attachment_digest_new();
    struct chat chat = files_chat(&f);
    const struct chat_target target = { .m = &f.of_owner, .user_id = f.owner.id, .chat = chat.uuid };
    struct message message = post_as(&f.member, &f.of_member, &chat, NULL);
    struct message other = post_as(&f.member, &f.of_member, &f.chat, NULL);
    struct attachment attachment;
    char *bytes = calloc(1, LARGE_BYTES);
    bool more = false;

    assert_non_null(bytes);
    assert_ok(insert_unread(&message, (struct str){ bytes, LARGE_BYTES }, NULL, &attachment));
    assert_ok(attachment_digest_step(&f.caller.ctx, pass, &opts, &more));
    assert_true(more);
    assert_ok(chat_delete(&f.caller.ctx, &target));
    (void)run_all(erase_chats_step);
    assert_ok(insert_unread(&other, STR("hello"), NULL, &attachment));
    caller_next(&f.caller);
    assert_ok(attachment_digest_step(&f.caller.ctx, pass, &opts, &more));
    assert_true(more);
    assert_ok(attachment_digest_step(&f.caller.ctx, pass, &opts, &more));
    assert_false(more);
    attachment_digest_free(pass);
    free(bytes);
}

static void test_attachment_digest__another_one_removes_the_file_visibly(void **state)
{
    (void)state;
    struct message message = post_as(&f.member, &f.of_member, &f.chat, NULL), found;
    const struct principal who = principal_of(&f.member);
    const struct message_location location = { &f.of_member, &who, f.chat.uuid };
    struct attachment attachment;
    uint8_t promised[SHA256_BYTES] = { 1 };
    int before = files_in_store(&f);

    assert_ok(insert_unread(&message, STR("hello"), promised, &attachment));
    assert_int_equal(digest_steps(INT64_MAX), 1);
    caller_next(&f.caller);
    assert_err(attachment_get(&f.caller.ctx, &who, &attachment.uuid, &attachment), ERR_ATTACHMENT_NOT_FOUND);
    assert_int_equal(files_in_store(&f), before);
    caller_next(&f.caller);
    assert_ok(message_find(&f.caller.ctx, &location, &message.uuid, &found));
    assert_int_equal(found.version, message.version + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_erase_chats__rows_and_objects_go),
        cmocka_unit_test(test_erase_chats__in_batches),
        cmocka_unit_test(test_erase_workspaces__everything_of_it_goes),
        cmocka_unit_test(test_erase_users__what_they_wrote_goes_and_counts_follow),
        cmocka_unit_test(test_attachment_digest__passes_when_nothing_is_unread),
        cmocka_unit_test(test_attachment_digest__the_promised_one_is_kept),
        cmocka_unit_test(test_attachment_digest__goes_on_where_a_step_has_left_it),
        cmocka_unit_test(test_attachment_digest__of_a_file_that_has_gone_meanwhile_ends),
        cmocka_unit_test(test_attachment_digest__another_one_removes_the_file_visibly),
    };

    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
