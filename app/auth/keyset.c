#include "keyset.h"

#include <dirent.h>
#include <errno.h>

#include "keyfile.h"
#include "parley/auth/digest.h"
#include "parley/core/secret.h"

static char *join(const char *dir, const char *name)
{
    size_t size_bytes = strlen(dir) + strlen(name) + 2;
    char *path = malloc(size_bytes);

    if (path != NULL)
        (void)snprintf(path, size_bytes, "%s/%s", dir, name);
    return path;
}

/* The set path, or the default one in the folder. */
static char *path_or(const char *set, const char *dir, const char *name)
{
    return set != NULL && set[0] != '\0' ? strdup(set) : join(dir, name);
}

enum err key_paths_init(struct key_paths *paths, const struct config *config)
{
    paths->dir = strdup(config->keys_dir);
    paths->private_path = path_or(config->jwt_private_key_path, config->keys_dir, "private.pem");
    paths->public_path = path_or(config->jwt_public_key_path, config->keys_dir, "public.pem");
    paths->local_path = join(config->keys_dir, "local.key");
    paths->seal_path = join(config->keys_dir, "seal.key");
    if (paths->dir != NULL && paths->private_path != NULL && paths->public_path != NULL && paths->local_path != NULL &&
        paths->seal_path != NULL)
        return ERR_OK;
    key_paths_release(paths);
    return ERR_NO_MEMORY;
}

void key_paths_release(struct key_paths *paths)
{
    free(paths->dir);
    free(paths->private_path);
    free(paths->public_path);
    free(paths->local_path);
    free(paths->seal_path);
    *paths = (struct key_paths){ 0 };
}

void key_set_put(struct key_set *set)
{
    if (set == NULL || atomic_fetch_sub(&set->users, 1) > 1)
        return;
    key_free(set->signing);
    for (size_t i = 0; i < set->count; i++)
        key_free(set->verifying[i]);
    secret_wipe(set->local, sizeof(set->local));
    secret_wipe(set->seals, sizeof(set->seals));
    free(set);
}

const struct key *key_set_find(const struct key_set *set, struct str id)
{
    for (size_t i = 0; i < set->count; i++) {
        if (str_eq_c(id, key_id(set->verifying[i])))
            return set->verifying[i];
    }
    return NULL;
}

/* Takes ownership of key; a key that is in the set already is not added twice. */
static enum err add_verifying(struct key_set *set, struct key *key, const char *path, struct buf *ret_error_text)
{
    if (key_set_find(set, str_from(key_id(key))) != NULL) {
        key_free(key);
        return ERR_OK;
    }
    if (set->count == KEYS_LIVE_MAX) {
        buf_addf(ret_error_text, "%s: there are more than %d keys; remove the oldest public-*.pem", path,
                 KEYS_LIVE_MAX);
        key_free(key);
        return ERR_INVALID;
    }
    set->verifying[set->count++] = key;
    return ERR_OK;
}

static enum err read_key(const char *path, enum key_half half, struct buf *ret_error_text, struct key **ret_key)
{
    const char *error_text = NULL;
    struct buf pem;
    enum err e;

    buf_init(&pem, KEY_PEM_MAX_BYTES + 4096);
    e = keyfile_read(path, half == KEY_PRIVATE ? KEYFILE_SECRET : KEYFILE_PUBLIC, ret_error_text, &pem);
    if (e == ERR_OK)
        e = key_read(buf_str(&pem), half, &error_text, ret_key);
    if (error_text != NULL)
        buf_addf(ret_error_text, "%s %s", path, error_text);
    if (half == KEY_PRIVATE && pem.len > 0)
        secret_wipe(pem.ptr, pem.len);
    buf_release(&pem);
    return e;
}

static enum err load_private(struct key_set *set, const struct key_paths *paths, struct buf *ret_error_text)
{
    enum err e = read_key(paths->private_path, KEY_PRIVATE, ret_error_text, &set->signing);

    if (e == ERR_NOT_FOUND) {
        buf_addf(ret_error_text,
                 "%s: the private key is missing; bring it back, or copy the whole folder of the keys from "
                 "another host of this server",
                 paths->private_path);
        return ERR_INVALID;
    }
    return e;
}

/* Is there a public-<id>.pem for this key? Then a rotation had put it aside. */
static bool is_put_aside(const struct key_paths *paths, const struct key *key)
{
    char name[sizeof("public-.pem") + KEY_ID_BYTES];
    char *path;
    struct key *aside = NULL;
    struct buf error_text;
    bool found;

    (void)snprintf(name, sizeof(name), "public-%s.pem", key_id(key));
    path = join(paths->dir, name);
    buf_init(&error_text, 1024);
    found = path != NULL && read_key(path, KEY_PUBLIC, &error_text, &aside) == ERR_OK &&
            strcmp(key_id(aside), key_id(key)) == 0;
    buf_release(&error_text);
    key_free(aside);
    free(path);
    return found;
}

/* The public file must be the private key's other half, pem; it is made where it is missing. */
static enum err match_public(const struct key_set *set, const struct key_paths *paths, struct str pem,
                             struct buf *ret_error_text)
{
    struct key *given = NULL;
    enum err e = read_key(paths->public_path, KEY_PUBLIC, ret_error_text, &given);

    if (e == ERR_NOT_FOUND)
        return keyfile_write(paths->public_path, pem, KEYFILE_NEW, ret_error_text);
    TRY(e);
    if (strcmp(key_id(given), key_id(set->signing)) != 0) {
        if (is_put_aside(paths, given)) {
            e = keyfile_write(paths->public_path, pem, KEYFILE_REPLACE, ret_error_text);
        } else {
            buf_addf(ret_error_text, "%s does not belong to %s; remove it and it is made again", paths->public_path,
                     paths->private_path);
            e = ERR_INVALID;
        }
    }
    key_free(given);
    return e;
}

static enum err load_public(struct key_set *set, const struct key_paths *paths, struct buf *ret_error_text)
{
    const char *error_text;
    struct key *own = NULL;
    struct buf pem;
    enum err e;

    buf_init(&pem, KEY_PEM_MAX_BYTES);
    e = key_write(set->signing, KEY_PUBLIC, &pem);
    if (e == ERR_OK)
        e = key_read(buf_str(&pem), KEY_PUBLIC, &error_text, &own);
    if (e == ERR_OK)
        e = add_verifying(set, own, paths->public_path, ret_error_text);
    if (e == ERR_OK)
        e = match_public(set, paths, buf_str(&pem), ret_error_text);
    buf_release(&pem);
    return e;
}

/* 32 bytes of a file. ERR_NOT_FOUND when there is none. */
static enum err read_secret(const char *path, uint8_t ret_bytes[LOCAL_KEY_BYTES], struct buf *ret_error_text)
{
    struct buf bytes;
    enum err e;

    buf_init(&bytes, KEY_PEM_MAX_BYTES);
    e = keyfile_read(path, KEYFILE_SECRET, ret_error_text, &bytes);
    if (e == ERR_OK && bytes.len != LOCAL_KEY_BYTES) {
        buf_addf(ret_error_text, "%s: should hold %d bytes; bring it back from a backup or another host of this server",
                 path, LOCAL_KEY_BYTES);
        e = ERR_INVALID;
    }
    if (e == ERR_OK)
        memcpy(ret_bytes, bytes.ptr, LOCAL_KEY_BYTES);
    if (bytes.len > 0)
        secret_wipe(bytes.ptr, bytes.len);
    buf_release(&bytes);
    return e;
}

static enum err load_needed_secret(const char *path, uint8_t ret_bytes[LOCAL_KEY_BYTES], struct buf *ret_error_text)
{
    enum err e = read_secret(path, ret_bytes, ret_error_text);

    if (e != ERR_NOT_FOUND)
        return e;
    buf_addf(ret_error_text,
             "%s: is missing; bring it back, or copy the whole folder of the keys from another host of this server",
             path);
    return ERR_INVALID;
}

static void name_seal_key(struct seal_key *key)
{
    uint8_t mac[SHA256_BYTES];

    digest_hmac((struct str){ (const char *)key->bytes, sizeof(key->bytes) }, STR("parley: sealing key"), mac);
    memcpy(key->id, mac, sizeof(key->id));
}

/* A key that is in the set already is not added twice. */
static enum err add_seal(struct key_set *set, struct seal_key *key, const char *path, struct buf *ret_error_text)
{
    name_seal_key(key);
    for (size_t i = 0; i < set->seal_count; i++) {
        if (memcmp(set->seals[i].bytes, key->bytes, sizeof(key->bytes)) == 0)
            return ERR_OK;
    }
    if (set->seal_count == SEAL_KEYS_MAX) {
        buf_addf(ret_error_text, "%s: there are more than %d sealing keys; remove the oldest seal-*.key", path,
                 SEAL_KEYS_MAX);
        return ERR_INVALID;
    }
    set->seals[set->seal_count++] = *key;
    return ERR_OK;
}

static enum err load_seal(struct key_set *set, const struct key_paths *paths, struct buf *ret_error_text)
{
    struct seal_key key;
    enum err e = load_needed_secret(paths->seal_path, key.bytes, ret_error_text);

    if (e == ERR_OK)
        e = add_seal(set, &key, paths->seal_path, ret_error_text);
    secret_wipe(&key, sizeof(key));
    return e;
}

static enum err load_older_public(struct key_set *set, const char *path, struct buf *ret_error_text)
{
    struct key *key = NULL;

    TRY(read_key(path, KEY_PUBLIC, ret_error_text, &key));
    return add_verifying(set, key, path, ret_error_text);
}

static enum err load_older_seal(struct key_set *set, const char *path, struct buf *ret_error_text)
{
    struct seal_key key;
    enum err e = read_secret(path, key.bytes, ret_error_text);

    if (e == ERR_OK)
        e = add_seal(set, &key, path, ret_error_text);
    secret_wipe(&key, sizeof(key));
    return e;
}

static bool is_named(const char *name, const char *start, const char *end)
{
    return str_starts_with(str_from(name), str_from(start)) && str_ends_with(str_from(name), str_from(end));
}

/* Reads the public keys that rotations have put aside. */
static enum err load_older(struct key_set *set, const struct key_paths *paths, const char *name,
                           struct buf *ret_error_text)
{
    char *path = join(paths->dir, name);
    enum err e = path == NULL ? ERR_NO_MEMORY : ERR_OK;

    if (e == ERR_OK && is_named(name, "public-", ".pem"))
        e = load_older_public(set, path, ret_error_text);
    if (e == ERR_OK && is_named(name, "seal-", ".key"))
        e = load_older_seal(set, path, ret_error_text);
    free(path);
    return e == ERR_NOT_FOUND ? ERR_OK : e; /* removed between the listing and the reading */
}

static enum err load_all_older(struct key_set *set, const struct key_paths *paths, struct buf *ret_error_text)
{
    DIR *dir = opendir(paths->dir);
    struct dirent *entry;
    enum err e = ERR_OK;

    if (dir == NULL) {
        buf_addf(ret_error_text, "%s: the folder of the keys cannot be read: %s", paths->dir, strerror(errno));
        return ERR_INVALID;
    }
    while (e == ERR_OK && (entry = readdir(dir)) != NULL)
        e = load_older(set, paths, entry->d_name, ret_error_text);
    (void)closedir(dir);
    return e;
}

enum err key_set_load(const struct key_paths *paths, struct buf *ret_error_text, struct key_set **ret_set)
{
    struct key_set *set;
    enum err e;

    TRY(keyfile_check_dir(paths->dir, ret_error_text));
    set = calloc(1, sizeof(*set));
    if (set == NULL)
        return ERR_NO_MEMORY;
    atomic_init(&set->users, 1);
    e = load_private(set, paths, ret_error_text);
    if (e == ERR_OK)
        e = load_public(set, paths, ret_error_text);
    if (e == ERR_OK)
        e = load_seal(set, paths, ret_error_text);
    if (e == ERR_OK)
        e = load_all_older(set, paths, ret_error_text);
    if (e == ERR_OK)
        e = load_needed_secret(paths->local_path, set->local, ret_error_text);
    if (e != ERR_OK) {
        key_set_put(set);
        return e;
    }
    *ret_set = set;
    return ERR_OK;
}
