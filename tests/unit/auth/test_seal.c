#include "unit.h"

#include <string.h>

#include "keys_fixture.h"
#include "parley/auth/seal.h"

static const struct seal_label label = { "totp", { { 7 } } };
#define SECRET STR("twenty secret bytes!")

struct sealing {
    struct keys_fixture f;
    struct keys *keys;
    struct arena *a;
};

static void sealing_init(struct sealing *s)
{
    fixture_init(&s->f);
    s->keys = fixture_open(&s->f);
    s->a = arena_new(1 << 20);
    assert_non_null(s->a);
}

static void sealing_release(struct sealing *s)
{
    arena_free(s->a);
    keys_free(s->keys);
    fixture_release(&s->f);
}

static void rotate(struct sealing *s)
{
    struct buf kid;

    buf_init(&kid, 100);
    assert_ok(keys_rotate(s->f.config, &s->f.error_text, &kid));
    buf_release(&kid);
}

static void assert_opens(struct sealing *s, struct keys *keys, struct str sealed)
{
    struct str secret;

    assert_ok(seal_open(keys, s->a, &label, sealed, &secret));
    assert_str(secret, "twenty secret bytes!");
}

static void test_seal__opens_what_it_closed(void **state)
{
    (void)state;
    struct sealing s;
    struct str first, second;

    sealing_init(&s);
    assert_ok(seal_close(s.keys, s.a, &label, SECRET, &first));
    assert_ok(seal_close(s.keys, s.a, &label, SECRET, &second));
    assert_int_equal(first.len, SECRET.len + SEAL_EXTRA_BYTES);
    assert_false(str_eq(first, second));
    assert_null(memmem(first.ptr, first.len, "secret", 6));
    assert_opens(&s, s.keys, first);
    assert_opens(&s, s.keys, second);
    sealing_release(&s);
}

static void test_seal__notices_each_changed_byte(void **state)
{
    (void)state;
    struct sealing s;
    struct str sealed, secret;
    char *bytes;

    sealing_init(&s);
    assert_ok(seal_close(s.keys, s.a, &label, SECRET, &sealed));
    bytes = arena_cstr(s.a, sealed);
    for (size_t i = 0; i < sealed.len; i++) {
        enum err e;

        bytes[i] = (char)(bytes[i] ^ 0x40);
        e = seal_open(s.keys, s.a, &label, (struct str){ bytes, sealed.len }, &secret);
        /* Bytes 1 to 4 name the key. */
        assert_int_equal(e, i >= 1 && i <= 4 ? ERR_NOT_FOUND : ERR_INVALID);
        bytes[i] = (char)(bytes[i] ^ 0x40);
    }
    for (size_t len = 0; len < sealed.len; len++)
        assert_err(seal_open(s.keys, s.a, &label, (struct str){ bytes, len }, &secret), ERR_INVALID);
    assert_err(seal_open(s.keys, s.a, &label, (struct str){ NULL, 0 }, &secret), ERR_INVALID);
    sealing_release(&s);
}

static void test_seal__is_bound_to_purpose_and_owner(void **state)
{
    (void)state;
    const struct seal_label others[] = { { "totp", { { 8 } } }, { "totq", { { 7 } } }, { "", { { 7 } } } };
    struct sealing s;
    struct str sealed, secret;

    sealing_init(&s);
    assert_ok(seal_close(s.keys, s.a, &label, SECRET, &sealed));
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_err(seal_open(s.keys, s.a, &others[i], sealed, &secret), ERR_INVALID);
    sealing_release(&s);
}

static void test_seal__rotated_key_seals_and_the_old_one_opens(void **state)
{
    (void)state;
    struct sealing s;
    struct str old, new;
    struct keys *later;

    sealing_init(&s);
    assert_ok(seal_close(s.keys, s.a, &label, SECRET, &old));
    assert_true(seal_is_newest(s.keys, old));
    rotate(&s);
    later = fixture_open(&s.f);
    assert_opens(&s, later, old);
    assert_false(seal_is_newest(later, old));
    assert_ok(seal_close(later, s.a, &label, SECRET, &new));
    assert_true(seal_is_newest(later, new));
    /* A process that has not been told finds the new key by itself. */
    assert_opens(&s, s.keys, new);
    keys_free(later);
    sealing_release(&s);
}

static size_t seal_count(struct keys *keys)
{
    struct buf ids;
    size_t count;

    buf_init(&ids, 200);
    keys_seal_ids(keys, &ids);
    count = (ids.len + 1) / 9;
    buf_release(&ids);
    return count;
}

static void test_seal__forgotten_keys_open_no_more(void **state)
{
    (void)state;
    struct sealing s;
    struct str first, secret;
    struct buf kept;

    sealing_init(&s);
    assert_ok(seal_close(s.keys, s.a, &label, SECRET, &first));
    rotate(&s);
    assert_ok(keys_reload(s.keys, &s.f.error_text));
    buf_init(&kept, 200);
    keys_seal_ids(s.keys, &kept);
    rotate(&s);
    assert_ok(keys_reload(s.keys, &s.f.error_text));
    assert_int_equal(seal_count(s.keys), 3);
    keys_forget_seals(s.keys, str_head(buf_str(&kept), 8));
    assert_ok(keys_reload(s.keys, &s.f.error_text));
    assert_int_equal(seal_count(s.keys), 2);
    assert_err(seal_open(s.keys, s.a, &label, first, &secret), ERR_NOT_FOUND);
    buf_release(&kept);
    sealing_release(&s);
}

/* A folder of an older version has no sealing key; one that somebody else can read is refused. */
static void test_seal__key_is_made_closed_and_once(void **state)
{
    (void)state;
    struct sealing s;
    struct str sealed;
    struct stat info;
    struct keys *keys = NULL;
    char path[256];

    sealing_init(&s);
    fixture_path(&s.f, "seal.key", path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(info.st_size, 32);
    assert_ok(seal_close(s.keys, s.a, &label, SECRET, &sealed));
    keys_free(s.keys);
    s.keys = fixture_open(&s.f);
    assert_opens(&s, s.keys, sealed);
    assert_int_equal(chmod(path, 0640), 0);
    assert_err(keys_open(s.f.config, &s.f.error_text, &keys), ERR_INVALID);
    assert_non_null(strstr(s.f.error_text.ptr, "chmod 600"));
    assert_int_equal(unlink(path), 0);
    keys_free(s.keys);
    s.keys = fixture_open(&s.f);
    assert_false(seal_is_newest(s.keys, sealed));
    sealing_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seal__opens_what_it_closed),
        cmocka_unit_test(test_seal__notices_each_changed_byte),
        cmocka_unit_test(test_seal__is_bound_to_purpose_and_owner),
        cmocka_unit_test(test_seal__rotated_key_seals_and_the_old_one_opens),
        cmocka_unit_test(test_seal__forgotten_keys_open_no_more),
        cmocka_unit_test(test_seal__key_is_made_closed_and_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
