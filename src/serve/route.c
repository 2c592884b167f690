/* route.c - see route.h. */
#include "serve/route.h"

#include "serve/token.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void refuse(dc_decision *decision, int status, const char *reason)
{
    decision->status = status;
    decision->reason = reason;
}

/* ---- Text ---------------------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes %XX. Control characters, NUL among them, are refused, encoded or not. */
static bool decode(const char *source, size_t length, char *ret_text, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)source[i];
        if (c == '%') {
            int high = i + 2 < length ? hex_digit(source[i + 1]) : -1;
            int low = i + 2 < length ? hex_digit(source[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (unsigned char)(high * 16 + low);
            i += 2;
        }
        if (c < 0x20 || c == 0x7f || used + 1 >= size)
            return false;
        ret_text[used++] = (char)c;
    }
    ret_text[used] = '\0';
    return true;
}

/* ---- The query --------------------------------------------------------------------------------------- */

static bool parse_query(const char *source, dc_query *query)
{
    size_t used = 0;
    while (*source) {
        size_t length = strcspn(source, "&");
        size_t key_length = strcspn(source, "=&");
        if (query->count == DC_MAX_PARAMETERS)
            return false;
        char *key = query->text + used;
        if (!decode(source, key_length, key, sizeof query->text - used))
            return false;
        used += strlen(key) + 1;
        char *value = query->text + used;
        size_t value_start = key_length < length ? key_length + 1 : length;
        if (!decode(source + value_start, length - value_start, value, sizeof query->text - used))
            return false;
        used += strlen(value) + 1;
        query->keys[query->count] = key;
        query->values[query->count++] = value;
        source += length + (source[length] == '&');
    }
    return true;
}

const char *dc_query_text(const dc_query *query, const char *key)
{
    for (int i = 0; i < query->count; i++)
        if (strcmp(query->keys[i], key) == 0)
            return query->values[i];
    return NULL;
}

static bool parse_real(const char *text, const char *terminators, double minimum, double maximum, double *ret_value,
                       const char **ret_end)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || !strchr(terminators, *end) || !isfinite(value) || value < minimum || value > maximum)
        return false;
    *ret_value = value;
    *ret_end = end;
    return true;
}

bool dc_query_real(const dc_query *query, const char *key, double minimum, double maximum, double fallback,
                   double *ret_value)
{
    const char *text = dc_query_text(query, key), *end;
    if (text)
        return parse_real(text, "", minimum, maximum, ret_value, &end);
    *ret_value = fallback;
    return true;
}

bool dc_query_integer(const dc_query *query, const char *key, uint64_t fallback, uint64_t *ret_value)
{
    const char *text = dc_query_text(query, key);
    if (!text) {
        *ret_value = fallback;
        return true;
    }
    size_t digits = strspn(text, "0123456789");
    if (digits < 1 || digits > 19 || text[digits] != '\0')
        return false;
    *ret_value = strtoull(text, NULL, 10);
    return true;
}

int dc_query_reals(const dc_query *query, const char *key, double minimum, double maximum, int limit,
                   double *ret_values)
{
    const char *text = dc_query_text(query, key);
    if (!text || !*text)
        return 0;
    for (int count = 0; count < limit; text++) {
        if (!parse_real(text, ",", minimum, maximum, &ret_values[count++], &text))
            return -1;
        if (*text == '\0')
            return count;
    }
    return -1;
}

/* ---- The gate ---------------------------------------------------------------------------------------- */

/* True for an address in digits: what DNS rebinding cannot fake. */
static bool is_address(const char *name, size_t length)
{
    if (name[0] == '[')
        return length > 2 && strspn(name + 1, "0123456789abcdefABCDEF:.") == length - 2;
    return length > 0 && strspn(name, "0123456789.") >= length;
}

/* The name must be one that leads here; any port, for a tunnel may have another at its far end. */
static bool host_is_ours(const char *host, const char *bound)
{
    size_t length = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    if (length > strlen(host))
        return false;
    const char *port = host + length;
    if (*port && (*port != ':' || strspn(port + 1, "0123456789") != strlen(port + 1)))
        return false;

    static const char *const loopback[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++)
        if (length == strlen(loopback[i]) && strncasecmp(host, loopback[i], length) == 0)
            return true;
    if (strcmp(bound, "0.0.0.0") == 0 || strcmp(bound, "::") == 0)
        return is_address(host, length);
    bool bracketed = host[0] == '[';
    const char *name = host + bracketed;
    size_t name_length = length - 2 * bracketed;
    return name_length == strlen(bound) && strncasecmp(name, bound, name_length) == 0;
}

/* ---- The table --------------------------------------------------------------------------------------- */

/* /api/run/NAME/VERB */
static void route_run(const char *verb, dc_decision *decision)
{
    static const struct {
        const char *verb;
        dc_action action;
    } verbs[] = {
        {"events", DC_ACTION_EVENTS},
        {"metrics", DC_ACTION_METRICS},
        {"generate", DC_ACTION_GENERATE},
    };
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verb, verbs[i].verb) == 0) {
            decision->action = verbs[i].action;
            return;
        }
    }
    refuse(decision, 404, "There is no such question about a run.");
}

/* `rest` is NAME/WHAT of a path: takes the name out and returns WHAT, or NULL after a refusal. */
static const char *take_run(const char *rest, dc_decision *decision)
{
    size_t length = strcspn(rest, "/");
    if (rest[length] != '/' || !decode(rest, length, decision->run, sizeof decision->run) ||
        !dc_name_is_component(decision->run)) {
        refuse(decision, 404, "That is not the name of a run.");
        return NULL;
    }
    return rest + length + 1;
}

static void route_path(const char *path, dc_decision *decision)
{
    if (strcmp(path, "/api/runs") == 0) {
        decision->action = DC_ACTION_RUNS;
    } else if (strcmp(path, "/api/stream") == 0) {
        decision->action = DC_ACTION_STREAM;
    } else if (strncmp(path, "/api/run/", 9) == 0) {
        const char *verb = take_run(path + 9, decision);
        if (verb)
            route_run(verb, decision);
    } else if (strncmp(path, "/files/", 7) == 0) {
        const char *file = take_run(path + 7, decision);
        if (!file)
            return;
        decision->action = DC_ACTION_FILE;
        if (!decode(file, strlen(file), decision->file, sizeof decision->file) || !dc_name_is_served(decision->file))
            refuse(decision, 404, "That is not a file of a run that is shown.");
    } else {
        decision->action = DC_ACTION_PAGE;
        const char *name = path[1] ? path + 1 : "index.html";
        if (!decode(name, strlen(name), decision->file, sizeof decision->file) || !dc_name_is_component(decision->file))
            refuse(decision, 404, "There is no such page.");
    }
}

void dc_route(const dc_gate *gate, const dc_head *head, dc_decision *ret_decision)
{
    *ret_decision = (dc_decision){.status = 200};
    if (head->host_count != 1 || !host_is_ours(head->host, gate->bound)) {
        refuse(ret_decision, 421, "This server does not answer under that host name.");
        return;
    }
    if (strcmp(head->method, "GET") != 0 && strcmp(head->method, "HEAD") != 0) {
        refuse(ret_decision, 405, "Only GET and HEAD are answered: the dashboard changes nothing.");
        return;
    }
    if (head->has_body) {
        refuse(ret_decision, 413, "A request here has no body.");
        return;
    }
    if (strlen(head->target) >= DC_MAX_TARGET) {
        refuse(ret_decision, 414, "The address is too long.");
        return;
    }
    char path[DC_MAX_TARGET];
    size_t path_length = strcspn(head->target, "?");
    memcpy(path, head->target, path_length);
    path[path_length] = '\0';
    const char *query = head->target[path_length] == '?' ? head->target + path_length + 1 : "";
    if (path[0] != '/' || !parse_query(query, &ret_decision->query)) {
        refuse(ret_decision, 400, "The address is malformed.");
        return;
    }

    const char *offered = dc_query_text(&ret_decision->query, "token");
    bool entering = offered && strcmp(path, "/") == 0;
    if (!dc_token_equal(gate->token, entering ? offered : head->presented)) {
        refuse(ret_decision, 401, "Open the link that `dcgan serve` printed in its terminal: it carries the key.");
        return;
    }
    if (entering)
        ret_decision->action = DC_ACTION_ENTER;
    else
        route_path(path, ret_decision);
}
