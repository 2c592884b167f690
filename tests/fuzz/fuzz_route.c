/* fuzz_route.c - any bytes as the head of a request: what is let through is one of the known things. */
#include "serve/route.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TOKEN "0123456789abcdef0123456789abcdef01234567"

/* Takes the next line of the input as a string, or NULL at its end. */
static char *next_line(const uint8_t **data, size_t *size)
{
    if (*size == 0)
        return NULL;
    const uint8_t *newline = memchr(*data, '\n', *size);
    size_t length = newline ? (size_t)(newline - *data) : *size;
    char *line = calloc(length + 1, 1);
    memcpy(line, *data, length);
    *data += length + (newline != NULL);
    *size -= length + (newline != NULL);
    return line;
}

static void check(const dc_decision *decision, const char *host, const char *presented)
{
    if (decision->status != 200)
        return;
    const char *offered = dc_query_text(&decision->query, "token");
    bool about_run = decision->action >= DC_ACTION_EVENTS;
    bool good = host && !strstr(host, "evil") &&
                strcmp(TOKEN, decision->action == DC_ACTION_ENTER ? offered : presented) == 0 &&
                (!about_run || dc_name_is_component(decision->run)) &&
                (decision->action != DC_ACTION_FILE || dc_name_is_served(decision->file)) &&
                (decision->action != DC_ACTION_PAGE || dc_name_is_component(decision->file));
    if (!good)
        abort();
}

static void read_parameters(const dc_query *query)
{
    double number, numbers[8];
    uint64_t whole;
    for (int i = 0; i < query->count; i++) {
        if (dc_query_real(query, query->keys[i], -1, 1, 0, &number) && !(number >= -1 && number <= 1))
            abort();
        dc_query_integer(query, query->keys[i], 0, &whole);
        if (dc_query_reals(query, query->keys[i], -1, 1, 8, numbers) > 8)
            abort();
    }
}

/* Lines: target, host, what the cookie holds, method. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *target = next_line(&data, &size), *host = next_line(&data, &size), *presented = next_line(&data, &size),
         *method = next_line(&data, &size);
    if (target) {
        const dc_gate gate = {.token = TOKEN, .bound = "127.0.0.1"};
        const dc_head head = {.method = method ? method : "GET",
                              .target = target,
                              .host = host,
                              .host_count = host != NULL,
                              .presented = presented};
        dc_decision decision;
        dc_route(&gate, &head, &decision);
        check(&decision, host, presented);
        read_parameters(&decision.query);
    }
    free(target);
    free(host);
    free(presented);
    free(method);
    return 0;
}
