/* token.h - the key of the dashboard: who has it may look.
 *
 * It is random and kept in the user's state folder, readable by that user alone, so that a server which is
 * started again still knows the browsers that were let in. Removing that file makes a new one. */
#ifndef DC_SERVE_TOKEN_H
#define DC_SERVE_TOKEN_H

#include "base/status.h"

#include <stdbool.h>

#define DC_TOKEN_LENGTH 40 /* hexadecimal digits: 160 bits */

/* Reads the kept token, or makes and keeps one. Where nothing can be kept, the token is new each time. */
dc_status dc_token_load(char ret_token[DC_TOKEN_LENGTH + 1]);

/* Takes the same time whatever differs. `offered` may be NULL. */
bool dc_token_equal(const char *token, const char *offered);

/* The cookie's name: it differs between tokens, for cookies do not tell ports apart and two tunnels may end
 * at one browser. Its digits are not part of the secret that remains. */
void dc_token_cookie_name(const char *token, char ret_name[32]);

#endif
