#include "parley/shapes/archive_encode.h"

#include "parley/gate/spec.h"
#include "parley/shapes/chat.h"
#include "parley/shapes/member.h"
#include "parley/shapes/message.h"
#include "parley/shapes/session.h"
#include "parley/shapes/user.h"
#include "parley/shapes/workspace.h"

#define ENCODER(noun) \
    static void noun##_encode(struct json_out *out, const struct noun *noun) \
    { \
        spec_encode(out, &noun##_spec, noun); \
    }

ENCODER(user)
ENCODER(session)
ENCODER(workspace)
ENCODER(member)
ENCODER(chat)
ENCODER(message)

const struct archive_encoder archive_encoder = {
    .user = user_encode,
    .session = session_encode,
    .workspace = workspace_encode,
    .member = member_encode,
    .chat = chat_encode,
    .message = message_encode,
};
