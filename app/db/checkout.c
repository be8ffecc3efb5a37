#include "checkout.h"

#include <time.h>

#include "parley/core/blocking.h"
#include "parley/core/clock.h"
#include "parley/core/rand.h"

void checkout_init(struct checkout *checkout, struct db *db, enum conn_use use)
{
    *checkout = (struct checkout){ .db = db,
                                   .use = use,
                                   .waits = use == CONN_FOR_WRITING || !db->ops->one_writer,
                                   .retry_until_us = clock_monotonic_us() + DB_RETRY_MAX_MS * US_PER_MS };
    if (checkout->waits)
        blocking_begin();
}

void checkout_end(struct checkout *checkout)
{
    if (checkout->waits)
        blocking_end();
}

static enum err take(struct checkout *checkout, struct db_conn **ret_conn)
{
    int64_t deadline_us = clock_monotonic_us() + DB_LEASE_WAIT_MAX_MS * US_PER_MS;
    if (atomic_load(&checkout->db->held))
        return ERR_DATABASE;
    return pool_checkout(checkout->db->pools[checkout->use], deadline_us, NULL, ret_conn);
}

enum err checkout_begin(struct checkout *checkout, enum conn_mode mode, bool *ret_again, struct db_conn **ret_conn)
{
    for (;;) {
        struct db_conn *conn = NULL;
        enum err e;
        bool lost;
        TRY(take(checkout, &conn));
        e = checkout->db->ops->begin(conn, mode);
        if (e == ERR_OK) {
            conn->mode = mode;
            conn->begun = false;
            *ret_conn = conn;
            return ERR_OK;
        }
        lost = conn->state == CONN_LOST;
        *ret_again = conn->state == CONN_RETRY;
        checkout_return(checkout, conn);
        if (!lost || checkout->replaced)
            return e;
        checkout->replaced = true;
    }
}

void checkout_return(struct checkout *checkout, struct db_conn *conn)
{
    pool_return(checkout->db->pools[checkout->use], conn);
}

bool checkout_pause(struct checkout *checkout)
{
    int64_t most_us = US_PER_MS << (checkout->attempts < 8 ? checkout->attempts : 8);
    int64_t pause_us;
    struct timespec pause;
    if (most_us > DB_RETRY_PAUSE_MAX_MS * US_PER_MS)
        most_us = DB_RETRY_PAUSE_MAX_MS * US_PER_MS;
    checkout->attempts++;
    pause_us = (int64_t)rand_below((uint64_t)most_us) + 1;
    if (clock_monotonic_us() + pause_us > checkout->retry_until_us)
        return false;
    pause = (struct timespec){ .tv_sec = 0, .tv_nsec = pause_us * 1000 };
    nanosleep(&pause, NULL);
    return true;
}
