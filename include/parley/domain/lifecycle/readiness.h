/* Whether this process can do its work, part by part. */
#ifndef PARLEY_DOMAIN_READINESS_H
#define PARLEY_DOMAIN_READINESS_H

#include "parley/core/ctx.h"

/* In the order in which they are shown. */
enum part { PART_DATABASE, PART_STORE, PART_BUS, PART_DISK, PART_MAIL, PART_INFERENCE, PART_COUNT };
enum part_state {
    PART_OK,
    PART_DEGRADED, /* it works, not for long or not as it should */
    PART_DOWN,
    PART_OFF, /* none is set */
};
/* "ok", "degraded", "down", "off"; ends with NULL. */
extern const char *const part_state_names[];

enum readiness_status {
    READINESS_HEALTHY,
    READINESS_DEGRADED,  /* requests are answered, some not as they should be: files, mail, wake-ups */
    READINESS_UNHEALTHY, /* no request can be answered that needs the database */
};
/* "healthy", "degraded", "unhealthy"; ends with NULL. */
extern const char *const readiness_status_names[];

/*
 * Asks one part: the database and the store now, each within 2 s, the disks for their room; of Redis and the mail server what
 * this process last saw. Any thread; no connection may be checked out.
 */
enum part_state readiness_part(struct ctx *ctx, enum part part);

struct readiness {
    enum readiness_status status;
    enum part_state parts[PART_COUNT];
};
/* All parts, one after the other, as readiness_part does. */
void readiness_look(struct ctx *ctx, struct readiness *ret_readiness);

#endif
