#include "lease.h"

#include <time.h>

#include "parley/core/blocking.h"
#include "parley/core/clock.h"
#include "parley/core/rand.h"

void lease_init(struct lease *lease, struct db *db, enum conn_use use)
{
    *lease = (struct lease){ .db = db,
                             .use = use,
                             .waits = use == CONN_FOR_WRITING || !db->ops->one_writer,
                             .retry_until_us = clock_monotonic_us() + DB_RETRY_MAX_MS * US_PER_MS };
    if (lease->waits)
        blocking_begin();
}

void lease_end(struct lease *lease)
{
    if (lease->waits)
        blocking_end();
}

static enum err take(struct lease *lease, struct db_conn **ret_conn)
{
    int64_t deadline_us = clock_monotonic_us() + DB_LEASE_WAIT_MAX_MS * US_PER_MS;
    if (atomic_load(&lease->db->held))
        return ERR_DATABASE;
    return pool_lease(lease->db->pools[lease->use], deadline_us, NULL, ret_conn);
}

enum err lease_begin(struct lease *lease, enum conn_mode mode, bool *ret_again, struct db_conn **ret_conn)
{
    for (;;) {
        struct db_conn *conn = NULL;
        TRY(take(lease, &conn));
        enum err err = lease->db->ops->begin(conn, mode);
        if (err == ERR_OK) {
            conn->mode = mode;
            conn->begun = false;
            *ret_conn = conn;
            return ERR_OK;
        }
        bool lost = conn->state == CONN_LOST;
        *ret_again = conn->state == CONN_RETRY;
        lease_return(lease, conn);
        if (!lost || lease->replaced)
            return err;
        lease->replaced = true;
    }
}

void lease_return(struct lease *lease, struct db_conn *conn)
{
    pool_return(lease->db->pools[lease->use], conn);
}

bool lease_pause(struct lease *lease)
{
    int64_t most_us = US_PER_MS << (lease->attempts < 8 ? lease->attempts : 8);
    if (most_us > DB_RETRY_PAUSE_MAX_MS * US_PER_MS)
        most_us = DB_RETRY_PAUSE_MAX_MS * US_PER_MS;
    lease->attempts++;
    int64_t pause_us = (int64_t)rand_below((uint64_t)most_us) + 1;
    if (clock_monotonic_us() + pause_us > lease->retry_until_us)
        return false;
    const struct timespec pause = { .tv_sec = 0, .tv_nsec = pause_us * 1000 };
    nanosleep(&pause, NULL);
    return true;
}
