/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_EXAMINE_STATE_H
#define SC_FUZZ_EXAMINE_STATE_H

#include "fuzz/examine.h"
#include "fuzz/model.h"
#include "fuzz/related.h"

/* What the files of an examination share. */

struct sc_examine_state {
    const struct sc_runner *runner;
    const struct sc_prepared *prepared;
    const struct sc_examine_options *options;
    struct sc_examination *found;
    struct sc_models models;
    struct sc_outcome outcome; /* of the first run, which ended DONE */
    bool backward;
};

/* Whether a check is looked at. */
bool sc_examine_wants(const struct sc_examine_state *my, enum sc_check check);

/* Notes a finding: `format` and what follows is its text. A check that is not looked at is passed over. */
__attribute__((format(printf, 4, 5))) void sc_examine_fail(struct sc_examine_state *my,
                                                           enum sc_check check,
                                                           const struct sc_element *element,
                                                           const char *format, ...);

/* Runs a case, and looks at how it ended and what it did to memory. `what` names the run in findings.
 *   outcome  receives it; sc_outcome_destroy frees what it holds
 *   done     receives whether there are outputs to look at */
enum sc_status sc_examine_run(struct sc_examine_state *my, const struct sc_prepared *prepared,
                              const struct sc_worker_call *call, const char *what,
                              struct sc_outcome *outcome, bool *done, struct sc_error *error);

/* Calls of the case itself have this seed. */
uint64_t sc_examine_seed(const struct sc_examine_state *my);

/* The text of an element that is off. */
void sc_examine_describe(const struct sc_element *element, char *text, size_t room);

/* The outputs of a variant against its own exact results. */
enum sc_status sc_examine_judge(struct sc_examine_state *my, enum sc_check check,
                                const struct sc_answer *other, struct sc_error *error);

/* Whether O of 2^k V is known to the bit (fuzz/linear.h); the variants with other V (fuzz/variant_linear.c). */
bool sc_examine_scales(const struct sc_examine_state *my);
enum sc_status sc_examine_scaled(struct sc_examine_state *my, struct sc_error *error);
enum sc_status sc_examine_split(struct sc_examine_state *my, struct sc_error *error);

/* Runs the variants that the options ask for, until one fails (fuzz/variant.c). */
enum sc_status sc_examine_variants(struct sc_examine_state *my, struct sc_error *error);

#endif
