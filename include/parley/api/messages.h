/* How messages and their files look in JSON, for the other files of the API. */
#ifndef PARLEY_API_MESSAGES_H
#define PARLEY_API_MESSAGES_H

#include "parley/gate/spec.h"

extern const struct spec message_spec;    /* struct message */
extern const struct spec sender_spec;     /* struct sender */
extern const struct spec attachment_spec; /* struct attachment, as it stands in a message */

#endif
