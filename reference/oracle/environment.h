/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_ENVIRONMENT_H
#define SC_REFERENCE_ORACLE_ENVIRONMENT_H

#include "reference/status.h"

/* Whether this thread's floating point rounds to nearest and keeps subnormals, as every enclosure
 * assumes. A library linked with -ffast-math switches flushing on for the whole process, and even
 * mpfr_set_flt and mpfr_get_d then lose subnormal values. Cheap: called for each row.
 * SC_E_UNAVAILABLE: it does not. */
enum sc_status sc_environment_check(struct sc_error *error);

#endif
