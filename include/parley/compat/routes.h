/* The route tables of the dialects, other systems' APIs over the same domain; one per file of app/compat. */
#ifndef PARLEY_COMPAT_ROUTES_H
#define PARLEY_COMPAT_ROUTES_H

#include "parley/gate/route.h"

extern const struct route_table bootstrap_routes;
extern const struct route_table api_keys_routes;
extern const struct route_table api_key_audit_routes;

#endif
