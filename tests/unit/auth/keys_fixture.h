/* A folder of keys of its own for one test, and the configuration that names it. */
#ifndef PARLEY_TESTS_KEYS_FIXTURE_H
#define PARLEY_TESTS_KEYS_FIXTURE_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parley/auth/keys.h"
#include "parley/core/config.h"

struct keys_fixture {
    char dir[64];
    char keys_dir[96];
    struct config *config;
    struct buf error_text;
};

static inline struct config *fixture_config(const char *keys_dir, const char *more)
{
    char setting[160];
    char *environment[] = { setting, (char *)more, NULL };
    struct config_load_opts opts = { .environment = environment, .env_file = "/dev/null" };
    struct config *config = NULL;
    struct buf faults;

    (void)snprintf(setting, sizeof(setting), "KEYS_DIR=%s", keys_dir);
    buf_init(&faults, 4096);
    if (config_load(&opts, &faults, &config) != ERR_OK)
        fail_msg("%s", faults.ptr);
    buf_release(&faults);
    return config;
}

static inline void fixture_init(struct keys_fixture *f)
{
    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/parley-keys-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->keys_dir, sizeof(f->keys_dir), "%s/keys", f->dir);
    f->config = fixture_config(f->keys_dir, NULL);
    buf_init(&f->error_text, 4096);
}

static inline void fixture_path(const struct keys_fixture *f, const char *name, char ret_path[256])
{
    (void)snprintf(ret_path, 256, "%s/%s", f->keys_dir, name);
}

static inline void fixture_release(struct keys_fixture *f)
{
    char path[512];
    struct dirent *entry;
    DIR *dir = opendir(f->keys_dir);

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        (void)snprintf(path, sizeof(path), "%s/%s", f->keys_dir, entry->d_name);
        (void)unlink(path);
    }
    if (dir != NULL)
        (void)closedir(dir);
    (void)rmdir(f->keys_dir);
    (void)rmdir(f->dir);
    config_free(f->config);
    buf_release(&f->error_text);
}

static inline struct keys *fixture_open(struct keys_fixture *f)
{
    struct keys *keys = NULL;

    if (keys_open(f->config, &f->error_text, &keys) != ERR_OK)
        fail_msg("%s", f->error_text.ptr);
    return keys;
}

#endif
