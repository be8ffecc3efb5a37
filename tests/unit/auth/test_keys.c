#include "unit.h"

#include <pthread.h>
#include <sys/wait.h>

#include "keys_fixture.h"
#include "parley/auth/jwt.h"
#include "parley/auth/keys.h"

static void assert_mode(const char *path, unsigned wanted)
{
    struct stat info;

    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, wanted);
}

static void test_keys__first_start_makes_closed_files(void **state)
{
    (void)state;
    struct keys_fixture f;
    char path[256];

    fixture_init(&f);
    keys_free(fixture_open(&f));
    assert_mode(f.keys_dir, 0700);
    for (const char *const *name = (const char *const[]){ "private.pem", "public.pem", "local.key", "seal.key", NULL };
         *name != NULL; name++) {
        fixture_path(&f, *name, path);
        assert_mode(path, 0600);
    }
    fixture_release(&f);
}

/* A checkout brings the folder along, open and with a README in it. */
static void test_keys__first_start_closes_an_empty_folder(void **state)
{
    (void)state;
    struct keys_fixture f;

    fixture_init(&f);
    assert_int_equal(mkdir(f.keys_dir, 0755), 0);
    keys_free(fixture_open(&f));
    assert_mode(f.keys_dir, 0700);
    fixture_release(&f);
}

static void ids(struct keys *keys, struct buf *out)
{
    buf_clear(out);
    keys_kids(keys, out);
    buf_add_byte(out, '/');
    keys_fingerprint(keys, out);
}

static void test_keys__second_start_has_the_same_keys(void **state)
{
    (void)state;
    struct keys_fixture f;
    struct buf first, second;
    struct keys *keys;

    fixture_init(&f);
    buf_init(&first, 1000);
    buf_init(&second, 1000);
    keys = fixture_open(&f);
    ids(keys, &first);
    keys_free(keys);
    keys = fixture_open(&f);
    ids(keys, &second);
    keys_free(keys);
    assert_string_equal(first.ptr, second.ptr);
    assert_int_equal(first.len, 43 + 1 + 64);
    buf_release(&first);
    buf_release(&second);
    fixture_release(&f);
}

static void assert_refused(struct keys_fixture *f, const char *part_of_fault)
{
    struct keys *keys = NULL;

    buf_clear(&f->error_text);
    assert_err(keys_open(f->config, &f->error_text, &keys), ERR_INVALID);
    assert_null(keys);
    if (strstr(f->error_text.ptr, part_of_fault) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", f->error_text.ptr, part_of_fault);
}

static void test_keys__what_others_can_read_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        mode_t mode;
        mode_t right;
        const char *error_text;
    } cases[] = {
        { ".", 0750, 0700, "chmod 700" },           { ".", 0701, 0700, "chmod 700" },
        { "private.pem", 0640, 0600, "chmod 600" }, { "private.pem", 0604, 0600, "chmod 600" },
        { "local.key", 0660, 0600, "chmod 600" },   { "public.pem", 0622, 0600, "chmod 600" },
    };
    struct keys_fixture f;
    char path[256];

    fixture_init(&f);
    keys_free(fixture_open(&f));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        fixture_path(&f, cases[i].name, path);
        assert_int_equal(chmod(path, cases[i].mode), 0);
        assert_refused(&f, cases[i].error_text);
        assert_int_equal(chmod(path, cases[i].right), 0);
    }
    keys_free(fixture_open(&f));
    fixture_release(&f);
}

/* A new key in the place of a lost one would sign everybody out and say nothing. */
static void test_keys__a_lost_key_is_not_made_again(void **state)
{
    (void)state;
    struct keys_fixture f;
    char path[256];

    fixture_init(&f);
    keys_free(fixture_open(&f));
    fixture_path(&f, "private.pem", path);
    assert_int_equal(unlink(path), 0);
    assert_refused(&f, "the private key is missing");
    fixture_release(&f);
}

static void test_keys__a_lost_public_half_is_made_again(void **state)
{
    (void)state;
    struct keys_fixture f;
    char path[256];

    fixture_init(&f);
    keys_free(fixture_open(&f));
    fixture_path(&f, "public.pem", path);
    assert_int_equal(unlink(path), 0);
    keys_free(fixture_open(&f));
    assert_mode(path, 0600);
    fixture_release(&f);
}

static void copy_file(const char *from, const char *to)
{
    char bytes[8192];
    FILE *in = fopen(from, "r");
    FILE *out = fopen(to, "w");
    size_t len = fread(bytes, 1, sizeof(bytes), in);

    assert_int_equal(fwrite(bytes, 1, len, out), len);
    assert_int_equal(fchmod(fileno(out), 0600), 0);
    (void)fclose(in);
    (void)fclose(out);
}

static void test_keys__somebody_elses_public_half_is_refused(void **state)
{
    (void)state;
    struct keys_fixture f, other;
    char path[256], foreign[256];

    fixture_init(&f);
    fixture_init(&other);
    keys_free(fixture_open(&f));
    keys_free(fixture_open(&other));
    fixture_path(&f, "public.pem", path);
    fixture_path(&other, "public.pem", foreign);
    copy_file(foreign, path);
    assert_refused(&f, "does not belong to");
    fixture_release(&f);
    fixture_release(&other);
}

static struct str sign(struct keys *keys, struct arena *a)
{
    struct jwt_claims claims = {
        .type = JWT_ACCESS, .email = STR("alice@example.org"), .role = STR("USER"), .issued_s = 1000, .expires_s = 2000
    };
    struct str token;

    assert_ok(jwt_sign(keys, a, &claims, &token));
    return token;
}

static void test_keys__rotation_signs_nobody_out(void **state)
{
    (void)state;
    struct keys_fixture f;
    struct arena *a = arena_new(1 << 20);
    struct jwt_claims claims;
    struct buf old_id, new_id, fingerprint, kids;
    struct keys *running;
    struct str old_token, new_token;
    struct keys *second;

    fixture_init(&f);
    running = fixture_open(&f);
    buf_init(&old_id, 100);
    buf_init(&new_id, 100);
    buf_init(&fingerprint, 100);
    buf_init(&kids, 200);
    keys_kids(running, &old_id);
    keys_fingerprint(running, &fingerprint);
    old_token = sign(running, a);

    assert_ok(keys_rotate(f.config, &f.error_text, &new_id));
    assert_string_not_equal(new_id.ptr, old_id.ptr);
    second = fixture_open(&f);
    new_token = sign(second, a);
    assert_ok(jwt_verify(second, a, old_token, JWT_ACCESS, 1500, &claims));
    /* The process that has not been told yet looks at the disk for the key that it does not know. */
    assert_ok(jwt_verify(running, a, new_token, JWT_ACCESS, 1500, &claims));
    assert_ok(keys_reload(running, &f.error_text));
    assert_ok(jwt_verify(running, a, old_token, JWT_ACCESS, 1500, &claims));
    keys_kids(running, &kids);
    buf_add_byte(&new_id, ' ');
    buf_add(&new_id, buf_str(&old_id));
    assert_string_equal(kids.ptr, new_id.ptr);
    buf_clear(&kids);
    keys_fingerprint(second, &kids);
    assert_string_equal(kids.ptr, fingerprint.ptr);

    keys_free(running);
    keys_free(second);
    buf_release(&old_id);
    buf_release(&new_id);
    buf_release(&fingerprint);
    buf_release(&kids);
    arena_free(a);
    fixture_release(&f);
}

/* The power goes between the new private.pem and its public.pem. */
static void test_keys__a_rotation_that_was_cut_off_is_finished(void **state)
{
    (void)state;
    struct keys_fixture f;
    char public_path[256], old_public[256];
    struct buf kid, kids;
    struct keys *keys;

    fixture_init(&f);
    keys_free(fixture_open(&f));
    fixture_path(&f, "public.pem", public_path);
    fixture_path(&f, "old.pem", old_public);
    copy_file(public_path, old_public);
    buf_init(&kid, 100);
    buf_init(&kids, 200);
    assert_ok(keys_rotate(f.config, &f.error_text, &kid));
    copy_file(old_public, public_path);
    keys = fixture_open(&f);
    keys_kids(keys, &kids);
    assert_true(str_starts_with(buf_str(&kids), buf_str(&kid)));
    keys_free(keys);
    buf_release(&kid);
    buf_release(&kids);
    fixture_release(&f);
}

static void test_keys__a_bad_reload_keeps_the_old_keys(void **state)
{
    (void)state;
    struct keys_fixture f;
    struct arena *a = arena_new(1 << 20);
    struct jwt_claims claims;
    struct keys *keys;
    struct str token;
    char path[256];

    fixture_init(&f);
    keys = fixture_open(&f);
    token = sign(keys, a);
    fixture_path(&f, "private.pem", path);
    assert_int_equal(chmod(path, 0644), 0);
    assert_err(keys_reload(keys, &f.error_text), ERR_INVALID);
    assert_ok(jwt_verify(keys, a, token, JWT_ACCESS, 1500, &claims));
    keys_free(keys);
    arena_free(a);
    fixture_release(&f);
}

enum { STARTERS = 6 };

static void say_ids(struct keys_fixture *f, int fd)
{
    struct keys *keys = NULL;
    struct buf text;

    buf_init(&text, 4096);
    if (keys_open(f->config, &text, &keys) == ERR_OK)
        ids(keys, &text);
    if (write(fd, text.ptr, text.len) != (ssize_t)text.len)
        _exit(1);
    keys_free(keys);
    buf_release(&text);
}

static void test_keys__processes_that_start_at_once_agree(void **state)
{
    (void)state;
    struct keys_fixture f;
    char said[STARTERS][512];
    int pipes[STARTERS][2];
    pid_t pids[STARTERS];

    fixture_init(&f);
    for (int i = 0; i < STARTERS; i++) {
        assert_int_equal(pipe(pipes[i]), 0);
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            say_ids(&f, pipes[i][1]);
            _exit(0);
        }
    }
    for (int i = 0; i < STARTERS; i++) {
        ssize_t got;

        assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
        got = read(pipes[i][0], said[i], sizeof(said[i]) - 1);
        assert_true(got >= 0);
        said[i][got] = '\0';
        assert_string_equal(said[i], said[0]);
        (void)close(pipes[i][0]);
        (void)close(pipes[i][1]);
    }
    assert_int_equal(strlen(said[0]), 43 + 1 + 64);
    fixture_release(&f);
}

static void *reload_often(void *arg)
{
    struct buf error_text;

    buf_init(&error_text, 1000);
    for (int i = 0; i < 30; i++)
        (void)!keys_reload(arg, &error_text);
    buf_release(&error_text);
    return NULL;
}

static void test_keys__reload_disturbs_nobody(void **state)
{
    (void)state;
    struct keys_fixture f;
    struct arena *a = arena_new(8 << 20);
    struct jwt_claims claims;
    struct keys *keys;
    struct str token;
    pthread_t thread;

    fixture_init(&f);
    keys = fixture_open(&f);
    token = sign(keys, a);
    assert_int_equal(pthread_create(&thread, NULL, reload_often, keys), 0);
    for (int i = 0; i < 200; i++)
        assert_ok(jwt_verify(keys, a, token, JWT_ACCESS, 1500, &claims));
    assert_int_equal(pthread_join(thread, NULL), 0);
    keys_free(keys);
    arena_free(a);
    fixture_release(&f);
}

static void test_keys__jwks_tells_public_halves_only(void **state)
{
    (void)state;
    struct keys_fixture f;
    struct keys *keys;
    struct buf text;

    fixture_init(&f);
    keys = fixture_open(&f);
    buf_init(&text, 10000);
    keys_jwks(keys, &text);
    assert_true(str_starts_with(buf_str(&text), STR("{\"keys\":[{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\"")));
    assert_non_null(strstr(text.ptr, "\"e\":\"AQAB\""));
    assert_null(strstr(text.ptr, "\"d\":"));
    assert_null(strstr(text.ptr, "\"p\":"));
    buf_release(&text);
    keys_free(keys);
    fixture_release(&f);
}

static void test_keys__set_paths_are_used(void **state)
{
    (void)state;
    struct keys_fixture f, own;
    struct buf kid, kids;
    struct keys *keys;
    char path[256], setting[300];
    struct config *config;

    fixture_init(&own);
    fixture_init(&f);
    keys_free(fixture_open(&own));
    fixture_path(&own, "private.pem", path);
    (void)snprintf(setting, sizeof(setting), "JWT_PRIVATE_KEY_PATH=%s", path);
    config = fixture_config(f.keys_dir, setting);
    buf_init(&kid, 100);
    buf_init(&kids, 100);
    keys = fixture_open(&own);
    keys_kids(keys, &kid);
    keys_free(keys);
    assert_ok(keys_open(config, &f.error_text, &keys));
    keys_kids(keys, &kids);
    assert_string_equal(kids.ptr, kid.ptr);
    keys_free(keys);
    config_free(config);
    buf_release(&kid);
    buf_release(&kids);
    fixture_release(&f);
    fixture_release(&own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys__first_start_makes_closed_files),
        cmocka_unit_test(test_keys__first_start_closes_an_empty_folder),
        cmocka_unit_test(test_keys__second_start_has_the_same_keys),
        cmocka_unit_test(test_keys__what_others_can_read_is_refused),
        cmocka_unit_test(test_keys__a_lost_key_is_not_made_again),
        cmocka_unit_test(test_keys__a_lost_public_half_is_made_again),
        cmocka_unit_test(test_keys__somebody_elses_public_half_is_refused),
        cmocka_unit_test(test_keys__rotation_signs_nobody_out),
        cmocka_unit_test(test_keys__a_rotation_that_was_cut_off_is_finished),
        cmocka_unit_test(test_keys__a_bad_reload_keeps_the_old_keys),
        cmocka_unit_test(test_keys__processes_that_start_at_once_agree),
        cmocka_unit_test(test_keys__reload_disturbs_nobody),
        cmocka_unit_test(test_keys__jwks_tells_public_halves_only),
        cmocka_unit_test(test_keys__set_paths_are_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
