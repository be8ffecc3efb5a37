/* What GET /metrics/users and its neighbours answer with; figures.c fills it in. Private to app/api. */
#ifndef PARLEY_APP_API_FIGURES_VIEW_H
#define PARLEY_APP_API_FIGURES_VIEW_H

#include "parley/core/usage.h"
#include "parley/domain/lifecycle/figures.h"
#include "parley/domain/lifecycle/health.h"
#include "parley/gate/spec.h"

struct users_view {
    struct figures figures;
    double active_percent, admin_percent, twofa_percent;
};

struct workspaces_view {
    struct figures figures;
    double per_user;
};

struct chats_view {
    struct figures figures;
    struct figures_posted posted;
    double messages_per_chat;
};

struct tokens_view {
    int64_t timestamp_us;
    struct str message;
    int64_t used_count, left_count;
    struct str by_provider, by_workspace;
};

struct room_view { /* memory, or a disk */
    double total_gb, used_gb, free_gb, percent;
};

struct performance_view {
    int64_t timestamp_us;
    struct health_system system;
    struct machine_processors processors;
    struct room_view memory, disk;
    struct machine_network network;
};

struct details_view {
    struct users_view users;
    struct workspaces_view workspaces;
    struct chats_view chats;
    struct performance_view performance;
};

extern const struct spec figures_users_spec;       /* struct users_view */
extern const struct spec figures_workspaces_spec;  /* struct workspaces_view */
extern const struct spec figures_chats_spec;       /* struct chats_view */
extern const struct spec figures_tokens_spec;      /* struct tokens_view */
extern const struct spec figures_performance_spec; /* struct performance_view */
extern const struct spec figures_summary_spec;     /* struct details_view */

#endif
