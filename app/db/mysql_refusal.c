#include "mysql.h"

#include <mysqld_error.h>

/* Codes that only one of the libraries' headers names. */
enum {
    ER_ACCESS_DENIED_NO_PASSWORD = 1698,
    ER_MYSQL_ACCOUNT_LOCKED = 3118,
    ER_MARIADB_ACCOUNT_LOCKED = 4151,
    CR_AUTH_PLUGIN_UNUSABLE = 2059,
};

bool mysql_is_refusal(int code)
{
    static const int refusals[] = {
        ER_ACCESS_DENIED_ERROR,    ER_DBACCESS_DENIED_ERROR,      ER_BAD_DB_ERROR,
        ER_HOST_NOT_PRIVILEGED,    ER_MUST_CHANGE_PASSWORD_LOGIN, ER_ACCESS_DENIED_NO_PASSWORD,
        ER_MARIADB_ACCOUNT_LOCKED, ER_MYSQL_ACCOUNT_LOCKED,       CR_AUTH_PLUGIN_UNUSABLE,
    };

    for (size_t i = 0; i < COUNT_OF(refusals); i++)
        if (refusals[i] == code)
            return true;
    return false;
}
