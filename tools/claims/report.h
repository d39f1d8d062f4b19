/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CLAIMS_REPORT_H
#define SC_TOOLS_CLAIMS_REPORT_H

#include "tools/claims/claims.h"
#include "tools/report/evidence.h"

#include <jansson.h>
#include <stdio.h>

/* What was found of the claims, for a person, a program, and the evidence. */

/* What the numbers and words mean. */
void sc_claims_print_heading(FILE *out);

/* One row: statement, how it was checked, each finding, the verdict and its limit. */
void sc_claims_print(const struct sc_claims_row *row, const struct sc_found_list *result,
                     FILE *out);

/* One row as an object; NULL: no memory. The caller releases it. */
json_t *sc_claims_json(const struct sc_claims_row *row, const struct sc_found_list *result);

/* The check claims.N, passed where the result is as expected, and a figure claims.N.NAME for each finding with a value.
 * Nothing of a row without a check: there is nothing that another machine could do about it. */
void sc_claims_record(const struct sc_claims_row *row, const struct sc_found_list *result,
                      double seconds, struct sc_evidence *evidence);

#endif
