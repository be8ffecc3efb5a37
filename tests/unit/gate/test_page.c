#include "unit.h"

#include <ftw.h>
#include <unistd.h>

#include "../http/fake_request.h"
#include "parley/auth/keys.h"
#include "parley/core/limits.h"
#include "parley/gate/page.h"

struct fixture {
    struct app app;
    struct ctx ctx;
    struct problem problem;
    struct fake_request fake;
    struct principal principal;
    struct call call;
    struct reply reply;
};

static const struct route route = { .method = GET, .path = "/workspaces/{workspace}/chats" };
static const struct route other_route = { .method = GET, .path = "/workspaces/{workspace}/attachments" };
static char folder[64];
static struct keys *keys;

static int group_setup(void **state)
{
    static char keys_dir[100];
    char *environment[] = { keys_dir, NULL };
    struct config_load_opts opts = { .environment = environment, .env_file = "/dev/null" };
    struct config *config;
    struct buf error_text;

    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/parley-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(keys_dir, sizeof(keys_dir), "KEYS_DIR=%s/keys", folder);
    buf_init(&error_text, 1000);
    assert_ok(config_load(&opts, &error_text, &config));
    assert_ok(keys_open(config, &error_text, &keys));
    config_free(config);
    buf_release(&error_text);
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

static int group_teardown(void **state)
{
    (void)state;
    keys_free(keys);
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* A request for a page; the caller is user 7 in workspace a…. */
static void begin(struct fixture *f, const char *uri)
{
    static const struct config config = { .public_url = "https://chat.example.org/chat" };

    *f = (struct fixture){ .app = { .keys = keys } };
    fake_init(&f->fake, "GET", str_from(uri));
    f->ctx = (struct ctx){ .app = &f->app, .arena = f->fake.arena, .problem = &f->problem, .config = &config };
    f->principal.user_id = 7;
    f->call.route = &route;
    f->call.request = fake_ready(&f->fake);
    f->call.path = http_path(f->call.request);
    f->call.principal = &f->principal;
    f->call.workspace.workspace.bytes[0] = 0xA;
    buf_init(&f->reply.body, 100);
    reply_init(&f->reply);
}

static void end(struct fixture *f)
{
    fake_release(&f->fake);
}

/* The cursor out of the Link header, or the whole header. */
static struct str link_of(const struct fixture *f)
{
    return str_from(f->reply.headers[0].value);
}

static struct str cursor_of(const struct fixture *f)
{
    struct str link = link_of(f);
    const char *at = strstr(link.ptr, "cursor=") + strlen("cursor=");

    return str_head(str_from(at), str_index(str_from(at), '>'));
}

static void test_page__limit_and_its_bounds(void **state)
{
    static const struct {
        const char *uri;
        enum err e;
        int64_t limit;
    } cases[] = {
        { "/x", ERR_OK, PAGE_DEFAULT },          { "/x?limit=1", ERR_OK, 1 },
        { "/x?limit=200&cursor=", ERR_OK, 200 }, { "/x?limit=0", ERR_INVALID, 0 },
        { "/x?limit=201", ERR_INVALID, 0 },      { "/x?limit=", ERR_INVALID, 0 },
        { "/x?limit=1e2", ERR_INVALID, 0 },      { "/x?limit=1&limit=2", ERR_INVALID, 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture f;
        struct page page = { .limit = 0 };
        begin(&f, cases[i].uri);
        assert_err(page_read(&f.ctx, &f.call, 1, &page), cases[i].e);
        assert_int_equal(page.limit, cases[i].limit);
        assert_int_equal(page.after.key_count, 0);
        end(&f);
    }
}

static void test_page__the_link_leads_to_where_the_page_ended(void **state)
{
    static const struct page_position last = { 3, { INT64_MIN, -1, INT64_MAX } };
    struct fixture f, next;
    struct page page;
    char uri[400];

    (void)state;
    begin(&f, "/api/x%20y<z/?q=%26+a%2F&cursor=old&limit=2");
    assert_ok(page_next(&f.ctx, &f.call, &last, &f.reply));
    assert_true(str_starts_with(link_of(&f), STR("</chat/api/x%20y%3Cz/?q=%26%20a%2F&limit=2&cursor=")));
    assert_true(str_ends_with(link_of(&f), STR(">; rel=\"next\"")));
    snprintf(uri, sizeof(uri), "/x?cursor=%.*s", STR_FMT(cursor_of(&f)));
    begin(&next, uri);
    assert_ok(page_read(&next.ctx, &next.call, 3, &page));
    assert_int_equal(page.after.key_count, 3);
    assert_memory_equal(page.after.keys, last.keys, sizeof(last.keys));
    end(&next);
    end(&f);
}

/* A good cursor of one key, and what reading it gives after `change`. */
static enum err read_changed(void (*change)(struct fixture *f))
{
    static const struct page_position last = { 1, { 12345 } };
    struct fixture f, next;
    struct page page;
    char uri[400];
    enum err e;

    begin(&f, "/x");
    assert_ok(page_next(&f.ctx, &f.call, &last, &f.reply));
    snprintf(uri, sizeof(uri), "/x?cursor=%.*s", STR_FMT(cursor_of(&f)));
    begin(&next, uri);
    change(&next);
    e = page_read(&next.ctx, &next.call, 1, &page);
    if (e != ERR_OK)
        assert_string_equal(next.problem.detail, "bad cursor");
    end(&next);
    end(&f);
    return e;
}

static void same(struct fixture *f)
{
    (void)f;
}
static void other_user(struct fixture *f)
{
    f->principal.user_id = 8;
}
static void other_workspace(struct fixture *f)
{
    f->call.workspace.workspace.bytes[0] = 0xB;
}
static void other_id(struct fixture *f)
{
    f->call.ids[0].bytes[3] = 1;
}
static void other_word(struct fixture *f)
{
    f->call.words[0] = STR("x");
}
static void other_path(struct fixture *f)
{
    f->call.route = &other_route;
}

static void test_page__a_cursor_from_elsewhere_is_refused(void **state)
{
    (void)state;
    assert_ok(read_changed(same));
    assert_err(read_changed(other_user), ERR_BAD_REQUEST);
    assert_err(read_changed(other_workspace), ERR_BAD_REQUEST);
    assert_err(read_changed(other_id), ERR_BAD_REQUEST);
    assert_err(read_changed(other_word), ERR_BAD_REQUEST);
    assert_err(read_changed(other_path), ERR_BAD_REQUEST);
}

static void test_page__a_cursor_with_any_byte_changed_is_refused(void **state)
{
    static const struct page_position last = { 1, { 12345 } };
    struct fixture f;
    struct str good;

    (void)state;
    begin(&f, "/x");
    assert_ok(page_next(&f.ctx, &f.call, &last, &f.reply));
    good = cursor_of(&f);
    for (size_t i = 0; i <= good.len; i++) {
        struct fixture next;
        struct page page;
        char uri[400];
        snprintf(uri, sizeof(uri), "/x?cursor=%.*s", STR_FMT(good));
        if (i < good.len)
            uri[strlen("/x?cursor=") + i] = uri[strlen("/x?cursor=") + i] == 'A' ? 'B' : 'A';
        begin(&next, uri);
        assert_err(page_read(&next.ctx, &next.call, 1, &page), i < good.len ? ERR_BAD_REQUEST : ERR_OK);
        assert_err(page_read(&next.ctx, &next.call, 2, &page), ERR_BAD_REQUEST);
        end(&next);
        snprintf(uri, sizeof(uri), "/x?cursor=%.*s", (int)i, good.ptr);
        begin(&next, uri);
        assert_err(page_read(&next.ctx, &next.call, 1, &page), i == 0 || i == good.len ? ERR_OK : ERR_BAD_REQUEST);
        end(&next);
    }
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page__limit_and_its_bounds),
        cmocka_unit_test(test_page__the_link_leads_to_where_the_page_ended),
        cmocka_unit_test(test_page__a_cursor_from_elsewhere_is_refused),
        cmocka_unit_test(test_page__a_cursor_with_any_byte_changed_is_refused),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
