/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/found.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void sc_found_add(struct sc_found_list *result, const char *name, enum sc_found_part part,
                  enum sc_found_basis basis, enum sc_found_outcome outcome, double value,
                  const char *text, ...)
{
    va_list list;

    if (result->count == result->room) {
        const int32_t room = 2 * result->room + 8;
        struct sc_found *grown = realloc(result->findings, (size_t)room * sizeof *result->findings);
        if (grown == NULL) {
            result->lost = true;
            return;
        }
        result->findings = grown;
        result->room = room;
    }
    struct sc_found *finding = &result->findings[result->count++];
    *finding = (struct sc_found){.part = part, .basis = basis, .outcome = outcome, .value = value};
    (void)snprintf(finding->name, sizeof finding->name, "%s", name);
    va_start(list, text);
    (void)vsnprintf(finding->text, sizeof finding->text, text, list);
    va_end(list);
}

void sc_found_destroy(struct sc_found_list *result)
{
    free(result->findings);
    *result = (struct sc_found_list){.findings = NULL};
}

enum sc_found_outcome sc_found_at_most(struct sc_found_range x, struct sc_found_range y)
{
    return x.high <= y.low ? SC_FOUND_YES : x.low > y.high ? SC_FOUND_NO : SC_FOUND_OPEN;
}

enum sc_found_outcome sc_found_whether(bool yes)
{
    return yes ? SC_FOUND_YES : SC_FOUND_NO;
}

enum sc_found_outcome sc_found_both(enum sc_found_outcome one, enum sc_found_outcome two)
{
    if (one == SC_FOUND_NO || two == SC_FOUND_NO) {
        return SC_FOUND_NO;
    }
    return one == SC_FOUND_OPEN ? one : two;
}

static bool firm(const struct sc_found *finding)
{
    return finding->basis != SC_FOUND_COMPUTED && finding->basis != SC_FOUND_QUOTED;
}

/* What the verdict depends on. */
struct tally {
    bool stated, refuted, doubtful, limited, theorem;
};

static void count(const struct sc_found *x, struct tally *tally)
{
    const bool yes = x->outcome == SC_FOUND_YES;

    switch (x->part) {
    case SC_FOUND_THEOREM:
        tally->theorem |= yes;
        /* fall through */
    case SC_FOUND_STATED:
        tally->stated = true;
        tally->refuted |= x->outcome == SC_FOUND_NO && firm(x);
        tally->doubtful |= !yes;
        break;
    case SC_FOUND_LEMMA:
        tally->doubtful |= !yes;
        break;
    case SC_FOUND_LIMIT:
        tally->limited |= yes;
        break;
    case SC_FOUND_COUNTER:
        tally->stated = true;
        tally->refuted |= yes && firm(x);
        break;
    case SC_FOUND_BEYOND:
        break;
    }
}

enum sc_found_verdict sc_found_judge(const struct sc_found_list *result)
{
    struct tally tally = {.stated = false};

    for (int32_t n = 0; n < result->count; n++) {
        count(&result->findings[n], &tally);
    }
    if (!tally.stated || result->lost) {
        return SC_FOUND_UNCHECKED;
    }
    if (tally.refuted) {
        return SC_FOUND_FALSE;
    }
    if (tally.doubtful) {
        return SC_FOUND_UNCHECKED;
    }
    if (tally.limited) {
        return SC_FOUND_LIMITED;
    }
    return tally.theorem ? SC_FOUND_PROVED : SC_FOUND_TRIED;
}

int32_t sc_found_surprises(const struct sc_found_list *result)
{
    int32_t surprises = 0;

    for (int32_t n = 0; n < result->count; n++) {
        surprises += result->findings[n].outcome == SC_FOUND_YES ? 0 : 1;
    }
    return surprises;
}

const char *sc_found_verdict_word(enum sc_found_verdict verdict)
{
    static const char *const words[] = {"proved", "holds on what was tried",
                                        "holds with a stated limit", "false as stated",
                                        "not checkable here"};

    return words[verdict];
}

const char *sc_found_basis_word(enum sc_found_basis basis)
{
    static const char *const words[] = {
        "checked by Coq", "proved, not re-run here", "exact", "certified", "computed", "quoted"};

    return words[basis];
}

const char *sc_found_part_word(enum sc_found_part part)
{
    static const char *const words[] = {"theorem", "lemma",          "stated",
                                        "limit",   "counterexample", "beyond"};

    return words[part];
}
