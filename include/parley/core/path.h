/* Folders on the way to where something shall lie. */
#ifndef PARLEY_CORE_PATH_H
#define PARLEY_CORE_PATH_H

#include <sys/types.h>

#include "parley/core/attrs.h"
#include "parley/core/err.h"

/*
 * Makes a folder, where it is missing, and those above it. Something of another kind that has the name already is left to
 * whoever opens it.
 *   mode  of the folder, less the umask; those above it get 0750
 * Returns ERR_OK, or ERR_STORAGE with the reason in errno. Any thread; another process may do the same at once.
 */
enum err path_make_dir(const char *path, mode_t mode) MUST_CHECK;
/* The same for the folder in which the file is; ERR_OK for a name without a folder. */
enum err path_make_parent(const char *path, mode_t mode) MUST_CHECK;

#endif
