#include "parley/domain/lifecycle/readiness.h"

#include "parley/bus/bus.h"
#include "parley/core/disk.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/files/room.h"
#include "parley/mail/mailer.h"
#include "parley/objects/store.h"

const char *const part_state_names[] = { "ok", "degraded", "down", "off", NULL };
const char *const readiness_status_names[] = { "healthy", "degraded", "unhealthy", NULL };

static enum part_state database_look(struct ctx *ctx)
{
    return db_ping(ctx->app->db) == ERR_OK ? PART_OK : PART_DOWN;
}

static enum part_state store_look(struct ctx *ctx)
{
    return store_ping(ctx->app->store) == ERR_OK ? PART_OK : PART_DOWN;
}

static enum part_state bus_look(struct ctx *ctx)
{
    if (strcmp(bus_kind(ctx->app->bus), "local") == 0)
        return PART_OFF;
    return bus_is_healthy(ctx->app->bus) ? PART_OK : PART_DOWN;
}

/* Of the places where this machine keeps something, the one with the least room. */
static enum part_state disk_look(struct ctx *ctx)
{
    const char *file = db_file(ctx->app->db);
    bool is_folder = strcmp(store_kind(ctx->app->store), "folder") == 0;
    const char *const places[] = { ctx->config->var_dir, file, is_folder ? ctx->config->objects_dir : NULL };
    int64_t least = INT64_MAX;

    for (size_t i = 0; i < COUNT_OF(places); i++) {
        int64_t room = places[i] != NULL ? disk_free_bytes(places[i]) : INT64_MAX;

        least = room < least ? room : least;
    }
    if (least < DISK_FULL_BYTES)
        return PART_DOWN;
    return least < DISK_LOW_BYTES || !room_is_on_disk(ctx->config) ? PART_DEGRADED : PART_OK;
}

/* Until the first talk has ended there is nothing to complain of. */
static enum part_state mail_look(struct ctx *ctx)
{
    if (ctx->app->mailer == NULL)
        return PART_OFF;
    return mailer_state(ctx->app->mailer) == MAILER_DOWN ? PART_DOWN : PART_OK;
}

/* There are no providers yet. */
static enum part_state inference_look(struct ctx *ctx)
{
    (void)ctx;
    return PART_OFF;
}

static enum part_state (*const looks[PART_COUNT])(struct ctx *ctx) = {
    [PART_DATABASE] = database_look, [PART_STORE] = store_look, [PART_BUS] = bus_look,
    [PART_DISK] = disk_look,         [PART_MAIL] = mail_look,   [PART_INFERENCE] = inference_look,
};

enum part_state readiness_part(struct ctx *ctx, enum part part)
{
    return looks[part](ctx);
}

void readiness_look(struct ctx *ctx, struct readiness *ret_readiness)
{
    struct readiness readiness = { .status = READINESS_HEALTHY };

    for (int part = 0; part < PART_COUNT; part++) {
        readiness.parts[part] = readiness_part(ctx, (enum part)part);
        if (readiness.parts[part] == PART_DEGRADED || readiness.parts[part] == PART_DOWN)
            readiness.status = READINESS_DEGRADED;
    }
    if (readiness.parts[PART_DATABASE] == PART_DOWN)
        readiness.status = READINESS_UNHEALTHY;
    *ret_readiness = readiness;
}
