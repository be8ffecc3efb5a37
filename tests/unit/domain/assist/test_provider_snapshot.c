#include "domain/domain_fixture.h"

#include "parley/domain/assist/provider_reseal.h"
#include "parley/domain/assist/provider_snapshot.h"

static struct caller caller;
static struct provider_snapshots *snapshots;
static struct config_box *box;
static const struct config *config;

static const struct provider_owner server = { NULL, 0 };

static struct config *load(const char *more)
{
    char var[96];
    char *environment[] = { var, "VLLM_ENDPOINT=http://127.0.0.1:8000/v1/", "VLLM_MODEL=tiny", (char *)(uintptr_t)more,
                            NULL };
    const struct config_load_opts opts = { .environment = environment, .env_file = "/dev/null" };
    struct config *loaded;
    struct buf faults;

    (void)snprintf(var, sizeof(var), "VAR_DIR=%s", fixture.dir);
    buf_init(&faults, 4000);
    if (config_load(&opts, &faults, &loaded) != ERR_OK)
        fail_msg("%s", faults.ptr);
    buf_release(&faults);
    return loaded;
}

static int setup(void **state)
{
    (void)state;
    fixture_init(&fixture);
    box = config_box_new(load("DEFAULT_INFERENCE_PROVIDER="));
    assert_non_null(box);
    config = config_get(box);
    fixture.app.config = box;
    caller_init(&caller, &fixture);
    caller.ctx.config = config;
    snapshots = provider_snapshots_new();
    assert_non_null(snapshots);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    provider_snapshots_free(snapshots);
    config_put(box, config);
    config_box_free(box);
    caller_release(&caller);
    fixture_release(&fixture);
    return 0;
}

static const struct provider_snapshot *borrow(struct provider_snapshots *from)
{
    const struct provider_snapshot *snapshot;

    assert_ok(provider_snapshot_get(&caller.ctx, from, &snapshot));
    return snapshot;
}

/* What a process sees that has just started. */
static const struct provider_snapshot *renewed(void)
{
    provider_snapshots_free(snapshots);
    snapshots = provider_snapshots_new();
    assert_non_null(snapshots);
    return borrow(snapshots);
}

static struct provider add(const char *name, const char *key)
{
    const struct provider_settings settings = { .fields = PROVIDER_NAME | PROVIDER_KIND | PROVIDER_KEY,
                                                .name = str_from(name),
                                                .kind = PROVIDER_OPENAI,
                                                .key = str_from(key) };
    struct provider provider;

    caller_next(&caller);
    assert_ok(provider_create(&caller.ctx, &server, &settings, &provider));
    return provider;
}

static struct model add_model(const struct provider *provider, const char *name)
{
    const struct model_settings none = { .fields = 0 };
    struct model model;

    assert_ok(model_create(&caller.ctx, &server, &provider->uuid, str_from(name), &none, &model));
    return model;
}

static void test_snapshot__has_what_rows_and_environment_say(void **state)
{
    struct provider provider = add("local", "sk-secret-of-the-row");
    struct model model = add_model(&provider, "large");
    const struct provider_snapshot *snapshot = borrow(snapshots);
    const struct snapshot_model *found;

    (void)state;
    assert_int_equal(snapshot->provider_count, 2);
    assert_string_equal(snapshot->providers[0].ai->name, "vllm");
    assert_string_equal(snapshot->providers[0].ai->base_url, "http://127.0.0.1:8000/v1");
    assert_string_equal(snapshot->providers[0].ai->key, "");
    assert_int_equal(snapshot->providers[0].ai->trust, EGRESS_OPERATOR);
    assert_string_equal(snapshot->providers[1].ai->key, "sk-secret-of-the-row");
    assert_int_equal(snapshot->providers[1].ai->trust, EGRESS_FOREIGN);
    assert_ptr_equal(snapshot->standard, &snapshot->providers[0]);
    found = provider_snapshot_model(snapshot, model.id);
    assert_non_null(found);
    assert_string_equal(found->model, "large");
    assert_ptr_equal(found->provider, &snapshot->providers[1]);
    assert_null(provider_snapshot_model(snapshot, model.id + 1000));
    provider_snapshot_put(snapshots, snapshot);
}

static void test_snapshot__finds_what_a_chat_means(void **state)
{
    const struct str none = { NULL, 0 };
    struct provider provider = add("vllm", "k");
    const struct provider_snapshot *snapshot;
    const struct snapshot_model *found;

    (void)state;
    add_model(&provider, "second");
    snapshot = renewed();
    found = provider_snapshot_find(snapshot, 1, none, none);
    assert_non_null(found);
    assert_string_equal(found->model, "tiny"); /* of the environment's */
    /* The server's own of that name comes first. */
    found = provider_snapshot_find(snapshot, 1, STR("vllm"), none);
    assert_non_null(found);
    assert_string_equal(found->model, "second");
    assert_null(provider_snapshot_find(snapshot, 1, STR("vllm"), STR("tiny")));
    assert_null(provider_snapshot_find(snapshot, 1, STR("nobody"), none));
    provider_snapshot_put(snapshots, snapshot);
}

static void test_snapshot__is_replaced_when_a_row_changes_and_lives_on_where_it_is_used(void **state)
{
    struct provider provider = add("moving", "first-key");
    const struct provider_settings settings = { .fields = PROVIDER_KEY, .key = STR("second-key") };
    const struct provider_snapshot *before = renewed(), *same, *after;
    size_t last = before->provider_count - 1;
    struct ai_provider *held = ai_provider_hold(before->providers[last].ai);

    (void)state;
    same = borrow(snapshots);
    assert_ptr_equal(same, before);
    assert_ok(provider_update(&caller.ctx, &server, &provider.uuid, 0, &settings, &provider));
    /* Another process, which looks for the first time. */
    provider_snapshot_put(snapshots, same);
    provider_snapshot_put(snapshots, before);
    after = renewed();
    assert_string_equal(after->providers[last].ai->key, "second-key");
    assert_string_equal(held->key, "first-key");
    assert_true(after->providers[last].ai->version > held->version);
    ai_provider_drop(held);
    assert_ok(provider_delete(&caller.ctx, &server, &provider.uuid, 0));
    provider_snapshot_put(snapshots, after);
    after = renewed();
    assert_int_equal(after->provider_count, last);
    provider_snapshot_put(snapshots, after);
}

static void test_snapshot__looks_at_the_version_again_after_a_second(void **state)
{
    const struct provider_snapshot *before = renewed(), *after;
    size_t count = before->provider_count;
    int64_t until_us = clock_monotonic_us() + PROVIDERS_LOOK_MS * US_PER_MS * 3;

    (void)state;
    provider_snapshot_put(snapshots, before);
    add("late", "k");
    do {
        after = borrow(snapshots);
        before = after->provider_count > count ? after : NULL;
        provider_snapshot_put(snapshots, after);
    } while (before == NULL && clock_monotonic_us() < until_us);
    assert_non_null(before);
}

/* A key of which this host has lost the sealing key leaves its provider out, and nothing else. */
static void test_snapshot__leaves_out_what_it_cannot_open(void **state)
{
    struct provider provider = add("sealed", "k");
    const struct provider_snapshot *snapshot = renewed();
    size_t count = snapshot->provider_count;

    (void)state;
    provider_snapshot_put(snapshots, snapshot);
    assert_ok(db_exec(&caller.ctx, SQL_PROVIDER_RESEAL,
                      DB_ARGS(DB_BLOB(STR("nonsense")), DB_INT(provider.id), DB_BLOB(provider.key_sealed)), NULL));
    snapshot = renewed();
    assert_int_equal(snapshot->provider_count, count - 1);
    provider_snapshot_put(snapshots, snapshot);
}

static void test_reseal__counts_what_it_cannot_open(void **state)
{
    struct provider_reseal reseal = { .after_id = 0 };
    int64_t count;

    (void)state;
    do
        assert_ok(provider_reseal_page(&caller.ctx, &reseal, &count));
    while (count > 0);
    assert_int_equal(reseal.done_count, 0);
    assert_int_equal(reseal.stuck_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snapshot__has_what_rows_and_environment_say),
        cmocka_unit_test(test_snapshot__finds_what_a_chat_means),
        cmocka_unit_test(test_snapshot__is_replaced_when_a_row_changes_and_lives_on_where_it_is_used),
        cmocka_unit_test(test_snapshot__looks_at_the_version_again_after_a_second),
        cmocka_unit_test(test_snapshot__leaves_out_what_it_cannot_open),
        cmocka_unit_test(test_reseal__counts_what_it_cannot_open),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
