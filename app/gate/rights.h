/* What the caller may do in the workspace that the path names: the role that the route asks for, and a second factor. */
#ifndef PARLEY_APP_GATE_RIGHTS_H
#define PARLEY_APP_GATE_RIGHTS_H

#include "exchange.h"

/*
 * Fills in call.workspace. It may be recalled (domain/talk/access_cache.h) where the route's handler proves what that says;
 * no refusal rests on it.
 */
enum err rights_check(struct exchange *p) MUST_CHECK;
/* The handler has refused with e what was recalled: whether things are so, only the database knows. */
bool rights_is_refused_guess(const struct exchange *p, enum err e);
/* Then: the same, asked of the database; the handler may be run once more. */
enum err rights_check_again(struct exchange *p) MUST_CHECK;

#endif
