#include "domain/files_fixture.h"

#include <pthread.h>

#include "parley/domain/files/signed_object.h"
#include "parley/domain/files/upload_completion.h"
#include "parley/domain/files/upload_plan.h"
#include "parley/domain/lifecycle/cleanup.h"

/* SHA-256 of "hello" (FIPS 180-4; any other program says the same). */
#define HELLO_SUM "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

static enum err begin(const char *name, int64_t size_bytes, const char *sum, struct upload *ret_upload)
{
    const struct principal who = principal_of(&f.member);
    const struct upload_draft draft = {
        .workspace = &f.of_member,
        .principal = &who,
        .filename = str_from(name),
        .size_bytes = size_bytes,
        .sha256_hex = str_from(sum),
    };

    caller_next(&f.caller);
    f.caller.ctx.now_us = clock_now_us();
    return upload_create(&f.caller.ctx, &draft, ret_upload);
}

static struct upload_plan plan_of(struct upload *upload, enum upload_ask ask)
{
    struct upload_plan plan;

    caller_next(&f.caller);
    assert_ok(upload_plan(&f.caller.ctx, upload, ask, &plan));
    return plan;
}

/* What a client does with an address: PUT. */
static enum err put(struct str url, struct str bytes)
{
    size_t path_at = strlen("https://chat.example.org/objects/");
    size_t query_at = str_index(url, '?');
    struct signed_object_request request = {
        .path = str_tail(str_head(url, query_at), path_at),
        .query = str_tail(url, query_at + 1),
        .content_length = (int64_t)bytes.len,
    };
    struct memory_source source = { bytes };
    struct str etag;

    caller_next(&f.caller);
    return signed_object_put(&f.caller.ctx, &request, memory_read, &source, &etag);
}

static enum err complete(const struct upload *upload, struct attachment *ret_attachment)
{
    const struct principal who = principal_of(&f.member);
    const struct upload_completion completion = { .workspace = &f.of_member,
                                                  .principal = &who,
                                                  .upload = upload->uuid };

    caller_next(&f.caller);
    return upload_complete(&f.caller.ctx, &completion, ret_attachment);
}

static void test_upload__one_put_becomes_an_attachment(void **state)
{
    (void)state;
    struct upload upload;
    struct upload_plan plan;
    struct attachment attachment;

    assert_ok(begin("hello.txt", 5, HELLO_SUM, &upload));
    plan = plan_of(&upload, UPLOAD_ALL_MISSING);
    assert_int_equal(plan.parts.count, 0);
    assert_ok(put(plan.url, STR("hello")));
    assert_ok(complete(&upload, &attachment));
    assert_true(uuid_eq(&attachment.uuid, &upload.uuid));
    assert_str(attachment.content_type, "text/plain");
    assert_int_equal(attachment.size_bytes, 5);
}

static void test_upload__other_bytes_than_promised_are_refused_by_the_store(void **state)
{
    (void)state;
    struct upload upload;
    struct upload_plan plan;
    struct attachment attachment;

    assert_ok(begin("hello.txt", 5, HELLO_SUM, &upload));
    plan = plan_of(&upload, UPLOAD_ALL_MISSING);
    assert_err(put(plan.url, STR("jello")), ERR_UPLOAD_MISMATCH);
    assert_err(put(plan.url, STR("hello!")), ERR_FORBIDDEN);
    assert_err(complete(&upload, &attachment), ERR_UPLOAD_INCOMPLETE);
}

static void test_upload__without_digest_cannot_be_exchanged_afterwards(void **state)
{
    (void)state;
    struct upload upload;
    struct upload_plan plan;
    struct attachment attachment;

    assert_ok(begin("hello.txt", 5, NULL, &upload));
    plan = plan_of(&upload, UPLOAD_ALL_MISSING);
    assert_int_equal(plan.parts.count, 0);
    assert_ok(put(plan.url, STR("hello")));
    assert_ok(complete(&upload, &attachment));
    assert_err(put(plan.url, STR("<html")), ERR_FORBIDDEN);
}

static void test_upload__true_type_is_checked_and_nothing_stays(void **state)
{
    (void)state;
    struct upload upload;
    struct upload_plan plan;
    struct attachment attachment;
    int before = files_in_store(&f);

    assert_ok(begin("page.png", 14, NULL, &upload));
    plan = plan_of(&upload, UPLOAD_ALL_MISSING);
    assert_ok(put(plan.url, STR("<!DOCTYPE html")));
    assert_err(complete(&upload, &attachment), ERR_FILE_CONTENT);
    assert_int_equal(files_in_store(&f), before);
    assert_err(complete(&upload, &attachment), ERR_UPLOAD_NOT_FOUND);
}

static void test_upload__refusals_at_the_beginning(void **state)
{
    (void)state;
    struct upload upload;

    assert_err(begin("a.exe", 5, NULL, &upload), ERR_FILE_TYPE);
    assert_err(begin("a/b.txt", 5, NULL, &upload), ERR_FILE_NAME);
    assert_err(begin("a.txt", (int64_t)(256 * MIB) + 1, NULL, &upload), ERR_TOO_LARGE);
    assert_err(begin("a.txt", 5, "zz", &upload), ERR_INVALID);
}

static void test_upload__parts_are_sized_and_resumed(void **state)
{
    (void)state;
    const size_t whole = 65 * MIB;
    struct upload upload;
    struct upload_plan plan;
    const struct upload_part *parts;
    char *bytes = calloc(1, 16 * MIB);

    assert_ok(begin("big.zip", (int64_t)whole, NULL, &upload));
    plan = plan_of(&upload, UPLOAD_ALL_MISSING);
    parts = plan.parts.items;
    assert_int_equal(plan.parts.count, 5);
    assert_int_equal(parts[0].size_bytes, 16 * MIB);
    assert_int_equal(parts[4].size_bytes, MIB);
    assert_ok(put(parts[1].url, (struct str){ bytes, 16 * MIB }));
    free(bytes);
    plan = plan_of(&upload, UPLOAD_ASK_STORE);
    parts = plan.parts.items;
    assert_false(parts[0].uploaded);
    assert_true(parts[1].uploaded);
    assert_null(parts[1].url.ptr);
    assert_false(plan.uploaded);
}

static void test_upload__incomplete_may_be_tried_again(void **state)
{
    (void)state;
    struct upload upload;
    struct upload_plan plan;
    struct attachment attachment;

    assert_ok(begin("hello.txt", 5, NULL, &upload));
    plan = plan_of(&upload, UPLOAD_ALL_MISSING);
    assert_err(complete(&upload, &attachment), ERR_UPLOAD_INCOMPLETE);
    assert_ok(put(plan.url, STR("hello")));
    assert_ok(complete(&upload, &attachment));
}

static void test_upload__is_its_uploaders_alone(void **state)
{
    (void)state;
    struct upload upload, found;

    assert_ok(begin("hello.txt", 5, NULL, &upload));
    caller_next(&f.caller);
    assert_err(upload_get(&f.caller.ctx, f.of_owner.workspace_id, f.owner.id, &upload.uuid, &found),
               ERR_UPLOAD_NOT_FOUND);
}

static void test_upload_cancel__bytes_go(void **state)
{
    (void)state;
    struct upload upload;
    struct upload_plan plan;
    int before = files_in_store(&f);

    assert_ok(begin("hello.txt", 5, HELLO_SUM, &upload));
    plan = plan_of(&upload, UPLOAD_ALL_MISSING);
    assert_ok(put(plan.url, STR("hello")));
    assert_int_equal(files_in_store(&f), before + 1);
    assert_ok(upload_cancel(&f.caller.ctx, f.of_member.workspace_id, f.member.id, &upload.uuid));
    assert_int_equal(files_in_store(&f), before);
    assert_err(put(plan.url, STR("hello")), ERR_FORBIDDEN);
}

static void test_upload__expires_with_its_bytes(void **state)
{
    (void)state;
    struct upload upload;
    struct upload_plan plan;
    struct attachment attachment;
    int64_t count = 1;
    int before = files_in_store(&f);

    assert_ok(begin("hello.txt", 5, HELLO_SUM, &upload));
    plan = plan_of(&upload, UPLOAD_ALL_MISSING);
    assert_ok(put(plan.url, STR("hello")));
    f.caller.ctx.now_us = upload.expires_us + US_PER_S;
    assert_err(complete(&upload, &attachment), ERR_UPLOAD_NOT_FOUND);
    caller_next(&f.caller);
    while (count > 0)
        assert_ok(expire_uploads(&f.caller.ctx, &count));
    do
        assert_ok(expire_objects(&f.caller.ctx, &count));
    while (count > 0);
    assert_int_equal(files_in_store(&f), before);
}

enum { COMPLETERS = 10 };

static void *completer(void *arg)
{
    const struct upload *upload = arg;
    const struct principal who = principal_of(&f.member);
    const struct upload_completion completion = { .workspace = &f.of_member,
                                                  .principal = &who,
                                                  .upload = upload->uuid };
    struct attachment attachment;
    struct caller own;
    enum err e;

    caller_init(&own, &f.base);
    e = upload_complete(&own.ctx, &completion, &attachment);
    caller_release(&own);
    return (void *)(intptr_t)e;
}

static void test_upload_complete__of_many_exactly_one_wins(void **state)
{
    (void)state;
    struct upload upload;
    struct upload_plan plan;
    pthread_t threads[COMPLETERS];
    int winners = 0;

    assert_ok(begin("hello.txt", 5, NULL, &upload));
    plan = plan_of(&upload, UPLOAD_ALL_MISSING);
    assert_ok(put(plan.url, STR("hello")));
    for (int i = 0; i < COMPLETERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, completer, &upload), 0);
    for (int i = 0; i < COMPLETERS; i++) {
        void *outcome;
        assert_int_equal(pthread_join(threads[i], &outcome), 0);
        winners += outcome == (void *)ERR_OK;
        assert_true(outcome == (void *)ERR_OK || outcome == (void *)ERR_CONFLICT ||
                    outcome == (void *)ERR_UPLOAD_NOT_FOUND);
    }
    assert_int_equal(winners, 1);
}

static struct attachment uploaded(void)
{
    struct upload upload;
    struct upload_plan plan;
    struct attachment attachment;

    assert_ok(begin("hello.txt", 5, NULL, &upload));
    plan = plan_of(&upload, UPLOAD_ALL_MISSING);
    assert_ok(put(plan.url, STR("hello")));
    assert_ok(complete(&upload, &attachment));
    return attachment;
}

static enum err post_with(const struct uuid *ids, size_t count, const struct user *user, const struct membership *m,
                          struct message *ret_message)
{
    const struct principal who = principal_of(user);
    const struct message_draft draft = {
        .location = { .workspace = m, .principal = &who, .chat = f.chat.uuid },
        .content = STR("x"),
        .attachments = ids,
        .attachment_count = count,
    };

    caller_next(&f.caller);
    return post_draft(&f.caller.ctx, &draft, ret_message);
}

static void test_attachment_bind__once_and_by_its_uploader(void **state)
{
    (void)state;
    struct attachment attachment = uploaded();
    struct message message;

    assert_err(post_with(&attachment.uuid, 1, &f.owner, &f.of_owner, &message), ERR_ATTACHMENT_NOT_FOUND);
    assert_ok(post_with(&attachment.uuid, 1, &f.member, &f.of_member, &message));
    assert_int_equal(message.attachments.count, 1);
    assert_err(post_with(&attachment.uuid, 1, &f.member, &f.of_member, &message), ERR_ATTACHMENT_NOT_FOUND);
}

static void test_attachment_get__unbound_is_for_its_uploader(void **state)
{
    (void)state;
    struct attachment attachment = uploaded(), found;
    struct message message;

    caller_next(&f.caller);
    assert_ok(attachment_get(&f.caller.ctx, &(struct principal){ .user_id = f.member.id }, &attachment.uuid, &found));
    assert_err(attachment_get(&f.caller.ctx, &(struct principal){ .user_id = f.owner.id }, &attachment.uuid, &found),
               ERR_ATTACHMENT_NOT_FOUND);
    assert_ok(post_with(&attachment.uuid, 1, &f.member, &f.of_member, &message));
    caller_next(&f.caller);
    assert_ok(attachment_get(&f.caller.ctx, &(struct principal){ .user_id = f.owner.id }, &attachment.uuid, &found));
}

static void test_expire_unbound__takes_old_ones_only(void **state)
{
    (void)state;
    struct attachment attachment = uploaded(), found;
    int64_t count;

    caller_next(&f.caller);
    assert_ok(expire_unbound(&f.caller.ctx, &count));
    assert_int_equal(count, 0);
    f.caller.ctx.now_us += (ATTACHMENT_UNBOUND_HOURS + 1) * US_PER_HOUR;
    do
        assert_ok(expire_unbound(&f.caller.ctx, &count));
    while (count > 0);
    assert_err(attachment_get(&f.caller.ctx, &(struct principal){ .user_id = f.member.id }, &attachment.uuid, &found),
               ERR_ATTACHMENT_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_upload__one_put_becomes_an_attachment),
        cmocka_unit_test(test_upload__other_bytes_than_promised_are_refused_by_the_store),
        cmocka_unit_test(test_upload__without_digest_cannot_be_exchanged_afterwards),
        cmocka_unit_test(test_upload__true_type_is_checked_and_nothing_stays),
        cmocka_unit_test(test_upload__refusals_at_the_beginning),
        cmocka_unit_test(test_upload__parts_are_sized_and_resumed),
        cmocka_unit_test(test_upload__incomplete_may_be_tried_again),
        cmocka_unit_test(test_upload__is_its_uploaders_alone),
        cmocka_unit_test(test_upload_cancel__bytes_go),
        cmocka_unit_test(test_upload__expires_with_its_bytes),
        cmocka_unit_test(test_upload_complete__of_many_exactly_one_wins),
        cmocka_unit_test(test_attachment_bind__once_and_by_its_uploader),
        cmocka_unit_test(test_attachment_get__unbound_is_for_its_uploader),
        cmocka_unit_test(test_expire_unbound__takes_old_ones_only),
    };

    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
