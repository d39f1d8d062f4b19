/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/confirm.h"

#include <stdlib.h>
#include <string.h>

struct search {
    sc_confirm_try *attempt;
    void *context;
    int32_t tries, tries_max;
    int32_t *candidate; /* being put together */
};

const char *sc_class_name(enum sc_class class)
{
    static const char *const names[] = {"steady", "unsteady", "history", "unknown"};

    return (unsigned)class < sizeof names / sizeof names[0] ? names[class] : "unknown";
}

static enum sc_status attempt(struct search *search, const int32_t *sequence, int32_t count,
                              bool *fails, struct sc_error *error)
{
    *fails = false;
    search->tries++;
    return search->attempt(search->context, sequence, count, fails, error);
}

/* Tries `sequence` without entries [from, to); keeps what is left if that fails. */
static enum sc_status leave_out(struct search *search, int32_t *sequence, int32_t *count,
                                int32_t from, int32_t to, bool *fails, struct sc_error *error)
{
    const int32_t left = *count - (to - from);

    memcpy(search->candidate, sequence, (size_t)from * sizeof *sequence);
    memcpy(search->candidate + from, sequence + to, (size_t)(*count - to) * sizeof *sequence);
    const enum sc_status status = attempt(search, search->candidate, left, fails, error);
    if (status == SC_OK && *fails) {
        memcpy(sequence, search->candidate, (size_t)left * sizeof *sequence);
        *count = left;
    }
    return status;
}

/* Leaves out pieces of halved sizes, the oldest first, down to single cases, and those until none can be spared. */
static enum sc_status reduce(struct search *search, int32_t *sequence, int32_t *count,
                             struct sc_error *error)
{
    enum sc_status status = SC_OK;
    int32_t piece = *count - 1;

    while (piece >= 1 && status == SC_OK) {
        bool shorter = false;
        int32_t from = 0;
        while (from < *count - 1 && status == SC_OK && search->tries < search->tries_max) {
            const int32_t to = from + piece < *count - 1 ? from + piece : *count - 1;
            bool fails = false;
            status = leave_out(search, sequence, count, from, to, &fails, error);
            shorter = shorter || fails;
            from = fails ? from : to;
        }
        if (search->tries >= search->tries_max) {
            break;
        }
        piece = piece > 1 ? (piece + 1) / 2 : shorter ? 1 : 0;
    }
    return status;
}

static enum sc_status look_back(struct search *search, int32_t history, int32_t *sequence,
                                struct sc_confirmed *confirmed, struct sc_error *error)
{
    int32_t count = history + 1;
    bool fails = false;

    for (int32_t n = 0; n < count; n++) {
        sequence[n] = n;
    }
    enum sc_status status = attempt(search, sequence, count, &fails, error);
    if (status == SC_OK && fails) {
        status = reduce(search, sequence, &count, error);
    }
    if (status == SC_OK && fails) {
        status = attempt(search, sequence, count, &fails, error);
    }
    if (status == SC_OK && fails) {
        confirmed->class = SC_CLASS_HISTORY;
        confirmed->count = count;
    }
    return status;
}

enum sc_status sc_confirm(int32_t history, sc_confirm_try *attempt_one, void *context,
                          int32_t tries_max, int32_t *sequence, struct sc_confirmed *confirmed,
                          struct sc_error *error)
{
    struct search search = {.attempt = attempt_one, .context = context, .tries_max = tries_max};
    enum sc_status status = SC_OK;

    *confirmed = (struct sc_confirmed){.class = SC_CLASS_UNSTEADY, .count = 1};
    search.candidate = malloc((size_t)(history + 1) * sizeof *search.candidate);
    if (search.candidate == NULL) {
        return sc_fail(error, SC_E_MEMORY, "confirm: no memory");
    }
    for (int n = 0; n < 2 && status == SC_OK; n++) {
        bool fails = false;
        status = attempt(&search, &history, 1, &fails, error);
        confirmed->again += fails;
    }
    if (confirmed->again == 2) {
        confirmed->class = SC_CLASS_STEADY;
    } else if (status == SC_OK && confirmed->again == 0 && history > 0) {
        status = look_back(&search, history, sequence, confirmed, error);
    }
    if (confirmed->class != SC_CLASS_HISTORY) {
        sequence[0] = history;
    }
    confirmed->tries = search.tries;
    free(search.candidate);
    return status;
}
