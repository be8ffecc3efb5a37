/* Whether this process can do its work. */
#ifndef PARLEY_DOMAIN_READINESS_H
#define PARLEY_DOMAIN_READINESS_H

#include "parley/core/ctx.h"

/*
 * Asks the database and the object store, each within 2 s. ERR_OK, ERR_DATABASE or ERR_STORAGE. Redis is not asked:
 * without it nothing stops. Any thread; no connection may be checked out.
 */
enum err readiness_check(struct ctx *ctx) MUST_CHECK;

#endif
