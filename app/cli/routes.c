#include "routes.h"

#include "parley/api/routes.h"
#include "parley/compat/routes.h"

const struct route_table *const all_routes[] = {
    &meta_routes,        &auth_routes,          &second_factor_routes, &password_reset_routes, &users_routes,
    &workspaces_routes,  &invitations_routes,   &chats_routes,         &chat_members_routes,   &messages_routes,
    &attachments_routes, &uploads_routes,       &objects_routes,       &audit_routes,          &bootstrap_routes,
    &api_keys_routes,    &api_key_audit_routes,
};
const size_t all_routes_count = COUNT_OF(all_routes);
