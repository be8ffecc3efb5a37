#include "parley/live/parking.h"

#include <stdlib.h>

#include "parking_command.h"
#include "parley/core/limits.h"

/* ---- on the hub's thread ---- */

static struct parked_request *find(struct hub *hub, uint64_t ticket)
{
    struct link *ring = stream_index_find(&hub->parked, (int64_t)ticket);

    return ring != NULL ? LINK_OWNER(ring->next, struct parked_request, by_ticket) : NULL;
}

void parking_command_do(struct hub *hub, struct parked_request *request, struct parking_command *command)
{
    struct str bytes = { command->bytes, command->len };

    command->answer.body = bytes;
    switch (command->verb) {
    case PARKING_FORGET: break;
    case PARKING_ANSWER: parked_request_answer(hub, request, &command->answer); break;
    case PARKING_OPEN: parked_request_open(hub, request, command->answer.content_type); break;
    case PARKING_WRITE: parked_request_write(hub, request, bytes); break;
    case PARKING_CLOSE: parked_request_close(hub, request, command->how); break;
    }
    free(command);
}

static void forget(struct hub *hub, struct parked_request *request)
{
    link_remove(&request->connection.timer.link);
    hub_connection_ended(hub, &request->connection, STREAM_GOES_ON);
}

static void command_run(struct hub *hub, struct inbox_item *item)
{
    struct parking_command *command = (struct parking_command *)item;
    struct parked_request *request = find(hub, command->ticket);

    if (request == NULL || (request->connection.flags & CONNECTION_ENDED)) {
        free(command);
    } else if (request->parked != NULL) {
        parking_command_do(hub, request, command);
    } else if (command->verb == PARKING_FORGET) {
        forget(hub, request);
        free(command);
    } else {
        command->next = NULL;
        *request->waiting_end = command;
        request->waiting_end = &command->next;
    }
}

struct entering {
    struct inbox_item item;
    struct parked_request *request;
};

static void entering_run(struct hub *hub, struct inbox_item *item)
{
    struct entering *entering = (struct entering *)item;

    parked_request_enter(hub, entering->request);
    free(entering);
}

struct attaching {
    struct inbox_item item;
    struct parked *parked;
    struct parking parking;
};

static void give_up(struct parked *parked, const struct parking *parking)
{
    handover_end(&parked->connection, 0, "restart");
    if (parking->hooks.gone != NULL)
        parking->hooks.gone(parking->hooks.arg);
    free(parked);
}

static void attaching_run(struct hub *hub, struct inbox_item *item)
{
    struct attaching *attaching = (struct attaching *)item;
    struct parked_request *request = find(hub, attaching->parking.ticket);

    if (request == NULL || request->parked != NULL || (request->connection.flags & CONNECTION_ENDED))
        give_up(attaching->parked, &attaching->parking);
    else
        parked_request_attach(hub, request, attaching->parked, &attaching->parking);
    free(attaching);
}

static void hurry(struct stream_group *group, void *arg)
{
    parked_request_hurry(arg, LINK_OWNER(group->members.next, struct parked_request, by_ticket), STREAM_STOP_PARKED_S);
}

void parking_finish_all(struct hub *hub)
{
    stream_index_each(&hub->parked, hurry, hub);
}

void parking_cut_off(struct hub *hub)
{
    struct link *link;

    while ((link = link_take(&hub->unattached)) != NULL) {
        struct wheel_timer *timer = LINK_OWNER(link, struct wheel_timer, link);

        hub_connection_ended(hub, LINK_OWNER(timer, struct connection, timer), STREAM_END_RESTART);
    }
}

/* ---- from other threads ---- */

enum err parking_ticket(struct hub *hub, uint64_t *ret_ticket)
{
    uint64_t ticket = atomic_fetch_add(&hub->ticket_count, 1) + 1;
    struct entering *entering;
    enum err e = ERR_NO_MEMORY;

    if (atomic_load(&hub->ending))
        return ERR_UNAVAILABLE;
    TRY(admission_park(&hub->admission));
    entering = malloc(sizeof(*entering));
    if (entering != NULL) {
        *entering = (struct entering){ { NULL, entering_run }, parked_request_new(ticket) };
        if (entering->request != NULL && hub_post(hub, &entering->item)) {
            *ret_ticket = ticket;
            return ERR_OK;
        }
        e = entering->request == NULL ? ERR_NO_MEMORY : ERR_UNAVAILABLE;
        free(entering->request);
    }
    free(entering);
    admission_unpark(&hub->admission);
    return e;
}

void parking_take(struct hub *hub, const struct handover *handover)
{
    const struct parking *parking = handover->subject;
    struct attaching *attaching = malloc(sizeof(*attaching));
    struct parked *parked = parked_new(handover);

    if (attaching != NULL && parked != NULL) {
        *attaching = (struct attaching){ { NULL, attaching_run }, parked, *parking };
        if (hub_post(hub, &attaching->item))
            return;
    }
    free(attaching);
    free(parked);
    parking_forget(hub, parking->ticket);
    handover_end(handover, 0, "no room");
    if (parking->hooks.gone != NULL)
        parking->hooks.gone(parking->hooks.arg);
}

/* Takes the command over. Where it cannot be said any more, the connection is at its end anyway. */
static void say(struct hub *hub, const struct parking_command *what, struct str bytes)
{
    struct parking_command *command = malloc(sizeof(*command) + bytes.len);
    struct parking_command broken = *what;

    if (command == NULL) {
        /* What is missing must be seen to be missing. */
        if (what->verb != PARKING_CLOSE || what->how != PARKING_BROKEN) {
            broken.verb = PARKING_CLOSE;
            broken.how = PARKING_BROKEN;
            say(hub, &broken, STR(""));
        }
        return;
    }
    *command = *what;
    command->item.run = command_run;
    command->len = bytes.len;
    if (bytes.len > 0)
        memcpy(command->bytes, bytes.ptr, bytes.len);
    if (!hub_post(hub, &command->item))
        free(command);
}

void parking_forget(struct hub *hub, uint64_t ticket)
{
    say(hub, &(struct parking_command){ .ticket = ticket, .verb = PARKING_FORGET }, STR(""));
}

void parking_answer(struct hub *hub, uint64_t ticket, const struct parked_answer *answer)
{
    say(hub, &(struct parking_command){ .ticket = ticket, .verb = PARKING_ANSWER, .answer = *answer }, answer->body);
}

void parking_open(struct hub *hub, uint64_t ticket, const char *content_type)
{
    say(hub,
        &(struct parking_command){
            .ticket = ticket, .verb = PARKING_OPEN, .answer = { .status = 200, .content_type = content_type } },
        STR(""));
}

void parking_write(struct hub *hub, uint64_t ticket, struct str bytes)
{
    say(hub, &(struct parking_command){ .ticket = ticket, .verb = PARKING_WRITE }, bytes);
}

void parking_close(struct hub *hub, uint64_t ticket, enum parking_end how)
{
    say(hub, &(struct parking_command){ .ticket = ticket, .verb = PARKING_CLOSE, .how = how }, STR(""));
}
