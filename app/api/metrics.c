/* The figures of this process, for whoever runs the server. */
#include "parley/api/routes.h"
#include "parley/core/stats.h"

#define PROMETHEUS_TEXT "text/plain; version=0.0.4; charset=utf-8"

static enum err metrics_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    enum err e = stats_write(ctx->app->stats, ctx->app->stats_count, ctx->arena, &reply->body);

    (void)call;
    reply->content_type = PROMETHEUS_TEXT;
    return e == ERR_OK ? ERR_OK : fail(ctx, e);
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/metrics", metrics_get,
      .access = ACCESS_METRICS, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_METRICS, .rate = RATE_READ, .status = 200,
      .media = "text/plain",
      .id = "getMetrics",
      .doc = "Prometheus text (0.0.4): requests, pools, queues, jobs, store, bus, mail. Of the process that answers: where "
              "several run, each counts for itself.",
      .summary = "Read the figures of the process", .tag = "Server" },
};
/* clang-format on */
const struct route_table metrics_routes = { routes, COUNT_OF(routes) };
