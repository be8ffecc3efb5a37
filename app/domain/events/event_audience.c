#include "event_audience.h"

#include <stdlib.h>

#include "chat_members.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"

struct event_audience {
    struct chat_members *members;
};

struct event_audience *event_audience_new(void)
{
    struct event_audience *audience = calloc(1, sizeof(*audience));

    if (audience == NULL)
        return NULL;
    audience->members = chat_members_new(EVENT_MEMBERS_BYTES);
    if (audience->members != NULL)
        return audience;
    free(audience);
    return NULL;
}

void event_audience_free(struct event_audience *audience)
{
    if (audience == NULL)
        return;
    chat_members_free(audience->members);
    free(audience);
}

void event_audience_clear(struct event_audience *audience)
{
    chat_members_clear(audience->members);
}

/* ---- kinds ---- */

/* For whom a kind is, before the chat's join mode is looked at. */
enum circle {
    CIRCLE_NOBODY,
    CIRCLE_USER,      /* user_id alone */
    CIRCLE_WORKSPACE, /* everyone in it */
    CIRCLE_CHAT,      /* whoever may read the chat; without one everyone in the workspace */
    CIRCLE_CHAT_SEEN, /* whoever may see that the chat exists */
    CIRCLE_OTHERS,    /* everyone in the workspace who is not in the chat */
};

static const struct rule {
    enum circle circle;
    enum live_change change;
} rules[EVENT_KINDS + 1] = {
    [EVENT_MESSAGE_CREATED] = { CIRCLE_CHAT, LIVE_CHANGES_NOTHING },
    [EVENT_MESSAGE_UPDATED] = { CIRCLE_CHAT, LIVE_CHANGES_NOTHING },
    [EVENT_MESSAGE_DELETED] = { CIRCLE_CHAT, LIVE_CHANGES_NOTHING },
    [EVENT_MESSAGE_DELTA] = { CIRCLE_CHAT, LIVE_CHANGES_NOTHING },
    [EVENT_MESSAGE_PINNED] = { CIRCLE_CHAT, LIVE_CHANGES_NOTHING },
    [EVENT_REACTION_CHANGED] = { CIRCLE_CHAT, LIVE_CHANGES_NOTHING },
    [EVENT_TYPING] = { CIRCLE_CHAT, LIVE_CHANGES_NOTHING },
    [EVENT_PRESENCE] = { CIRCLE_WORKSPACE, LIVE_CHANGES_NOTHING },
    [EVENT_STATUS] = { CIRCLE_WORKSPACE, LIVE_CHANGES_NOTHING },
    [EVENT_READ] = { CIRCLE_USER, LIVE_CHANGES_NOTHING },
    [EVENT_STATE] = { CIRCLE_USER, LIVE_CHANGES_NOTHING },
    [EVENT_CHAT_CREATED] = { CIRCLE_CHAT_SEEN, LIVE_CHANGES_NOTHING },
    [EVENT_CHAT_UPDATED] = { CIRCLE_CHAT_SEEN, LIVE_CHANGES_NOTHING },
    [EVENT_CHAT_ARCHIVED] = { CIRCLE_CHAT_SEEN, LIVE_CHANGES_NOTHING },
    [EVENT_CHAT_DELETED] = { CIRCLE_CHAT_SEEN, LIVE_CHAT_ENDED },
    [EVENT_MEMBER_JOINED] = { CIRCLE_CHAT, LIVE_MEMBER_JOINED },
    [EVENT_MEMBER_LEFT] = { CIRCLE_CHAT, LIVE_MEMBER_LEFT },
    [EVENT_SESSION_ENDED] = { CIRCLE_NOBODY, LIVE_SESSIONS_ENDED },
    [EVENT_ROLE_CHANGED] = { CIRCLE_NOBODY, LIVE_RIGHTS_CHANGED },
    [EVENT_WORKSPACE_DELETED] = { CIRCLE_NOBODY, LIVE_WORKSPACE_ENDED },
    [EVENT_JOIN_MODE_CHANGED] = { CIRCLE_NOBODY, LIVE_RIGHTS_CHANGED },
    [EVENT_SECOND_FACTOR_CHANGED] = { CIRCLE_NOBODY, LIVE_RIGHTS_CHANGED },
    [EVENT_KEY_CHANGED] = { CIRCLE_NOBODY, LIVE_RIGHTS_CHANGED },
    [EVENT_KEY_DEACTIVATED] = { CIRCLE_NOBODY, LIVE_KEYS_ENDED },
    [EVENT_KEY_EXPIRED] = { CIRCLE_NOBODY, LIVE_KEYS_EXPIRED },
    [EVENT_MESSAGE_SAVED] = { CIRCLE_USER, LIVE_CHANGES_NOTHING },
};

/* A chat that is gone is for whom it was when it went. */
static enum event_join join_of(const struct event_row *row)
{
    return row->kind == EVENT_CHAT_DELETED ? (enum event_join)event_row_number(row) : row->join;
}

/* Where a kind is for one circle or another. */
static enum circle circle_of(const struct event_row *row)
{
    if (row->kind == EVENT_READ && row->user_id == 0)
        return CIRCLE_CHAT;
    if (row->kind == EVENT_CHAT_DELETED && join_of(row) == EVENT_JOIN_OTHERS)
        return CIRCLE_OTHERS;
    return rules[row->kind].circle;
}

static enum live_change change_of(const struct event_row *row)
{
    return circle_of(row) == CIRCLE_OTHERS ? LIVE_CHANGES_NOTHING : rules[row->kind].change;
}

/* Whether a circle of a chat is narrower than the workspace. */
static bool is_for_members(const struct event_row *row)
{
    enum circle circle = circle_of(row);
    enum event_join join = join_of(row);

    if (row->chat_id == 0 || (circle != CIRCLE_CHAT && circle != CIRCLE_CHAT_SEEN))
        return false;
    return join != EVENT_JOIN_WORKSPACE && (circle == CIRCLE_CHAT || join != EVENT_JOIN_OPEN);
}

bool event_audience_has(const struct event_row *row, int64_t user_id, bool is_in_chat)
{
    switch (circle_of(row)) {
    case CIRCLE_NOBODY: return false;
    case CIRCLE_USER: return row->user_id == user_id;
    case CIRCLE_WORKSPACE: return true;
    case CIRCLE_OTHERS: return !is_in_chat;
    case CIRCLE_CHAT:
    case CIRCLE_CHAT_SEEN: break;
    }
    return is_in_chat || !is_for_members(row) || (row->kind == EVENT_MEMBER_LEFT && row->user_id == user_id);
}

/* ---- members ---- */

static enum err members_load(struct ctx *ctx, struct event_audience *audience, const struct event_row *row)
{
    struct list ids = { NULL, 0 };

    TRY(db_ids(ctx, SQL_EVENT_CHAT_MEMBERS, DB_ARGS(DB_INT(row->chat_id)), &ids));
    return chat_members_put(audience->members, row->workspace_id, row->chat_id, ids.items, ids.count);
}

/* Somebody who has left since may be gone from what was loaded, and is to hear that they have. */
static void members_correct(struct event_audience *audience, const struct event_row *row)
{
    if (row->kind == EVENT_MEMBER_JOINED || row->kind == EVENT_MEMBER_LEFT)
        chat_members_add(audience->members, row->chat_id, row->user_id);
}

static enum err members_find(struct ctx *ctx, struct event_audience *audience, const struct event_row *row,
                             struct live_event *event)
{
    struct chat_member_list list = { NULL, 0 };
    enum err e = chat_members_find(audience->members, row->workspace_id, row->chat_id, &list);

    if (e == ERR_NOT_FOUND)
        TRY(members_load(ctx, audience, row));
    members_correct(audience, row);
    e = chat_members_find(audience->members, row->workspace_id, row->chat_id, &list);
    event->member_ids = list.ids;
    event->member_count = list.count;
    return e == ERR_NOT_FOUND ? ERR_NO_MEMORY : e;
}

/* ---- an event ---- */

static enum live_audience audience_of(const struct event_row *row)
{
    if (row->data.ptr == NULL)
        return LIVE_TO_NOBODY;
    switch (circle_of(row)) {
    case CIRCLE_NOBODY: break;
    case CIRCLE_USER: return LIVE_TO_USER;
    case CIRCLE_OTHERS: return LIVE_TO_OTHERS;
    case CIRCLE_WORKSPACE:
    case CIRCLE_CHAT:
    case CIRCLE_CHAT_SEEN: return is_for_members(row) ? LIVE_TO_MEMBERS : LIVE_TO_WORKSPACE;
    }
    return LIVE_TO_NOBODY;
}

/* What a session or key event has as detail. */
static void read_number(const struct event_row *row, struct live_event *event)
{
    int64_t number = event_row_number(row);

    switch (row->kind) {
    case EVENT_SESSION_ENDED:
        event->session_id = number > 0 ? number : 0;
        event->kept_session_id = number < 0 ? -number : 0;
        return;
    case EVENT_KEY_CHANGED:
    case EVENT_KEY_DEACTIVATED:
        event->key_id = number;
        event->workspace_id = 0;
        return;
    default: return;
    }
}

enum err event_audience_of(struct ctx *ctx, struct event_audience *audience, const struct event_row *row,
                           struct live_event *ret_event)
{
    struct live_event event = {
        .position = row->position,
        .audience = audience_of(row),
        .change = change_of(row),
        .is_delta = row->kind == EVENT_MESSAGE_DELTA,
        .workspace_id = row->workspace_id,
        .chat_id = row->chat_id,
        .user_id = row->user_id,
    };

    read_number(row, &event);
    if (event.audience == LIVE_TO_MEMBERS || event.audience == LIVE_TO_OTHERS)
        TRY(members_find(ctx, audience, row, &event));
    *ret_event = event;
    return ERR_OK;
}

void event_audience_told(struct event_audience *audience, const struct event_row *row)
{
    switch (row->kind) {
    case EVENT_MEMBER_JOINED:
        if (row->chat_id != 0)
            chat_members_add(audience->members, row->chat_id, row->user_id);
        return;
    case EVENT_MEMBER_LEFT:
        if (row->chat_id != 0)
            chat_members_remove(audience->members, row->chat_id, row->user_id);
        else
            chat_members_remove_everywhere(audience->members, row->workspace_id, row->user_id);
        return;
    case EVENT_CHAT_DELETED:
    case EVENT_JOIN_MODE_CHANGED: chat_members_drop(audience->members, row->chat_id); return;
    default: return;
    }
}
