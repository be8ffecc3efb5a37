#include "parley/api/routes.h"

const struct route_table *const all_routes[] = {
    &meta_routes,
    &auth_routes,
    &users_routes,
};
const size_t all_routes_count = COUNT_OF(all_routes);
