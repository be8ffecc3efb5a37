#include "fault.h"

const char *egress_fault(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return "its name cannot be resolved";
    case CURLE_COULDNT_CONNECT: return "the connection was refused";
    case CURLE_OPERATION_TIMEDOUT: return "it did not answer in time";
    case CURLE_PEER_FAILED_VERIFICATION: return "its certificate is not trusted";
    case CURLE_SSL_CACERT_BADFILE: return "the file of CA certificates cannot be read";
    case CURLE_SSL_CONNECT_ERROR: return "TLS could not be agreed upon";
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE: return "the connection broke";
    case CURLE_WEIRD_SERVER_REPLY: return "its answer makes no sense";
    case CURLE_REMOTE_ACCESS_DENIED: return "it does not talk to this server";
    case CURLE_LOGIN_DENIED: return "it refused the user or the password";
    case CURLE_USE_SSL_FAILED: return "it does not offer STARTTLS";
    default: return "the exchange failed";
    }
}
