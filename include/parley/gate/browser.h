/*
 * A browser's session (IETF draft "OAuth 2.0 for Browser-Based Applications", token-mediating backend): the page holds the
 * access token in its memory, and what renews the session is in a cookie that no script can read. What routes it
 * counts for is in their rows (enum route_cookie); from where a page may use it is asked in the gate.
 */
#ifndef PARLEY_GATE_BROWSER_H
#define PARLEY_GATE_BROWSER_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/str.h"
#include "parley/http/reply.h"

#define BROWSER_COOKIE "__Host-parley"
/* The header that asks for it: "X-Parley-Session: cookie". */
#define BROWSER_HEADER "X-Parley-Session"

/*
 * Gives the browser the cookie: for this host alone, over TLS alone, for no script and no other site (RFC 6265bis §4.1.3.2).
 * life_s: 0: as long as the browser's windows.
 */
void browser_cookie_set(struct ctx *ctx, struct str value, int64_t life_s, struct reply *reply);
/* Takes it away, with what the page has stored and cached of this origin (W3C Clear Site Data). */
void browser_sign_out(struct reply *reply);

#endif
