/* The route tables of the native API, one per file of app/api. */
#ifndef PARLEY_API_ROUTES_H
#define PARLEY_API_ROUTES_H

#include "parley/gate/route.h"

extern const struct route_table meta_routes;
extern const struct route_table health_routes;
extern const struct route_table metrics_routes;
extern const struct route_table figures_routes;
extern const struct route_table server_routes;
extern const struct route_table sign_in_routes;
extern const struct route_table pages_routes;
extern const struct route_table auth_routes;
extern const struct route_table preferences_routes;
extern const struct route_table second_factor_routes;
extern const struct route_table password_reset_routes;
extern const struct route_table email_change_routes;
extern const struct route_table user_status_routes;
extern const struct route_table presence_routes;
extern const struct route_table users_routes;
extern const struct route_table user_sessions_routes;
extern const struct route_table workspaces_routes;
extern const struct route_table admin_workspaces_routes;
extern const struct route_table invitations_routes;
extern const struct route_table chats_routes;
extern const struct route_table chat_members_routes;
extern const struct route_table chat_states_routes;
extern const struct route_table chat_shelf_routes;
extern const struct route_table messages_routes;
extern const struct route_table answers_routes;
extern const struct route_table saved_routes;
extern const struct route_table scheduled_routes;
extern const struct route_table message_threads_routes;
extern const struct route_table reactions_routes;
extern const struct route_table webhooks_routes;
extern const struct route_table notifications_routes;
extern const struct route_table providers_routes;
extern const struct route_table models_routes;
extern const struct route_table prompts_routes;
extern const struct route_table budgets_routes;
extern const struct route_table usage_routes;
extern const struct route_table search_routes;
extern const struct route_table exports_routes;
extern const struct route_table streams_routes;
extern const struct route_table attachments_routes;
extern const struct route_table uploads_routes;
extern const struct route_table objects_routes;
extern const struct route_table audit_routes;
extern const struct route_table audit_verify_routes;

#endif
