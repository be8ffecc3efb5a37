#include "hold.h"

void hold_release(struct hold *hold)
{
    if (hold->in_flight != NULL)
        in_flight_leave(hold->in_flight, &hold->entry);
    if (hold->uploads != NULL)
        upload_slots_leave(hold->uploads, &hold->slot);
    *hold = (struct hold){ .in_flight = NULL };
}

static void release_and_free(void *arg)
{
    hold_release(arg);
    free(arg);
}

enum err hold_hand_over(struct hold *hold, struct handover_hold *ret_hold)
{
    struct hold *moved;

    if (hold->in_flight == NULL && hold->uploads == NULL) {
        *ret_hold = (struct handover_hold){ .release = NULL };
        return ERR_OK;
    }
    moved = malloc(sizeof(*moved));
    if (moved == NULL)
        return ERR_NO_MEMORY;
    *moved = *hold;
    if (hold->in_flight != NULL)
        in_flight_move(hold->in_flight, &hold->entry, &moved->entry);
    if (hold->uploads != NULL)
        upload_slots_move(hold->uploads, &hold->slot, &moved->slot);
    *hold = (struct hold){ .in_flight = NULL };
    *ret_hold = (struct handover_hold){ release_and_free, moved };
    return ERR_OK;
}
