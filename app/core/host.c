#include "parley/core/host.h"

#include <string.h>

bool host_is_loopback(const char *host)
{
    bool is_numeric = strspn(host, "0123456789.") == strlen(host); /* 127.example.org is somewhere else */

    return (strncmp(host, "127.", 4) == 0 && is_numeric) || strcmp(host, "localhost") == 0 ||
           strcmp(host, "::1") == 0 || strcmp(host, "[::1]") == 0;
}
