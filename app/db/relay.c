#include "parley/db/relay.h"

#include "driver.h"
#include "parley/core/clock.h"
#include "pool.h"

bool db_has_relay(const struct db *db)
{
    return db->ops->relay != NULL;
}

bool db_is_cluster(const struct db *db)
{
    int cluster = atomic_load(&db->cluster);

    return cluster == DB_CLUSTER_GALERA || cluster == DB_CLUSTER_GROUP_REPLICATION;
}

enum err db_relay(struct db *db, enum db_relay when, int64_t *ret_moved_count)
{
    struct pool *pool = db->pools[CONN_FOR_RELAYING];
    struct db_conn *conn = NULL;
    enum err e;

    if (atomic_load(&db->held))
        return ERR_DATABASE;
    TRY(pool_checkout(pool, clock_monotonic_us(), NULL, &conn));
    e = db->ops->relay(conn, when, ret_moved_count);
    pool_return(pool, conn);
    return e;
}
