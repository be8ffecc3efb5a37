/* How much there is and what happens, as JSON for whoever runs the server; metrics.c has the same person's Prometheus text. */
#include "figures_view.h"
#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/domain/record/principal.h"

/* ---- views ---- */

#define BYTES_PER_GB (1024.0 * 1024 * 1024)

/* With two decimals; 0 where there is nothing to divide by. */
static double ratio(int64_t part, int64_t whole, int64_t factor)
{
    int64_t hundredths = whole > 0 ? (part * factor * 100 + whole / 2) / whole : 0;

    return (double)hundredths / 100;
}

static struct users_view users_of(const struct figures *f)
{
    return (struct users_view){
        .figures = *f,
        .active_percent = ratio(f->active_count, f->user_count, 100),
        .admin_percent = ratio(f->admin_count, f->user_count, 100),
        .twofa_percent = ratio(f->twofa_count, f->user_count, 100),
    };
}

static struct workspaces_view workspaces_of(const struct figures *f)
{
    return (struct workspaces_view){ .figures = *f, .per_user = ratio(f->workspace_count, f->user_count, 1) };
}

/* A key reads nothing of anybody's. */
static void addresses_hide(const struct call *call, struct list *posters)
{
    struct figures_poster *poster = posters->items;

    for (size_t i = 0; call->principal->role != USER_ROLE_ADMIN && i < posters->count; i++)
        poster[i].email = (struct str){ NULL, 0 };
}

static enum err chats_of(struct ctx *ctx, const struct call *call, const struct figures *f, struct chats_view *ret_view)
{
    *ret_view = (struct chats_view){ .figures = *f, .messages_per_chat = ratio(f->message_count, f->chat_count, 1) };
    TRY(figures_posted(ctx, f->counted_us, &ret_view->posted));
    addresses_hide(call, &ret_view->posted.most);
    return ERR_OK;
}

static struct room_view room_of(int64_t used_bytes, int64_t total_bytes, double percent)
{
    return (struct room_view){
        .total_gb = (double)total_bytes / BYTES_PER_GB,
        .used_gb = (double)used_bytes / BYTES_PER_GB,
        .free_gb = (double)(total_bytes - used_bytes) / BYTES_PER_GB,
        .percent = percent,
    };
}

static void performance_look(struct ctx *ctx, struct performance_view *ret_view)
{
    struct performance_view view = { .timestamp_us = ctx->now_us };
    const struct health_system *system = &view.system;
    struct health_look look;

    health_system_begin(&look);
    machine_processors(&view.processors);
    machine_network(&view.network);
    health_system_end(ctx, &look, &view.system);
    view.memory = room_of(system->memory_used_bytes, system->memory_total_bytes, system->memory_percent);
    view.disk = room_of(system->disk_used_bytes, system->disk_total_bytes, system->disk_percent);
    *ret_view = view;
}

/* json_out_key takes names of ours only; this one somebody has chosen. */
static void share_write(struct json_out *out, const struct token_share *share)
{
    json_out_str(out, share->name);
    buf_add_byte(out->buf, ':');
    out->comma = false;
    json_out_int(out, share->token_count);
}

/* A JSON object of names and counts. */
static enum err shares_write(struct ctx *ctx, const struct list *shares, struct str *ret_text)
{
    const struct token_share *share = shares->items;
    struct json_out out;
    struct buf text;
    enum err e;

    buf_init(&text, BODY_MAX_BYTES);
    json_out_init(&out, &text);
    json_out_object(&out);
    for (size_t i = 0; i < shares->count; i++)
        share_write(&out, &share[i]);
    json_out_object_end(&out);
    e = buf_check(&text);
    *ret_text = arena_str(ctx->arena, buf_str(&text));
    buf_release(&text);
    return e == ERR_OK && ret_text->ptr != NULL ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
}

/* ---- handlers ---- */

static enum err performance_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct performance_view view;

    (void)call;
    performance_look(ctx, &view);
    spec_encode(&reply->json, &figures_performance_spec, &view);
    return ERR_OK;
}

static enum err users_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct figures figures;
    struct users_view view;

    (void)call;
    TRY(figures_get(ctx, &figures));
    view = users_of(&figures);
    spec_encode(&reply->json, &figures_users_spec, &view);
    return ERR_OK;
}

static enum err workspaces_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct figures figures;
    struct workspaces_view view;

    (void)call;
    TRY(figures_get(ctx, &figures));
    view = workspaces_of(&figures);
    spec_encode(&reply->json, &figures_workspaces_spec, &view);
    return ERR_OK;
}

static enum err chats_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct figures figures;
    struct chats_view view;

    TRY(figures_get(ctx, &figures));
    TRY(chats_of(ctx, call, &figures, &view));
    spec_encode(&reply->json, &figures_chats_spec, &view);
    return ERR_OK;
}

static enum err tokens_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct token_figures tokens;
    struct tokens_view view;

    (void)call;
    TRY(token_figures(ctx, &tokens));
    view = (struct tokens_view){
        .timestamp_us = ctx->now_us,
        .message = STR("Tokens that models have used"),
        .used_count = tokens.total_count,
        .left_count = INT_NULL,
    };
    TRY(shares_write(ctx, &tokens.by_provider, &view.by_provider));
    TRY(shares_write(ctx, &tokens.by_workspace, &view.by_workspace));
    spec_encode(&reply->json, &figures_tokens_spec, &view);
    return ERR_OK;
}

static enum err summary_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct figures figures;
    struct details_view view;

    TRY(figures_get(ctx, &figures));
    view.users = users_of(&figures);
    view.workspaces = workspaces_of(&figures);
    TRY(chats_of(ctx, call, &figures, &view.chats));
    performance_look(ctx, &view.performance);
    spec_encode(&reply->json, &figures_summary_spec, &view);
    return ERR_OK;
}

#define FOR_OPERATORS \
    .access = ACCESS_METRICS, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_METRICS, .rate = RATE_READ, .status = 200, \
    .tag = "Server"
#define SUMMED "A job sums once a minute, so that asking costs the same on any server. "
/* clang-format off */
static const struct route routes[] = {
    { GET, "/metrics/performance", performance_get, FOR_OPERATORS, .reply = &figures_performance_spec,
      .id = "getPerformanceMetrics",
      .doc = "It takes a tenth of a second, between two looks at the processors.",
      .summary = "Say how busy the machine is" },
    { GET, "/metrics/users", users_get, FOR_OPERATORS, .reply = &figures_users_spec,
      .id = "getUserMetrics",
      .doc = SUMMED "503 in the first moments after the first start.",
      .summary = "Say how many accounts there are" },
    { GET, "/metrics/workspaces", workspaces_get, FOR_OPERATORS, .reply = &figures_workspaces_spec,
      .id = "getWorkspaceMetrics",
      .doc = SUMMED "503 in the first moments after the first start.",
      .summary = "Say how many workspaces there are" },
    { GET, "/metrics/chats", chats_get, FOR_OPERATORS, .reply = &figures_chats_spec,
      .id = "getChatMetrics",
      .doc = SUMMED "A key is told no mail addresses, unless it has the scope `admin`.",
      .summary = "Say how many chats and messages there are, and who writes most" },
    { GET, "/metrics/tokens", tokens_get, FOR_OPERATORS, .reply = &figures_tokens_spec,
      .id = "getTokenMetrics",
      .doc = "By provider and by workspace.",
      .summary = "Say what models have used" },
    { GET, "/metrics/summary", summary_get, FOR_OPERATORS, .reply = &figures_summary_spec,
      .id = "getMetricsSummary",
      .doc = "Users, workspaces, chats and the machine in one answer. " SUMMED,
      .summary = "Say what matters most of all figures, and each" },
};
/* clang-format on */
const struct route_table figures_routes = { routes, COUNT_OF(routes) };
