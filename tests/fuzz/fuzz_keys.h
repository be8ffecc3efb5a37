/* Keys for a fuzz target, in memory alone. */
#ifndef PARLEY_TESTS_FUZZ_KEYS_H
#define PARLEY_TESTS_FUZZ_KEYS_H

#include <dirent.h>
#include <unistd.h>

#include "parley/auth/keys.h"
#include "parley/core/buf.h"

/* Takes a folder of files away. */
static inline void fuzz_remove_dir(const char *path)
{
    DIR *dir = opendir(path);

    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    (void)closedir(dir);
    (void)rmdir(path);
}

/* New ones. Their folder is removed at once: libFuzzer ends without a clean-up, and would leave it behind. */
static inline struct keys *fuzz_keys(void)
{
    char dir[] = "/tmp/parley-fuzz-XXXXXX";
    char setting[64];
    char *environment[] = { setting, NULL };
    struct config_load_opts opts = { .environment = environment, .env_file = "/dev/null" };
    struct config *config = NULL;
    struct keys *keys = NULL;
    struct buf error_text;

    buf_init(&error_text, 4096);
    if (mkdtemp(dir) == NULL)
        abort();
    (void)snprintf(setting, sizeof(setting), "KEYS_DIR=%s", dir);
    if (config_load(&opts, &error_text, &config) != ERR_OK || keys_open(config, &error_text, &keys) != ERR_OK)
        abort();
    fuzz_remove_dir(dir);
    config_free(config);
    buf_release(&error_text);
    return keys;
}

#endif
