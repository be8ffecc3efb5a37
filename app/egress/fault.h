/* What libcurl's outcomes mean for an operator. Private to app/egress. */
#ifndef PARLEY_APP_EGRESS_FAULT_H
#define PARLEY_APP_EGRESS_FAULT_H

#include <curl/curl.h>

/* Why an exchange failed, as the end of a sentence about the peer, without names of hosts. Static. */
const char *egress_fault(CURLcode code);

#endif
