/*
 * The gate's questions about the cookie of a browser's session: what came, whose it is, and whether the page is ours. The rules
 * are the cookie's own: ALLOWED_ORIGINS never covers it.
 */
#ifndef PARLEY_APP_GATE_BROWSER_CHECK_H
#define PARLEY_APP_GATE_BROWSER_CHECK_H

#include "exchange.h"

/* Sets call.cookie and call.in_cookie where the row has to do with them. ERR_INVALID: a header that asks for something else. */
enum err browser_read(struct exchange *p) MUST_CHECK;
/*
 * For a route that asks who it is, where nothing else says so: into p->principal. ERR_UNAUTHORIZED: no cookie, or not one that
 * this page may use (browser_check refuses that, once it has been counted); else as session_authenticate_cookie.
 */
enum err browser_authenticate(struct exchange *p) MUST_CHECK;
/* ERR_CROSS_SITE: a page of another origin uses the cookie, or asks for it. ERR_TWO_CREDENTIALS: two cookies of the name. */
enum err browser_check(struct exchange *p) MUST_CHECK;

#endif
