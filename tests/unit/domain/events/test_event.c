/* Events in their transactions: what is due, what is written, what is rolled back. */
#include "parley/domain/events/event.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../domain_fixture.h"
#include "parley/domain/events/event_extent.h"

static struct domain_fixture fixture;
static struct caller c;

static int setup(void **state)
{
    (void)state;
    fixture_init(&fixture);
    caller_init(&c, &fixture);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    caller_release(&c);
    fixture_release(&fixture);
    return 0;
}

static int64_t last_position(void)
{
    struct event_extent extent;

    assert_ok(event_extent_read(&c.ctx, &extent));
    return extent.last.number;
}

/* A marked statement in a transaction of its own, and what is done about its kind. */
enum telling { TOLD, SKIPPED, FORGOTTEN, TOLD_AND_REFUSED, TOLD_TOO_EARLY };
struct change {
    struct user user;
    enum telling telling;
};

static enum err tell(struct ctx *ctx, const struct change *change)
{
    return event_add(ctx, &(struct event){ .kind = EVENT_SECOND_FACTOR_CHANGED,
                                           .user_id = change->user.id,
                                           .subject = change->user.uuid,
                                           .detail = event_number(ctx, -7) });
}

static enum err change_in_transaction(struct ctx *ctx, void *arg)
{
    const struct change *change = arg;

    if (change->telling == TOLD_TOO_EARLY)
        TRY(tell(ctx, change));
    TRY(db_exec(ctx, SQL_USER_SET_TWOFA, DB_ARGS(DB_INT(0), DB_INT(ctx->now_us), DB_INT(change->user.id)), NULL));
    if (change->telling == SKIPPED)
        event_skip(ctx, EVENT_SECOND_FACTOR_CHANGED);
    if (change->telling == TOLD || change->telling == TOLD_AND_REFUSED)
        TRY(tell(ctx, change));
    return change->telling == TOLD_AND_REFUSED ? ERR_CONFLICT : ERR_OK;
}

static enum err run_change(enum telling telling)
{
    static int number;
    struct change change = { .telling = telling };
    char email[64];

    (void)snprintf(email, sizeof(email), "event%d@example.org", number++);
    change.user = fixture_user(&c, email, USER_ROLE_USER);
    return db_run(&c.ctx, change_in_transaction, &change);
}

static void test_event__is_written_with_its_change(void **state)
{
    (void)state;
    int64_t before;

    assert_ok(run_change(SKIPPED));
    before = last_position();
    assert_ok(run_change(TOLD));
    assert_int_equal(last_position(), before + 2); /* the user's member.joined, and this */
    assert_true((settled.outcome.topics & OUTCOME_EVENTS) != 0);
    assert_int_equal(settled.outcome.events_due, 0);
}

static void test_event__of_what_is_rolled_back_leaves_no_gap(void **state)
{
    (void)state;
    int64_t before = last_position();

    assert_err(run_change(TOLD_AND_REFUSED), ERR_CONFLICT);
    assert_ok(run_change(TOLD));
    assert_int_equal(last_position(), before + 3);
}

/* In a program of its own, since a fork of one that has threads may hang: this one again, with what to do as its word. */
enum { ABORTED = 99 };

static int end_of(enum telling telling)
{
    const char word[] = { (char)('0' + (int)telling), '\0' };
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        (void)execl("/proc/self/exe", "test_event", word, NULL);
        _exit(2);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void remove_folder(int number)
{
    pid_t pid = fork();

    (void)number;
    if (pid == 0) {
        (void)execlp("rm", "rm", "-rf", fixture.dir, NULL);
        _exit(2);
    }
    (void)waitpid(pid, NULL, 0);
    _exit(ABORTED);
}

static int run_alone(const char *word)
{
    int result;

    (void)signal(SIGABRT, remove_folder);
    (void)setup(NULL);
    result = run_change((enum telling)(word[0] - '0')) == ERR_OK ? 0 : 1;
    (void)teardown(NULL);
    return result;
}

static void test_event__that_is_forgotten_ends_a_build_for_tests(void **state)
{
    (void)state;
    assert_int_equal(end_of(TOLD), 0);
    assert_int_equal(end_of(FORGOTTEN), ABORTED);
    assert_int_equal(end_of(TOLD_TOO_EARLY), ABORTED);
}

static void test_event__place_is_read_as_it_is_written(void **state)
{
    static const char *const wrong[] = { "",
                                         "-",
                                         "0123abcd",
                                         "0123abcd-",
                                         "0123abcd--1",
                                         "0123ABCD-1",
                                         "0123abcd-01",
                                         "0123abcd-1 ",
                                         "0123abc-1",
                                         "0123abcde-1",
                                         "0123abcg-1",
                                         "1",
                                         "0123abcd-x",
                                         "0123abcd-99999999999999999999" };
    struct event_position position;

    (void)state;
    assert_ok(event_position_parse(STR("0123abcd-42"), &position));
    assert_string_equal(position.epoch, "0123abcd");
    assert_int_equal(position.number, 42);
    assert_ok(event_position_parse(STR("0123abcd-0"), &position));
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_err(event_position_parse(str_from(wrong[i]), &position), ERR_INVALID);
}

static void test_event__place_is_covered_by_what_is_left(void **state)
{
    const struct event_extent extent = { .last = { "0123abcd", 100 }, .first_number = 51 };
    const struct event_extent empty = { .last = { "0123abcd", 100 }, .first_number = 0 };
    static const struct {
        struct event_position position;
        bool is_covered, is_covered_by_none;
    } cases[] = {
        { { "0123abcd", 49 }, false, false }, { { "0123abcd", 50 }, true, false },
        { { "0123abcd", 100 }, true, true },  { { "0123abcd", 101 }, false, false },
        { { "0123abce", 60 }, false, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(event_extent_covers(&extent, &cases[i].position), cases[i].is_covered);
        assert_int_equal(event_extent_covers(&empty, &cases[i].position), cases[i].is_covered_by_none);
    }
}

static void test_event__kinds_keep_their_numbers(void **state)
{
    (void)state;
    assert_int_equal(EVENT_MESSAGE_CREATED, 0);
    assert_int_equal(EVENT_CHAT_CREATED, 11);
    assert_int_equal(EVENT_SESSION_ENDED, 19);
    assert_int_equal(EVENT_KEY_EXPIRED, 26);
    assert_str(event_name(EVENT_REACTION_CHANGED), "reaction.changed");
    assert_true(event_is_public(EVENT_MEMBER_LEFT));
    assert_false(event_is_public(EVENT_KEY_EXPIRED));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event__is_written_with_its_change),
        cmocka_unit_test(test_event__of_what_is_rolled_back_leaves_no_gap),
        cmocka_unit_test(test_event__that_is_forgotten_ends_a_build_for_tests),
        cmocka_unit_test(test_event__place_is_read_as_it_is_written),
        cmocka_unit_test(test_event__place_is_covered_by_what_is_left),
        cmocka_unit_test(test_event__kinds_keep_their_numbers),
    };

    if (argc > 1)
        return run_alone(argv[1]);
    return cmocka_run_group_tests(tests, setup, teardown);
}
