/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_EXAMINE_H
#define SC_FUZZ_EXAMINE_H

#include "fuzz/assess.h"
#include "fuzz/runner.h"

#include <stdbool.h>
#include <stdint.h>

/* Every check of a case. A case is run once, and again in variants whose results are related to its own
 * (fuzz/relation.h). What an examination does is a function of case, kernel and options. */
enum sc_check {
    SC_CHECK_CRASH,     /* the worker's process died */
    SC_CHECK_HANG,      /* it did not answer in time */
    SC_CHECK_PROTOCOL,  /* it answered something else */
    SC_CHECK_FAULT,     /* its machine saw a race, an access out of bounds, ... */
    SC_CHECK_FAILED,    /* it reported an error in a case that it says it does */
    SC_CHECK_UNWRITTEN, /* elements of an output were not written */
    SC_CHECK_OVERWRITE, /* something beside the outputs' elements was written */
    SC_CHECK_INPUT,     /* an input was written */
    SC_CHECK_EXACT,     /* other bits where the result is exact in any arithmetic */
    SC_CHECK_SPECIAL, /* a NaN or an infinity where no arithmetic can overflow, of an unknown one */
    SC_CHECK_CONFORMS,  /* an element is beyond the bound of the declared arithmetic */
    SC_CHECK_ACCURATE,  /* an element is beyond the accuracy that is asked for */
    SC_CHECK_REPEAT,    /* a second run has other bits, though it is declared deterministic */
    SC_CHECK_HIDDEN,    /* contents that no row sees changed a result */
    SC_CHECK_WORKSPACE, /* what an earlier call left changed a result */
    SC_CHECK_PLACE, /* another place in batch or heads changed a bit, though it is declared invariant */
    SC_CHECK_GROUP,   /* grouped heads differ from repeated ones by more than their bounds */
    SC_CHECK_NEGATED, /* O(Q, b) + O(-Q, -b) is not the sum of V, within the two bounds */
    SC_CHECK_SCALED, /* O of 2^k V is not 2^k O, to the bit where the arithmetic allows it, or within the two bounds */
    SC_CHECK_SPLIT,  /* O(V1) + O(V2) is not O(V1 + V2), within the three bounds */
    SC_CHECK_LAYOUT, /* other strides and bases changed a result by more than the two bounds */
    SC_CHECK_TILING, /* a row at another place in its tile has a result off by more than the two bounds */
    SC_CHECK_LEAK, /* the process grows with every call */
    SC_CHECKS
};

/* "red zone" and the like: a name for reports, and what it says, in a sentence. */
const char *sc_check_name(enum sc_check check);
const char *sc_check_claim(enum sc_check check);

struct sc_examine_options {
    struct sc_assess_options assess;
    bool require_accuracy; /* SC_CHECK_ACCURATE counts */
    bool strict;           /* a weak pass is a failure of SC_CHECK_CONFORMS */
    int32_t repeats;       /* further runs of a deterministic kernel, each with a seed of its own */
    int32_t
        variants; /* kinds of variants that a case is given, chosen by its hash; negative: every kind */
    uint32_t
        checks; /* bits 1 << enum sc_check that are looked at; variants of others are not run */
};

/* All checks, one repeat, two kinds of variants, no demand on accuracy, weak passes pass. */
struct sc_examine_options sc_examine_defaults(void);

/* What an examination found. */
struct sc_examination {
    enum sc_ending ending;
    bool refused;              /* the kernel does not do the case: nothing was checked */
    uint32_t failed;           /* bits 1 << enum sc_check */
    enum sc_check first;       /* the first that failed, in the order above; SC_CHECKS: none */
    char text[512];            /* what it saw, or why it was refused, in a line */
    struct sc_element element; /* where, of the checks of elements; else its result is SC_RESULTS */
    struct sc_assessment assessment; /* of the first run, where it was done */
    /* Passed with weak bounds: the median of the bounds of O is (fuzz/assess.h), or an element is undecided. */
    bool weak;
    uint32_t checked; /* bits 1 << enum sc_check that had something to look at */
    int32_t runs;
};

/* Examines a prepared case. A failing check is a finding, not an error. Variants are run only where the case itself
 * passes. Of an unknown arithmetic the relations within bounds have no bounds: of them only what is exact is looked
 * at; and its results are finite where fuzz/finite.h claims it. Statuses of the oracle and the runner. */
enum sc_status sc_examine(const struct sc_runner *runner, const struct sc_prepared *prepared,
                          const struct sc_examine_options *options, struct sc_examination *found,
                          struct sc_error *error);

#endif
