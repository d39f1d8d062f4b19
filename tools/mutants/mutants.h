/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MUTANTS_MUTANTS_H
#define SC_TOOLS_MUTANTS_MUTANTS_H

#include "reference/status.h"
#include "tools/report/evidence.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Planted faults: what a check notices of them, and what ordinary tests do. */

#define SC_MUTANTS_NAME_BYTES 64
#define SC_MUTANTS_TEXT_BYTES 128

/* The ways in which an ordinary test ends (tools/baseline/baseline.h). */
enum sc_mutants_baseline { SC_MUTANTS_ALLCLOSE, SC_MUTANTS_TWICE, SC_MUTANTS_BASELINES };

struct sc_mutant {
    char name[SC_MUTANTS_NAME_BYTES]; /* of the patch */
    bool equivalent;                  /* its third line argues that nobody can tell it */
    /* Filled in by sc_mutants_run. */
    bool decided; /* it was built, and each check that was run said yes or no */
    bool caught;
    bool predicted; /* caught by the prediction alone: the first check found nothing */
    char check[SC_MUTANTS_TEXT_BYTES]; /* what caught it, or what went wrong */
    int64_t cases;
    double build_s, seconds;
    bool baseline_ran[SC_MUTANTS_BASELINES];
    char baseline[SC_MUTANTS_BASELINES][SC_MUTANTS_TEXT_BYTES]; /* "fails, 3 cases: ..." */
};

/* Command lines for sh, in which {name} stands for the name of a mutant and {home} for the directory where its
 * programs are. */
struct sc_mutants_commands {
    const char *build;
    /* Exit 0: nothing was found; 1, or the end by a signal: caught. Anything else is no verdict. Of its output
     * "N cases" or "cases": N is read, and "check: WORDS" or "check": "WORDS". */
    const char *detect;
    const char *predict; /* likewise, where `detect` found nothing; NULL: not run */
    const char
        *baseline;    /* prints "allclose: VERDICT, ..." and "twice: VERDICT, ..."; NULL: not run */
    const char *home; /* above the directories of the mutants */
};

/* The patches of a directory, or those of the names given, ascending.
 *   names, count  NULL, 0: all
 *   mutants       receives *found of them; the caller frees it
 * SC_E_INPUT a name without a patch. SC_E_IO. SC_E_MEMORY. */
enum sc_status sc_mutants_list(const char *directory, char *const *names, int32_t count,
                               struct sc_mutant **mutants, int32_t *found, struct sc_error *error);

/* Builds one and runs the check, the prediction where it found nothing, then the ordinary tests. SC_E_IO: a command could
 * not be started. */
enum sc_status sc_mutants_run(const struct sc_mutants_commands *commands, struct sc_mutant *mutant,
                              struct sc_error *error);

/* One line. */
void sc_mutants_print(const struct sc_mutant *mutant, FILE *out);

/* The sum as a line, figures and a check; what the prediction alone has caught is counted apart. Whether every one was
 * decided, and caught unless it is equivalent. */
bool sc_mutants_sum(const struct sc_mutant *mutants, int32_t count, struct sc_evidence *evidence,
                    FILE *out);

#endif
