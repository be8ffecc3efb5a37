/* The reader of the event log, where looks at it fail. */
#include "../../../../app/domain/events/event_reader.h"

#include "../domain_fixture.h"

enum { LOOKS_MAX = 20 };

/* What the sink was told, and what comes of asking for content. */
static struct {
    int start_count, event_count, look_count;
    int64_t start_position, event_position;
} heard;
static enum { CONTENT_FITS, CONTENT_TOO_LARGE, CONTENT_NO_MEMORY } content_is;

static struct caller c;
static struct event_log_opts opts;
static struct event_reader reader;

static void on_start(void *arg, const char *epoch, int64_t position)
{
    (void)arg;
    (void)epoch;
    heard.start_count++;
    heard.start_position = position;
}

static void on_event(void *arg, const struct live_event *event)
{
    (void)arg;
    heard.event_count++;
    heard.event_position = event->position;
}

static void on_look(void *arg)
{
    (void)arg;
    heard.look_count++;
}

static void on_silence(void *arg)
{
    (void)arg;
}

static bool is_watched(void *arg)
{
    (void)arg;
    return true;
}

static enum err content(struct ctx *ctx, struct event_row *rows, size_t count)
{
    (void)rows;
    (void)count;
    if (content_is == CONTENT_FITS)
        return ERR_OK;
    while (content_is == CONTENT_TOO_LARGE && arena_alloc(ctx->arena, MIB) != NULL)
        ;
    return ERR_NO_MEMORY;
}

/* Looks until there is nothing more to do at once. */
static void look(void)
{
    bool is_more = true;

    for (int i = 0; is_more; i++) {
        assert_true(i < LOOKS_MAX);
        event_reader_look(&reader, &is_more);
    }
}

static enum err tell(struct ctx *ctx, void *arg)
{
    const struct user *user = arg;

    TRY(db_exec(ctx, SQL_USER_SET_TWOFA, DB_ARGS(DB_INT(0), DB_INT(ctx->now_us), DB_INT(user->id)), NULL));
    return event_add(ctx, &(struct event){ .kind = EVENT_SECOND_FACTOR_CHANGED,
                                           .user_id = user->id,
                                           .subject = user->uuid,
                                           .detail = event_number(ctx, 1) });
}

static struct user user;

static int setup(void **state)
{
    char var_dir[96];
    char *environment[] = { var_dir, NULL };
    const struct config_load_opts load = { .environment = environment, .env_file = "/dev/null" };
    struct config *config;
    struct buf faults;

    (void)fixture_setup(state);
    (void)snprintf(var_dir, sizeof(var_dir), "VAR_DIR=%s", fixture.dir);
    buf_init(&faults, 4000);
    assert_ok(config_load(&load, &faults, &config));
    buf_release(&faults);
    fixture.app.config = config_box_new(config);
    caller_init(&c, &fixture);
    user = fixture_user(&c, "reader@example.org", USER_ROLE_USER);
    opts = (struct event_log_opts){ .app = &fixture.app,
                                    .sink = { NULL, on_start, on_event, on_look, on_silence, is_watched },
                                    .content = content };
    memset(&heard, 0, sizeof(heard));
    content_is = CONTENT_FITS;
    assert_ok(event_reader_init(&reader, &opts));
    look();
    assert_int_equal(heard.start_count, 1);
    return 0;
}

static int teardown(void **state)
{
    event_reader_release(&reader);
    caller_release(&c);
    config_box_free(fixture.app.config);
    return fixture_teardown(state);
}

static void test_event_reader__says_of_looks_that_worked_alone(void **state)
{
    int before;

    (void)state;
    look();
    before = heard.look_count;
    assert_true(before > 0);
    assert_ok(db_run(&c.ctx, tell, &user));
    content_is = CONTENT_NO_MEMORY;
    look();
    assert_int_equal(heard.look_count, before);
    content_is = CONTENT_FITS;
    look();
    assert_true(heard.look_count > before);
}

static void test_event_reader__passes_nothing_over_for_want_of_memory(void **state)
{
    (void)state;
    assert_ok(db_run(&c.ctx, tell, &user));
    content_is = CONTENT_NO_MEMORY;
    for (int i = 0; i < 3; i++)
        look();
    assert_int_equal(heard.event_count, 0);
    content_is = CONTENT_FITS;
    look();
    assert_int_equal(heard.event_count, 1);
    assert_int_equal(heard.event_position, heard.start_position + 1);
    assert_int_equal(heard.start_count, 1);
}

static void test_event_reader__begins_anew_behind_what_is_too_large(void **state)
{
    int64_t told;

    (void)state;
    told = heard.start_position;
    assert_ok(db_run(&c.ctx, tell, &user));
    assert_ok(db_run(&c.ctx, tell, &user));
    content_is = CONTENT_TOO_LARGE;
    look();
    assert_int_equal(heard.start_count, 2);
    assert_int_equal(heard.start_position, told + 1);
    content_is = CONTENT_FITS;
    look();
    assert_int_equal(heard.event_count, 1);
    assert_int_equal(heard.event_position, told + 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_event_reader__says_of_looks_that_worked_alone),
        TEST(test_event_reader__passes_nothing_over_for_want_of_memory),
        TEST(test_event_reader__begins_anew_behind_what_is_too_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
