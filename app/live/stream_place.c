#include "stream_place.h"

#include <stdlib.h>

#include "hub_private.h"

struct stream_more *stream_more_new(const struct handover_hold *hold, const int64_t *focus,
                                    const struct stream_workspaces *workspaces, struct stream *stream)
{
    size_t count = workspaces != NULL ? workspaces->count : 0;
    struct stream_more *more = calloc(1, sizeof(*more) + count * sizeof(more->places[0]));

    if (more == NULL)
        return NULL;
    more->hold = *hold;
    memcpy(more->focus, focus, sizeof(more->focus));
    more->place_count = count;
    for (size_t i = 0; i < count; i++)
        more->places[i] = (struct stream_place){ .stream = stream, .workspace_id = workspaces->ids[i] };
    return more;
}

static enum err places_enter(struct hub *hub, struct stream *stream)
{
    struct stream_more *more = stream->more;

    for (size_t i = 0; more != NULL && i < more->place_count; i++)
        TRY(stream_index_add(&hub->places, more->places[i].workspace_id, &more->places[i].link));
    return ERR_OK;
}

static void places_leave(struct hub *hub, struct stream *stream)
{
    struct stream_more *more = stream->more;

    for (size_t i = 0; more != NULL && i < more->place_count; i++)
        stream_index_remove(&hub->places, more->places[i].workspace_id, &more->places[i].link);
}

enum err stream_place_enter(struct hub *hub, struct stream *stream)
{
    TRY(stream_index_add(&hub->by_user, stream->user_id, &stream->by_user));
    if (stream->scope == STREAM_OF_WORKSPACE)
        return stream_index_add(&hub->by_workspace, stream->workspace_id, &stream->by_scope);
    if (stream->scope == STREAM_OF_CHAT)
        return stream_index_add(&hub->by_chat, stream->chat_id, &stream->by_scope);
    return places_enter(hub, stream);
}

void stream_place_leave(struct hub *hub, struct stream *stream)
{
    stream_index_remove(&hub->by_user, stream->user_id, &stream->by_user);
    if (stream->scope == STREAM_OF_WORKSPACE)
        stream_index_remove(&hub->by_workspace, stream->workspace_id, &stream->by_scope);
    else if (stream->scope == STREAM_OF_CHAT)
        stream_index_remove(&hub->by_chat, stream->chat_id, &stream->by_scope);
    places_leave(hub, stream);
}

bool stream_place_has_workspace(const struct stream *stream, int64_t workspace_id)
{
    const struct stream_more *more = stream->more;

    if (stream->scope != STREAM_OF_USER)
        return stream->workspace_id == workspace_id;
    for (size_t i = 0; more != NULL && i < more->place_count; i++)
        if (more->places[i].workspace_id == workspace_id && more->places[i].link.next != NULL)
            return true;
    return false;
}

void stream_place_leave_workspace(struct hub *hub, struct stream *stream, int64_t workspace_id)
{
    struct stream_more *more = stream->more;

    for (size_t i = 0; more != NULL && i < more->place_count; i++)
        if (more->places[i].workspace_id == workspace_id)
            stream_index_remove(&hub->places, workspace_id, &more->places[i].link);
}

bool stream_place_has_focus(const struct stream *stream, int64_t chat_id)
{
    for (int i = 0; stream->more != NULL && i < STREAM_FOCUS_MAX; i++)
        if (stream->more->focus[i] == chat_id)
            return true;
    return false;
}

enum err stream_place_replace(struct hub *hub, struct stream *stream, const struct stream_workspaces *workspaces)
{
    static const struct handover_hold no_hold;
    static const int64_t no_focus[STREAM_FOCUS_MAX];
    struct stream_more *old = stream->more;
    struct stream_more *more = stream_more_new(old != NULL ? &old->hold : &no_hold, old != NULL ? old->focus : no_focus,
                                               workspaces, stream);

    if (more == NULL)
        return ERR_NO_MEMORY;
    places_leave(hub, stream);
    free(old);
    stream->more = more;
    return places_enter(hub, stream);
}
