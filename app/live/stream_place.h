/* Where a stream is found: by its user, and by its workspace, its chat, or the workspaces of its user. */
#ifndef PARLEY_APP_LIVE_STREAM_PLACE_H
#define PARLEY_APP_LIVE_STREAM_PLACE_H

#include "stream.h"

/* What few streams have. NULL without memory. Any thread. */
struct stream_more *stream_more_new(const struct handover_hold *hold, const int64_t *focus,
                                    const struct stream_workspaces *workspaces, struct stream *stream);

/* Into every ring in which it belongs. ERR_NO_MEMORY: it is in some of them. */
enum err stream_place_enter(struct hub *hub, struct stream *stream) MUST_CHECK;
void stream_place_leave(struct hub *hub, struct stream *stream);
/* A user's own stream: the workspaces that it is in now. ERR_NO_MEMORY. */
enum err stream_place_replace(struct hub *hub, struct stream *stream,
                              const struct stream_workspaces *workspaces) MUST_CHECK;
/* A user's own stream is told no more of a workspace. */
void stream_place_leave_workspace(struct hub *hub, struct stream *stream, int64_t workspace_id);

/* Is the workspace its own, or one of its user's? */
bool stream_place_has_workspace(const struct stream *stream, int64_t workspace_id);
bool stream_place_has_focus(const struct stream *stream, int64_t chat_id);

#endif
