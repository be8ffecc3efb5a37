#include "domain/files_fixture.h"

static struct message_page page_of(const struct chat *chat, int64_t number, int64_t size)
{
    const struct principal who = principal_of(&f.member);
    const struct message_location location = place_in(&f.of_member, &who, chat);
    struct message_page page;

    assert_ok(message_page_find(&f.caller.ctx, &location, number, size, &page));
    return page;
}

static enum err delete_as(const struct user *user, const struct membership *m, const struct chat *chat,
                          const struct message *message)
{
    const struct principal who = principal_of(user);
    const struct message_removal removal = { .location = place_in(m, &who, chat), .message = message->uuid };

    caller_next(&f.caller);
    return message_delete(&f.caller.ctx, &removal);
}

static struct message post_file(const struct chat *chat, const char *name, struct str bytes)
{
    const struct principal who = principal_of(&f.member);
    struct incoming_files files = { .count = 0 };
    const struct message_draft draft = { .location = place_in(&f.of_member, &who, chat),
                                         .files = &files,
                                         .content = STR("") };
    struct message message;

    assert_ok(files_put(&f, &files, name, bytes));
    assert_ok(post_draft(&f.caller.ctx, &draft, &message));
    return message;
}

static void test_message_post__file_gets_its_row_and_keeps_its_bytes(void **state)
{
    (void)state;
    struct chat chat = files_chat(&f);
    int before = files_in_store(&f);
    struct message sent = post_file(&chat, "note.TXT", STR("some text"));
    const struct attachment *file = sent.attachments.items;
    struct attachment found;

    assert_int_equal(sent.attachments.count, 1);
    assert_str(file->filename, "note.TXT");
    assert_str(file->content_type, "text/plain");
    assert_int_equal(file->size_bytes, 9);
    assert_true(str_ends_with(file->object_key, STR(".txt")));
    assert_int_equal(files_in_store(&f), before + 1);
    assert_ok(attachment_get(&f.caller.ctx, &(struct principal){ .user_id = f.owner.id }, &file->uuid, &found));
    assert_true(str_eq(found.sha256, file->sha256));
}

static void test_message_delete__takes_files_along(void **state)
{
    (void)state;
    struct chat chat = files_chat(&f);
    int before = files_in_store(&f);
    struct message sent = post_file(&chat, "note.txt", STR("some text"));
    const struct attachment *file = sent.attachments.items;
    struct attachment found;

    assert_ok(delete_as(&f.member, &f.of_member, &chat, &sent));
    assert_int_equal(files_in_store(&f), before);
    assert_err(attachment_get(&f.caller.ctx, &(struct principal){ .user_id = f.member.id }, &file->uuid, &found),
               ERR_ATTACHMENT_NOT_FOUND);
}

static void test_message_page__hands_each_message_its_files(void **state)
{
    (void)state;
    struct chat chat = files_chat(&f);
    struct message_page page;
    const struct message *messages;

    (void)post_file(&chat, "a.txt", STR("a"));
    (void)post(&chat, "none");
    (void)post_file(&chat, "b.txt", STR("b"));
    page = page_of(&chat, 1, 10);
    messages = page.messages.items;
    assert_int_equal(messages[0].attachments.count, 1);
    assert_int_equal(messages[1].attachments.count, 0);
    assert_int_equal(messages[2].attachments.count, 1);
    assert_str(((const struct attachment *)messages[2].attachments.items)->filename, "b.txt");
}

static void test_new_files__wrong_type_leaves_nothing(void **state)
{
    (void)state;
    struct incoming_files files = { .count = 0 };
    int before = files_in_store(&f);

    assert_err(files_put(&f, &files, "page.png", STR("<!DOCTYPE html><script>")), ERR_FILE_CONTENT);
    assert_err(files_put(&f, &files, "../up.txt", STR("text")), ERR_FILE_NAME);
    incoming_files_drop(&f.caller.ctx, &files);
    assert_int_equal(files_in_store(&f), before);
}

static void test_new_files__all_together_have_one_limit(void **state)
{
    (void)state;
    struct incoming_files files = { .count = 0 };
    int before = files_in_store(&f);
    char *bytes = malloc(700 * KIB);

    memset(bytes, 'a', 700 * KIB);
    assert_ok(files_put(&f, &files, "a.txt", (struct str){ bytes, 700 * KIB }));
    assert_err(files_put(&f, &files, "b.txt", (struct str){ bytes, 700 * KIB }), ERR_TOO_LARGE);
    free(bytes);
    incoming_files_drop(&f.caller.ctx, &files);
    assert_int_equal(files_in_store(&f), before);
}

static void test_message_post__files_that_the_job_took_are_no_message(void **state)
{
    (void)state;
    const struct principal who = principal_of(&f.member);
    struct incoming_files files = { .count = 0 };
    const struct message_draft draft = { .location = place_in(&f.of_member, &who, &f.chat),
                                         .files = &files,
                                         .content = STR("") };
    struct pending_deletions batch;
    struct message message;
    int64_t then_us = f.caller.ctx.now_us;

    assert_ok(files_put(&f, &files, "a.txt", STR("a")));
    f.caller.ctx.now_us = clock_now_us() + 2 * US_PER_HOUR;
    assert_ok(object_deletion_claim(&f.caller.ctx, &batch));
    f.caller.ctx.now_us = then_us;
    assert_int_equal(batch.count, 1);
    assert_err(post_draft(&f.caller.ctx, &draft, &message), ERR_STORAGE);
    assert_ok(object_deletion_finish(&f.caller.ctx, &batch));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_post__file_gets_its_row_and_keeps_its_bytes),
        cmocka_unit_test(test_message_delete__takes_files_along),
        cmocka_unit_test(test_message_page__hands_each_message_its_files),
        cmocka_unit_test(test_new_files__wrong_type_leaves_nothing),
        cmocka_unit_test(test_new_files__all_together_have_one_limit),
        cmocka_unit_test(test_message_post__files_that_the_job_took_are_no_message),
    };

    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
