/* Rows that cannot be meant are refused at start. */
#ifndef PARLEY_APP_GATE_ROUTE_CHECK_H
#define PARLEY_APP_GATE_ROUTE_CHECK_H

#include "parley/core/buf.h"
#include "parley/gate/route.h"

/* ERR_OK, or ERR_INVALID with one line per fault. */
enum err route_check(const struct route *route, struct buf *ret_faults) MUST_CHECK;

/* Do requests of that method change something? */
bool method_changes(enum method method);
/* Does the gate look for a credential at all? */
bool access_reads_credential(enum access access);
/* Is the address itself the credential? */
bool access_is_in_url(enum access access);

/* "GET", … */
const char *method_name(enum method method);

#endif
