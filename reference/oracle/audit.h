/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_AUDIT_H
#define SC_REFERENCE_ORACLE_AUDIT_H

#include "reference/oracle/tier.h"

#include <stdint.h>

/* Holds the results of the fp64 tier against ball arithmetic, on about one row or key in a thousand that
 * its place picks, and on the first of all.
 *   balls    a state of sc_tier_arb
 *   found    results of the list by the fp64 tier
 *   audited  in and out: the entries that were looked at so far
 * SC_E_UNAVAILABLE: two enclosures do not meet, so that one of the tiers is wrong on this machine.
 * Statuses of the tier. */
enum sc_status sc_audit_rows(const struct sc_problem *problem, void *balls, int32_t b, int32_t h,
                             const int32_t *list, int32_t count,
                             const struct sc_row_enclosures *found, int64_t *audited,
                             struct sc_error *error);
enum sc_status sc_audit_keys(const struct sc_problem *problem, void *balls, int32_t b, int32_t g,
                             const int32_t *list, int32_t count,
                             const struct sc_key_enclosures *found, int64_t *audited,
                             struct sc_error *error);

#endif
