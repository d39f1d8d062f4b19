/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_WEIGHT_STATISTICS_H
#define SC_REFERENCE_REGULARITY_WEIGHT_STATISTICS_H

#include "reference/regularity/statistics.h"

/* The weights of a head, p [tokens][tokens], of which weight_error is known: sets the fields of weights. SC_E_MEMORY. */
enum sc_status sc_weight_statistics(const struct sc_layer *layer, const double *p,
                                    struct sc_statistics_head *statistics, struct sc_error *error);

#endif
