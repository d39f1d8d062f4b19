/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/proofs/ledger.h"

#include "tools/proofs/file.h"
#include "tools/proofs/sources.h"
#include "tools/proofs/trust.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum sc_status sc_ledger_read(const char *units, const char *logs, const char *trusted,
                              const char *only, struct sc_ledger *ledger, struct sc_error *error)
{
    bool found = only == NULL;
    char path[1024];

    *ledger = (struct sc_ledger){.goals = 0};
    enum sc_status status = sc_units_read(units, &ledger->units, error);
    if (status != SC_OK) {
        return status;
    }
    ledger->logs = calloc(ledger->units.count + 1, sizeof *ledger->logs);
    status = ledger->logs == NULL ? sc_fail(error, SC_E_MEMORY, "proofs: no memory")
                                  : sc_file_read(trusted, &ledger->trusted, error);
    for (size_t n = 0; n < ledger->units.count && status == SC_OK; n++) {
        const struct sc_unit *unit = &ledger->units.list[n];
        struct sc_log *log = &ledger->logs[n];
        if (!sc_unit_is_proved(unit) || (only != NULL && strcmp(unit->name, only) != 0)) {
            continue;
        }
        found = true;
        if (snprintf(path, sizeof path, "%s/%s.log", logs, unit->name) >= (int)sizeof path) {
            status = sc_fail(error, SC_E_INPUT, "%s: name too long", logs);
            break;
        }
        status = sc_log_read(path, log, error);
        ledger->goals += log->goals;
        ledger->proved += log->proved;
        ledger->functions += (int64_t)sc_units_words(unit->functions);
        ledger->wall_s += log->wall_s;
        ledger->slowest_s = log->slowest_s > ledger->slowest_s ? log->slowest_s : ledger->slowest_s;
    }
    if (status == SC_OK && !found) {
        status = sc_fail(error, SC_E_INPUT, "%s: no unit %s", units, only);
    }
    if (status != SC_OK) {
        sc_ledger_destroy(ledger);
    }
    return status;
}

void sc_ledger_destroy(struct sc_ledger *ledger)
{
    sc_gappa_destroy(&ledger->gappa);
    sc_coq_destroy(&ledger->coq);
    for (size_t n = 0; ledger->logs != NULL && n < ledger->units.count; n++) {
        sc_log_destroy(&ledger->logs[n]);
    }
    free(ledger->logs);
    free(ledger->trusted);
    sc_units_destroy(&ledger->units);
    *ledger = (struct sc_ledger){.goals = 0};
}

struct sc_function_goals sc_ledger_function(const struct sc_unit *unit, const struct sc_log *log,
                                            const char *function, size_t length)
{
    struct sc_function_goals sum = {.goals = 0};

    for (size_t n = 0; n < log->goal_names.count; n++) {
        const char *goal = log->goal_names.list[n].text;
        if (strncmp(goal, function, length) != 0 || goal[length] != '_') {
            continue;
        }
        int longer = 0;
        for (const char *other = unit->functions; *other != '\0';) {
            const size_t size = strcspn(other, " ");
            longer |= size > length && strncmp(goal, other, size) == 0 && goal[size] == '_';
            other += size;
            other += strspn(other, " ");
        }
        if (!longer) {
            sum.goals++;
            sum.by_smt += log->goal_names.list[n].by_smt;
            sum.seconds += log->goal_names.list[n].seconds;
        }
    }
    return sum;
}

static void check_timed(struct sc_evidence *evidence, const char *unit, const char *what, int good,
                        double seconds, const char *detail)
{
    char name[256];

    (void)snprintf(name, sizeof name, "%s.%s", unit, what);
    sc_evidence_check(evidence, name, good ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL, seconds, detail);
}

static void check(struct sc_evidence *evidence, const char *unit, const char *what, int good,
                  const char *detail)
{
    check_timed(evidence, unit, what, good, 0.0, detail);
}

/* Every function of the unit has goals of its own: a contract that vanished would have none. */
static void check_functions(const struct sc_unit *unit, const struct sc_log *log,
                            struct sc_evidence *evidence)
{
    char detail[512] = "";
    int good = 1;

    for (const char *word = unit->functions; *word != '\0';) {
        const size_t length = strcspn(word, " ");
        if (sc_ledger_function(unit, log, word, length).goals == 0) {
            good = 0;
            (void)snprintf(detail, sizeof detail, "no goal of %.*s", (int)length, word);
        }
        word += length;
        word += strspn(word, " ");
    }
    for (const char *word = unit->lemmas; *word != '\0';) {
        const size_t length = strcspn(word, " ");
        int found = 0;
        for (size_t n = 0; n < log->goal_names.count; n++) {
            const char *goal = log->goal_names.list[n].text;
            found |= strncmp(goal, "lemma_", 6) == 0 && strlen(goal) == length + 6 &&
                     strncmp(goal + 6, word, length) == 0;
        }
        if (!found) {
            good = 0;
            (void)snprintf(detail, sizeof detail, "lemma %.*s is not proved", (int)length, word);
        }
        word += length;
        word += strspn(word, " ");
    }
    check(evidence, unit->name, "complete", good, good ? NULL : detail);
}

/* Every SC_SHARED function of the unit's source is listed, so that none escapes the proof. */
static void check_source(const struct sc_unit *unit, struct sc_evidence *evidence)
{
    char detail[512] = "";
    char *text = NULL;
    int good = sc_file_read(unit->source, &text, NULL) == SC_OK;

    if (!good) {
        (void)snprintf(detail, sizeof detail, "%s: cannot read", unit->source);
    }
    for (const char *line = text; line != NULL && *line != '\0';) {
        if (strncmp(line, "SC_SHARED ", 10) == 0) {
            const char *open = strchr(line, '(');
            const char *name = open;
            while (name != NULL && name > line && name[-1] != ' ' && name[-1] != '*') {
                name--;
            }
            if (name != NULL && !sc_units_has(unit->functions, name, (size_t)(open - name))) {
                good = 0;
                (void)snprintf(detail, sizeof detail, "%.*s is not in proofs/wp/units",
                               (int)(open - name), name);
            }
        }
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    free(text);
    check(evidence, unit->name, "listed", good, good ? NULL : detail);
}

void sc_ledger_check_unit(const struct sc_ledger *ledger, size_t n, struct sc_evidence *evidence)
{
    const struct sc_unit *unit = &ledger->units.list[n];
    const struct sc_log *log = &ledger->logs[n];
    const int64_t runs =
        (unit->functions[0] != '\0' ? 1 : 0) + (unit->lemmas[0] != '\0' ? 1 : 0) + 1;
    char detail[512];

    (void)snprintf(detail, sizeof detail, "%lld / %lld goals%s%s", (long long)log->proved,
                   (long long)log->goals, log->failed.count > 0 ? ", first unproved: " : "",
                   log->failed.count > 0 ? log->failed.list[0].text : "");
    check_timed(evidence, unit->name, "goals",
                log->goals > 0 && log->proved == log->goals && log->runs == runs &&
                    log->failed.count == 0,
                log->wall_s, detail);
    check(evidence, unit->name, "canary", log->canary_goals == 1 && log->canary_proved == 0,
          "the lemma \\false must stay unproved");
    (void)snprintf(detail, sizeof detail, "%lld warnings of Frama-C", (long long)log->warnings);
    check(evidence, unit->name, "warnings", log->warnings == 0, detail);
    check_functions(unit, log, evidence);
    check_source(unit, evidence);
    for (size_t t = 0; t < log->trusted.count; t++) {
        if (!sc_trust_has(ledger->trusted, log->trusted.list[t].text)) {
            (void)snprintf(detail, sizeof detail,
                           "%s is considered valid, and not in the trust list",
                           log->trusted.list[t].text);
            check(evidence, unit->name, "trusted", 0, detail);
        }
    }
}

static void check_trust(const struct sc_ledger *ledger, struct sc_evidence *evidence)
{
    struct sc_error error = {SC_OK, ""};
    char *soundness = NULL;

    if (sc_file_read("proofs/SOUNDNESS.md", &soundness, &error) != SC_OK) {
        sc_evidence_check(evidence, "trust.said", SC_EVIDENCE_FAIL, 0.0, error.text);
        return;
    }
    sc_trust_check(ledger->trusted, &ledger->units, soundness, evidence);
    free(soundness);
}

static void check_coq(const struct sc_ledger *ledger, struct sc_evidence *evidence)
{
    struct sc_error error = {SC_OK, ""};
    char *allowed = NULL;

    if (sc_file_read("proofs/coq/assumptions", &allowed, &error) != SC_OK) {
        sc_evidence_check(evidence, "coq.assumptions", SC_EVIDENCE_FAIL, 0.0, error.text);
        return;
    }
    sc_coq_check(&ledger->coq, allowed, ledger->trusted, evidence);
    free(allowed);
}

void sc_ledger_check(const struct sc_ledger *ledger, struct sc_evidence *evidence)
{
    for (size_t n = 0; n < ledger->units.count; n++) {
        if (sc_unit_is_proved(&ledger->units.list[n])) {
            sc_ledger_check_unit(ledger, n, evidence);
        }
    }
    sc_gappa_check(&ledger->gappa, evidence);
    check_coq(ledger, evidence);
    check_trust(ledger, evidence);
    sc_sources_check(&ledger->units, ".", evidence);
    sc_evidence_figure(evidence, "proofs.wp.unproved", (double)(ledger->goals - ledger->proved),
                       "1", SC_EVIDENCE_EQUAL, 0.0);
    sc_evidence_figure(evidence, "proofs.wp.goals", (double)ledger->goals, "1", SC_EVIDENCE_NONE,
                       0.0);
    sc_evidence_figure(evidence, "proofs.functions", (double)ledger->functions, "1",
                       SC_EVIDENCE_NONE, 0.0);
    sc_evidence_figure(evidence, "proofs.wp.units_s", ledger->wall_s, "s", SC_EVIDENCE_NONE, 0.0);
    sc_evidence_figure(evidence, "proofs.wp.slowest_goal_s", ledger->slowest_s, "s",
                       SC_EVIDENCE_AT_MOST, 20.0);
}
