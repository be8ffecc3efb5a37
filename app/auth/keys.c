#include "parley/auth/keys.h"

#include <pthread.h>
#include <unistd.h>

#include "keyfile.h"
#include "keyset.h"
#include "parley/auth/digest.h"
#include "parley/core/clock.h"
#include "parley/core/rand.h"
#include "parley/core/secret.h"

struct keys {
    struct key_paths paths;
    pthread_mutex_t lock; /* guards the two below */
    struct key_set *now;
    int64_t looked_us; /* monotonic; when keys_look_again last read the disk */
};

/* Makes a pair and writes its private half. *ret_key (may be NULL): the pair. */
static enum err make_private(const struct key_paths *paths, enum keyfile_write how, struct buf *ret_error_text,
                             struct key **ret_key)
{
    struct key *key = key_generate();
    struct buf pem;
    enum err e;

    if (key == NULL) {
        buf_add_c(ret_error_text, "no key could be made: not enough memory");
        return ERR_NO_MEMORY;
    }
    buf_init(&pem, KEY_PEM_MAX_BYTES);
    /* Reserved at once: a buffer that grows would leave copies of the key in freed memory. */
    (void)buf_room(&pem, KEY_PEM_MAX_BYTES / 2);
    e = key_write(key, KEY_PRIVATE, &pem);
    if (e == ERR_OK)
        e = keyfile_write(paths->private_path, buf_str(&pem), how, ret_error_text);
    if (pem.len > 0)
        secret_wipe(pem.ptr, pem.len);
    buf_release(&pem);
    if (e != ERR_OK || ret_key == NULL)
        key_free(key);
    else
        *ret_key = key;
    return e;
}

/* local.key or seal.key. */
static enum err make_secret(const char *path, enum keyfile_write how, struct buf *ret_error_text)
{
    char bytes[LOCAL_KEY_BYTES];
    enum err e;

    rand_bytes(bytes, sizeof(bytes));
    e = keyfile_write(path, (struct str){ bytes, sizeof(bytes) }, how, ret_error_text);
    secret_wipe(bytes, sizeof(bytes));
    return e;
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/*
 * The first start. local.key is made last and marks the folder as complete: where it is there, nothing is ever made
 * again, so a lost key is a fault that is named and not a new key that signs everybody out. seal.key alone is made where
 * it is missing, since folders of older versions have none: where it was lost, the database knows another one.
 */
static enum err make_missing(const struct key_paths *paths, struct buf *ret_error_text)
{
    TRY(keyfile_make_dir(paths->dir, ret_error_text));
    if (exists(paths->local_path))
        return exists(paths->seal_path) ? ERR_OK : make_secret(paths->seal_path, KEYFILE_NEW, ret_error_text);
    if (!exists(paths->private_path) || !str_starts_with(str_from(paths->private_path), str_from(paths->dir)))
        TRY(keyfile_close_dir(paths->dir, ret_error_text));
    if (!exists(paths->private_path))
        TRY(make_private(paths, KEYFILE_NEW, ret_error_text, NULL));
    TRY(make_secret(paths->seal_path, KEYFILE_NEW, ret_error_text));
    return make_secret(paths->local_path, KEYFILE_NEW, ret_error_text);
}

bool keys_exist(const struct config *config)
{
    struct key_paths paths;
    bool there = key_paths_init(&paths, config) == ERR_OK && exists(paths.local_path);

    key_paths_release(&paths);
    return there;
}

enum err keys_open(const struct config *config, struct buf *ret_error_text, struct keys **ret_keys)
{
    struct keys *keys = calloc(1, sizeof(*keys));
    enum err e;

    if (keys == NULL)
        return ERR_NO_MEMORY;
    (void)pthread_mutex_init(&keys->lock, NULL);
    e = key_paths_init(&keys->paths, config);
    if (e == ERR_OK)
        e = make_missing(&keys->paths, ret_error_text);
    if (e == ERR_OK)
        e = key_set_load(&keys->paths, ret_error_text, &keys->now);
    if (e != ERR_OK) {
        keys_free(keys);
        return e;
    }
    *ret_keys = keys;
    return ERR_OK;
}

void keys_free(struct keys *keys)
{
    if (keys == NULL)
        return;
    key_set_put(keys->now);
    key_paths_release(&keys->paths);
    (void)pthread_mutex_destroy(&keys->lock);
    free(keys);
}

enum err keys_reload(struct keys *keys, struct buf *ret_error_text)
{
    struct key_set *next;
    struct key_set *old;

    TRY(key_set_load(&keys->paths, ret_error_text, &next));
    (void)pthread_mutex_lock(&keys->lock);
    old = keys->now;
    keys->now = next;
    (void)pthread_mutex_unlock(&keys->lock);
    key_set_put(old);
    return ERR_OK;
}

struct key_set *keys_borrow(struct keys *keys)
{
    struct key_set *set;

    (void)pthread_mutex_lock(&keys->lock);
    set = keys->now;
    atomic_fetch_add(&set->users, 1);
    (void)pthread_mutex_unlock(&keys->lock);
    return set;
}

void keys_look_again(struct keys *keys)
{
    int64_t now_us = clock_monotonic_us();
    struct buf error_text;
    bool due;

    (void)pthread_mutex_lock(&keys->lock);
    due = keys->looked_us == 0 || now_us - keys->looked_us >= US_PER_S;
    if (due)
        keys->looked_us = now_us;
    (void)pthread_mutex_unlock(&keys->lock);
    if (!due)
        return;
    buf_init(&error_text, 1024);
    (void)!keys_reload(keys, &error_text); /* the old keys stay; SIGHUP says what is wrong */
    buf_release(&error_text);
}

/* The present public key under a name of its own, so that it still verifies when the next one has taken its place. */
static enum err put_aside(const struct key_paths *paths, const struct key_set *set, struct buf *ret_error_text)
{
    struct buf path;
    struct buf pem;
    enum err e;

    if (set->count >= KEYS_LIVE_MAX) {
        buf_addf(ret_error_text, "%s: there are %zu keys already; remove the oldest public-*.pem", paths->dir,
                 set->count);
        return ERR_INVALID;
    }
    buf_init(&path, 8192);
    buf_init(&pem, KEY_PEM_MAX_BYTES);
    buf_addf(&path, "%s/public-%s.pem", paths->dir, key_id(set->signing));
    e = key_write(set->signing, KEY_PUBLIC, &pem);
    if (e == ERR_OK)
        e = buf_check(&path);
    if (e == ERR_OK)
        e = keyfile_write(path.ptr, buf_str(&pem), KEYFILE_NEW, ret_error_text);
    buf_release(&pem);
    buf_release(&path);
    return e;
}

/* The new private key first; a public.pem that a power cut leaves behind is known by what was put aside. */
static enum err take_next(const struct key_paths *paths, struct buf *ret_error_text, struct buf *ret_kid)
{
    struct key *next = NULL;
    struct buf pem;
    enum err e;

    TRY(make_private(paths, KEYFILE_REPLACE, ret_error_text, &next));
    buf_init(&pem, KEY_PEM_MAX_BYTES);
    e = key_write(next, KEY_PUBLIC, &pem);
    if (e == ERR_OK)
        e = keyfile_write(paths->public_path, buf_str(&pem), KEYFILE_REPLACE, ret_error_text);
    if (e == ERR_OK)
        buf_add_c(ret_kid, key_id(next));
    buf_release(&pem);
    key_free(next);
    return e;
}

static void add_seal_path(struct buf *path, const struct key_paths *paths, const struct seal_key *key)
{
    buf_addf(path, "%s/seal-", paths->dir);
    buf_add_hex(path, key->id, sizeof(key->id));
    buf_add_c(path, ".key");
}

static enum err seal_put_aside(const struct key_paths *paths, const struct seal_key *key, struct buf *ret_error_text)
{
    struct buf path;
    enum err e;

    buf_init(&path, 8192);
    add_seal_path(&path, paths, key);
    e = buf_check(&path);
    if (e == ERR_OK)
        e = keyfile_write(path.ptr, (struct str){ (const char *)key->bytes, sizeof(key->bytes) }, KEYFILE_NEW,
                          ret_error_text);
    buf_release(&path);
    return e;
}

static enum err rotate_seal(const struct key_paths *paths, const struct key_set *set, struct buf *ret_error_text)
{
    if (set->seal_count == SEAL_KEYS_MAX) {
        buf_addf(ret_error_text,
                 "%s: there are %zu sealing keys already; run parley key adopt, then remove the oldest seal-*.key",
                 paths->dir, set->seal_count);
        return ERR_INVALID;
    }
    TRY(seal_put_aside(paths, &set->seals[0], ret_error_text));
    return make_secret(paths->seal_path, KEYFILE_REPLACE, ret_error_text);
}

enum err keys_rotate(const struct config *config, struct buf *ret_error_text, struct buf *ret_kid)
{
    struct key_paths paths;
    struct key_set *set = NULL;
    enum err e;

    TRY(key_paths_init(&paths, config));
    e = make_missing(&paths, ret_error_text);
    if (e == ERR_OK)
        e = key_set_load(&paths, ret_error_text, &set);
    if (e == ERR_OK)
        e = put_aside(&paths, set, ret_error_text);
    if (e == ERR_OK)
        e = rotate_seal(&paths, set, ret_error_text);
    if (e == ERR_OK)
        e = take_next(&paths, ret_error_text, ret_kid);
    key_set_put(set);
    key_paths_release(&paths);
    return e;
}

void keys_seal_ids(struct keys *keys, struct buf *out)
{
    struct key_set *set = keys_borrow(keys);

    for (size_t i = 0; i < set->seal_count; i++) {
        buf_add_c(out, i > 0 ? " " : "");
        buf_add_hex(out, set->seals[i].id, sizeof(set->seals[i].id));
    }
    key_set_put(set);
}

static bool is_id(const struct seal_key *key, struct str id)
{
    struct buf hex;
    bool same;

    buf_init(&hex, 2 * SEAL_KEY_ID_BYTES + 1);
    buf_add_hex(&hex, key->id, sizeof(key->id));
    same = str_eq(buf_str(&hex), id);
    buf_release(&hex);
    return same;
}

void keys_forget_seals(struct keys *keys, struct str kept_id)
{
    struct key_set *set = keys_borrow(keys);
    struct buf path;

    buf_init(&path, 8192);
    for (size_t i = 1; i < set->seal_count; i++) {
        if (is_id(&set->seals[i], kept_id))
            continue;
        buf_clear(&path);
        add_seal_path(&path, &keys->paths, &set->seals[i]);
        if (buf_check(&path) == ERR_OK)
            (void)unlink(path.ptr);
    }
    buf_release(&path);
    key_set_put(set);
}

void keys_jwks(struct keys *keys, struct buf *out)
{
    struct key_set *set = keys_borrow(keys);

    buf_add_c(out, "{\"keys\":[");
    for (size_t i = 0; i < set->count; i++) {
        buf_add_c(out, i > 0 ? "," : "");
        key_write_jwk(set->verifying[i], out);
    }
    buf_add_c(out, "]}");
    key_set_put(set);
}

void keys_kids(struct keys *keys, struct buf *out)
{
    struct key_set *set = keys_borrow(keys);

    for (size_t i = 0; i < set->count; i++) {
        buf_add_c(out, i > 0 ? " " : "");
        buf_add_c(out, key_id(set->verifying[i]));
    }
    key_set_put(set);
}

void keys_fingerprint(struct keys *keys, struct buf *out)
{
    static const struct str purpose = STR_INIT("parley: which folder of keys is this?");
    unsigned char mac[SHA256_BYTES];

    keys_local_mac(keys, purpose, mac);
    buf_add_hex(out, mac, sizeof(mac));
}

void keys_local_mac(struct keys *keys, struct str data, unsigned char ret_mac[32])
{
    struct key_set *set = keys_borrow(keys);

    digest_hmac((struct str){ (const char *)set->local, sizeof(set->local) }, data, ret_mac);
    key_set_put(set);
}

void keys_seal_mac(struct keys *keys, struct str data, unsigned char ret_mac[32])
{
    struct key_set *set = keys_borrow(keys);

    digest_hmac((struct str){ (const char *)set->seals[0].bytes, sizeof(set->seals[0].bytes) }, data, ret_mac);
    key_set_put(set);
}
