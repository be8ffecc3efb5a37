#include "core/config_fixture.h"

#include <pthread.h>

static void assert_faults(const char *const *environment, const char *file, const char *wanted)
{
    struct loaded l;

    load(&l, environment, file);
    assert_string_equal(l.faults.ptr, wanted);
    assert_err(l.err, wanted[0] == '\0' ? ERR_OK : ERR_INVALID);
    assert_true((l.config != NULL) == (wanted[0] == '\0'));
    unload(&l);
}

static void test_config__defaults_stand_alone(void **state)
{
    (void)state;
    char wanted[4200], dir[4096];
    struct loaded l;

    load(&l, NULL, NULL);
    assert_ok(l.err);
    assert_non_null(getcwd(dir, sizeof(dir)));
    (void)snprintf(wanted, sizeof(wanted), "%s/var", dir);
    assert_string_equal(l.config->var_dir, wanted);
    (void)snprintf(wanted, sizeof(wanted), "sqlite:///%s/var/parley.db", dir);
    assert_string_equal(l.config->database_url, wanted);
    (void)snprintf(wanted, sizeof(wanted), "%s/var/keys/private.pem", dir);
    assert_string_equal(l.config->jwt_private_key_path, wanted);
    (void)snprintf(wanted, sizeof(wanted), "%s/var/run/parley.sock", dir);
    assert_string_equal(l.config->fcgi_socket, wanted);
    assert_string_equal(l.config->public_url, "https://127.0.0.1:8443");
    assert_int_equal(l.config->max_upload_size, 10 << 20);
    assert_int_equal(l.config->registration, REGISTRATION_INVITE);
    assert_true(l.config->auto_migrate);
    assert_string_equal(config_source(l.config, index_of("FCGI_SOCKET")), "default");
    unload(&l);
}

static void test_config__environment_beats_file_beats_default(void **state)
{
    (void)state;
    struct loaded l;

    load(&l, ENVIRONMENT("APP_NAME=from environment", "WORKERS="), "APP_NAME=from file\nWORKERS=3\nBCRYPT_ROUNDS=\n");
    assert_ok(l.err);
    assert_string_equal(l.config->app_name, "from environment");
    assert_int_equal(l.config->worker_threads, 3);
    assert_int_equal(l.config->bcrypt_rounds, 12);
    assert_string_equal(config_source(l.config, index_of("APP_NAME")), "environment");
    assert_string_equal(config_source(l.config, index_of("WORKERS")), "file");
    assert_string_equal(config_source(l.config, index_of("BCRYPT_ROUNDS")), "default");
    unload(&l);
}

static void test_config__other_systems_names_mean_the_same(void **state)
{
    (void)state;
    struct loaded l;

    load(&l,
         ENVIRONMENT("DB_HOST=db.example.org", "DB_PORT=3307", "DB_NAME=chat", "DB_USER=alice", "DB_PASSWORD=secret",
                     "UPLOAD_PATH=/srv/files", "BUCKET_NAME=files"),
         "MINIO_BUCKET_NAME=other\n");
    assert_ok(l.err);
    assert_string_equal(l.config->mysql_host, "db.example.org");
    assert_int_equal(l.config->mysql_port, 3307);
    assert_string_equal(l.config->mysql_database, "chat");
    assert_string_equal(l.config->mysql_user, "alice");
    assert_string_equal(l.config->mysql_password, "secret");
    assert_string_equal(l.config->database_url, "");
    assert_string_equal(l.config->objects_dir, "/srv/files");
    assert_string_equal(l.config->minio_bucket_name, "files");
    unload(&l);
}

static void test_config__env_file_forms(void **state)
{
    (void)state;
    struct loaded l;

    load(&l, NULL,
         "\xEF\xBB\xBF# a comment\r\n\r\n  export APP_NAME = 'My # chat'  # why not\r\n"
         "MYSQL_PASSWORD=\"a\\\"b\\\\c # d\"\nMYSQL_USER=bob # comment\nMYSQL_DATABASE=a#b\nSETUP_TOKEN='it\\n'\n"
         "LOG_LEVEL=debug\nLOG_LEVEL=WARNING");
    assert_string_equal(l.faults.ptr, "");
    assert_ok(l.err);
    assert_string_equal(l.config->app_name, "My # chat");
    assert_string_equal(l.config->mysql_password, "a\"b\\c # d");
    assert_string_equal(l.config->mysql_user, "bob");
    assert_string_equal(l.config->mysql_database, "a#b");
    assert_string_equal(l.config->setup_token, "it\\n");
    assert_int_equal(l.config->log_level, 1);
    unload(&l);
}

static void test_config__broken_lines_are_named(void **state)
{
    (void)state;
    struct loaded l;

    load(&l, NULL, "APP_NAME=ok\nnonsense\nAPP-NAME=x\nAPP_NAME='open\nAPP_NAME=\"a\" b\n");
    assert_err(l.err, ERR_INVALID);
    assert_non_null(strstr(l.faults.ptr, ":2: should be NAME=value\n"));
    assert_non_null(strstr(l.faults.ptr, ":3: the name before = may hold letters, digits and _ only\n"));
    assert_non_null(strstr(l.faults.ptr, ":4: a quote is not closed\n"));
    assert_non_null(strstr(l.faults.ptr, ":5: there is something behind the closing quote\n"));
    unload(&l);
}

static void test_config__a_named_env_file_must_exist(void **state)
{
    (void)state;
    struct config_load_opts opts = { .environment = NULL, .env_file = "/nonexistent/env" };
    struct config *config = NULL;
    struct buf faults;

    buf_init(&faults, 1000);
    assert_err(config_load(&opts, &faults, &config), ERR_INVALID);
    assert_string_equal(faults.ptr, "/nonexistent/env: cannot be read: No such file or directory\n");
    buf_release(&faults);
}

static void test_config__all_faults_are_told_together_without_values(void **state)
{
    (void)state;

    assert_faults(ENVIRONMENT("BCRYPT_ROUNDS=hunter2", "MAX_UPLOAD_SIZE=2000T", "AUTO_MIGRATE=maybe",
                              "REGISTRATION=hunter2", "MYSQL_PORT=65536"),
                  "HTTP_PORT=http\nMINIO_ENDPONT=localhost:9000\n",
                  "MYSQL_PORT must be a whole number from 1 to 65535\n"
                  "AUTO_MIGRATE must be on or off\n"
                  "REGISTRATION must be one of closed, invite, open\n"
                  "BCRYPT_ROUNDS must be a whole number from 4 to 16\n"
                  "MAX_UPLOAD_SIZE must be a whole number from 1024 to 1099511627776 bytes, such as 10M or 5G\n"
                  "MINIO_ENDPONT (line 2 of the env file) is not a setting; did you mean MINIO_ENDPOINT?\n"
                  "HTTP_PORT must be off or a port from 1 to 65535\n");
}

static void test_config__near_misses_stop_the_start(void **state)
{
    (void)state;
    static const struct {
        const char *name, *meant; /* NULL: somebody else's */
        int in_environment;
    } cases[] = {
        { "DATABSE_URL", "DATABASE_URL", 1 },
        { "DATABASEURL", "DATABASE_URL", 1 },
        { "REFRESH_TOKEN_EXPIRE_DAY", "REFRESH_TOKEN_EXPIRE_DAYS", 1 },
        { "MINIO_ACESS_KEY", "MINIO_ACCESS_KEY", 1 },
        { "MAX_UPLAOD_SIZE", "MAX_UPLOAD_SIZE", 1 },
        { "MINIO_SECRET", "MINIO_SECRET_KEY", 0 },
        { "REDIS_ULR", "REDIS_URL", 1 },
        /* Names of other programs that environments are full of. */
        { "HTTP_HOST", NULL, 1 },
        { "HTTP_PROXY", NULL, 1 },
        { "MYSQL_HOME", NULL, 1 },
        { "MYSQL_PWD", NULL, 1 },
        { "LOGNAME", NULL, 1 },
        { "APP_KEY", NULL, 1 },
        { "WORKDIR", NULL, 1 },
        { "MINIO_ROOT_USER", NULL, 0 },
        { "PATH", NULL, 0 },
        { "SMTP_HOST", NULL, 0 },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char setting[80];
        char part[120];
        struct loaded l;

        (void)snprintf(setting, sizeof(setting), "%s=x%s", cases[i].name, cases[i].in_environment ? "" : "\n");
        if (cases[i].in_environment)
            load(&l, ENVIRONMENT(setting), NULL);
        else
            load(&l, NULL, setting);
        (void)snprintf(part, sizeof(part), "did you mean %s?", cases[i].meant);
        if (cases[i].meant == NULL && l.err != ERR_OK)
            fail_msg("%s: %s", cases[i].name, l.faults.ptr);
        if (cases[i].meant != NULL && strstr(l.faults.ptr, part) == NULL)
            fail_msg("%s: \"%s\" does not say %s", cases[i].name, l.faults.ptr, part);
        unload(&l);
    }
}

static void test_config__known_but_unused_names_are_noted(void **state)
{
    (void)state;
    struct loaded l;
    struct buf notes;

    load(&l, ENVIRONMENT("SECRET_KEY=x", "DEBUG="), "JWT_ALGORITHM=HS256\nARCHIVE_WORKSPACE=x\nSECRET_KEY=y\n");
    assert_ok(l.err);
    buf_init(&notes, 4096);
    config_notes(l.config, &notes);
    assert_string_equal(notes.ptr,
                        "SECRET_KEY is set but not used: tokens are signed with the key pair in KEYS_DIR (RS256)\n"
                        "JWT_ALGORITHM is set but not used: tokens are signed with the key pair in KEYS_DIR (RS256)\n"
                        "ARCHIVE_WORKSPACE is set but not used: this version does not use it\n");
    buf_release(&notes);
    unload(&l);
}

static void test_config__refused_addresses_say_what_to_do(void **state)
{
    (void)state;
    static const struct {
        const char *setting, *part;
    } cases[] = {
        { "DATABASE_URL=postgresql://localhost/chat", "PostgreSQL is not supported" },
        { "DATABASE_URL=postgres+asyncpg://localhost/chat", "PostgreSQL is not supported" },
        { "DATABASE_URL=oracle://x", "DATABASE_URL must be sqlite:///file or mysql://" },
        { "REDIS_URL=rediss://localhost", "through a local tunnel" },
        { "REDIS_URL=http://localhost", "REDIS_URL must be" },
        { "MINIO_ENDPOINT=localhost:9000", "MINIO_ENDPOINT needs MINIO_ACCESS_KEY and MINIO_SECRET_KEY" },
        { "ALLOWED_ORIGINS=*", "ALLOWED_ORIGINS must list origins" },
        { "ALLOWED_ORIGINS=https://a.example.org,b.example.org", "ALLOWED_ORIGINS must list origins" },
        { "PUBLIC_URL=chat.example.org", "PUBLIC_URL must be an address" },
        { "TLS_CERT=/etc/ssl/cert.pem", "TLS_CERT and TLS_KEY must be set together" },
        { "APP_NAME=\xFF", "APP_NAME must be text without control characters" },
        { "FCGI_SOCKET=/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaa",
          "at most 107 bytes for a socket's path, this has 108: /aaa" },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct loaded l;

        load(&l, ENVIRONMENT(cases[i].setting), NULL);
        assert_err(l.err, ERR_INVALID);
        if (strstr(l.faults.ptr, cases[i].part) == NULL)
            fail_msg("%s: \"%s\"", cases[i].setting, l.faults.ptr);
        unload(&l);
    }
}

static void test_config__accepted_addresses(void **state)
{
    (void)state;

    assert_faults(ENVIRONMENT("DATABASE_URL=sqlite+aiosqlite:////srv/chat.db", "REDIS_URL=unix:/run/redis.sock",
                              "ALLOWED_ORIGINS=https://a.example.org, http://localhost:3000",
                              "PUBLIC_URL=https://chat.example.org/"),
                  NULL, "");
    assert_faults(ENVIRONMENT("DATABASE_URL=mysql+pymysql://a:b@h/c", "REDIS_URL=redis://:x@localhost:6379/0"), NULL,
                  "");
    assert_faults(ENVIRONMENT("DATABASE_URL=mariadb://a:b@h/c", "HTTP_PORT=off"), NULL, "");
}

static void test_config__public_url_has_no_slash_at_its_end(void **state)
{
    (void)state;
    struct loaded l;

    load(&l, ENVIRONMENT("PUBLIC_URL=https://chat.example.org//"), NULL);
    assert_string_equal(l.config->public_url, "https://chat.example.org");
    unload(&l);
    load(&l, ENVIRONMENT("HTTPS_HOST=0.0.0.0", "HTTPS_PORT=443"), NULL);
    assert_string_equal(l.config->public_url, "https://localhost");
    unload(&l);
    load(&l, ENVIRONMENT("HTTPS_HOST=::1"), NULL);
    assert_string_equal(l.config->public_url, "https://[::1]:8443");
    unload(&l);
}

static void test_config__sizes(void **state)
{
    (void)state;
    static const struct {
        const char *setting;
        int64_t bytes;
    } cases[] = { { "MAX_UPLOAD_SIZE=1024", 1024 },   { "MAX_UPLOAD_SIZE=10485760", 10 << 20 },
                  { "MAX_UPLOAD_SIZE=1k", 1024 },     { "MAX_UPLOAD_SIZE=20 MiB", 20 << 20 },
                  { "MAX_UPLOAD_SIZE=3MB", 3 << 20 }, { "MAX_UPLOAD_SIZE=1T", INT64_C(1) << 40 } };
    static const char *const wrong[] = { "MAX_UPLOAD_SIZE=M",
                                         "MAX_UPLOAD_SIZE=-1M",
                                         "MAX_UPLOAD_SIZE=1023",
                                         "MAX_UPLOAD_SIZE=1.5M",
                                         "MAX_UPLOAD_SIZE=9999999999999999T",
                                         "MAX_UPLOAD_SIZE=1Mx" };
    struct loaded l;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        load(&l, ENVIRONMENT(cases[i].setting), NULL);
        assert_ok(l.err);
        assert_true(l.config->max_upload_size == cases[i].bytes);
        unload(&l);
    }
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        load(&l, ENVIRONMENT(wrong[i]), NULL);
        assert_err(l.err, ERR_INVALID);
        unload(&l);
    }
}

static void test_config__a_small_pool_needs_no_second_setting(void **state)
{
    (void)state;
    struct loaded l;

    load(&l, ENVIRONMENT("DB_POOL_MAX_SIZE=3"), NULL);
    assert_ok(l.err);
    assert_int_equal(l.config->db_pool_min_size, 3);
    unload(&l);
    assert_faults(ENVIRONMENT("DB_POOL_MAX_SIZE=3", "DB_POOL_MIN_SIZE=4"), NULL,
                  "DB_POOL_MIN_SIZE must not be greater than DB_POOL_MAX_SIZE\n");
}

static void test_config__secrets_are_not_printed(void **state)
{
    (void)state;
    struct loaded l;
    struct buf text;

    load(&l,
         ENVIRONMENT("DATABASE_URL=mysql://a:hunter2@h/c", "MINIO_SECRET_KEY=hunter2", "REDIS_PASSWORD=hunter2",
                     "MYSQL_PASSWORD=hunter2", "SETUP_TOKEN=hunter2", "REDIS_URL=redis://:hunter2@h"),
         NULL);
    assert_ok(l.err);
    buf_init(&text, 65536);
    for (size_t i = 0; i < config_row_count(); i++)
        config_value(l.config, i, &text);
    assert_null(strstr(text.ptr, "hunter2"));
    assert_non_null(strstr(text.ptr, "***"));
    buf_release(&text);
    unload(&l);
}

static void test_config__every_row_is_whole(void **state)
{
    (void)state;

    for (size_t i = 0; i < config_row_count(); i++) {
        const struct config_row *row = config_row_at(i);

        assert_true(row->doc[0] != '\0' && row->doc[strlen(row->doc) - 1] == '.');
        assert_true((row->type == CONFIG_CHOICE) == (row->choices != NULL && strchr(row->choices, '|') != NULL));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(row->name, config_row_at(j)->name);
    }
}

static void test_config__replace_takes_only_what_may_be_reloaded(void **state)
{
    (void)state;
    struct loaded first, second;
    struct config_box *box;
    const struct config *held, *now;
    struct buf kept;

    load(&first, ENVIRONMENT("WORKERS=4", "LOG_LEVEL=info", "MYSQL_USER=alice"), NULL);
    load(&second, ENVIRONMENT("WORKERS=8", "LOG_LEVEL=debug", "MYSQL_USER=bob"), NULL);
    box = config_box_new(first.config);
    held = config_get(box);
    buf_init(&kept, 1000);
    assert_ok(config_replace(box, second.config, &kept));
    now = config_get(box);
    assert_int_equal(now->worker_threads, 4);
    assert_string_equal(now->mysql_user, "alice");
    assert_int_equal(now->log_level, 3);
    assert_string_equal(kept.ptr, "MYSQL_USER WORKERS");
    /* A request that began before goes on with what it began with. */
    assert_int_equal(held->log_level, 2);
    config_put(box, held);
    config_put(box, now);
    config_box_free(box);
    buf_release(&kept);
    buf_release(&first.faults);
    buf_release(&second.faults);
}

static void *read_often(void *arg)
{
    for (int i = 0; i < 2000; i++) {
        const struct config *config = config_get(arg);

        if (config->app_name[0] != 'A')
            return arg;
        config_put(arg, config);
    }
    return NULL;
}

static void test_config__replace_disturbs_no_reader(void **state)
{
    (void)state;
    struct loaded l;
    struct config_box *box;
    struct buf kept;
    pthread_t threads[4];
    void *result;

    load(&l, ENVIRONMENT("APP_NAME=A"), NULL);
    box = config_box_new(l.config);
    buf_release(&l.faults);
    buf_init(&kept, 1000);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, box), 0);
    for (int i = 0; i < 20; i++) {
        load(&l, ENVIRONMENT("APP_NAME=AA"), NULL);
        assert_ok(config_replace(box, l.config, &kept));
        buf_release(&l.faults);
    }
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_null(result);
    }
    config_box_free(box);
    buf_release(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config__defaults_stand_alone),
        cmocka_unit_test(test_config__environment_beats_file_beats_default),
        cmocka_unit_test(test_config__other_systems_names_mean_the_same),
        cmocka_unit_test(test_config__env_file_forms),
        cmocka_unit_test(test_config__broken_lines_are_named),
        cmocka_unit_test(test_config__a_named_env_file_must_exist),
        cmocka_unit_test(test_config__all_faults_are_told_together_without_values),
        cmocka_unit_test(test_config__near_misses_stop_the_start),
        cmocka_unit_test(test_config__known_but_unused_names_are_noted),
        cmocka_unit_test(test_config__refused_addresses_say_what_to_do),
        cmocka_unit_test(test_config__accepted_addresses),
        cmocka_unit_test(test_config__public_url_has_no_slash_at_its_end),
        cmocka_unit_test(test_config__sizes),
        cmocka_unit_test(test_config__a_small_pool_needs_no_second_setting),
        cmocka_unit_test(test_config__secrets_are_not_printed),
        cmocka_unit_test(test_config__every_row_is_whole),
        cmocka_unit_test(test_config__replace_takes_only_what_may_be_reloaded),
        cmocka_unit_test(test_config__replace_disturbs_no_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
