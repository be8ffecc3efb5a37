/*
 * The relay's step: committed rows go from outbox to event_log and get their positions. All of it is one message to the
 * server, which runs it to its end whatever becomes of this process: one that is stopped in the middle of a step holds no
 * lock. Each statement is as it is for a reason:
 *   - The sequencer's row is written first, not only locked: row locks do not cross the nodes of a cluster, while two
 *     transactions that wrote the same row cannot both be committed.
 *   - What has not been committed is not seen (READ COMMITTED) and not waited for: rows are deleted by joining those that
 *     were moved, never by a range of ids, which would wait for the open transactions in it.
 *   - The last position is kept in the sequencer, so that it outlives the deletion of old rows.
 */
#include "mysql.h"

#include <stdlib.h>

#define RELAY_COLUMNS "kind, workspace_id, chat_id, user_id, subject, actor_id, detail, at_us"
#define RELAY_COLUMNS_OF_O "o.kind, o.workspace_id, o.chat_id, o.user_id, o.subject, o.actor_id, o.detail, o.at_us"
#define TEXT_OF_(number) #number
#define TEXT_OF(number) TEXT_OF_(number)

/* DB_RELAY_ROWS_MAX as the text has it. */
#define ROWS_MAX 500
_Static_assert(ROWS_MAX == DB_RELAY_ROWS_MAX, "the text of the step has the limit");

static const char step_text[] =
    "START TRANSACTION; UPDATE sequencer SET turns = turns + 1 WHERE id = 1; "
    "INSERT INTO event_log (position, outbox_id, " RELAY_COLUMNS ") "
    "SELECT s.last_position + ROW_NUMBER() OVER (ORDER BY o.id), o.id, " RELAY_COLUMNS_OF_O
    " FROM (SELECT * FROM outbox ORDER BY id LIMIT " TEXT_OF(
        ROWS_MAX) ") AS o JOIN sequencer s ON s.id = 1; "
                  "DELETE o FROM event_log e STRAIGHT_JOIN outbox o ON o.id = e.outbox_id "
                  "WHERE e.position > (SELECT last_position FROM sequencer WHERE id = 1); "
                  "UPDATE sequencer SET last_position = COALESCE((SELECT MAX(position) FROM event_log), last_position) "
                  "WHERE id = 1; COMMIT";

/* Which of its statements gives rows their positions. */
enum { STEP_MOVES = 2 };

static enum err fail_relay(struct mysql_conn *c)
{
    return mysql_fail(c, mysql_errno(c->handle), mysql_error(c->handle));
}

/* *ret_first: of what is committed and waits, the first; 0: nothing. A look is cheap; a step writes even where there is nothing to move. */
static enum err look(struct mysql_conn *c, int64_t *ret_first)
{
    static const char text[] = "SELECT id FROM outbox ORDER BY id LIMIT 1";
    MYSQL_RES *result;
    MYSQL_ROW row;

    if (mysql_real_query(c->handle, text, sizeof(text) - 1) != 0)
        return fail_relay(c);
    result = mysql_store_result(c->handle);
    if (result == NULL)
        return fail_relay(c);
    row = mysql_fetch_row(result);
    *ret_first = row != NULL ? strtoll(row[0], NULL, 10) : 0;
    mysql_free_result(result);
    return ERR_OK;
}

/* *ret_is_due: whether a step is. */
static enum err look_for(struct mysql_conn *c, enum db_relay when, bool *ret_is_due)
{
    int64_t before = c->first_waiting, first = 0;

    TRY(look(c, &first));
    c->first_waiting = first;
    *ret_is_due = first != 0 && (when == DB_RELAY_IF_ANY || first == before);
    return ERR_OK;
}

static enum err step(struct mysql_conn *c, int64_t *ret_moved_count)
{
    int64_t moved_count = 0;
    int more = 0;

    if (mysql_real_query(c->handle, step_text, sizeof(step_text) - 1) != 0)
        return fail_relay(c);
    for (int i = 0; more == 0; i++) {
        if (i == STEP_MOVES)
            moved_count = (int64_t)mysql_affected_rows(c->handle);
        more = mysql_next_result(c->handle);
    }
    if (more > 0)
        return fail_relay(c);
    *ret_moved_count = moved_count;
    return ERR_OK;
}

enum err mysql_relay_step(struct db_conn *conn, enum db_relay when, int64_t *ret_moved_count)
{
    struct mysql_conn *c = mysql_of(conn);
    bool is_due = true;
    enum err e;

    *ret_moved_count = 0;
    if (when != DB_RELAY_NOW)
        TRY(look_for(c, when, &is_due));
    if (!is_due)
        return ERR_OK;
    e = step(c, ret_moved_count);
    /* A statement that failed has left the transaction open, with the sequencer's lock. */
    if (e != ERR_OK && conn->state != CONN_LOST)
        conn->db->ops->rollback(conn);
    return e;
}
