#include "routes.h"

#include <assert.h>

#include "parley/api/routes.h"
#include "parley/compat/routes.h"

static const struct route_table *const all[] = {
    &meta_routes,        &health_routes,          &metrics_routes,        &server_routes,
    &pages_routes,       &sign_in_routes,         &auth_routes,           &preferences_routes,
    &user_status_routes, &second_factor_routes,   &password_reset_routes, &email_change_routes,
    &users_routes,       &user_sessions_routes,   &workspaces_routes,     &admin_workspaces_routes,
    &invitations_routes, &chats_routes,           &chat_members_routes,   &chat_states_routes,
    &messages_routes,    &message_threads_routes, &reactions_routes,      &webhooks_routes,
    &search_routes,      &streams_routes,         &attachments_routes,    &uploads_routes,
    &objects_routes,     &audit_routes,           &audit_verify_routes,   &bootstrap_routes,
    &api_keys_routes,    &api_key_audit_routes,   &presence_routes,       &notifications_routes,
    &chat_shelf_routes,  &saved_routes,           &scheduled_routes,      &exports_routes,
    &providers_routes,   &models_routes,          &answers_routes,        &prompts_routes,
    &budgets_routes,     &usage_routes,           &figures_routes,
};

enum err routes_of(const struct config *config, struct buf *ret_faults, struct routes *ret_routes)
{
    static_assert(COUNT_OF(all) <= ROUTE_TABLES_MAX, "more tables of routes than there is room for");

    return dialects_on(all, COUNT_OF(all), str_from(config->dialects), ret_faults, ret_routes->tables,
                       &ret_routes->count);
}
