#include "hub_private.h"

#include "parley/core/clock.h"
#include "stream_place.h"

/* ---- whom it is for ---- */

static bool is_meant(const struct stream *stream, const struct live_event *event)
{
    switch (event->audience) {
    case LIVE_TO_NOBODY: return false;
    case LIVE_TO_WORKSPACE: return true;
    case LIVE_TO_MEMBERS: return ring_event_has_member(event, stream->user_id);
    case LIVE_TO_USER: return event->user_id == stream->user_id;
    case LIVE_TO_OTHERS: return !ring_event_has_member(event, stream->user_id);
    }
    return false;
}

bool deliver_is_for(const struct stream *stream, const struct live_event *event)
{
    if (!is_meant(stream, event))
        return false;
    if (event->workspace_id != 0 ? !stream_place_has_workspace(stream, event->workspace_id)
                                 : stream->scope != STREAM_OF_USER)
        return false;
    if (stream->scope == STREAM_OF_CHAT)
        return event->chat_id == stream->chat_id;
    return !event->is_delta || stream_place_has_focus(stream, event->chat_id);
}

/* ---- what an event does to one stream ---- */

enum effect_kind { EFFECT_NONE, EFFECT_LEAVES, EFFECT_HOLDS, EFFECT_LOOKS, EFFECT_ENDS };
struct effect {
    enum effect_kind kind;
    enum stream_end end; /* ENDS */
};

static const struct effect no_effect = { .kind = EFFECT_NONE };

static bool is_by_key(const struct stream *stream)
{
    return (stream->connection.flags & STREAM_BY_KEY) != 0;
}

/* Out of a workspace: a user's own stream goes on without it. */
static struct effect out_of_workspace(const struct stream *stream, int64_t workspace_id, enum stream_end end)
{
    if (!stream_place_has_workspace(stream, workspace_id))
        return no_effect;
    if (stream->scope != STREAM_OF_USER)
        return (struct effect){ EFFECT_ENDS, end };
    return (struct effect){ .kind = EFFECT_LEAVES };
}

static struct effect member_left(const struct stream *stream, const struct live_event *event)
{
    if (event->user_id != stream->user_id)
        return no_effect;
    if (event->chat_id == 0)
        return out_of_workspace(stream, event->workspace_id, STREAM_END_ACCESS);
    return stream->scope == STREAM_OF_CHAT && stream->chat_id == event->chat_id
               ? (struct effect){ EFFECT_ENDS, STREAM_END_ACCESS }
               : no_effect;
}

static struct effect chat_ended(const struct stream *stream, const struct live_event *event)
{
    return stream->scope == STREAM_OF_CHAT && stream->chat_id == event->chat_id
               ? (struct effect){ EFFECT_ENDS, STREAM_END_DELETED }
               : no_effect;
}

static struct effect sessions_ended(const struct stream *stream, const struct live_event *event)
{
    bool hit = event->session_id != 0 ? stream->credential_id == event->session_id
                                      : stream->credential_id != event->kept_session_id;

    return event->user_id == stream->user_id && !is_by_key(stream) && hit
               ? (struct effect){ EFFECT_ENDS, STREAM_END_SESSION }
               : no_effect;
}

static struct effect keys_ended(const struct stream *stream, const struct live_event *event)
{
    bool hit = event->key_id != 0 ? stream->credential_id == event->key_id : event->user_id == stream->user_id;

    return is_by_key(stream) && hit ? (struct effect){ EFFECT_ENDS, STREAM_END_SESSION } : no_effect;
}

static struct effect rights_changed(const struct stream *stream, const struct live_event *event)
{
    if ((event->user_id != 0 && event->user_id != stream->user_id) ||
        (event->key_id != 0 && (!is_by_key(stream) || event->key_id != stream->credential_id)) ||
        (event->workspace_id != 0 && !stream_place_has_workspace(stream, event->workspace_id)) ||
        (event->chat_id != 0 && (stream->scope != STREAM_OF_CHAT || event->chat_id != stream->chat_id)))
        return no_effect;
    /* From which addresses a key may be used is judged where a stream is opened. */
    if (event->key_id != 0)
        return (struct effect){ EFFECT_ENDS, STREAM_END_RESTART };
    return (struct effect){ .kind = EFFECT_HOLDS };
}

static struct effect keys_expired(const struct stream *stream)
{
    return (struct effect){ .kind = is_by_key(stream) && stream->until_s <= clock_now_us() / US_PER_S ? EFFECT_LOOKS
                                                                                                      : EFFECT_NONE };
}

static struct effect effect_of(const struct stream *stream, const struct live_event *event)
{
    switch (event->change) {
    case LIVE_CHANGES_NOTHING:
    case LIVE_MEMBER_JOINED: return no_effect;
    case LIVE_MEMBER_LEFT: return member_left(stream, event);
    case LIVE_CHAT_ENDED: return chat_ended(stream, event);
    case LIVE_WORKSPACE_ENDED: return out_of_workspace(stream, event->workspace_id, STREAM_END_DELETED);
    case LIVE_SESSIONS_ENDED: return sessions_ended(stream, event);
    case LIVE_KEYS_ENDED: return keys_ended(stream, event);
    case LIVE_RIGHTS_CHANGED: return rights_changed(stream, event);
    case LIVE_KEYS_EXPIRED: return keys_expired(stream);
    }
    return no_effect;
}

/* What its rights were read behind is in them; a hub that lags comes to it all the same, when it may have been undone. */
static bool is_looked_at(const struct stream *stream, const struct live_event *event)
{
    return event->position <= stream->looked;
}

/* Who comes into a workspace: which of its events are for them is looked at before they are told that they are in. */
bool deliver_change_before(struct hub *hub, struct stream *stream, const struct live_event *event)
{
    if (is_looked_at(stream, event) || event->change != LIVE_MEMBER_JOINED || event->chat_id != 0 ||
        event->user_id != stream->user_id || stream->scope != STREAM_OF_USER)
        return true;
    stream_hold(hub, stream, event->position - 1);
    return false;
}

/* An answer about its rights that is under way may have been read before this, and would put it in again. */
static void leave_workspace(struct hub *hub, struct stream *stream, int64_t workspace_id)
{
    stream_place_leave_workspace(hub, stream, workspace_id);
    if ((stream->connection.flags & STREAM_CHECKING) != 0)
        stream_look(hub, stream);
}

void deliver_change_behind(struct hub *hub, struct stream *stream, const struct live_event *event)
{
    struct effect effect = is_looked_at(stream, event) ? no_effect : effect_of(stream, event);

    switch (effect.kind) {
    case EFFECT_NONE: break;
    case EFFECT_LEAVES: leave_workspace(hub, stream, event->workspace_id); break;
    case EFFECT_HOLDS: stream_hold(hub, stream, event->position); break;
    case EFFECT_LOOKS: stream_look(hub, stream); break;
    case EFFECT_ENDS: stream_end(hub, stream, effect.end); break;
    }
}

/* ---- to all whom it is for ---- */

typedef void (*visit_fn)(struct hub *hub, struct stream *stream, const struct live_event *event);

static void visit_user(struct hub *hub, int64_t user_id, visit_fn visit, const struct live_event *event)
{
    struct link *ring = stream_index_find(&hub->by_user, user_id);

    for (struct link *link = ring != NULL ? ring->next : NULL; link != NULL && link != ring; link = link->next)
        visit(hub, LINK_OWNER(link, struct stream, by_user), event);
}

static void visit_scope(struct hub *hub, const struct stream_index *index, int64_t key, visit_fn visit,
                        const struct live_event *event)
{
    struct link *ring = stream_index_find(index, key);

    for (struct link *link = ring != NULL ? ring->next : NULL; link != NULL && link != ring; link = link->next)
        visit(hub, LINK_OWNER(link, struct stream, by_scope), event);
}

static void visit_places(struct hub *hub, int64_t workspace_id, visit_fn visit, const struct live_event *event)
{
    struct link *ring = stream_index_find(&hub->places, workspace_id);

    for (struct link *link = ring != NULL ? ring->next : NULL; link != NULL && link != ring; link = link->next)
        visit(hub, LINK_OWNER(link, struct stream_place, link)->stream, event);
}

struct visit_all {
    struct hub *hub;
    visit_fn visit;
    const struct live_event *event;
};

static void visit_group(struct stream_group *group, void *arg)
{
    const struct visit_all *all = arg;

    for (struct link *link = group->members.next; link != &group->members; link = link->next)
        all->visit(all->hub, LINK_OWNER(link, struct stream, by_user), all->event);
}

static void visit_all(struct hub *hub, visit_fn visit, const struct live_event *event)
{
    struct visit_all all = { hub, visit, event };

    stream_index_each(&hub->by_user, visit_group, &all);
}

static void tell_if_meant(struct hub *hub, struct stream *stream, const struct live_event *event)
{
    if (deliver_is_for(stream, event))
        stream_tell(hub, stream, event);
}

static void visit_audience(struct hub *hub, visit_fn visit, const struct live_event *event)
{
    switch (event->audience) {
    case LIVE_TO_NOBODY: return;
    case LIVE_TO_USER: visit_user(hub, event->user_id, visit, event); return;
    case LIVE_TO_MEMBERS:
        for (size_t i = 0; i < event->member_count; i++)
            visit_user(hub, event->member_ids[i], visit, event);
        return;
    case LIVE_TO_WORKSPACE:
    case LIVE_TO_OTHERS:
        visit_scope(hub, &hub->by_workspace, event->workspace_id, visit, event);
        visit_places(hub, event->workspace_id, visit, event);
        if (event->chat_id != 0)
            visit_scope(hub, &hub->by_chat, event->chat_id, visit, event);
        return;
    }
}

/* Those on whom a change may act: as few as its ids allow. */
static void visit_changed(struct hub *hub, const struct live_event *event)
{
    if (!ring_event_takes_away(event))
        return;
    if (event->user_id != 0)
        visit_user(hub, event->user_id, deliver_change_behind, event);
    else if (event->chat_id != 0)
        visit_scope(hub, &hub->by_chat, event->chat_id, deliver_change_behind, event);
    else
        visit_all(hub, deliver_change_behind, event);
}

static void hold_joined(struct hub *hub, struct stream *stream, const struct live_event *event)
{
    (void)deliver_change_before(hub, stream, event);
}

void deliver_event(struct hub *hub, const struct live_event *event)
{
    atomic_fetch_add_explicit(&hub->counters.event_count, 1, memory_order_relaxed);
    hub->position = event->position;
    if (event->change == LIVE_MEMBER_JOINED)
        visit_user(hub, event->user_id, hold_joined, event);
    if (event->record != NULL)
        visit_audience(hub, tell_if_meant, event);
    visit_changed(hub, event);
}

/* ---- what is not in the log ---- */

static void pass_if_meant(struct hub *hub, struct stream *stream, const struct live_event *event)
{
    /* Its id is the hub's position: a stream that is ahead has said a later one, and an id never goes back. */
    if (stream->position <= hub->position && deliver_is_for(stream, event))
        stream_tell_passing(hub, stream, event->record);
}

void deliver_signal(struct hub *hub, const struct live_event *event)
{
    visit_audience(hub, pass_if_meant, event);
}
