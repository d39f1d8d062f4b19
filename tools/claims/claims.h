/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CLAIMS_CLAIMS_H
#define SC_TOOLS_CLAIMS_CLAIMS_H

#include "tools/claims/found.h"

/* The claims of arXiv 2409.04431, as they are recalled here, each with the check that runs. */

/* Where a check finds what it does not compute. */
struct sc_claims_context {
    const char *proofs;  /* what `make proofs` leaves of Coq, build/coq; need not be there */
    const char *sources; /* proofs/coq; need not be there */
    const char *samples; /* tests/samples/minilm */
};

/* Runs a check and adds its findings. SC_E_MEMORY, SC_E_IO, SC_E_UNAVAILABLE could not run. */
typedef enum sc_status sc_claims_check(const struct sc_claims_context *context,
                                       struct sc_found_list *result, struct sc_error *error);

struct sc_claims_row {
    int32_t number;
    char mark;              /* 'A' of the abstract, 'R' recalled, '-' of neither */
    const char *statement;  /* in our words */
    const char *how;        /* it is checked */
    const char *limit;      /* where it stops holding, or what was not looked at */
    sc_claims_check *check; /* NULL: there is none */
    enum sc_found_verdict expected;
};

#define SC_CLAIMS_ROWS 18
extern const struct sc_claims_row sc_claims_rows[SC_CLAIMS_ROWS];

/* Whether a result is the one that is expected of a row: its verdict, and no surprise among its findings. */
bool sc_claims_as_expected(const struct sc_claims_row *row, const struct sc_found_list *result);

/* The checks, by the file that holds them. */
sc_claims_check sc_approximation_claim;                                     /* 1 */
sc_claims_check sc_theorem_claim;                                           /* 2 */
sc_claims_check sc_regularity_claim, sc_mean_claim, sc_softmax_worst_claim; /* 3, 4, 6 */
sc_claims_check sc_logits_claim;                                            /* 5 */
sc_claims_check sc_growth_claim, sc_longer_claim;                           /* 7, 11 */
sc_claims_check sc_initial_claim;                                           /* 8 */
sc_claims_check sc_best_bias_claim;                                         /* 9 */
sc_claims_check sc_remedies_claim;                                          /* 10 */
sc_claims_check sc_gradients_claim;                                         /* 12 */
sc_claims_check sc_memory_claim;                                            /* 13 */
sc_claims_check sc_grouped_claim;                                           /* 15 */
sc_claims_check sc_speed_claim, sc_accuracy_claim;                          /* 16, 17 */

/* Adds the theorem FILE.NAME of proofs/coq: true where this build of the proofs lists it, from the sources that are
 * there now, and nothing is left unproved; false where that build does not; not re-run where there is no such build. */
enum sc_status sc_theorems_add(const struct sc_claims_context *context, const char *file,
                               const char *name, enum sc_found_part part,
                               struct sc_found_list *result, struct sc_error *error);

#endif
