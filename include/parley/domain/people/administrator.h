/*
 * Somebody must be able to run the server. A working administrator is an active user with the role ADMIN who has a
 * password, or an active, unexpired key with the scope admin in the personal workspace of an active ADMIN (whose
 * membership nobody can end).
 *
 * Whoever takes from a user or a key what makes an administrator does it inside db_run in this order: lock, change,
 * check. Two who take away the last two meet at the lock.
 */
#ifndef PARLEY_DOMAIN_ADMINISTRATOR_H
#define PARLEY_DOMAIN_ADMINISTRATOR_H

#include "parley/core/ctx.h"

/* Held until the transaction ends; before any other lock. */
enum err administrator_lock(struct ctx *ctx) MUST_CHECK;
/* ERR_LAST_ADMIN: after the change there would be none. */
enum err administrator_check(struct ctx *ctx) MUST_CHECK;

#endif
