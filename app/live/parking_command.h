/* What is said about a parked request from other threads. */
#ifndef PARLEY_APP_LIVE_PARKING_COMMAND_H
#define PARLEY_APP_LIVE_PARKING_COMMAND_H

#include "hub_private.h"
#include "parked_request.h"

enum parking_verb { PARKING_FORGET, PARKING_ANSWER, PARKING_OPEN, PARKING_WRITE, PARKING_CLOSE };

struct parking_command {
    struct inbox_item item;
    struct parking_command *next; /* of a request that is not handed over yet */
    uint64_t ticket;
    enum parking_verb verb;
    struct parked_answer answer; /* its body is `bytes`; of OPEN the content_type */
    enum parking_end how;
    size_t len;
    char bytes[];
};

/* Does it and frees it. The request has been handed over. */
void parking_command_do(struct hub *hub, struct parked_request *request, struct parking_command *command);

#endif
