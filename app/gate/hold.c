#include "hold.h"

void hold_release(struct hold *hold)
{
    if (hold->in_flight != NULL)
        in_flight_leave(hold->in_flight, &hold->entry);
    if (hold->upload_count != NULL)
        atomic_fetch_sub(hold->upload_count, 1);
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

    if (hold->in_flight == NULL && hold->upload_count == NULL) {
        *ret_hold = (struct handover_hold){ .release = NULL };
        return ERR_OK;
    }
    moved = malloc(sizeof(*moved));
    if (moved == NULL)
        return ERR_NO_MEMORY;
    *moved = *hold;
    if (hold->in_flight != NULL)
        in_flight_move(hold->in_flight, &hold->entry, &moved->entry);
    *hold = (struct hold){ .in_flight = NULL };
    *ret_hold = (struct handover_hold){ release_and_free, moved };
    return ERR_OK;
}
