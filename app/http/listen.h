/* The socket on which nginx reaches us. */
#ifndef PARLEY_APP_HTTP_LISTEN_H
#define PARLEY_APP_HTTP_LISTEN_H

#include "parley/core/buf.h"
#include "parley/core/err.h"

struct listener {
    int fd;      /* the listening socket */
    int lock_fd; /* holds <path>.lock for as long as the socket is ours; -1: it was passed */
    int stop_fd; /* readable from listener_shut on; -1: the socket itself wakes everyone then */
    char *path;  /* NULL: it was passed, and is not ours to remove */
};

/*
 * Takes the socket that a supervisor has opened and passed (LISTEN_FDS and LISTEN_PID, sd_listen_fds(3)): it lives on when
 * this process ends, so that a client who calls between two processes waits instead of being refused. ERR_NOT_FOUND: none was
 * passed to this process. ERR_UNAVAILABLE: what was passed is no listening unix socket, or is more than one. Before the first
 * thread. ret_error_text: one line.
 */
enum err listener_passed(struct buf *ret_error_text, struct listener *ret_listener) MUST_CHECK;

/*
 * Takes the lock, removes what a dead server left, binds (0660) and listens. ERR_CONFLICT: a living server has it.
 * ERR_UNAVAILABLE: the folder cannot be made or written, or the path is too long. ret_error_text: one line.
 */
enum err listener_open(const char *path, int backlog, struct buf *ret_error_text,
                       struct listener *ret_listener) MUST_CHECK;
/* Wakes everyone who waits in accept; nobody gets in from now on. */
void listener_shut(struct listener *listener);
/* Removes the socket and lets the lock go. */
void listener_close(struct listener *listener);

#endif
