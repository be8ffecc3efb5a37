#include "domain/files_fixture.h"
#include "parley/domain/events/event.h"

#include "parley/domain/talk/message_batch.h"

#include <pthread.h>

static struct chat chat_with(int count)
{
    struct chat chat = files_chat(&f);
    char text[16];

    for (int i = 1; i <= count; i++) {
        (void)snprintf(text, sizeof(text), "%d", i);
        (void)post(&chat, text);
    }
    return chat;
}

static struct message_page range_of(const struct chat *chat, enum message_anchor anchor, int64_t seq, int64_t limit)
{
    const struct principal who = principal_of(&f.member);
    const struct message_location location = place_in(&f.of_member, &who, chat);
    const struct message_range range = { anchor, seq, limit };
    struct message_page page;

    assert_ok(message_range_find(&f.caller.ctx, &location, &range, &page));
    return page;
}

static struct message_page page_of(const struct chat *chat, int64_t number, int64_t size)
{
    const struct principal who = principal_of(&f.member);
    const struct message_location location = place_in(&f.of_member, &who, chat);
    struct message_page page;

    assert_ok(message_page_find(&f.caller.ctx, &location, number, size, &page));
    return page;
}

/* The page's seqs are first … last, one by one. */
static void assert_seqs(const struct message_page *page, int64_t first, int64_t last)
{
    const struct message *messages = page->messages.items;

    assert_int_equal(page->messages.count, last - first + 1);
    for (int64_t seq = first; seq <= last; seq++)
        assert_int_equal(messages[seq - first].seq, seq);
}

/* Takes rows away as the erasing job does. */
static void erase_seq(const struct chat *chat, int64_t seq)
{
    assert_ok(db_exec(&f.caller.ctx, SQL_MESSAGES_DELETE_TO_SEQ,
                      DB_ARGS(DB_INT(chat->id), DB_INT(f.of_member.workspace_id), DB_INT(seq)), NULL));
    assert_ok(db_exec(&f.caller.ctx, SQL_CHAT_ADD_MESSAGE_COUNT,
                      DB_ARGS(DB_INT(-seq), DB_INT(chat->id), DB_INT(f.of_member.workspace_id)), NULL));
}

/* ---- pages ---- */

static void test_message_page__first_is_newest_oldest_first(void **state)
{
    (void)state;
    struct chat chat = chat_with(7);
    struct message_page page = page_of(&chat, 1, 3);

    assert_seqs(&page, 5, 7);
    assert_int_equal(page.total, 7);
    assert_true(page.has_older);
    assert_false(page.has_newer);
}

static void test_message_page__last_one_is_short(void **state)
{
    (void)state;
    struct chat chat = chat_with(7);
    struct message_page page = page_of(&chat, 3, 3);

    assert_seqs(&page, 1, 1);
    assert_false(page.has_older);
    assert_true(page.has_newer);
}

static void test_message_page__behind_the_end_is_empty(void **state)
{
    (void)state;
    struct chat chat = chat_with(3);
    struct message_page page = page_of(&chat, 1000000000, 200);

    assert_int_equal(page.messages.count, 0);
    assert_int_equal(page.total, 3);
    assert_false(page.has_older);
}

static void test_message_page__counts_rows_where_seqs_have_holes(void **state)
{
    (void)state;
    struct chat chat = chat_with(7);
    struct message_page page;

    erase_seq(&chat, 2);
    page = page_of(&chat, 2, 3);
    assert_seqs(&page, 3, 4);
    assert_int_equal(page.total, 5);
    assert_false(page.has_older);
}

static void test_message_range__before_is_exclusive(void **state)
{
    (void)state;
    struct chat chat = chat_with(6);
    struct message_page page = range_of(&chat, MESSAGES_BEFORE, 5, 3);

    assert_seqs(&page, 2, 4);
    assert_true(page.has_older);
    assert_true(page.has_newer);
}

static void test_message_range__after_goes_up(void **state)
{
    (void)state;
    struct chat chat = chat_with(6);
    struct message_page page = range_of(&chat, MESSAGES_AFTER, 0, 4);

    assert_seqs(&page, 1, 4);
    assert_false(page.has_older);
    assert_true(page.has_newer);
}

static void test_message_range__around_has_both_sides(void **state)
{
    (void)state;
    struct chat chat = chat_with(9);
    struct message_page page = range_of(&chat, MESSAGES_AROUND, 5, 4);

    assert_seqs(&page, 4, 7);
    assert_true(page.has_older);
    assert_true(page.has_newer);
}

static void test_message_range__around_the_edges_is_cut(void **state)
{
    (void)state;
    struct chat chat = chat_with(3);
    struct message_page page = range_of(&chat, MESSAGES_AROUND, INT64_MAX, 200);

    assert_seqs(&page, 1, 3);
    assert_false(page.has_older);
    assert_false(page.has_newer);
}

static void test_message_range__newest_of_an_empty_chat(void **state)
{
    (void)state;
    struct chat chat = files_chat(&f);
    struct message_page page = range_of(&chat, MESSAGES_NEWEST, 0, 50);

    assert_int_equal(page.messages.count, 0);
    assert_false(page.has_older);
    assert_false(page.has_newer);
}

/* ---- posting ---- */

static void test_message_post__costs_five_statements_and_its_event(void **state)
{
    (void)state;
    struct chat chat = files_chat(&f);
    uint32_t before;

    (void)post(&chat, "the first, for which the sender's name is read");
    before = f.caller.ctx.statement_count;
    (void)post(&chat, "hello");
    assert_int_equal(f.caller.ctx.statement_count - before, 5 + 1);
}

static void test_message_post__answer_is_what_is_read_later(void **state)
{
    (void)state;
    struct chat chat = files_chat(&f);
    struct message sent = post(&chat, "hello");
    struct message_page page = page_of(&chat, 1, 1);
    const struct message *found = page.messages.items;

    assert_true(uuid_eq(&found->uuid, &sent.uuid));
    assert_str(found->content, "hello");
    assert_int_equal(found->seq, sent.seq);
    assert_int_equal(found->created_us, sent.created_us);
    assert_int_equal(found->version, sent.version);
    assert_str(found->sender.name, "member");
    assert_str(sent.sender.name, "member");
    assert_int_equal(sent.sender.kind, SENDER_PERSON);
    assert_true(uuid_eq(&found->sender_id, &f.member.uuid));
}

static void test_message_post__nothing_in_it_is_refused(void **state)
{
    (void)state;
    const struct principal who = principal_of(&f.member);
    const struct message_draft draft = { .location = place_in(&f.of_member, &who, &f.chat), .content = STR("") };
    struct message message;

    caller_next(&f.caller);
    assert_err(post_draft(&f.caller.ctx, &draft, &message), ERR_INVALID);
    assert_int_equal(f.caller.problem.fault_count, 1);
    assert_string_equal(f.caller.problem.faults[0].field, "content");
}

static void test_message_post__reply_to_must_be_of_the_chat(void **state)
{
    (void)state;
    struct chat here = chat_with(1), there = chat_with(1);
    const struct principal who = principal_of(&f.member);
    struct message_page page = page_of(&there, 1, 1);
    const struct message_draft draft = {
        .location = place_in(&f.of_member, &who, &here),
        .content = STR("?"),
        .reply_to = ((const struct message *)page.messages.items)->uuid,
    };
    struct message message;

    caller_next(&f.caller);
    assert_err(post_draft(&f.caller.ctx, &draft, &message), ERR_INVALID);
    page = page_of(&here, 1, 10);
    assert_seqs(&page, 1, 1);
}

enum { POSTERS = 8, POSTS_EACH = 12 };

static void *poster(void *arg)
{
    struct chat *chat = arg;
    const struct principal who = principal_of(&f.member);
    const struct message_draft draft = { .location = place_in(&f.of_member, &who, chat), .content = STR("x") };
    struct caller own;
    struct message message;
    intptr_t failures = 0;

    caller_init(&own, &f.base);
    for (int i = 0; i < POSTS_EACH; i++)
        failures += post_draft(&own.ctx, &draft, &message) != ERR_OK;
    caller_release(&own);
    return (void *)failures;
}

static void test_message_post__many_at_once_leave_no_gap(void **state)
{
    (void)state;
    struct chat chat = files_chat(&f);
    struct message_page page;
    pthread_t threads[POSTERS];
    void *failures;

    for (int i = 0; i < POSTERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, poster, &chat), 0);
    for (int i = 0; i < POSTERS; i++) {
        assert_int_equal(pthread_join(threads[i], &failures), 0);
        assert_null(failures);
    }
    page = page_of(&chat, 1, 200);
    assert_seqs(&page, 1, POSTERS * POSTS_EACH);
    assert_int_equal(page.total, POSTERS * POSTS_EACH);
}

/* ---- changing ---- */

static enum err edit(const struct user *user, const struct membership *m, const struct chat *chat,
                     const struct message *message, int64_t version, struct message *ret_message)
{
    const struct principal who = principal_of(user);
    const struct message_edit opts = {
        .location = place_in(m, &who, chat),
        .message = message->uuid,
        .content = STR("new"),
        .version = version,
    };

    caller_next(&f.caller);
    return message_edit(&f.caller.ctx, &opts, ret_message);
}

static void test_message_edit__moves_version_and_edited_at(void **state)
{
    (void)state;
    struct chat chat = files_chat(&f);
    struct message sent = post(&chat, "old"), edited;

    assert_ok(edit(&f.member, &f.of_member, &chat, &sent, 0, &edited));
    assert_str(edited.content, "new");
    assert_int_equal(edited.version, 2);
    assert_int_equal(edited.edited_us, f.caller.ctx.now_us);
}

static void test_message_edit__only_by_its_author(void **state)
{
    (void)state;
    struct chat chat = files_chat(&f);
    struct message sent = post(&chat, "old"), edited;

    assert_err(edit(&f.owner, &f.of_owner, &chat, &sent, 0, &edited), ERR_FORBIDDEN);
}

static void test_message_edit__another_version_is_refused(void **state)
{
    (void)state;
    struct chat chat = files_chat(&f);
    struct message sent = post(&chat, "old"), edited;

    assert_ok(edit(&f.member, &f.of_member, &chat, &sent, 1, &edited));
    assert_err(edit(&f.member, &f.of_member, &chat, &sent, 1, &edited), ERR_PRECONDITION);
}

static enum err delete_as(const struct user *user, const struct membership *m, const struct chat *chat,
                          const struct message *message)
{
    const struct principal who = principal_of(user);
    const struct message_removal removal = { .location = place_in(m, &who, chat), .message = message->uuid };

    caller_next(&f.caller);
    return message_delete(&f.caller.ctx, &removal);
}

static void test_message_delete__leaves_a_tombstone(void **state)
{
    (void)state;
    struct chat chat = files_chat(&f);
    struct message sent = post(&chat, "secret");
    struct message_page page;
    const struct message *found;

    assert_ok(delete_as(&f.owner, &f.of_owner, &chat, &sent));
    page = page_of(&chat, 1, 10);
    assert_seqs(&page, 1, 1);
    found = page.messages.items;
    assert_int_equal(found->content.len, 0);
    assert_true(found->deleted_us > 0);
    assert_err(delete_as(&f.owner, &f.of_owner, &chat, &sent), ERR_MESSAGE_NOT_FOUND);
}

static void post_as_owner(const struct chat *chat)
{
    const struct principal who = principal_of(&f.owner);
    const struct message_draft draft = { .location = place_in(&f.of_owner, &who, chat), .content = STR("kept") };
    struct message message;

    assert_ok(post_draft(&f.caller.ctx, &draft, &message));
}

static int64_t seq_at(const struct message_page *page, size_t index)
{
    assert_true(index < page->messages.count);
    return ((const struct message *)page->messages.items)[index].seq;
}

static enum err erase_members(struct ctx *ctx, void *arg)
{
    const struct chat *chat = arg;

    TRY(db_exec(ctx, SQL_MESSAGES_DELETE_OF_SENDER,
                DB_ARGS(DB_INT(f.member.id), DB_INT(chat->id), DB_INT(f.of_owner.workspace_id), DB_INT(INT64_MAX)),
                NULL));
    event_skip(ctx, EVENT_MESSAGE_DELETED);
    return ERR_OK;
}

/* What erasing somebody leaves behind: far fewer messages than numbers. */
static void test_message__pages_reach_over_wide_holes(void **state)
{
    (void)state;
    struct chat chat = files_chat(&f);
    struct message_page page;

    post_as_owner(&chat);
    for (int i = 0; i < 40; i++)
        (void)post(&chat, "erased");
    post_as_owner(&chat);
    assert_ok(db_run(&f.caller.ctx, erase_members, &chat));
    page = range_of(&chat, MESSAGES_BEFORE, 42, 2);
    assert_int_equal(seq_at(&page, 0), 1);
    page = range_of(&chat, MESSAGES_AFTER, 1, 2);
    assert_int_equal(seq_at(&page, 0), 42);
}

/* ---- many, of any chats ---- */

enum { FACE_BYTES = 4, FACES_FIT = EVENT_DATA_MAX_BYTES / FACE_BYTES };

/* The text that message_batch_load gives of a message of so many characters of four bytes. */
static struct str batched(const struct chat *chat, size_t face_count)
{
    static char text[(FACES_FIT + 1) * FACE_BYTES + 1];
    struct message said;
    struct list found;

    for (size_t i = 0; i < face_count; i++)
        memcpy(text + i * FACE_BYTES, "\xF0\x9F\x99\x82", FACE_BYTES);
    text[face_count * FACE_BYTES] = '\0';
    said = post(chat, text);
    assert_ok(message_batch_load(&f.caller.ctx, f.member.id, &said.uuid, 1, &found));
    assert_int_equal(found.count, 1);
    return ((const struct message *)found.items)->content;
}

static void test_message_batch__counts_bytes_of_a_text_for_an_event(void **state)
{
    (void)state;
    struct chat chat = files_chat(&f);

    assert_int_equal(batched(&chat, FACES_FIT).len, EVENT_DATA_MAX_BYTES);
    assert_null(batched(&chat, FACES_FIT + 1).ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_page__first_is_newest_oldest_first),
        cmocka_unit_test(test_message_page__last_one_is_short),
        cmocka_unit_test(test_message_page__behind_the_end_is_empty),
        cmocka_unit_test(test_message_page__counts_rows_where_seqs_have_holes),
        cmocka_unit_test(test_message_range__before_is_exclusive),
        cmocka_unit_test(test_message_range__after_goes_up),
        cmocka_unit_test(test_message_range__around_has_both_sides),
        cmocka_unit_test(test_message_range__around_the_edges_is_cut),
        cmocka_unit_test(test_message_range__newest_of_an_empty_chat),
        cmocka_unit_test(test_message_post__costs_five_statements_and_its_event),
        cmocka_unit_test(test_message_post__answer_is_what_is_read_later),
        cmocka_unit_test(test_message_post__nothing_in_it_is_refused),
        cmocka_unit_test(test_message_post__reply_to_must_be_of_the_chat),
        cmocka_unit_test(test_message_post__many_at_once_leave_no_gap),
        cmocka_unit_test(test_message_edit__moves_version_and_edited_at),
        cmocka_unit_test(test_message_edit__only_by_its_author),
        cmocka_unit_test(test_message_edit__another_version_is_refused),
        cmocka_unit_test(test_message_delete__leaves_a_tombstone),
        cmocka_unit_test(test_message__pages_reach_over_wide_holes),
        cmocka_unit_test(test_message_batch__counts_bytes_of_a_text_for_an_event),
    };

    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
