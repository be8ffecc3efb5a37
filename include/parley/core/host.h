/* Names and addresses of hosts in settings. */
#ifndef PARLEY_CORE_HOST_H
#define PARLEY_CORE_HOST_H

#include <stdbool.h>

/* True for what only this machine reaches: localhost, 127.…, ::1, [::1]. Names are not resolved. Any thread. */
bool host_is_loopback(const char *host);

#endif
