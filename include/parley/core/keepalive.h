/* Long work asks now and then whether it may go on. */
#ifndef PARLEY_CORE_KEEPALIVE_H
#define PARLEY_CORE_KEEPALIVE_H

#include "parley/core/err.h"

/* An error ends the work. */
typedef enum err (*keepalive_fn)(void *arg);

#endif
